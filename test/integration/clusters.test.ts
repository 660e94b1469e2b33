import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { builtInCatalogue } from '../../src/catalogue/index.ts';
import { child, isJson, type Json } from '../../src/kubernetes/index.ts';
import { defaultRegistration, registration } from '../../src/registration/index.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { request } from '../../tools/http.ts';
import { type Autoscrape, startAutoscrape } from '../support/autoscrape.ts';
import { makeNamespace } from '../support/control-plane.ts';
import { type Kubectl, kubectl } from '../support/kubectl.ts';
import { samplesOf } from '../support/metrics-page.ts';

import { define, eventually } from '../support/reconciling.ts';
import { register } from '../support/registered.ts';

/** MultigresClusters on a real API server, with the definitions of two versions of the operator. */

const base = 'http://vmagent-main.monitoring.svc:8429/opentelemetry';
const added = {
  otlpMetricsEndpoint: `${base}/v1/metrics`,
  metricsExporter: 'otlp',
  otlpProtocol: 'http/protobuf',
  metricsTemporality: 'cumulative',
  metricExportInterval: '30000',
};
const key = 'autoscrape.multigres.com/pushed';

let plane: ControlPlane;
let autoscrape: Autoscrape;
let run: Kubectl;
let namespace: string;

async function definition(version: string): Promise<unknown> {
  const file = join(import.meta.dirname, `../fixtures/crds/multigrescluster-${version}.yaml`);
  return parse(await readFile(file, 'utf8'));
}

beforeAll(async () => {
  plane = await startControlPlane({ label: 'clusters', controllerManager: false, audit: false });
  await define(plane, await definition('2026-11'));
  run = await kubectl(plane.kubeconfig, plane.folder);
  autoscrape = await startAutoscrape(plane.kubeconfig, [`--push-endpoint=${base}/v1/metrics`]);
  const wanted = registration(builtInCatalogue(), {
    ...defaultRegistration,
    reach: { url: autoscrape.url },
    caBundle: autoscrape.ca,
    clusters: true,
  });
  await register(plane, wanted, async () => (await reviews('strong')) > 0);
}, 120_000);

afterAll(async () => {
  await autoscrape?.stop();
  await plane?.stop();
});

beforeEach(async () => {
  namespace = await makeNamespace(plane, 'clusters');
});

/** How many reviews a webhook was asked for. */
async function reviews(webhook: string): Promise<number> {
  const { body } = await request(`${autoscrape.pages}/metrics`);
  return samplesOf(body)
    .filter(({ name, labels }) => {
      const isCount = name === 'autoscrape_admission_duration_seconds_count';
      return isCount && labels.webhook === `${webhook}.autoscrape.multigres.com`;
    })
    .reduce((sum, { value }) => sum + value, 0);
}

interface Written {
  readonly spec?: Json;
  readonly labels?: Json;
  readonly name?: string;
}

function cluster({ spec = {}, labels = {}, name = 'orders' }: Written = {}): string {
  return stringify({
    apiVersion: 'multigres.com/v1alpha1',
    kind: 'MultigresCluster',
    metadata: { name, labels },
    spec: { cells: [{ name: 'zone-a' }], ...spec },
  });
}

/** Runs kubectl with a manifest on its standard input, and gives what it says on standard error. */
async function write(how: readonly string[], manifest: string): Promise<string> {
  const { code, stderr } = await run([...how, '-n', namespace, '-f', '-'], { stdin: manifest });
  expect({ how, code, stderr: code === 0 ? '' : stderr }).toEqual({ how, code: 0, stderr: '' });
  return stderr;
}

/** The `spec.observability` that is stored, and the record of what was added. */
async function stored(name = 'orders'): Promise<{ observed: unknown; record: unknown }> {
  const { stdout } = await run(['get', 'mgc', name, '-n', namespace, '-o', 'json']);
  const object: unknown = JSON.parse(stdout);
  if (!isJson(object)) throw new Error('the API server answers with no object');
  const written = child(child(object, 'metadata'), 'annotations')?.[key];
  return {
    observed: child(child(object, 'spec'), 'observability'),
    record: typeof written === 'string' ? JSON.parse(written) : undefined,
  };
}

const whole = { observed: added, record: added };
const none = { observed: undefined, record: undefined };
const apply = ['apply'];
const onServer = ['apply', '--server-side'];
const forced = ['apply', '--server-side', '--force-conflicts'];

