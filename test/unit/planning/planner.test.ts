import { describe, expect, test } from '@jest/globals';
import type { KubernetesObject } from '../../../src/kubernetes/index.ts';
import { planAll, type ScrapeManifest, wantedScrapes } from '../../../src/planning/index.ts';
import type { PipelineSettings } from '../../../src/settings/index.ts';
import { defaultPipelineSettings } from '../../../src/settings/types.ts';
import {
  agent,
  contextOf,
  etcdLabels,
  made,
  orchLabels,
  ours,
  poolerLabels,
  poolLabels,
  scrape,
  service,
  workload,
} from './plan.ts';

function manifests(
  objects: readonly KubernetesObject[],
  settings?: PipelineSettings,
  ownerIsGone?: (uid: string) => boolean,
): ScrapeManifest[] {
  const plans = planAll(contextOf(objects, settings, ownerIsGone));
  return wantedScrapes(plans).map((wanted) => wanted.manifest);
}

/** What each Service gets: its scrape's name and endpoint, or for each facet the outcome. */
function outcomes(objects: readonly KubernetesObject[], settings?: PipelineSettings): string[] {
  return planAll(contextOf(objects, settings)).flatMap(({ service: { name }, wanted, facets }) =>
    facets.map((plan) => {
      const what = `${name} ${plan.facet.component}: ${plan.outcome}`;
      switch (plan.outcome) {
        case 'scraped':
          return `${what} by ${wanted?.name} ${JSON.stringify(plan.choice)}`;
        case 'other-service':
          return `${what} ${plan.service}`;
        case 'other-scrape':
          return `${what} ${plan.namespace}/${plan.scrape}`;
        case 'impossible':
          return `${what}, ${plan.reason}`;
        default:
          return what;
      }
    }),
  );
}

const client = { ports: [{ name: 'client', port: 2379 }] };
const metrics = { ports: [{ name: 'metrics', port: 9187 }] };

describe('the scrape of a Service', () => {
  test('is selected by its identifying labels, owned by its owner, and carries no copied instance', () => {
    const labels = {
      ...etcdLabels,
      'app.kubernetes.io/instance': 'orders',
      'app.kubernetes.io/version': 'v3.5',
      'helm.sh/chart': 'shop-1.2.3',
      'multigres.com/cell': 'zone-a',
      'autoscrape.multigres.com/scrape': 'true',
      empty: '',
    };
    const owner = {
      apiVersion: 'multigres.io/v1alpha1',
      kind: 'Etcd',
      name: 'orders',
      uid: 'u1',
      blockOwnerDeletion: true,
    };
    expect(manifests([service('orders', { labels, owner, spec: client })])).toEqual([
      {
        apiVersion: 'operator.victoriametrics.com/v1beta1',
        kind: 'VMServiceScrape',
        metadata: {
          name: 'orders-etcd-metrics',
          namespace: 'shop',
          labels: {
            'app.kubernetes.io/managed-by': 'autoscrape',
            'app.kubernetes.io/part-of': 'multigres',
            'app.kubernetes.io/component': 'etcd',
          },
          annotations: { 'autoscrape.multigres.com/service': 'orders' },
          ownerReferences: [
            { apiVersion: 'multigres.io/v1alpha1', kind: 'Etcd', name: 'orders', uid: 'u1' },
          ],
        },
        spec: {
          selector: {
            matchLabels: {
              'app.kubernetes.io/component': 'etcd',
              'app.kubernetes.io/instance': 'orders',
              'app.kubernetes.io/name': 'etcd',
              'app.kubernetes.io/part-of': 'multigres',
              'multigres.com/cell': 'zone-a',
            },
          },
          endpoints: [{ port: 'client', path: '/metrics', interval: '30s' }],
        },
      },
    ]);
  });

  test('is owned by the Service where nothing owns that, and where its owner is gone; by nothing where nothing is stored', () => {
    const owner = { apiVersion: 'multigres.io/v1alpha1', kind: 'Etcd', name: 'orders', uid: 'u1' };
    const itself = [{ apiVersion: 'v1', kind: 'Service', name: 'orders', uid: 'uid-orders' }];
    const owners = (parts: object, gone = false) =>
      manifests(
        [service('orders', { labels: etcdLabels, spec: client, ...parts })],
        undefined,
        () => gone,
      )[0]?.metadata.ownerReferences;
    expect(owners({})).toEqual(itself);
    expect(owners({ owner }, true)).toEqual(itself);
    expect(owners({ owner: { ...owner, uid: '' }, uid: '' })).toEqual([]);
  });

  test('takes labels and the word for its maker from the settings', () => {
    const settings = {
      ...defaultPipelineSettings,
      scrapes: {
        ...defaultPipelineSettings.scrapes,
        managedBy: 'platform',
        labels: { team: 'db' },
      },
    };
    const [manifest] = manifests([service('a', { labels: etcdLabels, spec: client })], settings);
    expect(manifest?.metadata.labels).toEqual({
      team: 'db',
      'app.kubernetes.io/managed-by': 'platform',
      'app.kubernetes.io/part-of': 'multigres',
      'app.kubernetes.io/component': 'etcd',
    });
  });

  test('selects by all labels where none is identifying, and by none where there are none', () => {
    const owner = { apiVersion: 'multigres.io/v1alpha1', kind: 'Etcd', name: 'orders', uid: 'u1' };
    const select = (labels: Record<string, string>) =>
      manifests([service('a', { labels, owner, spec: client })])[0]?.spec.selector;
    expect(select({ app: 'x', track: 'y' })).toEqual({ matchLabels: { app: 'x', track: 'y' } });
    expect(select({})).toEqual({});
  });
});

