import { describe, expect, test } from '@jest/globals';
import type { KubernetesObject } from '../../../src/kubernetes/index.ts';
import { type Coverage, coverage, type PlanContext } from '../../../src/planning/index.ts';
import type { PipelineSettings } from '../../../src/settings/index.ts';
import { defaultPipelineSettings } from '../../../src/settings/types.ts';
import {
  contextOf,
  made,
  orchLabels,
  poolerLabels,
  poolLabels,
  reconciled,
  scrape,
  service,
  workload,
} from './plan.ts';

const metrics = { ports: [{ name: 'metrics', port: 9187 }] };
const declared = { ports: [{ name: 'metrics', containerPort: 9187 }] };
const out = { 'autoscrape.multigres.com/scrape': 'false' };
const saidOut = 'labelled autoscrape.multigres.com/scrape: "false"';

const pool = (labels: Record<string, string> = poolerLabels, spec: object = metrics) =>
  service('pool', { labels, spec: { ...spec } });
const pods = (labels: Record<string, string> = poolerLabels) =>
  workload('pool', { labels, container: declared });

function states(context: PlanContext): string[] {
  return coverage(context).map(said);
}

function said({
  services,
  workload: where,
  component,
  state,
  because,
  scrape: by,
}: Coverage): string {
  return `${where}[${services}] ${component}: ${state} ${by}(${because})`;
}

/** The coverage once our scrapes are there. */
function settled(objects: readonly KubernetesObject[], settings?: PipelineSettings): string[] {
  return states(reconciled(contextOf(objects, settings)));
}

