import * as v from 'valibot';
import { isLabelValue, isObjectName } from '../kubernetes/index.ts';
import {
  asIs,
  bytes,
  checkedText,
  choice,
  choices,
  duration,
  inList,
  inMilliseconds,
  maybeText,
  maybeUrl,
  number,
  percentEncoded,
  text,
  texts,
  toggle,
} from './setting.ts';

/** A group of settings, each of which may be absent; so may the group. */
function group<Entries extends v.ObjectEntries>(description: string, entries: Entries) {
  return v.pipe(v.object(entries), v.description(description));
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const labelKey =
  /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** RFC 9110, sections 5.6.2 (a header's name) and 5.5 (its value). */
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;
const headerValue = /^[\t\x20-\x7e\x80-\xff]{0,8192}$/;

const labels = group(
  "Which of the standard labels are added to the components' objects where they are missing.",
  {
    name: toggle(true, '`app.kubernetes.io/name`.'),
    instance: toggle(
      true,
      '`app.kubernetes.io/instance`. Argo CD before 3.0 tracks its applications by it: switch it off there.',
    ),
    component: toggle(true, '`app.kubernetes.io/component`.'),
    partOf: toggle(true, '`app.kubernetes.io/part-of`.'),
  },
);

const components = choices(
  ['scrape', 'push', 'ignore'],
  "How a component's metrics are taken to come, whatever the catalogue says.",
);

const ownedTemplates = toggle(
  false,
  'Label the pod templates of workloads that an operator owns too, when they are created. An operator that rewrites its templates then starts a rollout when autoscrape is away.',
);

const scrapes = group('The scrapes that autoscrape makes, and what it says of those of others.', {
  managedBy: checkedText(
    (value) => isLabelValue(value),
    'a label value: at most 63 letters, digits, -, _ or .',
    'autoscrape',
    '`app.kubernetes.io/managed-by` of the scrapes that autoscrape makes. Scrapes made under another value are not its own any more.',
  ),
  labels: texts(
    (name, value) => labelKey.test(name) && isLabelValue(value),
    'a value that Kubernetes accepts as a label',
    'Further labels of these scrapes, for VMAgents that select scrapes by label.',
  ),
  findings: choice(
    ['off', 'warn', 'deny'],
    'warn',
    'What admission says of a VMServiceScrape: nothing; warnings; or warnings, and a refusal of what is certainly wrong.',
  ),
  yieldTo: choice(
    ['service', 'agent', 'any'],
    'agent',
    "Whose scrapes may take the place of autoscrape's own: those in the namespace of the Service; also, for each agent that takes both, those in the agent's namespace; or those of any namespace. Of others it is said that they read the same.",
  ),
  removals: group(
    'How many of its scrapes autoscrape may remove within a minute without a second look. Where more are to go, it first reads everything again, and removes only those that should still go; docs/reconciling.md says more.',
    {
      atOnce: number(1, 1_000_000, 5, 'At most this many.'),
      share: number(
        1,
        100,
        25,
        'And at most this share of all of its scrapes, in percent. One may always go.',
      ),
    },
  ),
});

const catalogue = group('What a component is.', {
  file: maybeText('A catalogue (YAML) to use instead of the built-in one.', { isPath: true }),
});

const server = group('The webhook and its neighbours.', {
  host: maybeText('The address to listen on. Default: all of them.'),
  port: number(0, 65_535, 9_443, 'The port of the webhook (HTTPS). 0 takes a free one.'),
  metricsPort: number(
    0,
    65_535,
    8_080,
    'The port of `/metrics`, `/healthz` and `/readyz` (HTTP). 0 takes a free one.',
  ),
  metricsTls: toggle(
    false,
    "Serve that port by TLS, with the webhook's certificate. Probes then need `scheme: HTTPS`.",
  ),
  metricsAccess: choice(
    ['open', 'authorized'],
    'open',
    'Who may read the pages of that port: everybody who reaches it; or whom the API server knows by a bearer token (TokenReview) and gives the right to `get` the path (SubjectAccessReview on a nonResourceURL). `/healthz` and `/readyz` are open to probes in any case.',
  ),
  tls: group('The certificate that the webhook serves. Read again when it changes.', {
    mode: choice(
      ['files', 'self-managed'],
      'files',
      '`files`: somebody else makes the certificate, such as cert-manager, and it is mounted. `self-managed`: autoscrape makes it, keeps it in a Secret, renews it, and has the registrations trust it; docs/certificates.md says how.',
    ),
    directory: text('/etc/autoscrape/tls', '`files`: where they are: a mounted Secret.', {
      isPath: true,
    }),
    certificate: text('tls.crt', 'The certificate and those between it and its CA (PEM).'),
    key: text('tls.key', 'Its private key (PEM).'),
    poll: duration(
      '1s',
      '1h',
      '10s',
      'How often the files are read, beside watching the directory; or the Secret and the registrations.',
    ),
    secret: checkedText(
      isObjectName,
      'the name of a Secret',
      'autoscrape-tls',
      "`self-managed`: the Secret, in autoscrape's own namespace.",
    ),
    service: checkedText(
      isObjectName,
      'the name of a Service',
      'autoscrape',
      '`self-managed`: the Service that the API server calls; the certificate is for its names.',
    ),
    registrations: checkedText(
      isObjectName,
      'the name of a registration',
      'autoscrape',
      '`self-managed`: the MutatingWebhookConfiguration and the ValidatingWebhookConfiguration that are to trust the certificate.',
    ),
    lifetime: duration(
      '10s',
      '87600h',
      '2160h',
      '`self-managed`: how long a certificate is valid. It is renewed after two thirds of that.',
    ),
    authorityLifetime: duration(
      '10s',
      '87600h',
      '8760h',
      '`self-managed`: how long the CA is valid. It is renewed after two thirds of that.',
    ),
  }),
  bodyLimit: bytes(
    '64Ki',
    '64Mi',
    // 3 MiB of old object, 3 MiB of new one (the API server's own limit of a request), 1 MiB around them:
    // https://github.com/kubernetes-sigs/controller-runtime/blob/main/pkg/webhook/admission/http.go
    '7Mi',
    'The largest review that is read. The API server sends at most two objects of 3 MiB and what stands around them.',
  ),
  bufferLimit: bytes(
    '1Mi',
    '1Gi',
    '64Mi',
    'The most that unfinished requests may hold together; what goes beyond is told to come later.',
  ),
  connections: number(
    16,
    65_536,
    2_048,
    'The most connections at a time. An API server keeps up to 25 idle ones, and opens one for each call under way.',
  ),
  timeouts: group('How long each step may take.', {
    handshake: duration('1s', '2m', '10s', 'Of a TLS handshake.'),
    headers: duration('1s', '2m', '10s', 'Until the headers of a request are there.'),
    request: duration(
      '1s',
      '5m',
      // The largest timeoutSeconds of a webhook.
      '30s',
      "Until a whole request is there. A registration's timeout is at most 30s.",
    ),
    answer: duration(
      '1s',
      '30s',
      // The default timeoutSeconds of a webhook.
      '10s',
      'Until a review is answered, where the caller gives no `?timeout=`.',
    ),
    keepAlive: duration(
      '1s',
      '10m',
      // client-go's transport keeps idle connections for 90 s (net/http DefaultTransport.IdleConnTimeout): who
      // closes first must be the client, or a review meets a closing connection.
      '115s',
      'Until an idle connection is closed. Must stay above 90s, for which API servers keep theirs.',
    ),
  }),
  drain: group('How the server stops.', {
    propagation: duration(
      '0s',
      '5m',
      '8s',
      'How long it goes on serving after it was told to stop, until no API server sends to it any more.',
    ),
    deadline: duration(
      '1s',
      '10m',
      '25s',
      "When it ends in any case. Below the pod's terminationGracePeriodSeconds.",
    ),
  }),
});

const configuration = group('The files of settings and catalogue.', {
  poll: duration(
    '1s',
    '1h',
    '10s',
    'How often they are read, beside watching their directories. A change applies without a restart, except for server, kubernetes, log and telemetry.',
  ),
});

const kubernetes = group('The cluster.', {
  kubeconfig: maybeText(
    "A kubeconfig file, or several as KUBECONFIG has them, with `:` between. Default: the pod's service account, else `~/.kube/config`.",
    { isPath: true, standard: [asIs('KUBECONFIG')] },
  ),
  context: maybeText('The context of the kubeconfig. Default: its current one.'),
  proxy: choice(
    ['auto', 'environment', 'none'],
    'auto',
    'Whether HTTPS_PROXY and NO_PROXY count on the way to the API server. `auto`: outside of a cluster they do, as for kubectl; in a pod they do not. `environment`: they do. `none`: they do not. The `proxy-url` of a kubeconfig counts in any case.',
  ),
  namespace: text('autoscrape-system', 'The namespace that autoscrape runs in.', {
    standard: [asIs('POD_NAMESPACE')],
  }),
  pod: maybeText('The name of its pod.', { standard: [asIs('POD_NAME')] }),
  node: maybeText('The name of its node.', { standard: [asIs('NODE_NAME')] }),
});

const log = group('The log: JSON, one line an entry, on standard output.', {
  level: choice(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    'info',
    'The least level that is written.',
  ),
  decisions: choice(
    ['all', 'changes', 'none'],
    'all',
    'Which admissions are written: every one; those that were patched, warned of, refused or failed; or none.',
  ),
});

/** VictoriaMetrics takes OTLP over HTTP with protobuf alone: https://docs.victoriametrics.com/victoriametrics/integrations/opentelemetry/ */
const protocolExpected =
  'http/protobuf: VictoriaMetrics takes OTLP over HTTP only, at http://<host>:8428/opentelemetry (VMSingle), http://<host>:8429/opentelemetry (vmagent) or http://<vminsert>:8480/insert/0/opentelemetry; for grpc put an OpenTelemetry Collector in between';

const otlp = group(
  'Metrics by OTLP (HTTP, protobuf), beside `/metrics`. Nothing is sent without an endpoint.',
  {
    exporter: choice(
      ['otlp', 'none', 'prometheus'],
      'otlp',
      '`none` and `prometheus` send nothing, whatever the endpoint.',
      { standard: [inList('OTEL_METRICS_EXPORTER')] },
    ),
    endpoint: maybeUrl(
      'The base address; `/v1/metrics` is appended. For VictoriaMetrics `http://<host>:8428/opentelemetry`.',
      { standard: [asIs('OTEL_EXPORTER_OTLP_ENDPOINT')] },
    ),
    metricsEndpoint: maybeUrl('The whole address, used as it is, instead of `endpoint`.', {
      standard: [asIs('OTEL_EXPORTER_OTLP_METRICS_ENDPOINT')],
    }),
    protocol: choice(['http/protobuf'], 'http/protobuf', 'The only one that is spoken.', {
      standard: [asIs('OTEL_EXPORTER_OTLP_METRICS_PROTOCOL'), asIs('OTEL_EXPORTER_OTLP_PROTOCOL')],
      instead: protocolExpected,
    }),
    headers: texts(
      (name, value) => headerName.test(name) && headerValue.test(value),
      'a value that HTTP accepts in a header',
      'Headers of each request, such as `Authorization`.',
      {
        standard: [
          percentEncoded('OTEL_EXPORTER_OTLP_METRICS_HEADERS'),
          percentEncoded('OTEL_EXPORTER_OTLP_HEADERS'),
        ],
        secret: true,
      },
    ),
    timeout: duration('100ms', '2m', '10s', 'How long one export may take.', {
      standard: [
        inMilliseconds('OTEL_EXPORTER_OTLP_METRICS_TIMEOUT'),
        inMilliseconds('OTEL_EXPORTER_OTLP_TIMEOUT'),
        inMilliseconds('OTEL_METRIC_EXPORT_TIMEOUT'),
      ],
    }),
    interval: duration('1s', '1h', '60s', 'The time between exports.', {
      standard: [inMilliseconds('OTEL_METRIC_EXPORT_INTERVAL')],
    }),
    compression: choice(['gzip', 'none'], 'gzip', 'How requests are compressed.', {
      standard: [
        asIs('OTEL_EXPORTER_OTLP_METRICS_COMPRESSION'),
        asIs('OTEL_EXPORTER_OTLP_COMPRESSION'),
      ],
    }),
    certificate: maybeText('A file with the CA of the receiver (PEM).', {
      isPath: true,
      standard: [
        asIs('OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE'),
        asIs('OTEL_EXPORTER_OTLP_CERTIFICATE'),
      ],
    }),
    clientCertificate: maybeText('A file with the certificate to show to the receiver (PEM).', {
      isPath: true,
      standard: [
        asIs('OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE'),
        asIs('OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE'),
      ],
    }),
    clientKey: maybeText('A file with its key (PEM).', {
      isPath: true,
      standard: [
        asIs('OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY'),
        asIs('OTEL_EXPORTER_OTLP_CLIENT_KEY'),
      ],
    }),
  },
);

const telemetry = group('What autoscrape says of itself in metrics.', {
  disabled: toggle(false, 'Record and send nothing; `/metrics` is empty.', {
    standard: [asIs('OTEL_SDK_DISABLED')],
  }),
  service: maybeText(
    '`service.name` of the metrics. Default: that in `resource`, else `autoscrape`.',
    { standard: [asIs('OTEL_SERVICE_NAME')] },
  ),
  resource: texts(
    (name) => name.length > 0 && name.length <= 256,
    'a text',
    'Further attributes of the resource, such as `deployment.environment.name`.',
    { standard: [percentEncoded('OTEL_RESOURCE_ATTRIBUTES')] },
  ),
  otlp,
});

const probe = group(
  'Whether the API server reaches this webhook, tried by a Service that is created as a dry run: nothing is stored.',
  {
    namespace: maybeText(
      'The namespace of that Service, in which autoscrape has the right to create Services. Without it nothing is tried. It should be empty, and for this alone.',
    ),
    every: duration('5m', '24h', '5m', 'How often it is tried, by the replica that leads.'),
  },
);

/**
 * All settings: the one place for forms, defaults and descriptions. The file has this shape; flags and
 * environment variables are named after the paths in it.
 */
export const settingsSchema = group('', {
  labels,
  components,
  ownedTemplates,
  scrapes,
  catalogue,
  configuration,
  server,
  kubernetes,
  probe,
  log,
  telemetry,
});
