import type { AnyObject } from '../objects.ts';
import type { RandomSetUp } from '../random-set-ups.ts';
import type { Choice } from './dice.ts';
import { type Dice, dice } from './dice.ts';
import { componentLabels, present } from './workloads.ts';

type Members = Readonly<Record<string, unknown>>;

/** What makes a scrape of the etcd read less of it than all, or otherwise. */
const twists: readonly [Choice<Members>, ...Choice<Members>[]] = [
  ['none', 6, {}],
  ['no-port', 1, { port: undefined }],
  ['other-path', 1, { path: '/other' }],
  ['path-without-slash', 1, { path: 'metrics' }],
  ['https', 1, { scheme: 'https' }],
  ['one-pod', 1, keep('pod', 'etcd-0')],
  ['one-service', 2, keep('service', 'etcd')],
  ['other-address', 1, { relabelConfigs: [{ targetLabel: '__address__', replacement: 'x:1' }] }],
  ['few-labels', 2, { relabelConfigs: [{ action: 'labelkeep', regex: '__address__|job|pod' }] }],
  [
    'same-job',
    2,
    {
      relabelConfigs: [
        { targetLabel: 'job', replacement: 'etcd' },
        { targetLabel: 'service', replacement: 'etcd' },
      ],
    },
  ],
];

function keep(label: string, regex: string): Members {
  return { relabelConfigs: [{ action: 'keep', sourceLabels: [label], regex }] };
}

/**
 * Set-ups with little in them but the etcd of a Multigres cluster: many are read, once or more often, where a random
 * one is mostly read by nobody.
 *
 * @param first the index of the first of them
 */
export function plainSetUps(seed: number, first: number, count: number): RandomSetUp[] {
  return Array.from({ length: count }, (_, index) => plainSetUp(seed, first + index));
}

function plainSetUp(seed: number, index: number): RandomSetUp {
  const roll = dice(seed, index);
  roll.note('plain');
  const namespace = `set-up-${index}-a`;
  const several = (feature: string, probability: number, names: readonly [string, string]) =>
    roll.happens(feature, probability) ? names : names.slice(0, 1);
  const agents = several('plain-agents-two', 0.4, ['main', 'second']);
  const isShared = roll.happens('plain-one-store', 0.5);
  return {
    index,
    namespaces: [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }],
    pods: several('plain-pods-two', 0.6, ['etcd-0', 'etcd-1']).map((name, place) =>
      podOf(namespace, name, `198.51.100.${10 + place}`),
    ),
    services: several('plain-services-two', 0.4, ['etcd', 'etcd-more']).map((name) =>
      serviceOf(namespace, name),
    ),
    scrapes: several('plain-scrapes-two', 0.4, ['first', 'other']).map((name) =>
      scrapeOf(roll, namespace, name),
    ),
    agents: agents.map((name) => agentOf(roll, namespace, name, isShared ? 'main' : name)),
    secrets: [],
    broken: undefined,
    features: [...roll.features].sort(),
  };
}

const labels = { 'app.kubernetes.io/name': 'etcd', ...componentLabels };

function podOf(namespace: string, name: string, podIP: string): AnyObject {
  const ports = [{ name: 'client', containerPort: 2379 }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels: { app: 'etcd', ...labels } },
    spec: { containers: [{ name: 'etcd', image: 'x', ports }] },
    status: {
      phase: 'Running',
      podIP,
      podIPs: [{ ip: podIP }],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}

function serviceOf(namespace: string, name: string): AnyObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name, labels },
    spec: { clusterIP: 'None', selector: { app: 'etcd' }, ports: [{ name: 'client', port: 2379 }] },
  };
}

function scrapeOf(roll: Dice, namespace: string, name: string): AnyObject {
  const endpoint = { port: 'client', ...roll.choose('plain', twists) };
  return {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMServiceScrape',
    metadata: { namespace, name, labels: { team: roll.any(['one', 'two']) } },
    spec: present({
      discoveryRole: roll.happens('plain-slices', 0.3) ? 'endpointslices' : undefined,
      selector: { matchLabels: { 'app.kubernetes.io/name': 'etcd' } },
      jobLabel: roll.happens('plain-job-label', 0.3) ? 'app.kubernetes.io/name' : undefined,
      endpoints: [present(endpoint)],
    }),
  };
}

function agentOf(roll: Dice, namespace: string, name: string, store: string): AnyObject {
  return {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMAgent',
    metadata: { namespace, name },
    spec: {
      remoteWrite: [{ url: `http://vmsingle-${store}.${namespace}.svc:8429/api/v1/write` }],
      ...roll.choose<Members>('plain-agent-selects', [
        ['all', 3, { selectAllByDefault: true }],
        ['label', 1, { serviceScrapeSelector: { matchLabels: { team: 'one' } } }],
      ]),
    },
  };
}
