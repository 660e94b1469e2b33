import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { builtInCatalogue } from '../../src/catalogue/index.ts';
import { auditCommand } from '../../src/commands/audit.ts';
import { defaultPipelineSettings } from '../../src/settings/types.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { runCommand } from '../support/command.ts';
import { api, auditEvents, makeNamespace } from '../support/control-plane.ts';
import {
  at,
  define,
  defineResources,
  eventually,
  gateway,
  type Namespaced,
  quiet,
  type Reconciling,
  startReconciling,
  undefine,
  within,
} from '../support/reconciling.ts';

/** The custom resource itself: there or not, in which version, and what we may do with it. */

const account = 'system:serviceaccount:autoscrape-system:autoscrape';
const definitionName = 'vmservicescrapes.operator.victoriametrics.com';
const realDefinitions = join(import.meta.dirname, '../../../shared/crds/victoriametrics-operator');

let plane: ControlPlane;
let running: Reconciling | undefined;

beforeAll(async () => {
  plane = await startControlPlane({
    label: 'resource',
    users: [
      { name: account, token: 'of-the-account', groups: ['system:serviceaccounts'] },
      { name: 'limited', token: 'of-the-limited', groups: [] },
    ],
  });
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
  return within(plane, await makeNamespace(plane, 'resource'));
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

test('the custom resource comes, goes and comes again: scrapes are made by themselves, with a line for each change', async () => {
  const space = await namespace();
  await space.create('services', gateway('gw'));
  const { lines, watches } = await start();
  expect(watches.scrapesServed).toBe(false);
  await eventually(
    'everything being known',
    () => watches.complete,
    (complete) => complete,
  );
  const audit = await runCommand('audit', auditCommand, [
    `--kubernetes-kubeconfig=${plane.kubeconfig}`,
  ]);
  expect(audit.out.split('\n')[0]).toBe('scrapes: the API server has no VMServiceScrapes');
  await defineResources(plane, 'vmservicescrape.yaml');
  await scrapesAre(space, 'gw-metrics');
  await undefine(plane, definitionName);
  await eventually(
    'its going',
    () => watches.scrapesServed,
    (served) => !served,
  );
  await space.create('services', gateway('later'));
  await defineResources(plane, 'vmservicescrape.yaml');
  await scrapesAre(space, 'gw-metrics', 'later-metrics');
  // A definition that was just made answers 429 for a moment: its storage begins.
  const lasting = lines.filter(
    ({ message }) => !/^(a watch fails|the watch is back)/.test(message),
  );
  const told = lasting.filter(({ fields }) => at(fields, 'resource') === 'vmservicescrapes');
  expect(told.map(({ level, message }) => `${level} ${message}`)).toEqual([
    'info the API server has no such resource: waiting for it',
    'info the API server has this resource now',
    'info the API server has no such resource: waiting for it',
    'info the API server has this resource now',
  ]);
  expect(lasting.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
});

describe('the definition of VictoriaMetrics operator', () => {
  for (const version of ['v0.40.0', 'v0.48.3', 'v0.74.1']) {
    const file = join(realDefinitions, version, 'vmservicescrape.yaml');
    if (!existsSync(file)) {
      console.info(`not there, and not tested: the definition of ${version}`);
      continue;
    }
    test(`${version} stores every scrape that we make as we make it`, async () => {
      await undefine(plane, definitionName);
      const [document] = parseAllDocuments(await readFile(file, 'utf8'));
      await define(plane, document?.toJS());
      const space = await namespace();
      const { reconciler } = await start();
      await space.create('services', gateway('plain'));
      // One that must name itself, and one that is read by its pods' port.
      const labels = {
        'app.kubernetes.io/name': 'multigateway',
        'app.kubernetes.io/component': 'gateway',
      };
      for (const name of ['one', 'two']) {
        await space.create('services', {
          ...gateway(name),
          metadata: { name, labels },
          spec: {
            clusterIP: 'None',
            selector: { app: name },
            ports: [{ name: 'http', port: 8080 }],
          },
        });
      }
      await space.create('services', {
        ...gateway('balancer'),
        spec: {
          type: 'LoadBalancer',
          selector: { app: 'balancer' },
          ports: [{ name: 'postgres', port: 5432 }],
        },
      });
      await space.create('deployments', {
        metadata: { name: 'balancer', labels: { 'app.kubernetes.io/part-of': 'multigres' } },
        spec: {
          replicas: 0,
          selector: { matchLabels: { app: 'balancer' } },
          template: {
            metadata: { labels: { app: 'balancer' } },
            spec: {
              containers: [
                {
                  name: 'gateway',
                  image: 'multigateway',
                  ports: [{ name: 'http', containerPort: 8080 }],
                },
              ],
            },
          },
        },
      });
      const found = await eventually(
        'four scrapes, each stored as applied',
        () => space.list('vmservicescrapes'),
        // The one that is read by its pods' port has the port's number until the Deployment is known.
        (list) =>
          list.length === 4 &&
          list.some((one) => at(one, 'spec', 'endpoints', 0, 'targetPort') === 'http'),
      );
      expect(reconciler.status().problems).toEqual([]);
      const endpoints = Object.fromEntries(
        found.map((one) => [at(one, 'metadata', 'name'), at(one, 'spec', 'endpoints', 0)]),
      );
      const read = { path: '/metrics', interval: '30s' };
      const keep = (regex: string) => ({
        relabelConfigs: [
          { action: 'keep', sourceLabels: ['__meta_kubernetes_service_name'], regex },
        ],
      });
      expect(endpoints).toEqual({
        'plain-metrics': { port: 'http', ...read },
        'one-metrics': { port: 'http', ...read, ...keep('one') },
        'two-metrics': { port: 'http', ...read, ...keep('two') },
        'balancer-metrics': { targetPort: 'http', ...read },
      });
    });
  }
});

describe('settings that change', () => {
  beforeAll(async () => {
    await undefine(plane, definitionName);
    await defineResources(plane, 'vmservicescrape.yaml');
  });

  test('apply while it runs: a component is ignored, and scraped again', async () => {
    const space = await namespace();
    const { reconciler } = await start();
    await space.create('services', gateway('gw'));
    await scrapesAre(space, 'gw-metrics');
    const catalogue = builtInCatalogue();
    await reconciler.reconfigure(catalogue, {
      ...defaultPipelineSettings,
      components: { multigateway: 'ignore' },
    });
    await scrapesAre(space);
    await reconciler.reconfigure(catalogue, defaultPipelineSettings);
    await scrapesAre(space, 'gw-metrics');
  });

  test('a label that is no longer wanted goes, and only that', async () => {
    const space = await namespace();
    const { reconciler } = await start();
    await space.create('services', gateway('gw'));
    await scrapesAre(space, 'gw-metrics');
    const catalogue = builtInCatalogue();
    const { scrapes } = defaultPipelineSettings;
    const labels = async (): Promise<unknown> =>
      at(await space.get('vmservicescrapes/gw-metrics'), 'metadata', 'labels');
    await reconciler.reconfigure(catalogue, {
      ...defaultPipelineSettings,
      scrapes: { ...scrapes, labels: { team: 'ours', agent: 'one' } },
    });
    await eventually('the labels', labels, (found) => at(found, 'agent') === 'one');
    await space.patch('vmservicescrapes/gw-metrics', { metadata: { labels: { theirs: 'stays' } } });
    await reconciler.reconfigure(catalogue, {
      ...defaultPipelineSettings,
      scrapes: { ...scrapes, labels: { agent: 'one' } },
    });
    const after = await eventually('one less', labels, (found) => at(found, 'team') === undefined);
    expect(after).toEqual({
      'app.kubernetes.io/component': 'multigateway',
      'app.kubernetes.io/managed-by': 'autoscrape',
      'app.kubernetes.io/part-of': 'multigres',
      agent: 'one',
      theirs: 'stays',
    });
  });

  test('another value of managed-by leaves no scrape of the old one behind', async () => {
    const space = await namespace();
    await start({
      settings: {
        ...defaultPipelineSettings,
        scrapes: { ...defaultPipelineSettings.scrapes, managedBy: 'formerly' },
      },
    });
    await space.create('services', gateway('stays'));
    await space.create('services', gateway('goes'));
    await scrapesAre(space, 'stays-metrics', 'goes-metrics');
    await running?.stop();
    await space.patch('vmservicescrapes/goes-metrics', { metadata: { ownerReferences: [] } });
    await space.remove('services/goes');
    await start();
    const [left] = await scrapesAre(space, 'stays-metrics');
    await eventually(
      'the new value',
      async () =>
        at(
          await space.get('vmservicescrapes/stays-metrics'),
          'metadata',
          'labels',
          'app.kubernetes.io/managed-by',
        ),
      (value) => value === 'autoscrape',
    );
    expect(at(left, 'metadata', 'name')).toBe('stays-metrics');
  });
});

test('what a scrape is by name only, as an earlier version might have called it, is removed once it is not wanted', async () => {
  await defineResources(plane, 'vmservicescrape.yaml');
  const space = await namespace();
  const made = await space.create('services', gateway('gw'));
  await space.apply('vmservicescrapes/gw-old-name', 'autoscrape', {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMServiceScrape',
    metadata: {
      name: 'gw-old-name',
      labels: { 'app.kubernetes.io/managed-by': 'autoscrape' },
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Service', name: 'gw', uid: at(made, 'metadata', 'uid') },
      ],
    },
    spec: { selector: {}, endpoints: [{ port: 'http' }] },
  });
  await start();
  await scrapesAre(space, 'gw-metrics');
});

test('everything is done with the rights that the manifests give', async () => {
  await defineResources(plane, 'vmservicescrape.yaml');
  const rules = await readFile(
    join(import.meta.dirname, '../../deploy/kustomize/base/rbac.yaml'),
    'utf8',
  );
  await api(plane, 'POST', '/api/v1/namespaces', {
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'autoscrape-system' } },
  });
  for (const document of parseAllDocuments(rules)) {
    const object = document.toJS();
    const kind = String(at(object, 'kind')).toLowerCase();
    const inNamespace = at(object, 'metadata', 'namespace');
    const scope = inNamespace === undefined ? '' : `/namespaces/${inNamespace}`;
    const { status, body } = await api(
      plane,
      'POST',
      `/apis/rbac.authorization.k8s.io/v1${scope}/${kind}s`,
      { body: object },
    );
    if (status >= 300) throw new Error(JSON.stringify(body));
  }
  await defineResources(plane, 'multigres.yaml');
  const kubeconfig = join(plane.folder, 'account.kubeconfig');
  const text = await readFile(plane.kubeconfig, 'utf8');
  await writeFile(kubeconfig, text.replaceAll(plane.token, 'of-the-account'));
  const space = await namespace();
  running = await startReconciling({ kubeconfig }, 'account', {
    lease: { namespace: 'autoscrape-system', name: 'autoscrape' },
  });
  await space.create('services', gateway('gw'));
  await scrapesAre(space, 'gw-metrics');
  const shard = await space.create('shards', {
    apiVersion: 'multigres.com/v1alpha1',
    kind: 'Shard',
    metadata: { name: 'shard' },
  });
  await space.patch('services/gw', {
    metadata: {
      ownerReferences: [
        {
          apiVersion: 'multigres.com/v1alpha1',
          kind: 'Shard',
          name: 'shard',
          uid: at(shard, 'metadata', 'uid'),
          controller: true,
        },
      ],
    },
  });
  await eventually(
    'the new owner',
    () => space.get('vmservicescrapes/gw-metrics'),
    (scrape) => at(scrape, 'metadata', 'ownerReferences', 0, 'kind') === 'Shard',
  );
  await space.patch('services/gw', {
    metadata: { labels: { 'autoscrape.multigres.com/scrape': 'false' } },
  });
  await scrapesAre(space);
  await eventually(
    'the Events',
    () => space.list('events'),
    (found) => found.length >= 3,
  );
  await quiet(running);
  expect(running.watches.complete).toBe(true);
  expect(running.lines.filter(({ level }) => level !== 'info')).toEqual([]);
  const forbidden = (await auditEvents({ auditLog: plane.auditLog ?? '' }, space.name)).filter(
    (event) => at(event, 'responseStatus', 'code') === 403,
  );
  expect(forbidden).toEqual([]);
  expect(await ourWrites(space)).toEqual([
    'patch gw-metrics',
    'patch gw-metrics',
    'delete gw-metrics',
  ]);
});

