import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { applier } from '../../demo/manifests.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { request } from '../../tools/http.ts';
import { kubeconfig } from '../../tools/identities.ts';
import { startAutoscrape } from '../support/autoscrape.ts';
import { api } from '../support/control-plane.ts';
import { lookedAt, ourWrites, type Plane, stored } from '../support/hand-over.ts';
import { samplesOf } from '../support/metrics-page.ts';
import { readObjects } from '../support/objects.ts';
import {
  at,
  defineResources,
  eventually,
  quiet,
  type Reconciling,
  startReconciling,
  within,
} from '../support/reconciling.ts';

/**
 * An upgrade from version 0.1.0, with the rights that it had: agents and other receivers, VMPodScrapes and VMStaticScrapes can't be read, so
 * that nobody knows who takes a scrape.
 */
const folder = join(import.meta.dirname, '../fixtures/upgrade');
const namespaces = ['shop', 'monitoring', 'tenant'];
const optional = [
  'opentelemetrycollectors',
  'vmagents',
  'vmclusters',
  'vmpodscrapes',
  'vmsingles',
  'vmstaticscrapes',
];

let control: ControlPlane;
let plane: Plane;
let config: string;
let running: Reconciling | undefined;

beforeAll(async () => {
  control = await startControlPlane({ label: 'upgrade', controllerManager: false });
  plane = { ...control, auditLog: control.auditLog ?? '' };
  for (const file of ['vmservicescrape.yaml', 'servicemonitor.yaml', 'vmagents.yaml']) {
    await defineResources(plane, file);
  }
  const { apply } = applier(plane);
  const home = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'autoscrape-system' } };
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'autoscrape' } };
  await apply(home);
  await apply(account, 'autoscrape-system');
  for (const file of ['rbac.yaml', 'cluster.yaml']) {
    for (const object of await readObjects(join(folder, file))) await apply(object);
  }
  await leave();
  config = join(control.folder, 'account.kubeconfig');
  await writeFile(config, kubeconfig({ ...plane, token: await tokenOf() }));
}, 120_000);

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

afterAll(() => control?.stop());

/** Applies what the earlier version had made, as it did: by its field manager, and with the Services as owners. */
async function leave(): Promise<void> {
  for (const scrape of await readObjects(join(folder, 'scrapes.yaml'))) {
    const { name } = scrape.metadata;
    const service = name.replace(/-metrics$/, '');
    const space = within(plane, 'shop');
    const uid = at(await space.get(`services/${service}`), 'metadata', 'uid');
    const owner = { apiVersion: 'v1', kind: 'Service', name: service, uid };
    const metadata = { ...scrape.metadata, ownerReferences: [owner] };
    await space.apply(`vmservicescrapes/${name}`, 'autoscrape', { ...scrape, metadata });
  }
}

async function tokenOf(): Promise<string> {
  const path = '/api/v1/namespaces/autoscrape-system/serviceaccounts/autoscrape/token';
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  return String(at((await api(plane, 'POST', path, { body })).body, 'status', 'token'));
}

/** Attempts follow each other quickly, and so do looks at all Services. */
async function start(): Promise<Reconciling> {
  const lease = { namespace: 'autoscrape-system', name: 'autoscrape' };
  const tuning = {
    resync: 20,
    hold: 100,
    removals: { gather: 30, apart: 100, fresh: 0, window: 0 },
  };
  const timing = { firstWait: 10, mostWait: 40 };
  running = await startReconciling({ kubeconfig: config }, 'new', { lease, tuning }, timing);
  const { reconciler } = running;
  await eventually(
    'leadership',
    () => reconciler.status(),
    ({ leads, started }) => leads && started,
  );
  return running;
}

const spaces = () => namespaces.map((name) => within(plane, name));

/** The scrapes of all namespaces, each as it is stored. */
async function versions(): Promise<string[]> {
  const found = await Promise.all(spaces().map((space) => space.list('vmservicescrapes')));
  return found
    .flat()
    .map((one) => `${at(one, 'metadata', 'name')} ${at(one, 'metadata', 'resourceVersion')}`);
}

test('without new rights makes and removes no scrape, and writes nothing at all', async () => {
  const before = await versions();
  const all = await start();
  await lookedAt(all, within(plane, 'shop'), 50);
  expect(await ourWrites(plane, ...spaces())).toEqual([]);
  expect(await versions()).toEqual(before);
  expect(before.map((one) => one.split(' ')[0]).sort()).toEqual([
    'central',
    'own',
    'plain-metrics',
    'rewritten',
    'rewritten-metrics',
    'wild',
  ]);
});

test('what may not be read is one line each, however often it is tried, and holds nothing up', async () => {
  const all = await start();
  expect(all.watches.complete).toBe(true);
  await lookedAt(all, within(plane, 'shop'), 50);
  const told = all.lines.filter(({ message }) => message.startsWith('not allowed to watch'));
  expect(
    told.map(({ level, message, fields }) => [level, message, at(fields, 'resource')]),
  ).toEqual(
    expect.arrayContaining(
      optional.map((resource) => ['info', 'not allowed to watch: done without', resource]),
    ),
  );
  expect(told).toHaveLength(optional.length);
});

test('the process is ready without these rights, and its metric says which are missing', async () => {
  const autoscrape = await startAutoscrape(config, ['--kubernetes-namespace=autoscrape-system']);
  try {
    const forbidden = async () =>
      samplesOf((await request(`${autoscrape.pages}/metrics`)).body)
        .filter(({ name, value }) => name === 'autoscrape_watch_forbidden' && value === 1)
        .map(({ labels }) => labels.resource ?? '')
        .sort();
    await eventually('forbidden watches', forbidden, (found) => found.length === optional.length);
    expect(await forbidden()).toEqual(optional);
    const { status, body } = await request(`${autoscrape.pages}/readyz`);
    expect([status, optional.filter((one) => body.includes(one))]).toEqual([200, []]);
  } finally {
    await autoscrape.stop();
  }
});

test('with the rights of the new version each scrape is what its readers make it, and nothing else changes', async () => {
  const all = await start();
  const rights = join(import.meta.dirname, '../../deploy/kustomize/base/rbac.yaml');
  for (const object of await readObjects(rights)) await applier(plane).apply(object);
  await eventually(
    'the scrapes of the shop',
    () => stored(within(plane, 'shop')),
    (found) => found.join() === 'own,plain-metrics,rewritten,wild-metrics',
  );
  await quiet(all);
  expect((await ourWrites(plane, ...spaces())).sort()).toEqual([
    'delete vmservicescrapes rewritten-metrics',
    'patch vmservicescrapes wild-metrics',
  ]);
});
