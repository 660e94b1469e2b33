import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Document, parseAllDocuments } from 'yaml';
import { routes } from '../../src/admission/index.ts';
import { builtInCatalogue } from '../../src/catalogue/index.ts';
import { defaultRegistration, registration } from '../../src/registration/index.ts';
import { version } from '../../src/version.ts';
import { findBinaries } from '../../tools/binaries.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { valuesByPath, valuesOf } from '../../tools/generate/chart/index.ts';
import { kustomizeFiles } from '../../tools/generate/kustomize.ts';
import { otherValues } from '../support/chart-values.ts';
import { api } from '../support/control-plane.ts';
import { chart, helm } from '../support/helm.ts';
import { kubectl } from '../support/kubectl.ts';
import { type AnyObject, readObjects } from '../support/objects.ts';
import { until } from '../support/processes.ts';
import { type Program, well } from '../support/program.ts';

/** The chart and the overlays as they are rendered, and what a real API server says of them. */
const root = join(import.meta.dirname, '../..');
const namespace = 'autoscrape-system';

let plane: ControlPlane;
let runHelm: Program;
let runKubectl: Program;

beforeAll(async () => {
  plane = await startControlPlane({ label: 'chart', controllerManager: false, audit: false });
  [runHelm, runKubectl] = await Promise.all([
    helm(plane.kubeconfig, plane.folder),
    kubectl(plane.kubeconfig, plane.folder),
  ]);
  await well(runKubectl(['apply', '-f', join(root, 'test/fixtures/crds')]));
  const [restricted] = await readObjects(join(root, 'deploy/kustomize/base/namespace.yaml'));
  await api(plane, 'POST', '/api/v1/namespaces', { body: { ...restricted } });
  const served = async () =>
    (await Promise.all(pathsOfOthers.map((path) => api(plane, 'GET', path)))).every(
      ({ status }) => status === 200,
    );
  await until(served);
}, 600_000);

afterAll(() => plane?.stop());

/** Collections of resources that a CustomResourceDefinition brings, by kind. */
const others: Readonly<Record<string, string>> = {
  VMServiceScrape: '/apis/operator.victoriametrics.com/v1beta1/{in}vmservicescrapes',
  VMRule: '/apis/operator.victoriametrics.com/v1beta1/{in}vmrules',
  Issuer: '/apis/cert-manager.io/v1/{in}issuers',
  Certificate: '/apis/cert-manager.io/v1/{in}certificates',
};
const pathsOfOthers = Object.values(others).map((path) => path.replace('{in}', ''));

