import type { AnyObject } from '../objects.ts';
import type { RandomSetUp } from '../random-set-ups.ts';
import { type Choice, type Dice, dice } from './dice.ts';
import { metricsPort } from './workloads.ts';

type Members = Readonly<Record<string, unknown>>;

/** A slip in a scrape, or in what is beside it; undefined where the scrape has no place for it. */
type Mistake = (scrape: AnyObject, roll: Dice) => readonly AnyObject[] | undefined;

const name = 'app.kubernetes.io/name';

/** What people get wrong, each as often as it comes up in threads: the fixes of findings are about these. */
const mistakes: readonly [Choice<Mistake>, ...Choice<Mistake>[]] = [
  ['port-slip', 3, onFirst(({ port }) => (isText(port) ? { port: port.slice(0, -1) } : undefined))],
  ['port-number', 2, (scrape) => first(scrape, () => ({ port: String(numberOf(scrape)) }))],
  ['port-no-text', 1, (scrape) => first(scrape, () => ({ port: numberOf(scrape) }))],
  ['target-port-slip', 1, onFirst(() => ({ port: undefined, targetPort: 'metric' }))],
  ['target-port-quoted', 1, quotedTargetPort],
  ['no-port', 1, onFirst(() => ({ port: undefined, targetPort: undefined }))],
  ['two-ports', 1, onFirst(({ port }) => (isText(port) ? { targetPort: 4444 } : undefined))],
  ['interval', 1, onFirst(() => ({ interval: '1M' }))],
  ['timeout', 1, onFirst(() => ({ interval: '10s', scrapeTimeout: '30s' }))],
  ['scheme', 1, onFirst(() => ({ scheme: 'htttp' }))],
  ['rules-by-another-name', 2, rulesByAnotherName],
  ['field-outside', 1, (scrape) => spec(scrape, () => ({ honorLabels: true }))],
  ['role', 1, (scrape) => spec(scrape, () => ({ discoveryRole: 'Endpoints' }))],
  ['label-slip', 3, (scrape) => labels(scrape, appOf(scrape).slice(0, -1))],
  ['label-either', 2, (scrape) => labels(scrape, `${appOf(scrape)}|nowhere`)],
  ['operator', 1, expression],
  ['namespace-slip', 1, namespaceSlip],
  ['endpoint-twice', 3, endpointTwice],
  [
    'scrape-twice',
    3,
    (scrape) => [scrape, { ...scrape, metadata: { ...scrape.metadata, name: 'twin' } }],
  ],
  ['selector-empty', 1, (scrape) => spec(scrape, () => ({ selector: {} }))],
  ['endpoints-empty', 1, (scrape) => spec(scrape, () => ({ endpoints: [] }))],
];

/** A random set-up with one to three mistakes more in its first scrape; what came up is among its features. */
export function mistaken(setUp: RandomSetUp, seed: number): RandomSetUp {
  const roll = dice(seed, setUp.index, 0x6d);
  const [firstScrape, ...others] = setUp.scrapes;
  if (firstScrape === undefined) return setUp;
  let scrapes: readonly AnyObject[] = [firstScrape];
  for (let turn = 0; turn <= roll.below(3); turn += 1) {
    const [scrape, ...beside] = scrapes;
    if (scrape === undefined) break;
    const made = roll.choose('mistake', mistakes)(scrape, roll);
    // A twin keeps its name, and is made once.
    if (made !== undefined && made.length + beside.length <= 2) scrapes = [...made, ...beside];
  }
  const features = [...new Set([...setUp.features, ...roll.features])].sort();
  return { ...setUp, scrapes: [...scrapes, ...others], features };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function specOf(scrape: AnyObject): Members {
  return isMembers(scrape.spec) ? scrape.spec : {};
}

/** The app that a scrape is about: it is named after it. */
function appOf({ metadata }: AnyObject): 'etcd' | 'gateway' | 'pooler' {
  if (metadata.name === 'etcd' || metadata.name === 'gateway') return metadata.name;
  return 'pooler';
}

function numberOf(scrape: AnyObject): number {
  return metricsPort(appOf(scrape)).number;
}

function spec(
  scrape: AnyObject,
  change: (whole: Members) => Members | undefined,
): AnyObject[] | undefined {
  const whole = specOf(scrape);
  const changed = change(whole);
  if (changed === undefined) return undefined;
  const kept = Object.entries({ ...whole, ...changed }).filter(([, value]) => value !== undefined);
  return [{ ...scrape, spec: Object.fromEntries(kept) }];
}

function first(
  scrape: AnyObject,
  change: (endpoint: Members) => Members | undefined,
): AnyObject[] | undefined {
  return spec(scrape, ({ endpoints }) => {
    if (!Array.isArray(endpoints)) return undefined;
    const [endpoint, ...others]: unknown[] = endpoints;
    const changed = isMembers(endpoint) ? change(endpoint) : undefined;
    if (!isMembers(endpoint) || changed === undefined) return undefined;
    const kept = Object.entries({ ...endpoint, ...changed }).filter(
      ([, value]) => value !== undefined,
    );
    return { endpoints: [Object.fromEntries(kept), ...others] };
  });
}

function onFirst(change: (endpoint: Members) => Members | undefined): Mistake {
  return (scrape) => first(scrape, change);
}

function quotedTargetPort(scrape: AnyObject): AnyObject[] | undefined {
  return first(scrape, () => ({ port: undefined, targetPort: String(numberOf(scrape)) }));
}

function rulesByAnotherName(scrape: AnyObject): AnyObject[] | undefined {
  return first(scrape, ({ relabelConfigs }) =>
    relabelConfigs === undefined
      ? undefined
      : { relabelConfigs: undefined, relabelings: relabelConfigs },
  );
}

function labels(scrape: AnyObject, value: string): AnyObject[] | undefined {
  return spec(scrape, () => ({ selector: { matchLabels: { [name]: value } } }));
}

function expression(scrape: AnyObject): AnyObject[] | undefined {
  const wrong = { key: name, operator: 'in', values: [appOf(scrape)] };
  return spec(scrape, () => ({ selector: { matchExpressions: [wrong] } }));
}

function namespaceSlip(scrape: AnyObject): AnyObject[] | undefined {
  const slip = `${scrape.metadata.namespace}`.slice(0, -1);
  return spec(scrape, () => ({ namespaceSelector: { matchNames: [slip] } }));
}

function endpointTwice(scrape: AnyObject): AnyObject[] | undefined {
  return spec(scrape, ({ endpoints }) =>
    Array.isArray(endpoints) && endpoints.length > 0
      ? { endpoints: [...endpoints, endpoints[0]] }
      : undefined,
  );
}