describe('a scrape that would read a sibling too', () => {
  const shared = { labels: etcdLabels, spec: { ...client, selector: { app: 'etcd' } } };

  test('names the one Service meant', () => {
    const headless = { labels: etcdLabels, spec: { ...shared.spec, clusterIP: 'None' } };
    const [manifest, ...others] = manifests([
      service('etcd', shared),
      service('etcd-headless', headless),
    ]);
    expect(others).toEqual([]);
    expect(manifest?.spec.endpoints).toEqual([
      {
        port: 'client',
        path: '/metrics',
        interval: '30s',
        relabelConfigs: [
          {
            action: 'keep',
            sourceLabels: ['__meta_kubernetes_service_name'],
            regex: 'etcd-headless',
          },
        ],
      },
    ]);
  });

  test('also a sibling that is nobody of ours, and one that is selected because a dot means any character', () => {
    const dotted = { ...etcdLabels, 'app.kubernetes.io/instance': 'a.b' };
    const narrowed = (other: KubernetesObject) =>
      manifests([service('etcd', { labels: dotted, spec: client }), other])[0]?.spec.endpoints[0]
        ?.relabelConfigs !== undefined;
    const sibling = {
      ...dotted,
      'app.kubernetes.io/instance': 'axb',
      'app.kubernetes.io/managed-by': 'x',
    };
    expect(narrowed(service('other', { labels: sibling, spec: client }))).toBe(true);
    expect(
      narrowed(service('other', { labels: sibling, spec: { ports: [{ name: 'sql', port: 1 }] } })),
    ).toBe(false);
    expect(
      narrowed(service('other', { namespace: 'elsewhere', labels: sibling, spec: client })),
    ).toBe(false);
  });
});

