import type { CodeEntry } from '../finding.ts';

/** Every finding about a scrape. `docs/findings.md` is made from this list. */
export const scrapeFindingCodes = {
  'bad-duration': {
    severity: 'error',
    certain: true,
    title: 'A duration that vmagent cannot read',
    explanation:
      'The API server and the VictoriaMetrics operator accept any text as `interval`, `scrapeTimeout`, ' +
      '`scrape_align_interval` and `scrape_offset`. vmagent does not: it refuses its **whole** configuration, keeps ' +
      'the old one until it is restarted, and then does not start any more. One such scrape stops the changes of all ' +
      'others. Safe is a number with one of the units `ms`, `s`, `m`, `h`, `d`, `w`, `y`, or several of them: `30s`, ' +
      '`1m30s`. `1M` is not a minute but a million.',
  },
  'endpoints-missing': {
    severity: 'error',
    certain: true,
    title: '`spec.endpoints` is missing',
    explanation: 'The field is required, and the API server refuses the scrape without it.',
  },
  'wrong-type': {
    severity: 'error',
    certain: true,
    title: 'A value of the wrong type',
    explanation:
      'The API server refuses the scrape. In YAML `8080` is a number and `true` is a boolean; in quotes they are ' +
      'text. `port` is always text (the name of a port), `targetPort` is a number or a name.',
  },
  'unknown-value': {
    severity: 'error',
    certain: true,
    title: 'A value that the field does not have',
    explanation:
      '`discoveryRole` is one of `endpoints`, `endpointslices`, `endpointslice` (from v0.68 of the operator) and ' +
      '`service`, `scheme` is `http` or `https`. The API server refuses anything else.',
  },
  'bad-selector': {
    severity: 'error',
    certain: true,
    title: 'A selector that cannot be parsed',
    explanation:
      'The operators of `matchExpressions` are `In`, `NotIn` (both with values), `Exists` and `DoesNotExist` (both ' +
      'without). The API server stores anything else; the VictoriaMetrics operator then leaves the scrape out of ' +
      "vmagent's configuration, or leaves the requirement out of the selector.",
  },
  'bad-relabel-rule': {
    severity: 'error',
    certain: true,
    title: 'A relabel rule that vmagent cannot parse',
    explanation:
      'An expression that Go does not compile (it has no lookahead and no back-references), an action that does not ' +
      'exist, or a field that the action needs or refuses. vmagent skips the endpoint and only logs it.',
  },
  'target-port-quoted': {
    severity: 'error',
    certain: true,
    title: 'A `targetPort` number in quotes',
    explanation:
      'In quotes the number is the _name_ of a container port. No container port can have such a name: Kubernetes ' +
      'wants a letter in it. So nothing is read.',
  },
  'selector-not-literal': {
    severity: 'warning',
    certain: false,
    title: 'A selector with a value or key that no label can have',
    explanation:
      'Values of a selector end up as regular expressions in vmagent, which is why `a|b` seems to work. Operators ' +
      'from v0.59 refuse such a selector. `matchExpressions` with `In` says the same in a way that stays valid.',
  },
  'unknown-field': {
    severity: 'warning',
    certain: false,
    title: 'A field that does not exist, and one that was probably meant',
    explanation:
      'The API server drops fields that it does not know, silently; newer operators refuse them. The spelling of the ' +
      'fields is mixed: `scrapeTimeout`, but `scrape_interval`.',
  },
  'no-endpoints': {
    severity: 'warning',
    certain: false,
    title: 'A scrape without endpoints',
    explanation: 'An empty list is valid, and reads nothing.',
  },
  'timeout-above-interval': {
    severity: 'warning',
    certain: false,
    title: 'A timeout longer than the interval',
    explanation:
      'vmagent cuts the timeout to the interval: slow targets fail earlier than the scrape says.',
  },
  'empty-selector': {
    severity: 'warning',
    certain: false,
    title: 'A selector that selects everything',
    explanation:
      'An absent or empty `selector` selects every Service of the namespaces looked into: those of today, and those ' +
      'that will be made there.',
  },
  'empty-namespace-selector': {
    severity: 'warning',
    certain: false,
    title: 'An empty `namespaceSelector`',
    explanation:
      "It means the scrape's own namespace. Older documentation said that it means all of them: that is " +
      '`any: true`. A warning where matching Services are elsewhere, else merely for your information.',
  },
  'namespace-missing': {
    severity: 'warning',
    certain: false,
    title: 'A namespace that does not exist',
    explanation:
      '`namespaceSelector.matchNames` holds names, not expressions; this one is no namespace (yet).',
  },
  'selects-nothing': {
    severity: 'warning',
    certain: false,
    title: 'No Service is selected',
    explanation:
      'The operator calls such a scrape operational. The finding names the Service that comes nearest, and the label ' +
      'that keeps it out. Where the Service is made after the scrape, nothing is wrong.',
  },
  'port-not-found': {
    severity: 'warning',
    certain: false,
    title: 'No selected Service has the port',
    explanation:
      "`port` is the name of a Service's port: not its number, and not the name of a container port, although that " +
      'is often the same.',
  },
  'port-unnamed': {
    severity: 'warning',
    certain: false,
    title: 'The port that is meant has no name',
    explanation:
      'The only port of a Service may be without a name, and then `port` cannot mean it. `targetPort` can, where the ' +
      "pod's containers declare the port; or give the Service's port a name.",
  },
  'port-is-number': {
    severity: 'warning',
    certain: false,
    title: 'A number in place of a port name',
    explanation:
      '`port: "8080"` is a port _called_ 8080, which a Service may have, but none of the selected ones does. One has ' +
      'a port of that number, by another name.',
  },
  'target-port-undeclared': {
    severity: 'warning',
    certain: false,
    title: 'No container declares the `targetPort`',
    explanation:
      '`targetPort` means a port that the containers of the pods declare (`containerPort`), be it in the Service or ' +
      'not. One that they only listen on is not found that way; `port` finds it, where the Service leads to it.',
  },
  'no-port': {
    severity: 'warning',
    certain: false,
    title: 'Neither `port` nor `targetPort`',
    explanation:
      'Every port of the Services and every declared port of their pods is read, also those that speak something ' +
      'else: databases log the attempts as errors.',
  },
  'relabelling-drops-all': {
    severity: 'warning',
    certain: false,
    title: 'The relabel rules drop every target',
    explanation:
      'Each target that the selector and the port find is dropped by a rule, as far as the objects at hand show. `drop` ' +
      'takes whole targets away; the action that takes a label off is `labeldrop`, with the name of the label as `regex`.',
  },
  'no-metrics-there': {
    severity: 'warning',
    certain: false,
    title: 'A port that has no metrics',
    explanation:
      'The catalogue knows what the port answers: an HTML page, where the component sends its metrics by OTLP or has ' +
      "none; or another protocol, as the database's own port does. The target is up and empty, or down for ever.",
  },
  'wrong-scheme': {
    severity: 'warning',
    certain: false,
    title: 'A port that is asked in another scheme than it speaks',
    explanation:
      'The port speaks TLS and is asked by `http`, or the other way round, as the catalogue and the variables of its ' +
      'containers say. Every scrape fails.',
  },
  'external-name': {
    severity: 'warning',
    certain: false,
    title: 'A Service of type ExternalName',
    explanation:
      'It has no endpoints, so that roles `endpoints` and `endpointslices` find nothing behind it. Role `service` reads ' +
      "the Service's own address, which leads to the name outside.",
  },
  'read-at-two-addresses': {
    severity: 'warning',
    certain: false,
    title: 'Pods that are read at their IPv4 and at their IPv6 address',
    explanation:
      'A dual-stack Service has an EndpointSlice for each address family, and role `endpointslices` makes a target of ' +
      'each: the samples are stored twice, under two `instance` labels. Role `endpoints` has one family alone.',
  },
  'scraped-twice': {
    severity: 'warning',
    certain: false,
    title: 'A scrape reads the same port of the same pods twice',
    explanation:
      'Two Services in front of the same pods (a headless one and another, mostly) are two targets for each pod, with ' +
      'different `service` and `job` labels, so that nothing deduplicates them: every sum over them is twice as large.',
  },
  'already-scraped': {
    severity: 'warning',
    certain: false,
    title: 'Another scrape reads the same target',
    explanation:
      'The samples of two scrapes differ in their `job` label and are stored twice: every sum over them is twice as ' +
      'large.',
  },
  'path-missing': {
    severity: 'warning',
    certain: false,
    title: 'An endpoint without the path that it needs',
    explanation:
      'Without `path` vmagent reads `/metrics`. Here the pods say something else in the annotation ' +
      '`prometheus.io/path`, or their image is known to have its metrics elsewhere.',
  },
  overwritten: {
    severity: 'warning',
    certain: false,
    title: 'A ServiceMonitor of the same name',
    explanation:
      'The VictoriaMetrics operator converts each ServiceMonitor to a VMServiceScrape of the same name and namespace, ' +
      'and overwrites what is there.',
  },
  'target-port-ignored': {
    severity: 'info',
    certain: false,
    title: '`targetPort` beside `port`',
    explanation:
      '`port` goes before `targetPort`, which is not looked at; here they mean different ports.',
  },
  'perhaps-already-scraped': {
    severity: 'info',
    certain: false,
    title: 'Another scrape may read the same target',
    explanation:
      'Whether it does depends on relabelling that cannot be decided here, on pods that are not known, or on a Service ' +
      "address that stands for one of several pods. autoscrape's own scrape stays in that case.",
  },
  'one-of-many': {
    severity: 'info',
    certain: false,
    title: 'Role `service` reads one of several pods',
    explanation:
      "`discoveryRole: service` makes one target of a Service's port. Which pod answers, changes from scrape to scrape, " +
      'so that counters seem to go back. It suits what has one pod, or is outside of the cluster.',
  },
  'too-large': {
    severity: 'info',
    certain: false,
    title: 'A scrape with more than is looked at',
    explanation:
      'Checking a scrape costs the same in every cluster: of one with more than 32 endpoints, 200 relabel rules or 64 ' +
      'selected Services the rest is not judged. One with more than 64 endpoints, 2,000 values or 32 KiB of text is ' +
      "not judged at all: whether it reads something can't be told, and this is a warning.",
  },
  'annotated-pods': {
    severity: 'info',
    certain: false,
    title: 'Pods that ask to be read by annotation as well',
    explanation:
      'The pods carry `prometheus.io/scrape: "true"`. A job that goes by these annotations (many configurations have ' +
      'one) reads them a second time, and no VMServiceScrape shows it.',
  },
} as const satisfies Readonly<Record<string, CodeEntry>>;

export type ScrapeFindingCode = keyof typeof scrapeFindingCodes;