test('helm lint has nothing to say', async () => {
  const { code, stdout } = await runHelm(['lint', '--strict', '--quiet', chart]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
});

test('every value has a case below', () => {
  expect(Object.keys(otherValues)).toEqual([...valuesByPath(valuesOf(version)).keys()]);
});

describe('the API server takes every object, and no field that it does not know, with', () => {
  let usual: AnyObject[];
  beforeAll(async () => {
    usual = await rendered({});
  });

  test("the chart's own values", async () => {
    expect(await refused(usual)).toEqual([]);
    expect(usual.map(({ kind }) => kind).sort()).toEqual([
      'ClusterRole',
      'ClusterRoleBinding',
      'Deployment',
      'MutatingWebhookConfiguration',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'Role',
      'RoleBinding',
      'Service',
      'ServiceAccount',
      'ValidatingWebhookConfiguration',
    ]);
  });

  test.each(Object.entries(otherValues))('another %s', async (path, { to, with: beside = {} }) => {
    const before = Object.keys(beside).length === 0 ? usual : await rendered(beside);
    const after = await rendered(beside, path, to);
    expect(after).not.toEqual(before);
    expect(await refused(after)).toEqual([]);
  });
});

test('with push.endpoint the registration has each webhook, and that of clusters fails open in any case', async () => {
  const objects = await rendered({
    settings: { push: { endpoint: 'http://vmagent:8429/opentelemetry/v1/metrics' } },
    webhook: { failurePolicy: 'Fail' },
  });
  expect(await refused(objects)).toEqual([]);
  const webhooks = objects.flatMap(({ webhooks: all }) => (Array.isArray(all) ? all : []));
  expect(webhooks.map(({ name, failurePolicy }) => [name, failurePolicy]).sort()).toEqual(
    Object.values(routes)
      .map(({ webhook }) => [webhook, webhook === routes.clusters.webhook ? 'Ignore' : 'Fail'])
      .sort(),
  );
  const template = objects.find(({ kind }) => kind === 'MutatingWebhookConfiguration');
  const wanted = registration(builtInCatalogue(), { ...defaultRegistration, clusters: true });
  expect(template?.webhooks).toMatchObject(
    wanted.mutating.webhooks.map(({ name, rules, matchConditions, objectSelector }) => {
      return { name, rules, matchConditions, objectSelector };
    }),
  );
});

test.each([
  [
    'a misspelt value',
    ['replicaCounts=3'],
    "- at '': additional properties 'replicaCounts' not allowed",
  ],
  ['a text for a number', ['replicaCount=two'], "- at '/replicaCount': got string, want integer"],
  [
    'a word that is none',
    ['webhook.failurePolicy=ignore'],
    "- at '/webhook/failurePolicy': value must be one of 'Ignore', 'Fail'",
  ],
  [
    'a misspelt setting',
    ['settings.scrapes.finding=off'],
    "- at '/settings/scrapes': additional properties 'finding' not allowed",
  ],
])('helm refuses %s, and says where', async (_what, set, message) => {
  const { code, stdout, stderr } = await runHelm([
    'template',
    chart,
    ...set.map((one) => `--set=${one}`),
  ]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.split('\n')).toContain(message);
});

test('the pods are such as the restricted profile of Pod Security takes, and only as a whole', async () => {
  const pod = podOf(await rendered({}));
  const pods = `/api/v1/namespaces/${namespace}/pods?dryRun=All`;
  const { securityContext: _profile, ...without } = pod.spec;
  const statuses = [
    await api(plane, 'POST', pods, { body: pod }),
    await api(plane, 'POST', pods, { body: { ...pod, spec: without } }),
  ].map(({ status }) => status);
  expect(statuses).toEqual([201, 403]);
});

test('the plain manifests are what the chart renders: `npm run generate` renews them', async () => {
  const files = await kustomizeFiles((await findBinaries(['helm']))('helm'), root);
  expect(files.size).toBeGreaterThan(7);
  for (const [path, text] of files) {
    expect({ path, text: await readFile(join(root, path), 'utf8') }).toEqual({ path, text });
  }
});

describe.each([
  ['self-managed', {}],
  ['cert-manager', { certificates: { mode: 'certManager' } }],
  [
    'high-availability',
    {
      replicaCount: 3,
      resources: { requests: { cpu: '250m', memory: '256Mi' }, limits: { memory: '1Gi' } },
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'topology.kubernetes.io/zone',
          whenUnsatisfiable: 'ScheduleAnyway',
        },
        { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
      ],
    },
  ],
])('the overlay %s', (overlay, values) => {
  const folder = join(root, 'deploy/kustomize/overlays', overlay);

  test('gives the objects that the chart gives', async () => {
    const { stdout } = await well(runKubectl(['kustomize', folder]));
    const ofOverlay = objectsIn(stdout).filter(({ kind }) => kind !== 'Namespace');
    expect(comparable(ofOverlay)).toEqual(comparable(await rendered(values)));
  });

  test('is installed with nothing that the API server does not know, and is then as it should be', async () => {
    const flags = ['--server-side', '--force-conflicts'];
    const installed = await runKubectl(['apply', ...flags, '--validate=strict', '-k', folder]);
    expect({ code: installed.code, stderr: installed.stderr }).toEqual({ code: 0, stderr: '' });
    const diff = await runKubectl(['diff', ...flags, '-k', folder]);
    expect(diff).toEqual({ code: 0, stdout: '', stderr: '' });
    await well(runKubectl(['delete', '--wait=false', '-k', folder, '--ignore-not-found']));
    await until(async () => {
      const { body } = await api(plane, 'GET', `/api/v1/namespaces/${namespace}`);
      if (Object(body).status?.phase !== 'Terminating') return true;
      // Nobody here finishes a namespace that is being deleted.
      const finalize = `/api/v1/namespaces/${namespace}/finalize`;
      await api(plane, 'PUT', finalize, { body: { ...Object(body), spec: {} } });
      return false;
    });
    const [restricted] = await readObjects(join(root, 'deploy/kustomize/base/namespace.yaml'));
    await api(plane, 'POST', '/api/v1/namespaces', { body: { ...restricted } });
  });
});

