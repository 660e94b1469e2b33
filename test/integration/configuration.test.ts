import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { builtInCatalogue } from '../../src/catalogue/index.ts';
import { command as uninstall } from '../../src/commands/uninstall.ts';
import { defaultRegistration, registration } from '../../src/registration/index.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { request } from '../../tools/http.ts';
import { type Autoscrape, startAutoscrape } from '../support/autoscrape.ts';
import { runCommand } from '../support/command.ts';
import { api } from '../support/control-plane.ts';
import { readObjects } from '../support/objects.ts';
import { until } from '../support/processes.ts';
import { register } from '../support/registered.ts';

/** A configuration that changes while autoscrape runs, and how autoscrape leaves: it needs a cluster of its own. */
const scrapes = '/apis/operator.victoriametrics.com/v1beta1/namespaces/default/vmservicescrapes';
const webhooks = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

let plane: ControlPlane;
let running: Autoscrape | undefined;
let config: string;

beforeAll(async () => {
  plane = await startControlPlane({ label: 'configuration', controllerManager: false });
  const [crd] = await readObjects(
    join(import.meta.dirname, '../fixtures/crds/vmservicescrape.yaml'),
  );
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  expect((await api(plane, 'POST', definitions, { body: crd ?? {} })).status).toBe(201);
  const name = 'autoscrape-system';
  await api(plane, 'POST', '/api/v1/namespaces', { body: { metadata: { name } } });
  config = join(plane.folder, 'settings.yaml');
  await writeFile(config, 'components: {}\n');
  running = await startAutoscrape(plane.kubeconfig, ['--config', config]);
}, 120_000);

afterAll(async () => {
  await running?.stop();
  await plane?.stop();
}, 60_000);

test('a changed settings file applies without a restart: an ignored component loses its scrape', async () => {
  await makeEtcd('first');
  await until(async () => (await names()).join() === 'first-metrics');

  await writeFile(config, 'components: { etcd: ignore }\n');
  await until(async () => (await names()).length === 0);

  await writeFile(config, 'components: {}\nscrapes: { labels: { team: databases } }\n');
  await until(async () => (await names()).join() === 'first-metrics');
  const { body } = await api(plane, 'GET', `${scrapes}/first-metrics`);
  expect(body).toMatchObject({ metadata: { labels: { team: 'databases' } } });
});

test('a wrong one is refused whole, with every problem in the log, and the one before it stays', async () => {
  const before = await api(plane, 'GET', `${scrapes}/first-metrics`);
  await writeFile(
    config,
    'components: { etcd: ignore, etdc: push }\nscrapes: { findings: loud }\n',
  );
  await until(async () => /is refused/.test(await page('readyz?verbose')));

  // The log is written some moments later.
  let lines: string[] = [];
  await until(async () => {
    const log = await readFile(running?.log ?? '', 'utf8');
    lines = log.split('\n').filter((line) => line.includes('the changed configuration is refused'));
    return lines.length > 0;
  });
  expect(lines).toHaveLength(1);
  const { problems } = JSON.parse(lines[0] ?? '{}');
  expect(problems).toEqual([
    expect.stringMatching(/settings\.yaml:2:\d+.*scrapes\.findings/),
    expect.stringMatching(/settings\.yaml:1:\d+.*components\.etdc.*did you mean etcd\?/),
  ]);
  expect(await page('metrics')).toMatch(
    /autoscrape_configuration_changes_total\{[^}]*outcome="refused"[^}]*\} 1\b/,
  );
  // Not even the part of it that is right.
  await makeEtcd('second');
  await until(async () => (await names()).join() === 'first-metrics,second-metrics');
  expect(await api(plane, 'GET', `${scrapes}/first-metrics`)).toEqual(before);
});

test('a registration that is not there is told of, in the metrics and in the log', async () => {
  await until(async () => (await misfit('strong')) === '1' && (await misfit('inject')) === '1');
  await until(async () =>
    /"webhook":"strong[^\n]*the registration does not fit/.test(
      await readFile(running?.log ?? '', 'utf8'),
    ),
  );
});

test('uninstall takes the registrations away, and where it is asked to the scrapes that are ours', async () => {
  const { url, ca } = running ?? { url: '', ca: '' };
  const made = registration(builtInCatalogue(), {
    ...defaultRegistration,
    reach: { url },
    caBundle: ca,
  });
  await register(plane, made, () => true);
  await api(plane, 'POST', scrapes, {
    body: {
      apiVersion: 'operator.victoriametrics.com/v1beta1',
      kind: 'VMServiceScrape',
      metadata: { name: 'theirs', labels: { 'app.kubernetes.io/managed-by': 'autoscrape' } },
      spec: { selector: { matchLabels: { app: 'other' } }, endpoints: [{ port: 'http' }] },
    },
  });
  const flags = [`--kubernetes-kubeconfig=${plane.kubeconfig}`];
  // It was missing until now, and is right.
  await until(async () => (await misfit('strong')) === '0');

  const tried = await run(['--scrapes', '--dry-run', ...flags]);
  expect(tried).toMatchObject({ code: 0, err: '' });
  expect(tried.out.split('\n')).toEqual([
    'would remove mutatingwebhookconfigurations autoscrape',
    'would remove validatingwebhookconfigurations autoscrape',
    'would remove vmservicescrapes default/first-metrics',
    'would remove vmservicescrapes default/second-metrics',
    '',
  ]);
  expect((await api(plane, 'GET', `${webhooks}/autoscrape`)).status).toBe(200);

  expect(await run(flags)).toMatchObject({ code: 0 });
  expect((await api(plane, 'GET', `${webhooks}/autoscrape`)).status).toBe(404);
  expect(await names()).toEqual(['first-metrics', 'second-metrics', 'theirs']);

  await running?.stop();
  running = undefined;
  expect(await run(['--scrapes', ...flags])).toMatchObject({ code: 0 });
  expect(await names()).toEqual(['theirs']);
});

async function makeEtcd(name: string): Promise<void> {
  const labels = {
    'app.kubernetes.io/name': 'etcd',
    'app.kubernetes.io/component': 'etcd',
    'app.kubernetes.io/part-of': 'multigres',
    'app.kubernetes.io/instance': name,
  };
  const body = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels },
    spec: { selector: { app: name }, ports: [{ name: 'client', port: 2379 }] },
  };
  const { status } = await api(plane, 'POST', '/api/v1/namespaces/default/services', { body });
  expect(status).toBe(201);
}

const listSchema = v.object({
  items: v.array(v.object({ metadata: v.object({ name: v.string() }) })),
});

function run(args: readonly string[]): ReturnType<typeof runCommand> {
  return runCommand('uninstall', () => uninstall, args);
}

async function names(): Promise<string[]> {
  const { body } = await api(plane, 'GET', scrapes);
  return v
    .parse(listSchema, body)
    .items.map(({ metadata }) => metadata.name)
    .sort();
}

async function misfit(webhook: string): Promise<string | undefined> {
  const line = new RegExp(
    `^autoscrape_registration_misfit\\{[^}]*"${webhook}[^}]*\\} (\\d+)$`,
    'm',
  );
  return line.exec(await page('metrics'))?.[1];
}

async function page(path: string): Promise<string> {
  return (await request(`${running?.pages}/${path}`)).body;
}
