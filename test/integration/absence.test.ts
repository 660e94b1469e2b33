import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ReflectorTiming } from '../../src/cluster/watch/reflector-timing.ts';
import { auditCommand } from '../../src/commands/audit.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { request } from '../../tools/http.ts';
import { startAutoscrape } from '../support/autoscrape.ts';
import { runCommand } from '../support/command.ts';
import { api, auditEvents, makeNamespace } from '../support/control-plane.ts';
import {
  emptyList,
  expired,
  type Fault,
  type FaultyProxy,
  faults,
  startFaultyProxy,
  type Which,
} from '../support/faulty-proxy.ts';
import { samplesOf } from '../support/metrics-page.ts';
import {
  at,
  defineResources,
  eventually,
  gateway,
  type Namespaced,
  quiet,
  type Reconciling,
  startReconciling,
  within,
} from '../support/reconciling.ts';

/** Faults of something between autoscrape and the API server: no answer of it means that anything is gone. */

/** Attempts follow each other quickly, so that a fault that lasts is one of many answers. */
const timing: Partial<ReflectorTiming> = { firstWait: 10, mostWait: 40, doubt: 2_000 };
/** Milliseconds that a fault goes on. */
const lasting = 500;

let plane: ControlPlane;
let proxy: FaultyProxy;
let running: Reconciling | undefined;

beforeAll(async () => {
  plane = await startControlPlane({ label: 'absence' });
  await Promise.all([
    defineResources(plane, 'vmservicescrape.yaml'),
    defineResources(plane, 'servicemonitor.yaml'),
    defineResources(plane, 'vmagents.yaml'),
  ]);
  proxy = await startFaultyProxy(plane);
});

afterEach(async () => {
  proxy.heal();
  await running?.stop();
  running = undefined;
});

afterAll(async () => {
  await proxy?.stop();
  await plane?.stop();
});

/** A namespace with Services that each have a scrape of ours. */
async function scene(services: number): Promise<Namespaced> {
  const space = within(plane, await makeNamespace(plane, 'absence'));
  for (let index = 0; index < services; index += 1) {
    await space.create('services', gateway(`gw${index}`));
  }
  return space;
}

async function start(more: Parameters<typeof startReconciling>[2] = {}): Promise<Reconciling> {
  running = await startReconciling(proxy, 'test', more, timing);
  return running;
}

async function scrapesAre(space: Namespaced, count: number): Promise<void> {
  await eventually(
    `${count} scrapes`,
    () => space.list('vmservicescrapes'),
    (found) => found.length === count,
  );
}

/** Identity and state of each scrape. */
async function states(space: Namespaced): Promise<unknown[]> {
  const found = await space.list('vmservicescrapes');
  return found.map((one) => [
    at(one, 'metadata', 'uid'),
    at(one, 'metadata', 'resourceVersion'),
    at(one, 'metadata', 'deletionTimestamp'),
  ]);
}

async function removals(space: Namespaced): Promise<number> {
  const events = await auditEvents({ auditLog: plane.auditLog ?? '' }, space.name);
  return events.filter(({ verb }) => verb === 'delete' || verb === 'deletecollection').length;
}

/** Every watch is in order, and all that there was to do is done. */
async function healed(all: Reconciling): Promise<void> {
  await eventually(
    'every watch being in order',
    () => all.watches.status(),
    (found) => found.every(({ state }) => state === 'watching'),
  );
  await quiet(all);
}

const everything: Which = () => true;
const of =
  (plural: string): Which =>
  ({ path }) =>
    path.endsWith(`/${plural}`);
const kinds: [string, Which][] = [
  ...[
    'services',
    'namespaces',
    'pods',
    'statefulsets',
    'deployments',
    'vmservicescrapes',
    'servicemonitors',
    'vmagents',
    'vmpodscrapes',
    'customresourcedefinitions',
  ].map((plural): [string, Which] => [plural, of(plural)]),
  // Discovery, too, of what answers 404 by itself.
  ['a group', ({ path }) => path.startsWith('/apis/operator.victoriametrics.com')],
  ['everything', everything],
];

