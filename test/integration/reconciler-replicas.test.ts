import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { auditEvents, makeNamespace } from '../support/control-plane.ts';
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
import { leaderOf, type Replica, startReplica } from '../support/replicas.ts';

/** Several replicas, killed and ended, and an API server that goes away. No garbage collector: what goes, we remove. */

let plane: ControlPlane;
let replicas: Replica[] = [];
let running: Reconciling[] = [];

/** `npm run test:thorough` takes the time for many rounds, large bursts and a long outage. */
const thorough = process.env.AUTOSCRAPE_TEST_THOROUGH === '1';
const { kills, services, outage } = thorough
  ? { kills: 20, services: 300, outage: 30_000 }
  : { kills: 2, services: 80, outage: 6_000 };

beforeAll(async () => {
  plane = await startControlPlane({ label: 'replicas', controllerManager: false });
  await Promise.all([
    defineResources(plane, 'vmservicescrape.yaml'),
    defineResources(plane, 'multigres.yaml'),
  ]);
});

afterEach(async () => {
  await Promise.all([
    ...replicas.map((replica) => replica.kill()),
    ...running.map((one) => one.stop()),
  ]);
  replicas = [];
  running = [];
});

afterAll(async () => {
  await plane?.stop();
});

function replica(identity: string): Replica {
  const started = startReplica(plane.kubeconfig, identity);
  replicas.push(started);
  return started;
}

async function start(
  identity: string,
  more: Parameters<typeof startReconciling>[2] = {},
  between?: Parameters<typeof startReconciling>[4],
) {
  const started = await startReconciling(plane, identity, more, {}, between);
  running.push(started);
  return started;
}

async function namespace(): Promise<Namespaced> {
  return within(plane, await makeNamespace(plane, 'replicas'));
}

