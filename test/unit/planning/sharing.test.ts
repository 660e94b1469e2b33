import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KubernetesObject } from '../../../src/kubernetes/index.ts';
import { coverage, type PlanContext, planAll, wantedScrapes } from '../../../src/planning/index.ts';
import { contextOf, made, poolLabels, reconciled, service } from './plan.ts';

type Labels = Readonly<Record<string, string>>;

/** A Service of a pool, as the operator has several in front of the same pods. */
function front(name: string, selector: Labels, spec: object = {}): KubernetesObject {
  const ports = [{ name: 'metrics', port: 9187 }];
  return service(name, { labels: poolLabels, spec: { selector, ports, ...spec } });
}

function pod(name: string, labels: Labels): KubernetesObject {
  const ports = [{ name: 'metrics', containerPort: 9187 }];
  return made({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'shop', name, labels: { ...poolLabels, ...labels } },
    spec: { containers: [{ name: 'postgres-exporter', image: 'x', ports }] },
    status: { phase: 'Running', podIP: '10.0.0.1' },
  });
}

/** The rules of the scrape of each Service that gets one. */
function rules(context: PlanContext): Record<string, unknown> {
  return Object.fromEntries(
    wantedScrapes(planAll(context)).map(({ service: name, manifest }) => [
      name,
      (manifest.spec.endpoints[0]?.relabelConfigs ?? []).filter(({ action }) => action === 'drop'),
    ]),
  );
}

/** The states of the sets of pods, each once. */
function states(context: PlanContext): string[] {
  const found = coverage(context).filter(({ component }) => component === 'postgres-exporter');
  return [...new Set(found.map(({ state, because }) => (state === 'covered' ? state : because)))];
}

const drop = (sourceLabels: string[], regex: string) => ({ action: 'drop', sourceLabels, regex });
const label = (key: string) => `__meta_kubernetes_pod_label_${key}`;

describe('Services that share pods, neither selector containing the other', () => {
  const pool = front('pool', { cluster: 'shop', pool: 'main' }, { clusterIP: 'None' });
  const replicas = front('replicas', { cluster: 'shop', role: 'replica' });

  test('get a scrape each, and the second leaves out what the first takes, whichever pods come', () => {
    const context = contextOf([pool, replicas]);
    expect(rules(context)).toEqual({
      pool: [],
      replicas: [drop([label('cluster'), label('pool')], 'shop;main')],
    });
    reconciled(context);
    for (const one of [
      pod('both', { cluster: 'shop', pool: 'main', role: 'replica' }),
      pod('first', { cluster: 'shop', pool: 'main', role: 'primary' }),
      pod('second', { cluster: 'shop', pool: 'other', role: 'replica' }),
    ]) {
      context.inventory.put(one);
    }
    expect(states(context)).toEqual(['covered']);
  });

  test('get one scrape where every pod that is known falls to the first', () => {
    const context = contextOf([
      pool,
      replicas,
      pod('both', { cluster: 'shop', pool: 'main', role: 'replica' }),
    ]);
    expect(rules(context)).toEqual({ pool: [] });
    expect(states(reconciled(context))).toEqual(['covered']);
  });

  test('keep what is stored, as it is, while pods come and go', () => {
    const context = reconciled(contextOf([pool, replicas]));
    const before = JSON.stringify(wantedScrapes(planAll(context)));
    const both = pod('both', { cluster: 'shop', pool: 'main', role: 'replica' });
    const second = pod('second', { cluster: 'shop', pool: 'other', role: 'replica' });
    const seen = [[both], [second], [both, second], []].map((pods) => {
      for (const one of [both, second]) context.inventory.remove('Pod', 'shop', one.name);
      for (const one of pods) context.inventory.put(one);
      return JSON.stringify(wantedScrapes(planAll(context)));
    });
    expect(seen).toEqual([before, before, before, before]);
  });

  test('are told by their pods where the selectors have nothing in common', () => {
    const alone = front('replicas', { role: 'replica' });
    expect(rules(contextOf([pool, alone]))).toEqual({ pool: [], replicas: [] });
    const shared = pod('both', { cluster: 'shop', pool: 'main', role: 'replica' });
    const other = pod('second', { role: 'replica' });
    const context = contextOf([pool, alone, shared, other]);
    expect(rules(context)).toEqual({
      pool: [],
      replicas: [drop([label('cluster'), label('pool')], 'shop;main')],
    });
    expect(states(reconciled(context))).toEqual(['covered']);
  });

  test('go on as they are where labels contradict each other', () => {
    const others = front('others', { cluster: 'shop', pool: 'other' });
    expect(rules(contextOf([pool, others]))).toEqual({ pool: [], others: [] });
  });

  test('are dropped by values as they are, and by the presence of a label without one', () => {
    const odd = front('odd', { cluster: 'shop', 'a.b/c': 'v1.2', empty: '' });
    const context = contextOf([odd, front('plain', { cluster: 'shop', role: 'x' })]);
    const present = '__meta_kubernetes_pod_labelpresent_empty';
    const sources = [label('a_b_c'), label('cluster'), label('empty'), present];
    // Of two that are alike the one that asks for fewer labels comes first.
    expect(rules(context)).toEqual({
      odd: [drop([label('cluster'), label('role')], 'shop;x')],
      plain: [],
    });
    const owned = { apiVersion: 'multigres.com/v1alpha1', kind: 'Shard', name: 's', uid: 'u' };
    const first = service('odd', {
      labels: poolLabels,
      owner: owned,
      spec: {
        selector: { cluster: 'shop', 'a.b/c': 'v1.2', empty: '' },
        ports: [{ name: 'metrics', port: 9187 }],
      },
    });
    expect(rules(contextOf([first, front('plain', { cluster: 'shop', role: 'x' })])).plain).toEqual(
      [drop(sources, 'v1\\.2;shop;;true')],
    );
  });
});