describe('of Services in front of the same pods', () => {
  const one = (name: string, spec: object, labels: Record<string, string> = poolerLabels) =>
    service(name, { labels, spec: { selector: { app: 'pool' }, ...spec } });

  test.each([
    ['the headless one', [one('a', metrics), one('z', { ...metrics, clusterIP: 'None' })], 'z'],
    ['the first by name', [one('b', metrics), one('a', metrics)], 'a'],
    [
      'the one with more pods',
      [one('a', { ...metrics, selector: { app: 'pool', cell: '1' } }), one('z', metrics)],
      'z',
    ],
    [
      'the one that exposes the port',
      [one('a', { clusterIP: 'None', ports: [{ name: 'sql', port: 5432 }] }), one('z', metrics)],
      'z',
    ],
  ])('%s is scraped', (_what, services, winner) => {
    const loser = winner === 'z' ? 'a' : 'b';
    const expected = [
      `${winner} multipooler: scraped by ${winner}-metrics {"port":"metrics"}`,
      `${loser} multipooler: other-service ${winner}`,
    ].toSorted();
    expect(outcomes(services)).toEqual(expected);
    expect(outcomes(services.toReversed())).toEqual(expected);
  });

  test('those that are opted out or on their way out do not count', () => {
    const optedOut = one('a', metrics, {
      ...poolerLabels,
      'autoscrape.multigres.com/scrape': 'false',
    });
    const leaving = service('b', {
      labels: poolerLabels,
      spec: { selector: { app: 'pool' }, ...metrics },
      deleting: true,
    });
    expect(outcomes([optedOut, leaving, one('z', metrics)])).toEqual([
      'a multipooler: opted-out',
      'b multipooler: impossible, the Service is being deleted',
      'z multipooler: scraped by z-metrics {"port":"metrics"}',
    ]);
  });

  test('one counts for a port that two components claim', () => {
    const gateway = {
      'app.kubernetes.io/name': 'multigateway',
      'app.kubernetes.io/component': 'gateway',
    };
    const orch = { 'app.kubernetes.io/name': 'multiorch', 'app.kubernetes.io/component': 'orch' };
    const http = { ports: [{ name: 'http', port: 8080 }] };
    expect(outcomes([one('a', http, gateway), one('b', http, orch)])).toEqual([
      'a multigateway: scraped by a-metrics {"port":"http"}',
      'b multiorch: other-service a',
    ]);
  });

  test('those of other namespaces are no rivals', () => {
    const other = service('a', {
      namespace: 'elsewhere',
      labels: poolerLabels,
      spec: { selector: { app: 'pool' }, ...metrics },
    });
    expect(outcomes([other, one('a', metrics)])).toEqual([
      'a multipooler: scraped by a-metrics {"port":"metrics"}',
      'a multipooler: scraped by a-metrics {"port":"metrics"}',
    ]);
  });
});

describe('the port', () => {
  const pool = (spec: object) => service('pool', { labels: poolerLabels, spec: { ...spec } });
  const declaring = (...ports: object[]) => workload('pool', { container: { ports } });

  test.each([
    ['by the name of the Service port', pool(metrics), [], '{"port":"metrics"}'],
    [
      'by any name, where it leads there',
      pool({ ports: [{ name: 'prom', port: 80, targetPort: 9187 }] }),
      [],
      '{"port":"prom"}',
    ],
    [
      'by the container port, where the Service port has no name',
      pool({ ports: [{ port: 9187 }] }),
      [declaring({ name: 'metrics', containerPort: 9187 })],
      '{"targetPort":"metrics"}',
    ],
    [
      'by number, where nothing has a name',
      pool({ ports: [{ port: 9187 }] }),
      [declaring({ containerPort: 9187 })],
      '{"targetPort":9187}',
    ],
    [
      'by the container port, where the Service does not lead there',
      pool({ ports: [{ name: 'sql', port: 5432 }] }),
      [declaring({ name: 'metrics', containerPort: 9187 })],
      '{"targetPort":"metrics"}',
    ],
    [
      'by a number of its own that containers give the name',
      pool({ ports: [{ name: 'x', port: 1, targetPort: 'metrics' }] }),
      [declaring({ name: 'metrics', containerPort: 9999 })],
      '{"port":"x"}',
    ],
    [
      'by number, where no pod is known and the Service has yet to get it',
      pool({ ports: [{ name: 'sql', port: 5432 }] }),
      [],
      '{"targetPort":9187}',
    ],
    [
      'by number on a LoadBalancer, which gets no port',
      pool({ type: 'LoadBalancer', ports: [{ name: 'sql', port: 5432 }] }),
      [],
      '{"targetPort":9187}',
    ],
  ])('is named %s', (_what, front, others, choice) => {
    expect(outcomes([front, ...others])).toEqual([
      `pool multipooler: scraped by pool-metrics ${choice}`,
    ]);
  });

  test.each([
    [
      'a Service without a selector',
      pool({ ...metrics, selector: undefined }),
      [],
      'Service pool selects no pods',
    ],
    [
      'an ExternalName',
      pool({ ...metrics, type: 'ExternalName' }),
      [],
      'Service pool selects no pods',
    ],
    [
      'pods that do not declare it',
      pool({ ports: [{ name: 'sql', port: 5432 }] }),
      [declaring({ containerPort: 5432 })],
      'Service pool has no port metrics (9187), and no container of its pods declares it',
    ],
    [
      'a Service without ports',
      pool({ ports: [] }),
      [declaring({ name: 'metrics', containerPort: 9187 })],
      'Service pool has no port at all: nothing is found behind it',
    ],
    [
      'a port that speaks UDP',
      pool({ ports: [{ name: 'metrics', port: 9187, protocol: 'UDP' }] }),
      [declaring({ containerPort: 5432 })],
      'Service pool has no port metrics (9187), and no container of its pods declares it',
    ],
  ])('of %s can not be read', (_what, front, others, reason) => {
    expect(outcomes([front, ...others])).toEqual([`pool multipooler: impossible, ${reason}`]);
  });

  test.each([
    ['a variable', { env: [{ name: 'ETCD_LISTEN_CLIENT_URLS', value: 'https://0.0.0.0:2379' }] }],
    ['a flag', { command: ['etcd', '--listen-client-urls=https://0.0.0.0:2379'] }],
  ])('of an etcd whose %s says TLS is its metrics port', (_what, container) => {
    const labels = {
      ...etcdLabels,
      'app.kubernetes.io/name': 'multigres',
      'app.kubernetes.io/component': 'toposerver',
    };
    const front = service('topo', { labels, spec: client });
    const ports = [{ name: 'client', containerPort: 2379 }];
    const withMetrics = [...ports, { name: 'metrics', containerPort: 2381 }];
    expect(
      outcomes([front, workload('topo', { container: { ...container, ports: withMetrics } })]),
    ).toEqual(['topo etcd: scraped by topo-metrics {"targetPort":"metrics"}']);
    expect(outcomes([front, workload('topo', { container: { ...container, ports } })])).toEqual([
      'topo etcd: impossible, port 2379 speaks TLS and no container declares a port named metrics',
    ]);
  });
});