/** Creates Services `s0`, `s1`, …, eight at a time, in spite of an API server that is away. */
async function burst(space: Namespaced, count: number, from = 0): Promise<void> {
  let next = from;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < from + count; index = next++) {
      await eventually(
        `Service s${index}`,
        async () => {
          try {
            return await space.create('services', gateway(`s${index}`));
          } catch (error) {
            return String(error).includes('AlreadyExists') ? {} : undefined;
          }
        },
        (made) => made !== undefined,
        60_000,
      );
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

const named = (count: number) =>
  Array.from({ length: count }, (_, index) => `s${index}-metrics`).sort();

async function allScrapes(space: Namespaced, count: number): Promise<readonly unknown[]> {
  return eventually(
    `${count} scrapes`,
    () => space.list('vmservicescrapes'),
    (found) => found.length >= count,
    40_000,
  );
}

/** Each of the Services has its scrape, as it should be, and there is no other. */
function expectExactlyRight(found: readonly unknown[], count: number): void {
  const seen = found.map((scrape) => at(scrape, 'metadata', 'name')).sort();
  expect(seen).toEqual(named(count));
  for (const scrape of found) {
    const service = String(at(scrape, 'metadata', 'name')).replace(/-metrics$/, '');
    expect(at(scrape, 'spec')).toEqual({
      selector: { matchLabels: gatewayLabels(service) },
      endpoints: [{ port: 'http', path: '/metrics', interval: '30s' }],
    });
  }
}

/**
 * The writes of each scrape of a namespace that was written more than once, as the audit log has them. A request that
 * was cut off by the kill of its sender is answered 504 and wrote nothing.
 */
async function writtenTwice(space: Namespaced): Promise<string[]> {
  const events = await auditEvents({ auditLog: plane.auditLog ?? '' }, space.name);
  const writes = new Map<string, string[]>();
  for (const event of events) {
    if (!String(at(event, 'userAgent')).startsWith('autoscrape/')) continue;
    const name = String(event.objectRef?.name);
    const told = ['verb', 'userAgent', 'requestReceivedTimestamp', 'stageTimestamp'].map((field) =>
      String(at(event, field)),
    );
    if (Number(at(event, 'responseStatus', 'code')) >= 400) continue;
    const write = [...told, String(at(event, 'responseStatus', 'code'))].join(' ');
    writes.set(name, [...(writes.get(name) ?? []), write]);
  }
  return [...writes].flatMap(([name, all]) =>
    all.length > 1 ? [`${name}: ${all.join('; ')}`] : [],
  );
}

describe('of several replicas', () => {
  test(
    'one writes, and when it is killed another takes over: nothing is lost, and nothing written twice',
    async () => {
      for (let round = 0; round < kills; round += 1) {
        const space = await namespace();
        replica(`a${round}`);
        replica(`b${round}`);
        const leader = await leaderOf(replicas);
        const creating = burst(space, services);
        await sleep(Math.random() * services * 7);
        await leader.kill();
        await creating;
        const found = await allScrapes(space, services);
        expectExactlyRight(found, services);
        expect(await writtenTwice(space)).toEqual([]);
        for (const one of replicas) await one.kill();
      }
    },
    kills * 60_000,
  );

  test('the one that ends gives leadership back, and another has it at once', async () => {
    const space = await namespace();
    const first = await start('first');
    await eventually(
      'the first leading',
      () => first.reconciler.status(),
      ({ leads }) => leads,
    );
    const second = await start('second');
    await eventually(
      'the second having started',
      () => second.reconciler.status(),
      ({ started }) => started,
    );
    await space.create('services', gateway('s0'));
    await allScrapes(space, 1);
    expect(second.reconciler.status().leads).toBe(false);
    expect(second.reconciler.status().leader).toBe('first');
    await first.stop();
    const lease = await within(plane, 'default').get('leases/autoscrape');
    expect(['', 'second']).toContain(at(lease, 'spec', 'holderIdentity'));
    await space.create('services', gateway('s1'));
    await allScrapes(space, 2);
    expect(await writtenTwice(space)).toEqual([]);
  });

  test('a follower looks at all Services and writes nothing', async () => {
    const space = await namespace();
    // Somebody else leads, and keeps on.
    await within(plane, 'default').remove('leases/autoscrape');
    const foreign = { holderIdentity: 'somebody', leaseDurationSeconds: 3600 };
    await within(plane, 'default').create('leases', {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'autoscrape' },
      spec: { ...foreign, renewTime: new Date().toISOString().replace('Z', '000Z') },
    });
    const follower = await start('follower');
    await space.create('services', gateway('s0'));
    await eventually(
      'it having been looked at',
      () => follower.observations.filter((one) => one.namespace === space.name),
      (seen) => seen.length > 0,
    );
    await quiet(follower);
    expect(await space.list('vmservicescrapes')).toEqual([]);
    expect(follower.reconciler.status().leader).toBe('somebody');
    await within(plane, 'default').remove('leases/autoscrape');
    await allScrapes(space, 1);
  });

  test('one that is cut off from the API server stops writing, and another goes on', async () => {
    const space = await namespace();
    const first = await start('first');
    await eventually(
      'the first leading',
      () => first.reconciler.status(),
      ({ leads }) => leads,
    );
    const lease = await within(plane, 'default').get('leases/autoscrape');
    // As if another had won it meanwhile: its next renewal tells it.
    await within(plane, 'default').replace('leases/autoscrape', {
      ...Object(lease),
      spec: { ...Object(at(lease, 'spec')), holderIdentity: 'another', leaseDurationSeconds: 2 },
    });
    await eventually(
      'the first following',
      () => first.reconciler.status(),
      ({ leads }) => !leads,
    );
    await space.create('services', gateway('s0'));
    // The other never renews: after its time the first has it again.
    await allScrapes(space, 1);
  });
});