test('without the right to read pods and to write Events scrapes are made, and none is removed', async () => {
  await defineResources(plane, 'vmservicescrape.yaml');
  const rules = [
    { apiGroups: [''], resources: ['services', 'namespaces'], verbs: ['list', 'watch'] },
    { apiGroups: ['apps'], resources: ['*'], verbs: ['list', 'watch'] },
    { apiGroups: ['operator.victoriametrics.com'], resources: ['*'], verbs: ['*'] },
    { apiGroups: ['monitoring.coreos.com'], resources: ['*'], verbs: ['list', 'watch'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['*'] },
  ];
  const apiGroup = 'rbac.authorization.k8s.io';
  await api(plane, 'POST', `/apis/${apiGroup}/v1/clusterroles`, {
    body: { metadata: { name: 'limited' }, rules },
  });
  await api(plane, 'POST', `/apis/${apiGroup}/v1/clusterrolebindings`, {
    body: {
      metadata: { name: 'limited' },
      roleRef: { apiGroup, kind: 'ClusterRole', name: 'limited' },
      subjects: [{ apiGroup, kind: 'User', name: 'limited' }],
    },
  });
  const kubeconfig = join(plane.folder, 'limited.kubeconfig');
  const text = await readFile(plane.kubeconfig, 'utf8');
  await writeFile(kubeconfig, text.replaceAll(plane.token, 'of-the-limited'));
  const space = await namespace();
  await space.create('services', gateway('gw'));
  running = await startReconciling({ kubeconfig }, 'limited');
  await scrapesAre(space, 'gw-metrics');
  await space.patch('services/gw', {
    metadata: { labels: { 'autoscrape.multigres.com/scrape': 'false' } },
  });
  const { observations, lines, watches } = running;
  await eventually(
    'it being known to have opted out',
    () => observations.filter((one) => one.namespace === space.name).at(-1)?.outcome.kind,
    (kind) => kind === 'not-scraped',
  );
  await eventually(
    'the Event having been tried',
    () => lines.filter(({ message }) => message === 'Events may not be written'),
    (found) => found.length === 1,
  );
  await scrapesAre(space, 'gw-metrics');
  expect(watches.complete).toBe(false);
  const forbidden = lines.filter(({ level }) => level === 'error');
  const told = forbidden.map(({ fields, message }) => `${message}: ${at(fields, 'resource')}`);
  expect([...new Set(told)].sort()).toEqual([
    'not allowed to watch, and tried again: customresourcedefinitions',
    'not allowed to watch, and tried again: pods',
  ]);
  // With the right it goes at once, not at the next resync.
  rules.push({ apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] });
  await api(plane, 'PUT', `/apis/${apiGroup}/v1/clusterroles/limited`, {
    body: { metadata: { name: 'limited' }, rules },
  });
  await eventually(
    'no scrape',
    () => space.list('vmservicescrapes'),
    (found) => found.length === 0,
    40_000,
  );
}, 90_000);

test('an API server that can not stream lists is read in pages', async () => {
  const old = await startControlPlane({
    label: 'pages',
    controllerManager: false,
    apiServerFlags: ['--feature-gates=WatchList=false'],
  });
  try {
    await defineResources(old, 'vmservicescrape.yaml');
    const streamed =
      '/api/v1/services?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    expect((await api(old, 'GET', streamed)).status).toBe(422);
    const space = within(old, await makeNamespace(old, 'pages'));
    for (let index = 0; index < 7; index += 1) {
      await space.create('services', gateway(`s${index}`));
    }
    const paged = await startReconciling(old, 'paged', { lease: undefined }, { page: 3 });
    await eventually(
      'seven scrapes',
      () => space.list('vmservicescrapes'),
      (found) => found.length === 7,
    );
    await space.create('services', gateway('later'));
    await eventually(
      'the eighth',
      () => space.list('vmservicescrapes'),
      (found) => found.length === 8,
    );
    await paged.stop();
  } finally {
    await old.stop();
  }
}, 90_000);