describe('nothing is removed, and all heals, where something in between', () => {
  let space: Namespaced;
  beforeAll(async () => {
    space = await scene(3);
  });

  test.each(Object.entries<Fault>(faults))(
    'answers %s, for each kind and for all, once and for a while',
    async (name, fault) => {
      const all = await start();
      await scrapesAre(space, 3);
      await healed(all);
      const removed = await removals(space);
      const before = await states(space);
      for (const [kind, which] of kinds) {
        for (const times of [1, Number.POSITIVE_INFINITY]) {
          const answered = proxy.answered;
          proxy.fault(which, fault, times);
          await eventually(
            `a fault of ${kind}`,
            () => proxy.answered - answered,
            (count) => count > 0,
          );
          if (times > 1) await sleep(lasting);
          proxy.heal();
          await healed(all);
          expect([kind, await states(space), all.inventory.size('Service') > 0]).toEqual([
            kind,
            before,
            true,
          ]);
        }
      }
      expect(await removals(space)).toBe(removed);
      const added = `after-${name.replaceAll(' ', '-').toLowerCase()}`;
      await space.create('services', gateway(added));
      await scrapesAre(space, 4);
      await space.remove(`services/${added}`);
      await scrapesAre(space, 3);
    },
    120_000,
  );

  test('answers 404 to everything for longer than leadership lasts', async () => {
    const all = await start();
    await scrapesAre(space, 3);
    await healed(all);
    const before = await states(space);
    proxy.fault(everything, faults[404]);
    await eventually(
      'leadership being laid down',
      () => all.reconciler.leads,
      (leads) => !leads,
    );
    await sleep(1_000);
    proxy.heal();
    await eventually(
      'leadership',
      () => all.reconciler.leads,
      (leads) => leads,
    );
    await healed(all);
    expect(await states(space)).toEqual(before);
  });

  test.each(Object.entries<Fault>(faults))(
    'answers %s to everything while it starts',
    async (_, fault) => {
      proxy.fault(everything, fault);
      const all = await start();
      await sleep(lasting);
      expect(all.watches.complete).toBe(false);
      proxy.heal();
      await healed(all);
      await scrapesAre(space, 3);
      expect(all.lines.map(({ message }) => message)).not.toContain('scrape removed');
    },
  );
});

describe('a list of Services that is empty once', () => {
  test('costs no scrape: a second one does not agree', async () => {
    const space = await scene(8);
    const all = await start({ tuning: { removals: { gather: 30, apart: 1_000, fresh: 0 } } });
    await scrapesAre(space, 8);
    await healed(all);
    const before = await states(space);
    // The watch can't go on, and the new list has nothing.
    proxy.fault(of('services'), (response, asked) => {
      const isList = asked.query.has('sendInitialEvents');
      (isList ? emptyList : expired)(response, asked);
    });
    await eventually(
      'an empty store',
      () => all.inventory.size('Service'),
      (size) => size === 0,
    );
    const doubted = await eventually(
      'doubt',
      () => all.reconciler.doubted,
      ({ waiting }) => waiting >= 8,
    );
    proxy.heal();
    await eventually(
      'the second list',
      () => all.lines.map(({ message }) => message),
      (lines) => lines.includes('a second list does not agree: no scrape is removed'),
    );
    await healed(all);
    expect(doubted.text).toContain('× the Service is gone');
    expect([await states(space), await removals(space)]).toEqual([before, 0]);
  });
});