describe('the Services of CloudNativePG in front of one cluster, beside one of ours', () => {
  // https://cloudnative-pg.io/documentation/current/service_management/
  const cluster = { 'cnpg.io/cluster': 'pg' };
  const services = [
    front('pg-rw', { ...cluster, 'cnpg.io/instanceRole': 'primary' }),
    front('pg-ro', { ...cluster, 'cnpg.io/instanceRole': 'replica' }),
    front('pg-r', { ...cluster, 'cnpg.io/podRole': 'instance' }),
    front('ours', { tier: 'database' }, { clusterIP: 'None' }),
  ];
  const pods = ['primary', 'replica', 'replica'].map((role, index) =>
    pod(`pg-${index}`, {
      ...cluster,
      'cnpg.io/instanceRole': role,
      'cnpg.io/podRole': 'instance',
      tier: 'database',
    }),
  );

  test('have their pods read once, by one scrape', () => {
    const context = contextOf([...services, ...pods]);
    expect(rules(context)).toEqual({ ours: [] });
    expect(states(reconciled(context))).toEqual(['covered']);
  });

  test('have them read once where the Services were there first, also after a switchover', () => {
    const context = reconciled(contextOf(services));
    for (const one of pods) context.inventory.put(one);
    reconciled(context);
    expect(states(context)).toEqual(['covered']);
    context.inventory.put(
      pod('pg-0', { ...cluster, 'cnpg.io/instanceRole': 'replica', 'cnpg.io/podRole': 'instance' }),
    );
    reconciled(context);
    expect(states(context)).toEqual(['covered']);
  });
});

test('whatever Services select, and whichever pods come, each pod behind one is read once', () => {
  const labels = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2', ''), {
    minKeys: 1,
  });
  const sets = fc.record({
    selectors: fc.array(labels, { minLength: 1, maxLength: 5 }),
    headless: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
    first: fc.array(labels, { maxLength: 3 }),
    later: fc.array(labels, { maxLength: 4 }),
  });
  fc.assert(
    fc.property(sets, ({ selectors, headless, first, later }) => {
      const services = selectors.map((selector, at) =>
        front(`s${at}`, selector, headless[at] === true ? { clusterIP: 'None' } : {}),
      );
      const context = reconciled(
        contextOf([...services, ...first.map((one, at) => pod(`f${at}`, one))]),
      );
      const known = states(context).filter((state) => state !== 'no Service selects its pods');
      expect(known.filter((state) => state !== 'covered')).toEqual([]);
      for (const [at, one] of later.entries()) context.inventory.put(pod(`l${at}`, one));
      reconciled(context);
      const all = states(context).filter((state) => state !== 'no Service selects its pods');
      expect(all.filter((state) => state !== 'covered')).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