describe('what is not scraped', () => {
  const orch = service('orch', {
    labels: orchLabels,
    spec: { ports: [{ name: 'http', port: 15300 }] },
  });
  const pushing = workload('orch', {
    container: { env: [{ name: 'OTEL_METRICS_EXPORTER', value: 'console, otlp' }] },
  });
  const treated = (components: PipelineSettings['components']) => ({
    ...defaultPipelineSettings,
    components,
  });

  test('is silent, or pushes, as its pods say', () => {
    expect(outcomes([orch])).toEqual(['orch multiorch: silent']);
    expect(outcomes([orch, pushing])).toEqual(['orch multiorch: pushed']);
  });

  test('is as the settings say, whatever the catalogue does', () => {
    expect(outcomes([orch], treated({ multiorch: 'scrape' }))).toEqual([
      'orch multiorch: scraped by orch-metrics {"port":"http"}',
    ]);
    expect(outcomes([orch], treated({ multiorch: 'push' }))).toEqual(['orch multiorch: pushed']);
    expect(outcomes([orch, pushing], treated({ multiorch: 'ignore' }))).toEqual([
      'orch multiorch: opted-out',
    ]);
    const pool = service('pool', { labels: poolerLabels, spec: metrics });
    expect(outcomes([pool], treated({ multipooler: 'push' }))).toEqual([
      'pool multipooler: pushed',
    ]);
  });

  test('a setting with the name of an inherited property is none', () => {
    expect(outcomes([orch], treated(JSON.parse('{"__proto__": "scrape"}')))).toEqual([
      'orch multiorch: silent',
    ]);
  });

  test('an optional facet is claimed where the pods have it, and only there', () => {
    const pool = service('pool', {
      labels: poolLabels,
      spec: {
        ports: [
          { name: 'http', port: 15200 },
          { name: 'metrics', port: 9187 },
        ],
      },
    });
    const bare = service('pool', {
      labels: poolLabels,
      spec: { ports: [{ name: 'http', port: 15200 }] },
    });
    const scraped = 'pool postgres-exporter: scraped by pool-metrics {"port":"metrics"}';
    const exporter = workload('pool', {
      container: { ports: [{ name: 'metrics', containerPort: 9187 }] },
    });
    const without = workload('pool', {
      container: { ports: [{ name: 'http', containerPort: 15200 }] },
    });
    expect(outcomes([pool])).toEqual(['pool multipooler: silent', scraped]);
    expect(outcomes([pool, exporter])).toEqual(['pool multipooler: silent', scraped]);
    expect(outcomes([pool, without])).toEqual([
      'pool multipooler: silent',
      'pool postgres-exporter: not-claimed',
    ]);
    expect(outcomes([bare])).toEqual([
      'pool multipooler: silent',
      'pool postgres-exporter: not-claimed',
    ]);
    expect(outcomes([bare, exporter])).toEqual([
      'pool multipooler: silent',
      'pool postgres-exporter: scraped by pool-metrics {"targetPort":"metrics"}',
    ]);
  });

  test('a namespace that has opted out', () => {
    const namespace = made({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop', labels: { 'autoscrape.multigres.com/scrape': 'false' } },
    });
    expect(outcomes([namespace, service('pool', { labels: poolerLabels, spec: metrics })])).toEqual(
      ['pool multipooler: opted-out'],
    );
  });
});

