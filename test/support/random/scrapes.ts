import type { AnyObject } from '../objects.ts';
import type { Dice } from './dice.ts';
import type { Link } from './links.ts';
import { dropsAll, notParsable, type Rule, randomRules, ruleInTurn } from './rules.ts';
import { type App, metricsPort, type Port, present } from './workloads.ts';

type Members = Readonly<Record<string, unknown>>;

/** What a scrape can be about. */
export interface Surroundings {
  readonly namespaces: readonly [string, ...string[]];
  readonly app: App;
  /** The scrape class that each agent has; undefined where they have none. */
  readonly scrapeClass: string | undefined;
  readonly broken: Link | undefined;
  /** The choice of rules whose turn it is, so that each comes up often enough. */
  readonly turn: number;
}

/** The Secret that an endpoint's credentials are in, where it has some. */
export const secretName = 'credentials';

/** A VMServiceScrape of an app, in one of the namespaces. */
export function randomScrape(roll: Dice, name: string, around: Surroundings): AnyObject {
  const { namespaces, app, broken } = around;
  const role = randomRole(roll, broken);
  const endpoints = Array.from({ length: roll.happens('endpoints-two', 0.2) ? 2 : 1 }, () =>
    randomEndpoint(roll, metricsPort(app), around),
  );
  return {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMServiceScrape',
    metadata: {
      namespace: roll.any(namespaces),
      name,
      labels: { team: roll.any(['one', 'two']) },
    },
    spec: present({
      discoveryRole: role,
      selector: randomSelector(roll, app, broken),
      namespaceSelector: randomNamespaces(roll, namespaces, broken),
      endpoints,
      scrapeClass: classOf(roll, around),
      attach_metadata: roll.happens('attach-node', 0.1) ? { node: true } : undefined,
      jobLabel: roll.happens('job-label', 0.15) ? 'app.kubernetes.io/name' : undefined,
      targetLabels: roll.happens('target-labels', 0.15) ? ['version', 'absent'] : undefined,
      podTargetLabels: roll.happens('pod-target-labels', 0.15) ? ['app', 'shard'] : undefined,
      sampleLimit: roll.happens('sample-limit', 0.1) ? 1000 : undefined,
    }),
  };
}

const breaksPods: ReadonlySet<Link | undefined> = new Set([
  'pods-missing',
  'pods-ended',
  'pods-never-run',
  'service-selects-nothing',
  // For the role `service` a targetPort counts for nothing.
  'target-port-not-declared',
]);

function randomRole(roll: Dice, broken: Link | undefined): string | undefined {
  return roll.choose('role', [
    ['absent', 4, undefined],
    ['endpoints', 2, 'endpoints'],
    ['endpointslices', 2, 'endpointslices'],
    ['endpointslice', 1, 'endpointslice'],
    ['service', breaksPods.has(broken) ? 0 : 1.5, 'service'],
  ]);
}

function randomSelector(roll: Dice, app: App, broken: Link | undefined): Members | undefined {
  const name = 'app.kubernetes.io/name';
  if (broken === 'selector-matches-nothing') return { matchLabels: { [name]: 'nowhere' } };
  const expressions = (...matchExpressions: readonly Members[]) => ({ matchExpressions });
  const tier = 'example.com/tier-a';
  return roll.choose<Members | undefined>('selector', [
    ['labels', 6, { matchLabels: { [name]: app } }],
    ['two-labels', 2, { matchLabels: { [name]: app, [tier]: 'store' } }],
    ['label-with-dot', 2, { matchLabels: { [name]: app, version: 'v1.2' } }],
    ['label-empty', 1.5, { matchLabels: { [name]: app, marker: '' } }],
    ['in', 2, expressions({ key: name, operator: 'In', values: [app, 'nowhere'] })],
    ['not-in', 2, expressions({ key: 'version', operator: 'NotIn', values: ['v1x2'] })],
    ['exists', 2, expressions({ key: tier, operator: 'Exists' })],
    ['does-not-exist', 2, expressions({ key: 'marker', operator: 'DoesNotExist' })],
    ['empty', 1, {}],
    ['absent', 1, undefined],
  ]);
}