describe('an API server that goes away', () => {
  test('and comes back, with etcd, in the middle of a burst: the scrapes are exactly right', async () => {
    const space = await namespace();
    await start('alone');
    const creating = burst(space, 60);
    await sleep(200);
    await plane.apiServer.stop('KILL');
    await plane.etcd.stop('KILL');
    await sleep(outage);
    await plane.etcd.start();
    await plane.apiServer.start();
    await creating;
    await burst(space, 20, 60);
    expectExactlyRight(await allScrapes(space, 80), 80);
  }, 120_000);

  test('while a Service goes: its scrape goes when it is back', async () => {
    const space = await namespace();
    const alone = await start('alone');
    await space.create('services', gateway('s0'));
    await allScrapes(space, 1);
    await quiet(alone);
    alone.cutOff();
    await space.remove('services/s0');
    await start('another');
    await eventually(
      'no scrape',
      () => space.list('vmservicescrapes'),
      (found) => found.length === 0,
      30_000,
    );
  }, 60_000);
});

test('an owner that is gone makes no loop, where the Service stays and a collector takes the scrape', async () => {
  const space = await namespace();
  const owner = {
    apiVersion: 'multigres.com/v1alpha1',
    kind: 'Shard',
    name: 'gone',
    uid: '6c1f7a5e-0000-4000-8000-000000000003',
    controller: true,
  };
  const metadata = { name: 'gw', labels: gatewayLabels('gw'), ownerReferences: [owner] };
  const made = await space.create('services', gateway('gw', { metadata }));
  await start('alone');
  // What the garbage collector does: it removes what has no other owner than one that is not there.
  const collect = async (): Promise<unknown> => {
    const scrape = await space.get('vmservicescrapes/gw-metrics');
    const kind = at(scrape, 'metadata', 'ownerReferences', 0, 'kind');
    if (kind === 'Shard') await space.remove('vmservicescrapes/gw-metrics');
    return kind;
  };
  await eventually('the Service being the owner', collect, (kind) => kind === 'Service');
  const kept = await space.get('vmservicescrapes/gw-metrics');
  expect(at(kept, 'metadata', 'ownerReferences')).toEqual([
    { apiVersion: 'v1', kind: 'Service', name: 'gw', uid: at(made, 'metadata', 'uid') },
  ]);
  const events = await auditEvents({ auditLog: plane.auditLog ?? '' }, space.name);
  const ours = events.filter((event) => String(at(event, 'userAgent')).startsWith('autoscrape/'));
  expect(ours.map(({ verb }) => verb)).toEqual(['patch', 'patch']);
  // A process that knows nothing of it looks once, and writes nothing.
  await running[0]?.stop();
  const again = await start('again');
  await eventually(
    'leading',
    () => again.reconciler.status(),
    ({ leads }) => leads,
  );
  await quiet(again);
  expect(await space.get('vmservicescrapes/gw-metrics')).toEqual(kept);
});

test('a scrape that is edited in the moment after our write is put back', async () => {
  const space = await namespace();
  let meddled = 0;
  await start('meddled', {}, (client, inventory) => ({
    ...client,
    // The answer of the first writes comes when the watch has brought somebody's edit of what was written already.
    apply: async (resource, where, name, ...more) => {
      const result = await client.apply(resource, where, name, ...more);
      if (resource.plural !== 'vmservicescrapes' || meddled === 3) return result;
      meddled += 1;
      const path = `/wrong${meddled}`;
      await space.patch(`vmservicescrapes/${name}?fieldManager=meddler`, {
        spec: { endpoints: [{ port: 'http', path }] },
      });
      await eventually(
        'the edit in the store',
        () => inventory.scrape(where, name)?.endpoints[0]?.path,
        (seen) => seen === path,
      );
      return result;
    },
  }));
  await space.create('services', gateway('s0'));
  await eventually(
    'the scrape as it should be',
    () => space.get('vmservicescrapes/s0-metrics'),
    (scrape) => meddled === 3 && at(scrape, 'spec', 'endpoints', 0, 'path') === '/metrics',
  );
});