describe("a user's scrape", () => {
  const read = (objects: readonly KubernetesObject[]) =>
    outcomes([...objects, agent('all', { selectAllByDefault: true })]);
  const pool = service('pool', { labels: poolerLabels, spec: metrics });
  const selector = { matchLabels: poolerLabels };
  const displaced = ['pool multipooler: other-scrape shop/mine'];
  const needed = ['pool multipooler: scraped by pool-metrics {"port":"metrics"}'];
  const open = ['pool multipooler: undecided'];
  const drop = { action: 'drop', sourceLabels: ['__meta_kubernetes_pod_name'], regex: 'x' };

  test.each([
    ['reads the target', { port: 'metrics' }, displaced],
    ['reads a port by number that pods may not declare', { targetPort: 9187 }, open],
    ['reads another path', { port: 'metrics', path: '/other' }, needed],
    ['reads the path without its slash', { port: 'metrics', path: 'metrics' }, displaced],
    ['reads an empty path', { port: 'metrics', path: '' }, displaced],
    ['reads with parameters', { port: 'metrics', params: { module: ['x'] } }, open],
    ['reads another port', { port: 'sql' }, needed],
    ['reads what can not be told', { port: 'metrics', relabelConfigs: [drop] }, open],
    [
      'is relabelled to another path',
      {
        port: 'metrics',
        relabelConfigs: [{ targetLabel: '__metrics_path__', replacement: '/other' }],
      },
      needed,
    ],
    [
      'is relabelled to another port',
      {
        port: 'metrics',
        relabelConfigs: [
          {
            sourceLabels: ['__address__'],
            regex: '(.+):.*',
            targetLabel: '__address__',
            replacement: '$1:1',
          },
        ],
      },
      needed,
    ],
    ['has an interval that vmagent refuses', { port: 'metrics', interval: '1M' }, needed],
  ])('that %s', (_what, endpoint, expected) => {
    expect(read([pool, scrape('mine', { selector, endpoints: [endpoint] })])).toEqual(expected);
  });

  test('is undecided where no agent is known, and needs ours where no agent takes it', () => {
    const mine = scrape('mine', { selector, endpoints: [{ port: 'metrics' }] });
    const own = { serviceScrapeNamespaceSelector: {} };
    const classy = scrape('mine', {
      scrapeClass: 'gold',
      selector,
      endpoints: [{ port: 'metrics' }],
    });
    expect(outcomes([pool, mine])).toEqual(open);
    expect(outcomes([pool, mine, agent('elsewhere', { serviceScrapeSelector: {} })])).toEqual(open);
    expect(outcomes([pool, classy, agent('all', own)])).toEqual(needed);
    expect(
      outcomes([pool, classy, agent('all', { ...own, scrapeClasses: [{ name: 'gold' }] })]),
    ).toEqual(displaced);
  });

  test('counts only if each agent that takes ours takes it too', () => {
    const mine = scrape(
      'mine',
      { selector, endpoints: [{ port: 'metrics' }] },
      { labels: { team: 'a' } },
    );
    const all = agent('all', { selectAllByDefault: true });
    const unlabelled = agent('unlabelled', {
      serviceScrapeNamespaceSelector: {},
      serviceScrapeSelector: { matchExpressions: [{ key: 'team', operator: 'DoesNotExist' }] },
    });
    expect(outcomes([pool, mine, all])).toEqual(displaced);
    expect(outcomes([pool, mine, all, unlabelled])).toEqual(needed);
  });

  test('of another namespace counts where an agent lives that takes both, or as the settings say', () => {
    const spec = {
      selector,
      namespaceSelector: { any: true },
      endpoints: [{ port: 'metrics' }],
    };
    const all = agent('all', { selectAllByDefault: true });
    const of = (namespace: string) => scrape('mine', spec, { namespace });
    const yielding = (yieldTo: 'service' | 'agent' | 'any', namespace: string) =>
      outcomes([pool, of(namespace), all], {
        ...defaultPipelineSettings,
        scrapes: { ...defaultPipelineSettings.scrapes, yieldTo },
      });
    expect(yielding('agent', 'monitoring')).toEqual([
      'pool multipooler: other-scrape monitoring/mine',
    ]);
    expect(yielding('agent', 'tenant')).toEqual(needed);
    expect(yielding('service', 'monitoring')).toEqual(needed);
    expect(yielding('any', 'tenant')).toEqual(['pool multipooler: other-scrape tenant/mine']);
  });

  test('follows the word of the operator on it as it is', () => {
    const said = (status: object, generation = 2) =>
      made({
        apiVersion: 'operator.victoriametrics.com/v1beta1',
        kind: 'VMServiceScrape',
        metadata: { namespace: 'shop', name: 'mine', generation },
        spec: { selector, endpoints: [{ port: 'metrics' }] },
        status,
      });
    const condition = (agentName: string, status: string) => ({
      type: `${agentName}.monitoring.vmagent.victoriametrics.com/Applied`,
      status,
      observedGeneration: 2,
      message: 'the Secret is missing',
    });
    const failed = { updateStatus: 'failed', reason: 'no Secret', observedGeneration: 2 };
    const applied = {
      updateStatus: 'operational',
      observedGeneration: 2,
      conditions: [condition('all', 'True')],
    };
    expect(outcomes([pool, said(failed)])).toEqual(needed);
    expect(read([pool, said(failed)])).toEqual(needed);
    expect(read([pool, said(failed, 3)])).toEqual(open);
    expect(read([pool, said(applied)])).toEqual(displaced);
    expect(outcomes([pool, said(applied)])).toEqual(open);
    expect(read([pool, said({ ...applied, conditions: [condition('all', 'False')] })])).toEqual(
      needed,
    );
    expect(read([pool, said({ ...applied, conditions: [condition('gone', 'True')] })])).toEqual(
      open,
    );
  });

  test('that may read it leaves ours where it is stored, and as it is', () => {
    const mine = scrape('mine', {
      selector,
      endpoints: [{ port: 'metrics', relabelConfigs: [drop] }],
    });
    const stored = scrape(
      'pool-metrics',
      { selector, endpoints: [{ port: 'metrics', path: '/metrics', interval: '30s' }] },
      ours('pool'),
    );
    const all = agent('all', { selectAllByDefault: true });
    const wanted = (objects: readonly KubernetesObject[]) =>
      manifests(objects).map(({ metadata }) => metadata.name);
    expect(wanted([pool, mine, all])).toEqual([]);
    expect(wanted([pool, mine, all, stored])).toEqual(['pool-metrics']);
  });

  test('of pods displaces ours as one of Services does', () => {
    const podScrape = (labels: object) =>
      made({
        apiVersion: 'operator.victoriametrics.com/v1beta1',
        kind: 'VMPodScrape',
        metadata: { namespace: 'shop', name: 'mine' },
        spec: { selector: { matchLabels: labels }, podMetricsEndpoints: [{ port: 'metrics' }] },
      });
    const pods = workload('pool', {
      container: { ports: [{ name: 'metrics', containerPort: 9187 }] },
    });
    expect(read([pool, pods, podScrape({ app: 'pool' })])).toEqual(displaced);
    expect(read([pool, pods, podScrape({ app: 'other' })])).toEqual(needed);
  });

  test('by number does not keep ours away where the pods do not declare the port', () => {
    const mine = scrape('mine', { selector, endpoints: [{ targetPort: 9187 }] });
    const declaring = (containerPort: number) =>
      read([pool, workload('pool', { container: { ports: [{ containerPort }] } }), mine]);
    expect(declaring(9187)).toEqual(['pool multipooler: other-scrape shop/mine']);
    expect(declaring(5432)).toEqual([
      'pool multipooler: scraped by pool-metrics {"port":"metrics"}',
    ]);
  });

  test('through another Service of the same pods, or of more, keeps ours away; of fewer it does not', () => {
    const mine = scrape('mine', {
      selector: { matchLabels: { mine: 'yes' } },
      endpoints: [{ port: 'm' }],
    });
    const other = (selector: object) =>
      service('other', {
        labels: { mine: 'yes' },
        spec: { selector, ports: [{ name: 'm', port: 9187 }] },
      });
    const narrow = service('pool', {
      labels: poolerLabels,
      spec: { ...metrics, selector: { app: 'pool', cell: '1' } },
    });
    const kept = ['pool multipooler: other-scrape shop/mine'];
    const made = ['pool multipooler: scraped by pool-metrics {"port":"metrics"}'];
    expect(read([pool, mine, other({ app: 'pool' })])).toEqual(kept);
    expect(read([narrow, mine, other({ app: 'pool' })])).toEqual(kept);
    expect(read([pool, mine, other({ app: 'pool', cell: '1' })])).toEqual(made);
  });
});