describe('a MultigresCluster that says nothing of sending', () => {
  test.each([
    ['create', ['create']],
    ['apply', apply],
    ['server-side apply', onServer],
  ])(
    '%s: gets exactly the additions, and keeps them through later writes of each kind',
    async (_, first) => {
      expect(await write(first, cluster())).toContain('spec.observability was completed');
      expect(await stored()).toEqual(whole);
      const other = cluster({ spec: { cells: [{ name: 'zone-b' }] } });
      for (const [how, manifest] of [
        [apply, cluster()],
        [apply, other],
        [forced, cluster()],
        [forced, other],
      ] as const) {
        await write(how, manifest);
        expect(await stored()).toEqual(whole);
      }
    },
  );

  test('a replace of the whole object drops them, and they are restored in the same write', async () => {
    await write(['create'], cluster());
    const told = await write(['replace'], cluster({ spec: { cells: [{ name: 'zone-c' }] } }));
    expect(told).toContain('spec.observability was restored');
    expect(await stored()).toEqual(whole);
    // As Argo CD does with the option Replace=true: kubectl replace, or create where there is none.
    await write(['replace', '--save-config'], cluster());
    expect(await stored()).toEqual(whole);
  });

  test('an edit of another field keeps them, and one that removes the fields alone is obeyed', async () => {
    await write(['create'], cluster());
    const patch = (value: object) =>
      run(['patch', 'mgc', 'orders', '-n', namespace, '--type=merge', '-p', JSON.stringify(value)]);
    await patch({ spec: { databases: [{ name: 'postgres' }] } });
    expect(await stored()).toEqual(whole);
    await patch({ spec: { observability: null } });
    expect(await stored()).toEqual({ observed: undefined, record: added });
  });

  test('ends with the exporter none, and with the label', async () => {
    await write(['create'], cluster());
    await write(['replace'], cluster({ spec: { observability: { metricsExporter: 'none' } } }));
    expect(await stored()).toEqual({ observed: { metricsExporter: 'none' }, record: undefined });
    const labels = { 'autoscrape.multigres.com/push': 'false' };
    await write(['create'], cluster({ name: 'second' }));
    await write(['replace'], cluster({ name: 'second', labels }));
    expect(await stored('second')).toEqual(none);
    await write(['create'], cluster({ name: 'third', labels }));
    expect(await stored('third')).toEqual(none);
  });

  test('updates that have nothing to do with it are not sent to autoscrape', async () => {
    await write(['create'], cluster());
    const before = await reviews('clusters');
    await write(apply, cluster({ spec: { cells: [{ name: 'zone-b' }] } }));
    await write(apply, cluster({ labels: { team: 'shop' } }));
    expect(await reviews('clusters')).toBe(before);
  });
});

test('a plan of its own is left alone to the letter, and its author is told what metrics need', async () => {
  const observability = { otlpEndpoint: 'http://otel:4318', tracesExporter: 'otlp' };
  const told = await write(apply, cluster({ spec: { observability } }));
  expect(told).toContain('for metrics write metricsExporter: otlp');
  expect(await stored()).toEqual({ observed: observability, record: undefined });
});

test('what was there before is not changed', async () => {
  const mutating = 'mutatingwebhookconfiguration/autoscrape';
  const { stdout } = await run(['get', mutating, '-o', 'yaml']);
  await run(['delete', mutating]);
  await eventually(
    'a cluster without additions',
    async () => {
      await run(['delete', 'mgc', 'orders', '-n', namespace, '--ignore-not-found']);
      await write(['create'], cluster());
      return (await stored()).observed === undefined;
    },
    Boolean,
  );
  const file = join(plane.folder, 'registration.yaml');
  await writeFile(file, stdout.replace(/^ {2}(?:resourceVersion|uid): .*\n/gm, ''));
  expect((await run(['create', '-f', file])).code).toBe(0);
  await eventually(
    'the registration being back',
    async () => {
      await run(['delete', 'mgc', 'probe', '-n', namespace, '--ignore-not-found']);
      await write(['create'], cluster({ name: 'probe' }));
      return (await stored('probe')).observed !== undefined;
    },
    Boolean,
  );
  await write(apply, cluster({ spec: { cells: [{ name: 'zone-b' }] } }));
  await write(['replace'], cluster({ spec: { cells: [{ name: 'zone-c' }] } }));
  expect(await stored()).toEqual(none);
});

test('with an older definition nothing is sent that would be pruned', async () => {
  await define(plane, await definition('v0.10'));
  const { otlpMetricsEndpoint: _, ...others } = added;
  const older = { otlpEndpoint: base, ...others };
  const found = await eventually(
    'the older fields',
    async () => {
      await run(['delete', 'mgc', 'older', '-n', namespace, '--ignore-not-found']);
      await write(['create'], cluster({ name: 'older' }));
      return await stored('older');
    },
    ({ record }) => isJson(record) && 'otlpEndpoint' in record,
  );
  expect(found).toEqual({ observed: older, record: older });
});
