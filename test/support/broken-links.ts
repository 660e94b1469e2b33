import type { CoverageState } from '../../src/planning/index.ts';
import type { ChainLink } from '../../src/planning/types.ts';
import { theirs } from './hand-over.ts';
import { gateway, gatewayLabels, vmagent } from './reconciling.ts';

/** A component in a namespace of its own, of whose chain one link is broken. */
export interface BrokenLink {
  readonly namespace: string;
  readonly state: CoverageState;
  readonly link: ChainLink | '';
  /** What `explain` is asked for, and what it says of it: where there is no Service, only that the chain breaks. */
  readonly subject: string;
  readonly explained: CoverageState | undefined;
  readonly objects: readonly object[];
}

const pod = (name: string, port: number): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'gw-0', labels: gatewayLabels('gw') },
  spec: {
    containers: [{ name: 'gateway', image: 'gateway', ports: [{ name, containerPort: port }] }],
  },
});

const broken = (
  namespace: string,
  state: CoverageState,
  link: ChainLink | '',
  ...scrapes: readonly object[]
): BrokenLink => ({
  namespace,
  state,
  link,
  subject: 'service/gw',
  explained: state,
  objects: [gateway('gw'), pod('http', 8080), ...scrapes],
});

const rule = (more: object) => ({ endpoint: { relabelConfigs: [more] } });

/** One component for each link that can break, one that nobody can tell of, and one of which all links hold. */
export const brokenLinks: readonly BrokenLink[] = [
  {
    namespace: 'no-service',
    state: 'uncovered',
    link: 'service',
    subject: 'pod/gw-0',
    explained: undefined,
    objects: [pod('http', 8080)],
  },
  // Of files it is explained what autoscrape will have made of them: a scrape here, and the port below.
  { ...broken('no-scrape', 'uncovered', 'scrape'), explained: 'covered' },
  {
    ...broken('no-port', 'uncovered', 'port'),
    explained: 'covered',
    objects: [
      gateway('gw', {
        spec: {
          clusterIP: 'None',
          selector: gatewayLabels('gw'),
          ports: [{ name: 'pg', port: 5432 }],
        },
      }),
      pod('pg', 5432),
    ],
  },
  broken(
    'no-form',
    'unread',
    'form',
    theirs('mine', 'broken', { labels: { team: 'form' }, endpoint: { interval: '1M' } }),
  ),
  broken('no-agent', 'unread', 'agent', theirs('mine', 'broken', { labels: { team: 'lab' } })),
  broken(
    'no-class',
    'unread',
    'references',
    theirs('mine', 'broken', { spec: { scrapeClass: 'nowhere' } }),
  ),
  broken(
    'dropped',
    'unread',
    'relabelling',
    theirs(
      'mine',
      'broken',
      rule({ action: 'drop', sourceLabels: ['__meta_kubernetes_service_name'], regex: 'gw' }),
    ),
  ),
  broken(
    'other-path',
    'unread',
    'request',
    theirs('mine', 'broken', { endpoint: { path: '/healthz' } }),
  ),
  broken('twice', 'duplicated', 'once', theirs('mine', 'reads'), theirs('yours', 'reads')),
  broken(
    'not-told',
    'unknown',
    'relabelling',
    theirs(
      'mine',
      'reads',
      rule({
        action: 'keep',
        sourceLabels: ['__meta_kubernetes_pod_annotation_team'],
        regex: 'shop',
      }),
    ),
  ),
  broken('all-well', 'covered', '', theirs('mine', 'reads')),
];

/** One takes all but two teams; the other takes the one whose scrape makes it refuse its configuration. */
export const brokenLinksAgents: readonly object[] = [
  vmagent('main', {
    serviceScrapeSelector: {
      matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['lab', 'form'] }],
    },
    serviceScrapeNamespaceSelector: {},
  }),
  vmagent('second', {
    serviceScrapeSelector: { matchLabels: { team: 'form' } },
    serviceScrapeNamespaceSelector: {},
    remoteWrite: [{ url: 'http://vmsingle-form.monitoring.svc:8429/api/v1/write' }],
  }),
];