const operators = join(root, '../shared/crds/victoriametrics-operator');
if (!existsSync(operators)) {
  console.log('../shared/crds is not there: what the real operator takes is not tried');
} else {
  test.each(['v0.40.0', 'v0.48.3', 'v0.74.1'])(
    'operator %s takes the scrape and the alerts of autoscrape itself',
    async (release) => {
      const files = ['vmservicescrape', 'vmrule'].map((name) => `${release}/${name}.yaml`);
      for (const file of files) {
        const flags = ['--server-side', '--force-conflicts'];
        await well(runKubectl(['apply', ...flags, '-f', join(operators, file)]));
      }
      const objects = await rendered({
        metrics: { tls: true, access: 'authorized' },
        serviceScrape: { enabled: true, labels: { release } },
        rule: { enabled: true },
      });
      // A new definition counts a moment later.
      await until(async () => (await refused(objects)).length === 0);
    },
  );
}

/** The objects of the chart with some values, and one more by its path. */
async function rendered(values: object, path?: string, to?: unknown): Promise<AnyObject[]> {
  const document = new Document(values);
  if (path !== undefined) document.setIn(path.split('.'), to);
  const file = join(plane.folder, `values-${randomUUID()}.yaml`);
  await writeFile(file, document.toString());
  const args = ['template', 'autoscrape', chart, '-n', namespace, '-f', file];
  return objectsIn((await well(runHelm(args))).stdout);
}

function objectsIn(yaml: string): AnyObject[] {
  return parseAllDocuments(yaml)
    .map((document) => document.toJS())
    .filter((object) => object !== null);
}

/** What the API server says against objects, and against the pods that would be made of them: nothing is stored. */
async function refused(objects: readonly AnyObject[]): Promise<unknown[]> {
  const wrong: unknown[] = [];
  for (const object of [...objects, podOf(objects)]) {
    const path = `${collectionOf(object)}?dryRun=All&fieldValidation=Strict`;
    const { status, body } = await api(plane, 'POST', path, { body: object });
    if (status !== 201) wrong.push([object.kind, object.metadata.name, Object(body).message]);
  }
  return wrong;
}

function podOf(objects: readonly AnyObject[]): AnyObject & { spec: Record<string, unknown> } {
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  const { metadata, spec } = Object(deployment?.spec).template;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name: 'pod', namespace },
    spec,
  };
}

const plurals: Readonly<Record<string, string>> = { NetworkPolicy: 'networkpolicies' };

function collectionOf({ apiVersion, kind, metadata }: AnyObject): string {
  const inside = metadata.namespace === undefined ? '' : `namespaces/${metadata.namespace}/`;
  const known = others[kind];
  if (known !== undefined) return known.replace('{in}', inside);
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${group}/${inside}${plurals[kind] ?? `${kind.toLowerCase()}s`}`;
}

/** Objects by kind and name, without Helm's labels and what two ways of writing the same differ in. */
function comparable(objects: readonly AnyObject[]): Record<string, unknown> {
  const entries = objects.map((object) => {
    const plain = structuredClone(object);
    const labels = Object(plain.metadata.labels);
    delete labels['helm.sh/chart'];
    delete labels['app.kubernetes.io/managed-by'];
    const pod = Object(Object(plain.spec).template).spec;
    if (pod !== undefined) {
      if (pod.volumes?.length === 0) delete pod.volumes;
      for (const container of pod.containers) {
        if (container.volumeMounts?.length === 0) delete container.volumeMounts;
        container.env.sort((one: { name: string }, other: { name: string }) =>
          one.name < other.name ? -1 : 1,
        );
      }
    }
    return [`${plain.kind} ${plain.metadata.name}`, plain] as const;
  });
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
}