function randomNamespaces(
  roll: Dice,
  namespaces: readonly [string, ...string[]],
  broken: Link | undefined,
): Members | undefined {
  if (broken === 'namespace-not-looked-at') return { matchNames: [`${namespaces[0]}-else`] };
  return roll.choose<Members | undefined>('namespaces', [
    ['absent', 5, undefined],
    ['empty', 1, {}],
    ['any', 2, { any: true }],
    ['names', 2, { matchNames: [roll.any(namespaces)] }],
    ['names-and-missing', 1, { matchNames: [...namespaces, `${namespaces[0]}-missing`] }],
  ]);
}

function classOf(roll: Dice, { scrapeClass, broken }: Surroundings): string | undefined {
  if (broken === 'class-unknown') return 'no-such-class';
  return scrapeClass !== undefined && roll.happens('scrape-class-named', 0.5)
    ? scrapeClass
    : undefined;
}

function randomEndpoint(roll: Dice, port: Port, { broken, turn }: Surroundings): Members {
  return present({
    ...randomPort(roll, port, broken),
    path: roll.choose<string | undefined>('path', [
      ['absent', 4, undefined],
      ['plain', 4, '/metrics'],
      ['other', 2, '/custom/metrics'],
      ['empty', 1, ''],
      ['no-slash', 1, 'metrics'],
      ['query', 1, '/metrics?format=text'],
      ['query-no-slash', 1, 'metrics?format=text'],
    ]),
    params: roll.choose<Members | undefined>('params', [
      ['absent', 8, undefined],
      ['one', 1, { module: ['http_2xx'] }],
      ['several', 1, { match: ['up', 'down'], x: ['from scrape'] }],
    ]),
    scheme: roll.choose<string | undefined>('scheme', [
      ['absent', 6, undefined],
      ['http', 1, 'http'],
      ['https', 1, 'https'],
      ['capitals', 1, 'HTTPS'],
    ]),
    interval: roll.choose<string | undefined>('interval', [
      ['absent', 3, undefined],
      ['seconds', 3, '30s'],
      ['minutes', 1, '2m'],
    ]),
    honorLabels: roll.happens('honor-labels', 0.1) ? true : undefined,
    honorTimestamps: roll.happens('honor-timestamps', 0.1) ? false : undefined,
    attach_metadata: roll.happens('attach-node-endpoint', 0.08) ? { node: true } : undefined,
    basicAuth: credentials(roll, broken),
    bearerTokenFile: roll.happens('names-file', 0.1) ? '/var/run/token' : undefined,
    relabelConfigs: rulesOf(roll, broken, turn),
    metricRelabelConfigs: roll.happens('metric-rules', 0.08)
      ? [{ action: 'drop', sourceLabels: ['__name__'], regex: 'go_.*' }]
      : undefined,
  });
}

function randomPort(roll: Dice, { name, number }: Port, broken: Link | undefined): Members {
  if (broken === 'port-not-there') return { port: 'nowhere' };
  if (broken === 'target-port-not-declared')
    return { targetPort: roll.any<number | string>([4444, 'nowhere']) };
  return roll.choose<Members>('endpoint', [
    ['port', 6, { port: name }],
    ['target-port-number', 3, { targetPort: number }],
    ['target-port-name', 2, { targetPort: name }],
    ['target-port-quoted', 1, { targetPort: String(number) }],
    ['target-port-sidecar', 1, { targetPort: 9100 }],
    ['port-and-target-port', 1, { port: name, targetPort: 4444 }],
    ['no-port', 2, {}],
  ]);
}

function credentials(roll: Dice, broken: Link | undefined): Members | undefined {
  if (broken !== 'secret-missing' && !roll.happens('basic-auth', 0.06)) return undefined;
  const from = (key: string): Members => ({ name: secretName, key });
  return { username: from('username'), password: from('password') };
}

function rulesOf(roll: Dice, broken: Link | undefined, turn: number): Rule[] | undefined {
  const rules = roll.happens('rules', 0.7)
    ? [...ruleInTurn(roll, turn), ...randomRules(roll, 2)]
    : [];
  if (broken === 'rule-not-parsable') return [...rules, notParsable];
  if (broken === 'rule-drops-all') return [...rules, dropsAll];
  return rules.length === 0 ? undefined : rules;
}
