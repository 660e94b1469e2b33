import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { auditCommand } from '../../src/commands/audit.ts';
import { explainCommand } from '../../src/commands/explain.ts';
import { states } from '../../src/planning/states.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { request } from '../../tools/http.ts';
import { type Autoscrape, startAutoscrape } from '../support/autoscrape.ts';
import { brokenLinks, brokenLinksAgents } from '../support/broken-links.ts';
import { runCommand } from '../support/command.ts';
import { api } from '../support/control-plane.ts';
import { samplesOf } from '../support/metrics-page.ts';
import { at, defineResources, eventually, within } from '../support/reconciling.ts';

/**
 * `serve` (JSON, page and metric), `audit` and `explain` say the same of each component, whichever link of its chain is
 * broken.
 */
let plane: ControlPlane;
let autoscrape: Autoscrape;
let manifests: string;

const namespaces = brokenLinks.map(({ namespace }) => namespace);

beforeAll(async () => {
  plane = await startControlPlane({ label: 'states', controllerManager: false, audit: false });
  for (const file of ['vmservicescrape.yaml', 'servicemonitor.yaml', 'vmagents.yaml']) {
    await defineResources(plane, file);
  }
  for (const agent of brokenLinksAgents) await within(plane, 'default').create('vmagents', agent);
  for (const { namespace, objects } of brokenLinks) await place(namespace, objects);
  await holdLease();
  manifests = join(plane.folder, 'manifests.yaml');
  const all = brokenLinks.flatMap(({ namespace, objects }) =>
    objects.map((one) => inside(one, namespace)),
  );
  const agents = brokenLinksAgents.map((one) => inside(one, 'default'));
  await writeFile(manifests, [...all, ...agents].map((one) => stringify(one)).join('---\n'));
  autoscrape = await startAutoscrape(plane.kubeconfig, ['--kubernetes-namespace=default']);
}, 120_000);

afterAll(async () => {
  await autoscrape?.stop();
  await plane?.stop();
});

function inside(object: object, namespace: string): object {
  return { ...object, metadata: { ...Object(at(object, 'metadata')), namespace } };
}

async function place(namespace: string, objects: readonly object[]): Promise<void> {
  const metadata = { name: namespace };
  await api(plane, 'POST', '/api/v1/namespaces', { body: { metadata } });
  const space = within(plane, namespace);
  for (const object of objects) {
    await space.create(`${String(at(object, 'kind')).toLowerCase()}s`, object);
  }
}

/** Somebody else leads: no scrape is made, which would read what is broken here. */
async function holdLease(): Promise<void> {
  const now = new Date().toISOString().replace('Z', '000Z');
  await within(plane, 'default').create('leases', {
    metadata: { name: 'autoscrape' },
    spec: {
      holderIdentity: 'somebody',
      leaseDurationSeconds: 3_600,
      acquireTime: now,
      renewTime: now,
    },
  });
}

interface Row {
  readonly namespace: string;
  readonly state: string;
  readonly link: string;
  readonly because: string;
}

/** The rows of the scene in a report, by namespace. */
function rowsOf(coverage: unknown): Row[] {
  if (!Array.isArray(coverage)) throw new Error('no coverage');
  return coverage
    .map((one) => ({
      namespace: String(at(one, 'namespace')),
      state: String(at(one, 'state')),
      link: String(at(one, 'link')),
      because: String(at(one, 'because')),
    }))
    .filter(({ namespace }) => namespaces.includes(namespace))
    .sort((a, b) => (a.namespace < b.namespace ? -1 : 1));
}

const stateAndLink = ({ namespace, state, link }: Row) => `${namespace}: ${state} ${link}`;
const expected = brokenLinks.map((one) => stateAndLink({ ...one, because: '' })).sort();

async function statusJson(): Promise<Row[]> {
  const { body } = await request(`${autoscrape.pages}/status.json`);
  return rowsOf(at(JSON.parse(body), 'coverage'));
}

async function audited(): Promise<Row[]> {
  const { out } = await runCommand('audit', auditCommand, [
    `--kubernetes-kubeconfig=${plane.kubeconfig}`,
    '-o',
    'json',
  ]);
  return rowsOf(at(JSON.parse(out), 'coverage'));
}

test('each state and link is what was broken, in /status.json and in audit, for the same reason', async () => {
  const served = await eventually(
    'the whole scene',
    statusJson,
    (rows) => rows.length === brokenLinks.length,
  );
  expect(served.map(stateAndLink)).toEqual(expected);
  expect(await audited()).toEqual(served);
});

test('the page has the same states', async () => {
  const { body } = await request(`${autoscrape.pages}/status`);
  const items = body.matchAll(
    /data-item="component" data-state="([^"]*)" data-component="[^"]*" data-namespace="([^"]*)"/g,
  );
  const shown = [...items].map(([, state, namespace]) => `${namespace}: ${state}`);
  expect(shown.sort()).toEqual(
    brokenLinks.map(({ namespace, state }) => `${namespace}: ${state}`).sort(),
  );
});

test('the metric counts the same', async () => {
  const wanted = Object.fromEntries(
    Object.entries(Object.groupBy(brokenLinks, ({ state }) => state)).map(([state, all]) => [
      state,
      all?.length ?? 0,
    ]),
  );
  const counted = async () => {
    const samples = samplesOf((await request(`${autoscrape.pages}/metrics`)).body);
    const own = samples.filter(({ name, value }) => name === 'autoscrape_components' && value > 0);
    return Object.fromEntries(own.map(({ labels, value }) => [labels.state ?? '', value]));
  };
  const found = await eventually(
    'the count',
    counted,
    (counts) => Object.keys(counts).length > 0,
    30_000,
  );
  expect(found).toEqual(wanted);
});

test.each(brokenLinks)(
  'explain says of $namespace that it is $explained, and its exit code follows',
  async ({ namespace, explained, subject }) => {
    const args = [subject, '-n', namespace, '-f', manifests];
    const { code, out } = await runCommand('explain', explainCommand, args);
    const said = [...out.matchAll(/^\d+\. So .* is ([a-z-]+)$/gm)].map(([, found]) => found);
    const breaks = explained === undefined || states[explained].needsAttention;
    expect({ said, code }).toEqual({
      said: explained === undefined ? [] : [explained],
      code: breaks ? 1 : 0,
    });
    expect(out.includes('The chain breaks here.')).toBe(breaks);
  },
);