describe("the scrape's name", () => {
  const pool = (name: string) => service(name, { labels: poolerLabels, spec: metrics });
  const elsewhere = { selector: { matchLabels: { nothing: 'here' } }, endpoints: [{ port: 'x' }] };
  const names = (...objects: KubernetesObject[]) =>
    manifests(objects).map(
      ({ metadata }) =>
        `${metadata.annotations['autoscrape.multigres.com/service']}: ${metadata.name}`,
    );

  test('gives way to a scrape of somebody else, and to a ServiceMonitor', () => {
    const monitor = made({
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'ServiceMonitor',
      metadata: { namespace: 'shop', name: 'pool-metrics' },
    });
    expect(names(pool('pool'), scrape('pool-metrics', elsewhere))).toEqual([
      'pool: pool-autoscrape',
    ]);
    expect(names(pool('pool'), monitor)).toEqual(['pool: pool-autoscrape']);
  });

  test('stays where the scrape is ours, for the same Service or for one that is gone', () => {
    expect(names(pool('pool'), scrape('pool-metrics', elsewhere, ours('pool')))).toEqual([
      'pool: pool-metrics',
    ]);
    expect(names(pool('pool'), scrape('pool-metrics', elsewhere, ours('gone')))).toEqual([
      'pool: pool-metrics',
    ]);
    expect(
      names(pool('pool'), pool('other'), scrape('pool-metrics', elsewhere, ours('other'))),
    ).toEqual(['other: other-metrics', 'pool: pool-autoscrape']);
  });

  test('of two Services of one owner is given once', () => {
    const owner = { apiVersion: 'multigres.io/v1alpha1', kind: 'MultiPooler', name: 'p', uid: 'u' };
    const owned = (name: string) =>
      service(name, { labels: poolerLabels, owner, spec: { ...metrics, selector: { app: name } } });
    expect(names(owned('a'), owned('b'))).toEqual(['a: p-pooler-metrics', 'b: b-metrics']);
  });

  test('is never one of the operator of VictoriaMetrics', () => {
    expect(names(pool('vmagent-pool'))).toEqual([]);
    expect(outcomes([pool('vmagent-pool')])).toEqual([
      'vmagent-pool multipooler: impossible, every name that its scrape could have is taken in namespace shop',
    ]);
  });

  test('is impossible where all are taken', () => {
    const taken = ['pool-metrics', 'pool-autoscrape'].map((name) => scrape(name, elsewhere));
    expect(outcomes([pool('pool'), ...taken])).toEqual([
      'pool multipooler: impossible, every name that its scrape could have is taken in namespace shop',
    ]);
  });
});
