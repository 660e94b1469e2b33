import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { api, auditEvents, makeNamespace } from '../support/control-plane.ts';
import {
  at,
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
let running: Reconciling | undefined;

beforeAll(async () => {
  plane = await startControlPlane({ label: 'reconciler' });
  await Promise.all([
    defineResources(plane, 'vmservicescrape.yaml'),
    defineResources(plane, 'multigres.yaml'),
  ]);
});

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

afterAll(async () => {
  await plane?.stop();
});

async function start(more: Parameters<typeof startReconciling>[2] = {}): Promise<Reconciling> {
  running = await startReconciling(plane, 'test', more);
  const { reconciler } = running;
  await eventually(
    'leadership',
    () => reconciler.status(),
    ({ leads, started }) => leads && started,
  );
  return running;
}

async function namespace(): Promise<Namespaced> {
  return within(plane, await makeNamespace(plane, 'life'));
}

const scrapes = (space: Namespaced) => space.list('vmservicescrapes');
const names = (objects: readonly unknown[]) => objects.map((one) => at(one, 'metadata', 'name'));

/** Waits for the scrapes of a namespace to have these names. */
async function scrapesAre(space: Namespaced, ...wanted: string[]): Promise<readonly unknown[]> {
  return eventually(
    `scrapes ${wanted.join(', ') || '(none)'}`,
    () => scrapes(space),
    (found) => JSON.stringify(names(found).sort()) === JSON.stringify([...wanted].sort()),
  );
}

/** What autoscrape wrote in a namespace, as the audit log has it: verb, resource and name. */
async function ourWrites(space: Namespaced): Promise<string[]> {
  const events = await auditEvents({ auditLog: plane.auditLog ?? '' }, space.name);
  return events
    .filter((event) => String(at(event, 'userAgent')).startsWith('autoscrape/'))
    .map(({ verb, objectRef }) => `${verb} ${objectRef?.resource} ${objectRef?.name}`);
}

/** `metadata.resourceVersion` of an object. */
const version = async (space: Namespaced, path: string) =>
  at(await space.get(path), 'metadata', 'resourceVersion');

describe('a component that was there before', () => {
  test('gets its scrape, and its Service is not written', async () => {
    const space = await namespace();
    const made = await space.create('services', gateway('gw'));
    const owner = at(made, 'metadata', 'uid');
    await start();
    const [scrape] = await scrapesAre(space, 'gw-metrics');
    expect({
      labels: at(scrape, 'metadata', 'labels'),
      annotations: at(scrape, 'metadata', 'annotations'),
      owners: at(scrape, 'metadata', 'ownerReferences'),
      spec: at(scrape, 'spec'),
    }).toEqual({
      labels: {
        'app.kubernetes.io/component': 'multigateway',
        'app.kubernetes.io/managed-by': 'autoscrape',
        'app.kubernetes.io/part-of': 'multigres',
      },
      annotations: { 'autoscrape.multigres.com/service': 'gw' },
      owners: [{ apiVersion: 'v1', kind: 'Service', name: 'gw', uid: owner }],
      spec: {
        selector: { matchLabels: gatewayLabels('gw') },
        endpoints: [{ port: 'http', path: '/metrics', interval: '30s' }],
      },
    });
    expect(await version(space, 'services/gw')).toBe(at(made, 'metadata', 'resourceVersion'));
  });

  test('costs no write when its scrape is there, not at the next start either, nor at any resync', async () => {
    const space = await namespace();
    for (const name of ['a', 'b', 'c']) await space.create('services', gateway(name));
    await start();
    await scrapesAre(space, 'a-metrics', 'b-metrics', 'c-metrics');
    await running?.stop();
    const before = await ourWrites(space);
    expect(before.sort()).toEqual([
      'patch vmservicescrapes a-metrics',
      'patch vmservicescrapes b-metrics',
      'patch vmservicescrapes c-metrics',
    ]);
    // A resync each 20 ms: more of them than in ten hours.
    const again = await start({ tuning: { resync: 20 } });
    await eventually(
      '60 resyncs',
      () =>
        again.observations.filter(({ namespace, name }) => namespace === space.name && name === 'a')
          .length,
      (count) => count > 60,
    );
    expect((await ourWrites(space)).sort()).toEqual(before);
  });
});

describe('a scrape of ours', () => {
  test('that was edited in what we own is put back, and keeps what others added', async () => {
    const space = await namespace();
    await start();
    await space.create('services', gateway('gw'));
    const [made] = await scrapesAre(space, 'gw-metrics');
    await space.patch('vmservicescrapes/gw-metrics', {
      metadata: { labels: { team: 'storage', 'app.kubernetes.io/part-of': 'other' } },
      spec: { jobLabel: 'app', endpoints: [{ port: 'http', path: '/other', interval: '1s' }] },
    });
    const healed = await eventually(
      'the endpoints being put back',
      () => space.get('vmservicescrapes/gw-metrics'),
      (scrape) => at(scrape, 'spec', 'endpoints', 0, 'path') === '/metrics',
    );
    expect(at(healed, 'spec')).toEqual({ ...Object(at(made, 'spec')), jobLabel: 'app' });
    expect(at(healed, 'metadata', 'labels')).toEqual({
      ...Object(at(made, 'metadata', 'labels')),
      team: 'storage',
    });
  });

  test('whose label or annotation of ours was changed is put back', async () => {
    const space = await namespace();
    await start();
    await space.create('services', gateway('gw'));
    const [made] = await scrapesAre(space, 'gw-metrics');
    await space.patch('vmservicescrapes/gw-metrics', {
      metadata: { labels: { 'app.kubernetes.io/managed-by': 'somebody' }, ownerReferences: [] },
    });
    const same = (scrape: unknown): boolean =>
      JSON.stringify([
        at(scrape, 'metadata', 'labels'),
        at(scrape, 'metadata', 'ownerReferences'),
      ]) ===
      JSON.stringify([at(made, 'metadata', 'labels'), at(made, 'metadata', 'ownerReferences')]);
    await eventually(
      'the label being put back',
      () => space.get('vmservicescrapes/gw-metrics'),
      same,
    );
    await space.patch('vmservicescrapes/gw-metrics', {
      metadata: { annotations: { 'autoscrape.multigres.com/service': null } },
    });
    await eventually(
      'the annotation being put back',
      () => space.get('vmservicescrapes/gw-metrics'),
      (scrape) =>
        at(scrape, 'metadata', 'annotations', 'autoscrape.multigres.com/service') === 'gw',
    );
  });

  test('that was deleted returns', async () => {
    const space = await namespace();
    await start();
    await space.create('services', gateway('gw'));
    const [first] = await scrapesAre(space, 'gw-metrics');
    await space.remove('vmservicescrapes/gw-metrics');
    await eventually(
      'another scrape',
      () => space.get('vmservicescrapes/gw-metrics'),
      (scrape) =>
        scrape !== undefined && at(scrape, 'metadata', 'uid') !== at(first, 'metadata', 'uid'),
    );
  });

  test("follows its Service's labels and port", async () => {
    const space = await namespace();
    await start();
    await space.create('services', gateway('gw'));
    await scrapesAre(space, 'gw-metrics');
    await space.patch('services/gw', {
      metadata: { labels: { 'app.kubernetes.io/instance': 'renamed' } },
      spec: { ports: [{ name: 'metrics-http', port: 8080 }] },
    });
    const followed = await eventually(
      'the scrape following',
      () => space.get('vmservicescrapes/gw-metrics'),
      (scrape) => at(scrape, 'spec', 'endpoints', 0, 'port') === 'metrics-http',
    );
    expect(at(followed, 'spec', 'selector', 'matchLabels')).toEqual({
      ...gatewayLabels('gw'),
      'app.kubernetes.io/instance': 'renamed',
    });
  });

  test('goes when its Service is gone, opted out, or no longer a component', async () => {
    const space = await namespace();
    await start();
    for (const name of ['gone', 'out', 'plain', 'stays'])
      await space.create('services', gateway(name));
    await scrapesAre(space, 'gone-metrics', 'out-metrics', 'plain-metrics', 'stays-metrics');
    await space.remove('services/gone');
    await scrapesAre(space, 'out-metrics', 'plain-metrics', 'stays-metrics');
    await space.patch('services/out', {
      metadata: { labels: { 'autoscrape.multigres.com/scrape': 'false' } },
    });
    await scrapesAre(space, 'plain-metrics', 'stays-metrics');
    await space.patch('services/plain', {
      metadata: {
        labels: {
          'app.kubernetes.io/name': 'nginx',
          'app.kubernetes.io/component': 'web',
          'app.kubernetes.io/part-of': 'shop',
        },
      },
    });
    await scrapesAre(space, 'stays-metrics');
  });

  test('goes when the whole namespace opts out, and returns when it opts in again', async () => {
    const space = await namespace();
    await start();
    await space.create('services', gateway('gw'));
    await scrapesAre(space, 'gw-metrics');
    const label = async (value: string | null): Promise<void> => {
      await api(plane, 'PATCH', `/api/v1/namespaces/${space.name}`, {
        body: { metadata: { labels: { 'autoscrape.multigres.com/scrape': value } } },
        contentType: 'application/merge-patch+json',
      });
    };
    await label('false');
    await scrapesAre(space);
    await label(null);
    await scrapesAre(space, 'gw-metrics');
  });

  test('whose Service went while nobody looked goes at the next start', async () => {
    const space = await namespace();
    await start();
    await space.create('services', gateway('gw'));
    await scrapesAre(space, 'gw-metrics');
    await running?.stop();
    // Without its owner, so that the garbage collector leaves it to us.
    await space.patch('vmservicescrapes/gw-metrics', { metadata: { ownerReferences: [] } });
    await space.remove('services/gw');
    expect(names(await scrapes(space))).toEqual(['gw-metrics']);
    await start();
    await scrapesAre(space);
  });
});

describe("somebody else's scrape", () => {
  const copy = (name: string, more: object = {}): object => ({
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMServiceScrape',
    metadata: {
      name,
      labels: { 'app.kubernetes.io/managed-by': 'autoscrape' },
      annotations: { 'autoscrape.multigres.com/service': 'never-was' },
    },
    spec: {
      selector: { matchLabels: { 'app.kubernetes.io/instance': 'nobody' } },
      endpoints: [{ port: 'http' }],
      ...more,
    },
  });

  test('is never removed or changed, whatever labels it carries', async () => {
    const space = await namespace();
    const theirs = await space.create('vmservicescrapes', copy('copied'));
    const running = await start();
    await space.create('services', gateway('gw'));
    await scrapesAre(space, 'copied', 'gw-metrics');
    await quiet(running);
    expect(await space.get('vmservicescrapes/copied')).toEqual(theirs);
  });

  test('that has the name which ours would have keeps it', async () => {
    const space = await namespace();
    const theirs = await space.create('vmservicescrapes', copy('gw-metrics'));
    const running = await start();
    await space.create('services', gateway('gw'));
    await scrapesAre(space, 'gw-metrics', 'gw-autoscrape');
    await quiet(running);
    expect(await space.get('vmservicescrapes/gw-metrics')).toEqual(theirs);
  });
});

describe('a namespace that opts in', () => {
  const opt = async (space: Namespaced, value: string | null): Promise<void> => {
    await api(plane, 'PATCH', `/api/v1/namespaces/${space.name}`, {
      body: { metadata: { labels: { 'autoscrape.multigres.com/inject': value } } },
      contentType: 'application/merge-patch+json',
    });
  };

  test('has its workloads watched whatever their labels, and its Services recognised by less, until it opts out', async () => {
    const space = await namespace();
    const other = await namespace();
    const labels = { app: 'mine', 'autoscrape.multigres.com/component': 'etcd' };
    for (const one of [space, other]) {
      await one.create('services', {
        metadata: { name: 'mine', labels },
        spec: {
          clusterIP: 'None',
          selector: { app: 'mine' },
          ports: [{ name: 'client', port: 2379 }],
        },
      });
      await one.create('statefulsets', {
        metadata: { name: 'mine' },
        spec: {
          replicas: 0,
          serviceName: 'mine',
          selector: { matchLabels: { app: 'mine' } },
          template: {
            metadata: { labels: { app: 'mine' } },
            spec: { containers: [{ name: 'etcd', image: 'etcd' }] },
          },
        },
      });
    }
    const { inventory } = await start();
    const known = () => [...inventory.workloads()].map((one) => one.namespace);
    await opt(space, 'enabled');
    await scrapesAre(space, 'mine-metrics');
    await eventually('its workload', known, (found) => found.includes(space.name));
    expect([names(await scrapes(other)), known().includes(other.name)]).toEqual([[], false]);
    await opt(space, null);
    await scrapesAre(space);
    await eventually('no workload', known, (found) => !found.includes(space.name));
  });

  test('among many is watched with all of them together', async () => {
    const spaces = await Promise.all(Array.from({ length: 18 }, namespace));
    const foreign = await namespace();
    for (const space of [...spaces, foreign]) {
      await space.create('pods', {
        metadata: { name: 'mine' },
        spec: { containers: [{ name: 'etcd', image: 'etcd' }] },
      });
      if (space !== foreign) await opt(space, 'enabled');
    }
    const { inventory, watches } = await start();
    const known = () => [...inventory.pods()].map((pod) => pod.namespace).sort();
    const all = spaces.map((space) => space.name).sort();
    await eventually('all pods of theirs', known, (found) => found.join() === all.join());
    const selections = () =>
      watches
        .status()
        .filter(({ resource }) => resource === 'pods')
        .map(({ selection }) => selection);
    await eventually('one watch for all', selections, (found) => found.length === 3);
    // Below the number from which one watch for all is cheaper.
    for (const space of spaces.slice(0, 4)) await opt(space, null);
    const rest = all.filter((name) => !spaces.slice(0, 4).some((space) => space.name === name));
    await eventually('the rest', known, (found) => found.join() === rest.join());
    await eventually('a watch for each', selections, (found) => found.length === 2 + rest.length);
    for (const space of spaces) await opt(space, null);
    await eventually('none', known, (found) => found.length === 0);
  });
});