describe('many scrapes at once', () => {
  test('of a namespace that opts out go after a second list, told in one line for all', async () => {
    const space = await scene(8);
    const all = await start({ tuning: { removals: { gather: 100, apart: 300, fresh: 0 } } });
    await scrapesAre(space, 8);
    await healed(all);
    const label = { 'autoscrape.multigres.com/scrape': 'false' };
    await api(plane, 'PATCH', `/api/v1/namespaces/${space.name}`, {
      body: { metadata: { labels: label } },
      contentType: 'application/merge-patch+json',
    });
    await scrapesAre(space, 0);
    const told = all.lines.filter(({ message }) => /remove/.test(message));
    const because = ['8 × it has opted out'];
    expect(
      told.map(({ level, message, fields }) => [level, message, at(fields, 'because')]),
    ).toEqual([
      [
        'warn',
        'many scrapes are to be removed at once: they stay until a second list agrees',
        because,
      ],
      ['info', 'a second list agrees: scrapes are removed', because],
    ]);
  });

  test('whose Services are deleted one by one go with them, without a word', async () => {
    const space = await scene(8);
    const all = await start({ tuning: { removals: { gather: 100, apart: 60_000, fresh: 0 } } });
    await scrapesAre(space, 8);
    await healed(all);
    await Promise.all(Array.from({ length: 8 }, (_, index) => space.remove(`services/gw${index}`)));
    await scrapesAre(space, 0);
    expect(all.lines.filter(({ message }) => /second list/.test(message))).toEqual([]);
  });
});

test("a scrape that is found to be nobody's right after a start goes after a second list", async () => {
  const space = await scene(2);
  await start();
  await scrapesAre(space, 2);
  await running?.stop();
  // Nobody else removes it.
  await space.patch('vmservicescrapes/gw1-metrics', { metadata: { ownerReferences: [] } });
  await space.remove('services/gw1');
  const all = await start();
  await scrapesAre(space, 1);
  expect(all.lines.filter(({ message }) => /remove/.test(message))).toMatchObject([
    {
      level: 'info',
      message:
        'scrapes are to be removed right after the start: they stay until a second list agrees',
      fields: { scrapes: 1, because: ['1 × the Service is gone'] },
    },
    { level: 'info', message: 'a second list agrees: scrapes are removed' },
  ]);
});

test('an address with a wrong path is no API server for audit', async () => {
  const kubeconfig = join(plane.folder, 'wrong-path.kubeconfig');
  const text = await readFile(plane.kubeconfig, 'utf8');
  await writeFile(kubeconfig, text.replaceAll(plane.server, `${plane.server}/nowhere`));
  const ran = await runCommand('audit', auditCommand, [`--kubernetes-kubeconfig=${kubeconfig}`]);
  expect([ran.code, ran.out]).toEqual([2, '']);
  expect(ran.err).toBe(
    `the server at ${plane.server}/nowhere is no API server: it answers 404 to everything; its address may need another path, or is that of something else\n`,
  );
});

test('the process tells of removals that wait, and stays ready', async () => {
  const space = await scene(8);
  const autoscrape = await startAutoscrape(plane.kubeconfig, ['--kubernetes-namespace=default']);
  try {
    await scrapesAre(space, 8);
    const readiness = async () => {
      const { status, body } = await request(`${autoscrape.pages}/readyz`);
      return { status, waiting: at(JSON.parse(body), 'waiting') };
    };
    await api(plane, 'PATCH', `/api/v1/namespaces/${space.name}`, {
      body: { metadata: { labels: { 'autoscrape.multigres.com/scrape': 'false' } } },
      contentType: 'application/merge-patch+json',
    });
    const told = await eventually('doubt', readiness, ({ waiting }) =>
      JSON.stringify(waiting).includes('removals'),
    );
    expect(told.status).toBe(200);
    expect(JSON.stringify(told.waiting)).toContain('8 × it has opted out');
    await scrapesAre(space, 0);
    const samples = samplesOf((await request(`${autoscrape.pages}/metrics`)).body);
    const values = (name: string) =>
      samples.filter((one) => one.name === name).map(({ labels, value }) => ({ ...labels, value }));
    expect(values('autoscrape_scrape_removals_judged_total')).toEqual(
      expect.arrayContaining([expect.objectContaining({ outcome: 'removed', value: 8 })]),
    );
    expect(values('autoscrape_scrape_removals_waiting').map(({ value }) => value)).toEqual([0]);
  } finally {
    await autoscrape.stop();
  }
});
