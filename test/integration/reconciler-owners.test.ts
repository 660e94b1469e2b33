import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { api, auditEvents, makeNamespace } from '../support/control-plane.ts';
import {
  at,
  define,
  defineResources,
  eventually,
  gateway,
  gatewayLabels,
  type Namespaced,
  quiet,
  type Reconciling,
  startReconciling,
  within,
} from '../support/reconciling.ts';

let plane: ControlPlane;
let running: Reconciling;

beforeAll(async () => {
  plane = await startControlPlane({ label: 'owners' });
  await Promise.all([
    defineResources(plane, 'vmservicescrape.yaml'),
    defineResources(plane, 'multigres.yaml'),
    define(plane, serviceMonitors),
    define(plane, clusterScoped),
  ]);
  running = await startReconciling(plane, 'test');
});

afterAll(async () => {
  await running?.stop();
  await plane?.stop();
});

/** Milliseconds within which the garbage collector does its work: it looks only each 30 s which resources there are. */
const collected = 70_000;

const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

function definition(group: string, scope: string, kind: string, version: string): object {
  const singular = kind.toLowerCase();
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${singular}s.${group}` },
    spec: {
      group,
      scope,
      names: { kind, listKind: `${kind}List`, plural: `${singular}s`, singular },
      versions: [
        { name: version, served: true, storage: true, schema: { openAPIV3Schema: anything } },
      ],
    },
  };
}

const serviceMonitors = definition('monitoring.coreos.com', 'Namespaced', 'ServiceMonitor', 'v1');
const clusterScoped = definition('example.org', 'Cluster', 'Fleet', 'v1');

async function namespace(): Promise<Namespaced> {
  return within(plane, await makeNamespace(plane, 'owned'));
}

/** A custom resource of the database. */
async function resource(
  space: Namespaced,
  plural: string,
  kind: string,
  name: string,
): Promise<object> {
  const made = await space.create(plural, {
    apiVersion: 'multigres.com/v1alpha1',
    kind,
    metadata: { name },
    spec: {},
  });
  return {
    apiVersion: 'multigres.com/v1alpha1',
    kind,
    name,
    uid: at(made, 'metadata', 'uid'),
    controller: true,
    blockOwnerDeletion: true,
  };
}

function etcdLabels(instance: string): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'multigres',
    'app.kubernetes.io/component': 'etcd',
    'app.kubernetes.io/instance': instance,
    'app.kubernetes.io/part-of': 'multigres',
    'app.kubernetes.io/managed-by': 'multigres-operator',
  };
}

/** A Service of etcd as the operator makes them, in two kinds. */
function etcd(
  name: string,
  instance: string,
  headless: boolean,
  owners: readonly object[],
): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: etcdLabels(instance), ownerReferences: owners },
    spec: {
      ...(headless ? { clusterIP: 'None' } : {}),
      selector: etcdLabels(instance),
      ports: [{ name: 'client', port: 2379 }, ...(headless ? [{ name: 'peer', port: 2380 }] : [])],
    },
  };
}

const names = (objects: readonly unknown[]) =>
  objects.map((one) => at(one, 'metadata', 'name')).sort();

async function scrapesAre(space: Namespaced, ...wanted: string[]): Promise<readonly unknown[]> {
  return eventually(
    `scrapes ${wanted.join(', ') || '(none)'}`,
    () => space.list('vmservicescrapes'),
    (found) => JSON.stringify(names(found)) === JSON.stringify([...wanted].sort()),
  );
}

async function ourWrites(space: Namespaced): Promise<string[]> {
  const events = await auditEvents({ auditLog: plane.auditLog ?? '' }, space.name);
  return events
    .filter((event) => String(at(event, 'userAgent')).startsWith('autoscrape/'))
    .map(({ verb, objectRef }) => `${verb} ${objectRef?.name}`);
}

describe('the owner of a scrape', () => {
  test("is the Service's controlling resource, and the garbage collector removes the scrape with it", async () => {
    const space = await namespace();
    const owner = await resource(space, 'etcds', 'Etcd', 'topo');
    await space.create('services', etcd('topo', 'topo', false, [owner]));
    const [scrape] = await scrapesAre(space, 'topo-etcd-metrics');
    const {
      controller: _,
      blockOwnerDeletion: __,
      ...reference
    } = { controller: 0, blockOwnerDeletion: 0, ...owner };
    expect(at(scrape, 'metadata', 'ownerReferences')).toEqual([reference]);
    await running.stop();
    try {
      // Nobody but the garbage collector is there now.
      await space.remove('etcds/topo');
      await eventually(
        'the scrape being collected',
        () => space.list('vmservicescrapes'),
        (found) => found.length === 0,
        collected,
      );
    } finally {
      running = await startReconciling(plane, 'test');
    }
  }, 90_000);

  test('is the Service where the resource is cluster-scoped', async () => {
    const space = await namespace();
    const fleet = await api(plane, 'POST', '/apis/example.org/v1/fleets', {
      body: { apiVersion: 'example.org/v1', kind: 'Fleet', metadata: { name: space.name } },
    });
    const owner = {
      apiVersion: 'example.org/v1',
      kind: 'Fleet',
      name: space.name,
      uid: at(fleet.body, 'metadata', 'uid'),
      controller: true,
    };
    const service = { name: 'gw', labels: gatewayLabels('gw'), ownerReferences: [owner] };
    const made = await space.create('services', gateway('gw', { metadata: service }));
    const [scrape] = await scrapesAre(space, 'gw-metrics');
    expect(at(scrape, 'metadata', 'ownerReferences')).toEqual([
      { apiVersion: 'v1', kind: 'Service', name: 'gw', uid: at(made, 'metadata', 'uid') },
    ]);
  });

  test('is the Service where the resource is of a kind that the API server does not know', async () => {
    const space = await namespace();
    const owner = {
      apiVersion: 'nowhere.example.org/v1',
      kind: 'Thing',
      name: 'thing',
      uid: '6c1f7a5e-0000-4000-8000-000000000001',
      controller: true,
    };
    const service = { name: 'gw', labels: gatewayLabels('gw'), ownerReferences: [owner] };
    await space.create('services', gateway('gw', { metadata: service }));
    const [scrape] = await scrapesAre(space, 'gw-metrics');
    expect(at(scrape, 'metadata', 'ownerReferences', 0, 'kind')).toBe('Service');
  });

  test('that is gone makes no loop of creation and collection', async () => {
    const space = await namespace();
    const alive = await space.create('configmaps', { metadata: { name: 'alive' } });
    // The uid of an earlier Etcd of that name. The ConfigMap keeps the Service from being collected.
    const owners = [
      {
        apiVersion: 'multigres.com/v1alpha1',
        kind: 'Etcd',
        name: 'topo',
        uid: '6c1f7a5e-0000-4000-8000-000000000002',
        controller: true,
      },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name: 'alive',
        uid: at(alive, 'metadata', 'uid'),
      },
    ];
    const made = await space.create('services', etcd('topo', 'topo', true, owners));
    // The garbage collector takes the dangling reference off the Service: then it is named after the Service.
    const [kept] = await eventually(
      'the scrape being named after the Service',
      () => space.list('vmservicescrapes'),
      (found) => JSON.stringify(names(found)) === '["topo-metrics"]',
      collected,
    );
    expect(at(kept, 'metadata', 'ownerReferences')).toEqual([
      { apiVersion: 'v1', kind: 'Service', name: 'topo', uid: at(made, 'metadata', 'uid') },
    ]);
    await quiet(running);
    const writes = await ourWrites(space);
    expect(writes.length).toBeLessThanOrEqual(4);
    // A process that knows nothing of it finds out without a write.
    await running.stop();
    running = await startReconciling(plane, 'test');
    await quiet(running);
    expect(await ourWrites(space)).toEqual(writes);
    expect(await space.get('vmservicescrapes/topo-metrics')).toEqual(kept);
  }, 90_000);

  test('changes with the Service, once', async () => {
    const space = await namespace();
    await space.create('services', gateway('gw'));
    await scrapesAre(space, 'gw-metrics');
    const owner = await resource(space, 'shards', 'Shard', 'shard');
    await space.patch('services/gw', { metadata: { ownerReferences: [owner] } });
    const moved = await eventually(
      'the new owner',
      () => space.get('vmservicescrapes/gw-metrics'),
      (scrape) => at(scrape, 'metadata', 'ownerReferences', 0, 'kind') === 'Shard',
    );
    expect(at(moved, 'metadata', 'ownerReferences')).toHaveLength(1);
  });
});

test('a review of a Service that was never stored leaves nothing behind', async () => {
  const space = await namespace();
  running.reconciler.touch({ namespace: space.name, name: 'never' });
  await quiet(running);
  expect(await space.list('vmservicescrapes')).toEqual([]);
  expect(await ourWrites(space)).toEqual([]);
});

describe('every target once', () => {
  test('client and headless Service of one etcd give one scrape, of which the name does not change', async () => {
    const space = await namespace();
    const owner = await resource(space, 'etcds', 'Etcd', 'topo');
    await space.create('services', etcd('topo', 'topo', false, [owner]));
    const [first] = await scrapesAre(space, 'topo-etcd-metrics');
    await space.create('services', etcd('topo-headless', 'topo', true, [owner]));
    const moved = await eventually(
      'the headless Service having the scrape',
      () => space.get('vmservicescrapes/topo-etcd-metrics'),
      (scrape) =>
        at(scrape, 'metadata', 'annotations', 'autoscrape.multigres.com/service') ===
        'topo-headless',
    );
    await quiet(running);
    expect(at(moved, 'metadata', 'uid')).toBe(at(first, 'metadata', 'uid'));
    await scrapesAre(space, 'topo-etcd-metrics');
    // And back, without being removed in between.
    await space.remove('services/topo-headless');
    const back = await eventually(
      'the client Service having it again',
      () => space.get('vmservicescrapes/topo-etcd-metrics'),
      (scrape) =>
        at(scrape, 'metadata', 'annotations', 'autoscrape.multigres.com/service') === 'topo',
    );
    await quiet(running);
    expect(at(back, 'metadata', 'uid')).toBe(at(first, 'metadata', 'uid'));
    expect(at(back, 'spec')).toEqual(at(first, 'spec'));
    expect((await ourWrites(space)).filter((write) => write.startsWith('delete'))).toEqual([]);
  });

  test('of two Services whose scrapes are named after them the headless one is left', async () => {
    const space = await namespace();
    const owner = await resource(space, 'toposervers', 'TopoServer', 'topo');
    await space.create('services', etcd('topo', 'topo', false, [owner]));
    await space.create('services', etcd('topo-headless', 'topo', true, [owner]));
    await scrapesAre(space, 'topo-headless-metrics');
    await space.remove('services/topo-headless');
    await scrapesAre(space, 'topo-metrics');
  });

  test('a Service whose labels a sibling comes to share is told apart by its name, and no longer when the sibling goes', async () => {
    const space = await namespace();
    const sibling = (name: string): object => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, labels: gatewayLabels('shared') },
      spec: { clusterIP: 'None', selector: { app: name }, ports: [{ name: 'http', port: 8080 }] },
    });
    await space.create('services', sibling('one'));
    await scrapesAre(space, 'one-metrics');
    const rules = async (): Promise<unknown> =>
      at(await space.get('vmservicescrapes/one-metrics'), 'spec', 'endpoints', 0, 'relabelConfigs');
    expect(await rules()).toBeUndefined();
    await space.create('services', sibling('two'));
    await scrapesAre(space, 'one-metrics', 'two-metrics');
    await eventually('the rule', rules, (found) => at(found, 0, 'regex') === 'one');
    await space.remove('services/two');
    await eventually('no rule', rules, (found) => found === undefined);
  });

  test('a name that a ServiceMonitor has, or gets, is left to the operator that converts it', async () => {
    const space = await namespace();
    const monitor = (name: string): object => ({
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'ServiceMonitor',
      metadata: { name },
      spec: { selector: {}, endpoints: [] },
    });
    await space.create('servicemonitors', monitor('gw-metrics'));
    await eventually(
      'the ServiceMonitor being known',
      () => running.inventory.serviceMonitor(space.name, 'gw-metrics'),
      (found) => found !== undefined,
    );
    await space.create('services', gateway('gw'));
    await scrapesAre(space, 'gw-autoscrape');
    await space.remove('servicemonitors/gw-metrics');
    await scrapesAre(space, 'gw-metrics');
    await space.create('servicemonitors', monitor('gw-metrics'));
    await scrapesAre(space, 'gw-autoscrape');
  });

  test("the names of the VictoriaMetrics operator's own scrapes are never taken", async () => {
    const space = await namespace();
    await space.create('services', gateway('vmagent-gw'));
    await quiet(running);
    expect(names(await space.list('vmservicescrapes'))).toEqual([]);
    expect(
      running.observations.filter(({ namespace }) => namespace === space.name).at(-1)?.outcome,
    ).toEqual({
      kind: 'impossible',
      reason: `every name that its scrape could have is taken in namespace ${space.name}`,
    });
  });
});

afterEach(() => {
  const errors = running.lines.filter(({ level }) => level === 'error');
  expect(errors).toEqual([]);
});
