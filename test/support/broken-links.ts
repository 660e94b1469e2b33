import type { CoverageState } from '../../src/planning/index.ts';
import type { ChainLink } from '../../src/planning/types.ts';
import type { PushLink } from '../../src/pushing/index.ts';
import { theirs } from './hand-over.ts';
import { gateway, gatewayLabels, vmagent } from './reconciling.ts';

/** A component in a namespace of its own, of whose chain one link is broken. */
export interface BrokenLink {
  readonly namespace: string;
  readonly state: CoverageState;
  readonly link: ChainLink | PushLink | '';
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

/** A multiorch that sends its metrics, with these variables. */
const sending = (
  namespace: string,
  state: CoverageState,
  link: PushLink | '',
  env: Readonly<Record<string, string>>,
): BrokenLink => ({
  namespace,
  state,
  link,
  subject: 'pod/orch-0',
  explained: state,
  objects: [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'orch-0',
        labels: {
          'app.kubernetes.io/name': 'multigres',
          'app.kubernetes.io/component': 'multiorch',
          'app.kubernetes.io/instance': 'orders',
          'app.kubernetes.io/part-of': 'multigres',
        },
      },
      spec: {
        containers: [
          {
            name: 'multiorch',
            image: 'multiorch',
            env: Object.entries(env).map(([name, value]) => ({ name, value })),
          },
        ],
      },
    },
  ],
});

const otlp = { OTEL_METRICS_EXPORTER: 'otlp' };
const to = (address: string) => ({ ...otlp, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: address });
const main = 'http://vmagent-main.default.svc';

/** One component for each link that can break, one that nobody can tell of, and one of which all links hold. */
export const brokenLinks: readonly BrokenLink[] = [
  {
    namespace: 'no-service',
    state: 'uncovered',
    link: 'service',
    subject: 'pod/gw-0',
    explained: 'uncovered',
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
  sending('sent-by-list', 'unread', 'exporter', { OTEL_METRICS_EXPORTER: 'otlp,console' }),
  sending('sent-nowhere', 'unread', 'address', otlp),
  // Files do not show that there is no such namespace.
  {
    ...sending(
      'sent-to-nobody',
      'unread',
      'receiver',
      to('http://otel.nowhere.svc:4318/v1/metrics'),
    ),
    explained: 'pushed',
  },
  sending('sent-by-grpc', 'unread', 'protocol', {
    ...to(`${main}:8429`),
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
  }),
  sending('sent-to-port', 'unread', 'port', to(`${main}:4318/opentelemetry/v1/metrics`)),
  sending('sent-to-path', 'unread', 'path', to(`${main}:8429/v1/metrics`)),
  sending('sent-as-delta', 'unknown', 'temporality', {
    ...to(`${main}:8429/opentelemetry/v1/metrics`),
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'delta',
  }),
  sending('sent-outside', 'pushed', '', to('https://otlp.example.com/v1/metrics')),
  sending('sent-well', 'pushed', '', to(`${main}:8429/opentelemetry/v1/metrics`)),
  sending('not-sent', 'silent', '', {}),
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