describe('what is too large to judge', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`);

  test('is a scrape that may read the component: that can not be told', () => {
    const values = many(3_000);
    const large = scrape('large', {
      spec: {
        selector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values }] },
        endpoints: [{ port: 'metrics' }],
      },
    });
    expect(states(contextOf([pool(), pods(), large]))).toEqual([
      "StatefulSet/pool[pool] multipooler: unknown large(whether shop/large through pool reads it can't be told: it is too large to judge: it has more than 2000 values)",
    ]);
  });

  test('is a Service in front of the component: nothing is told of it', () => {
    const ports = many(501).map((name) => ({ name, port: 9187 }));
    expect(states(contextOf([pool(poolerLabels, { ports }), pods()]))).toEqual([
      'StatefulSet/pool[pool] multipooler: unknown (Service pool is too large to judge: it has more than 500 ports)',
    ]);
  });
});

describe('a component that exposes metrics', () => {
  test('is uncovered until its scrape is there, and covered then', () => {
    const context = contextOf([pool(), pods()]);
    expect(states(context)).toEqual([
      'StatefulSet/pool[pool] multipooler: uncovered (its scrape does not exist yet)',
    ]);
    expect(states(reconciled(context))).toEqual([
      'StatefulSet/pool[pool] multipooler: covered pool-metrics(read once, by our scrape pool-metrics through Service pool)',
    ]);
  });

  test('is one with several Services in front of it, known or not by its workload', () => {
    const headless = service('pool-headless', {
      labels: poolerLabels,
      spec: { ...metrics, selector: { app: 'pool' }, clusterIP: 'None' },
    });
    const covered =
      '[pool,pool-headless] multipooler: covered pool-headless-metrics(read once, by our scrape pool-headless-metrics through Service pool-headless)';
    expect(settled([pool(), headless])).toEqual([covered]);
    expect(settled([pool(), headless, pods()])).toEqual([`StatefulSet/pool${covered}`]);
  });

  test('is not hidden by a foreign Service in front of the same pods', () => {
    const front = (name: string, selector: object) =>
      service(name, { spec: { ...selector, ports: [{ name: 'sql', port: 5432 }] } });
    const covered = (services: string) =>
      `[${services}] multipooler: covered pool-metrics(read once, by our scrape pool-metrics through Service pool)`;
    expect(settled([pool(), front('a', { selector: { app: 'pool' } })])).toEqual([
      covered('a,pool'),
    ]);
    expect(settled([pool(), front('a', { selector: { app: 'pool', role: 'rw' } })])).toEqual([
      covered('pool'),
    ]);
  });

  test.each([
    ['no Service selects its pods', [pods(), service('other')]],
    [
      'no Service in front of its pods is recognised as its own',
      [pods(), service('pool', { spec: metrics })],
    ],
    [
      'Service pool has no port metrics (9187), and no container of its pods declares it',
      [
        pool(poolerLabels, { ports: [{ name: 'sql', port: 5432 }] }),
        workload('pool', { labels: poolerLabels }),
      ],
    ],
  ])('is uncovered, for %s', (because, objects) => {
    expect(settled(objects)).toEqual([
      expect.stringMatching(/^StatefulSet\/pool\[\w*\] multipooler: uncovered \(.*\)$/),
    ]);
    expect(settled(objects)[0]).toContain(`(${because})`);
  });

  test('is uncovered where the Service that is scraped for it selects other pods', () => {
    const narrow = service('pool', {
      labels: poolerLabels,
      spec: { ...metrics, selector: { app: 'pool', cell: '1' } },
    });
    const broad = service('all', {
      labels: poolerLabels,
      spec: { selector: { app: 'pool' }, ports: [{ name: 'sql', port: 5432 }] },
    });
    const two = workload('pool', {
      labels: poolerLabels,
      podLabels: { cell: '2' },
      container: declared,
    });
    expect(settled([narrow, broad, two])).toEqual([
      '[all,pool] multipooler: covered pool-metrics(read once, by our scrape pool-metrics through Service pool)',
      'StatefulSet/pool[all] multipooler: uncovered (Service pool is scraped instead, which does not select all of its pods)',
    ]);
  });

  const selector = { matchLabels: poolerLabels };

  test("is covered by a user's scrape", () => {
    expect(
      settled([pool(), pods(), scrape('mine', { selector, endpoints: [{ port: 'metrics' }] })]),
    ).toEqual([
      'StatefulSet/pool[pool] multipooler: covered mine(read once, by scrape mine through Service pool)',
    ]);
  });

  test('is duplicated by a second scrape, and by a second Service that one scrape selects', () => {
    const mine = (name: string) => scrape(name, { selector, endpoints: [{ port: 'metrics' }] });
    expect(settled([pool(), pods(), mine('a'), mine('b')])).toEqual([
      'StatefulSet/pool[pool] multipooler: duplicated a(read more than once: shop/a through pool and shop/b through pool)',
    ]);
    const second = service('second', {
      labels: poolerLabels,
      spec: { ...metrics, selector: { app: 'pool' } },
    });
    expect(settled([pool(), second, pods(), mine('a')])).toEqual([
      'StatefulSet/pool[pool,second] multipooler: duplicated a(read more than once: shop/a through pool and shop/a through second)',
    ]);
  });

  test('is unknown where nobody can tell whether a scrape reads it: ours is not made', () => {
    const relabelConfigs = [
      { action: 'drop', sourceLabels: ['__meta_kubernetes_pod_name'], regex: 'x' },
    ];
    const unclear = scrape('mine', { selector, endpoints: [{ port: 'metrics', relabelConfigs }] });
    expect(settled([pool(), pods(), unclear])).toEqual([
      "StatefulSet/pool[pool] multipooler: unknown mine(whether shop/mine through pool reads it can't be told: relabelConfigs[0] goes by what is not known here (__meta_kubernetes_pod_name))",
    ]);
  });

  test('is unknown where nobody can tell whether a scrape reads it, and ours is impossible', () => {
    const relabelConfigs = [
      { action: 'drop', sourceLabels: ['__meta_kubernetes_pod_name'], regex: 'x' },
    ];
    const unclear = scrape('mine', {
      selector: {},
      endpoints: [{ port: 'metrics', relabelConfigs }],
    });
    expect(settled([service('pool', { spec: metrics }), pods(), unclear])).toEqual([
      "StatefulSet/pool[pool] multipooler: unknown mine(whether shop/mine through pool reads it can't be told: relabelConfigs[0] goes by what is not known here (__meta_kubernetes_pod_name))",
    ]);
  });
});

describe('a component that sends its metrics', () => {
  const orch = service('orch', {
    labels: orchLabels,
    spec: { ports: [{ name: 'http', port: 15300 }] },
  });
  const exporter = (value: string) =>
    workload('orch', {
      kind: 'Deployment',
      labels: orchLabels,
      container: { env: [{ name: 'OTEL_METRICS_EXPORTER', value }] },
    });
  const change =
    'to make it send metrics set spec.observability.metricsExporter=otlp with otlpEndpoint (or otlpMetricsEndpoint) of the MultigresCluster';

  test.each([
    ['otlp', 'pushed (OTEL_METRICS_EXPORTER is otlp in its containers)'],
    ['otlp,console', 'pushed (OTEL_METRICS_EXPORTER is otlp in its containers)'],
    ['none', `silent (OTEL_METRICS_EXPORTER is not otlp in its containers; ${change})`],
    ['OTLP', `silent (OTEL_METRICS_EXPORTER is not otlp in its containers; ${change})`],
  ])('with the exporter %s is %s', (value, expected) => {
    expect(settled([orch, exporter(value)])).toEqual([
      `Deployment/orch[orch] multiorch: ${expected}`,
    ]);
  });

  test('of which only the Service is known is silent as far as that shows', () => {
    expect(settled([orch])).toEqual([
      `[orch] multiorch: silent (nothing shows that it sends metrics; ${change})`,
    ]);
  });

  test('is what the settings say', () => {
    const treated = (treatment: 'push' | 'ignore') => ({
      ...defaultPipelineSettings,
      components: { multiorch: treatment },
    });
    expect(settled([orch], treated('push'))).toEqual([
      '[orch] multiorch: pushed (the settings say that it sends its metrics by OTLP)',
    ]);
    expect(settled([orch], treated('ignore'))).toEqual([
      '[orch] multiorch: opted-out (the settings ignore this component)',
    ]);
  });

  test('that has no metrics at all is silent for good, unless the settings know better', () => {
    const labels = { ...orchLabels, 'app.kubernetes.io/component': 'multiadmin-web' };
    const web = service('web', { labels, spec: { ports: [{ name: 'http', port: 18100 }] } });
    expect(settled([web])).toEqual([
      '[web] multiadmin-web: silent (it exposes no metrics, and no setting would change that)',
    ]);
    const forced = {
      ...defaultPipelineSettings,
      components: { 'multiadmin-web': 'push' as const },
    };
    expect(settled([web], forced)).toEqual([
      '[web] multiadmin-web: pushed (the settings say that it sends its metrics by OTLP)',
    ]);
  });
});

describe('a component that has opted out', () => {
  const namespace = made({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop', labels: out },
  });

  test.each([
    [
      'by its Service',
      [pool({ ...poolerLabels, ...out })],
      `[pool] multipooler: opted-out (${saidOut})`,
    ],
    [
      'by each Service in front of it',
      [pool({ ...poolerLabels, ...out }), pods()],
      `StatefulSet/pool[pool] multipooler: opted-out (every Service in front of it is ${saidOut})`,
    ],
    [
      'by its namespace',
      [namespace, pool(), pods()],
      `StatefulSet/pool[pool] multipooler: opted-out (${saidOut})`,
    ],
    [
      'by its workload',
      [pods({ ...poolerLabels, ...out }), service('other')],
      `StatefulSet/pool[] multipooler: opted-out (${saidOut})`,
    ],
  ])('%s', (_what, objects, expected) => {
    expect(settled(objects)).toEqual([expected]);
  });

  test('is still covered where a scrape reads it: what is read is read', () => {
    expect(settled([pool(), pods({ ...poolerLabels, ...out })])).toEqual([
      'StatefulSet/pool[pool] multipooler: covered pool-metrics(read once, by our scrape pool-metrics through Service pool)',
    ]);
  });
});

describe('pods', () => {
  const pod = (
    name: string,
    owner: object | undefined,
    labels: object,
    container: object = declared,
  ) =>
    made({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        namespace: 'shop',
        name,
        labels,
        ownerReferences: owner === undefined ? [] : [{ controller: true, uid: 'u', ...owner }],
      },
      spec: { containers: [{ name: 'main', image: 'x', ...container }] },
      status: { phase: 'Running' },
    });
  const shard = { apiVersion: 'multigres.com/v1alpha1', kind: 'Shard', name: 's' };
  const front = service('pool', {
    labels: poolLabels,
    spec: { selector: poolLabels, ports: [{ name: 'metrics', port: 9187 }] },
  });

  test('without a workload are counted by their owner, and hold two components', () => {
    expect(settled([front, pod('a', shard, poolLabels), pod('b', shard, poolLabels)])).toEqual([
      'Shard/s[pool] multipooler: silent (OTEL_METRICS_EXPORTER is not otlp in its containers; to make it send metrics set spec.observability.metricsExporter=otlp with otlpEndpoint (or otlpMetricsEndpoint) of the MultigresCluster)',
      'Shard/s[pool] postgres-exporter: covered pool-metrics(read once, by our scrape pool-metrics through Service pool)',
    ]);
  });

  test('of an older version, without the exporter, are not said to lack it', () => {
    const http = { ports: [{ name: 'http', containerPort: 15200 }] };
    expect(
      coverage(reconciled(contextOf([front, pod('a', shard, poolLabels, http)]))).map(
        ({ component }) => component,
      ),
    ).toEqual(['multipooler']);
  });

  test('of a known workload are counted with it, also through a ReplicaSet; ended ones not at all', () => {
    const labels = { ...poolerLabels, app: 'pool' };
    const deployment = workload('pool', {
      kind: 'Deployment',
      labels: poolerLabels,
      podLabels: poolerLabels,
      container: declared,
    });
    const replicaSet = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'pool-6985447b87' };
    const job = { apiVersion: 'batch/v1', kind: 'Job', name: 'backup' };
    const ended = pod('backup', job, labels);
    const done = ended.kind === 'Pod' ? { ...ended, phase: 'Succeeded' } : ended;
    expect(
      coverage(
        reconciled(
          contextOf([pool(), deployment, pod('pool-6985447b87-x', replicaSet, labels), done]),
        ),
      ).map(({ workload: where }) => where),
    ).toEqual(['Deployment/pool']);
  });

  test('of nobody stand for themselves', () => {
    const labels = { ...poolerLabels, app: 'pool' };
    expect(
      coverage(reconciled(contextOf([pool(), pod('alone', undefined, labels)]))).map(
        ({ workload: where, state }) => [where, state],
      ),
    ).toEqual([['Pod/alone', 'covered']]);
  });
});

describe('what is not known', () => {
  test('is not concluded: without a word on Services nothing is said of what reads a port', () => {
    const context = contextOf([pods(), workload('orch', { labels: orchLabels })]);
    context.inventory.markUnknown('Service');
    expect(coverage(context).map(({ component, state }) => [component, state])).toEqual([
      ['multiorch', 'silent'],
    ]);
  });
});

test('coverage is sorted, and can be asked of one namespace', () => {
  const elsewhere = service('pool', { namespace: 'another', labels: poolerLabels, spec: metrics });
  const context = reconciled(
    contextOf([service('b', { labels: poolerLabels, spec: metrics }), pool(), elsewhere]),
  );
  const where = (all: Coverage[]) =>
    all.map(({ namespace, services }) => `${namespace}/${services}`);
  expect(where(coverage(context))).toEqual(['another/pool', 'shop/b', 'shop/pool']);
  expect(where(coverage(context, 'another'))).toEqual(['another/pool']);
});
