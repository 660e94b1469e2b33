import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { routes } from '../../src/admission/routes.ts';
import { builtInCatalogue } from '../../src/catalogue/catalogue.ts';
import { defaultRegistration, registration } from '../../src/registration/registration.ts';
import { version } from '../../src/version.ts';
import { findBinaries } from '../../tools/binaries.ts';
import type { ControlPlane } from '../../tools/control-plane.ts';
import { valuesByPath, valuesOf } from '../../tools/generate/chart/index.ts';
import { kustomizeFiles } from '../../tools/generate/kustomize.ts';
import {
  type ChartCluster,
  namespace,
  objectsIn,
  podOf,
  startChartCluster,
} from '../support/chart-cluster.ts';
import { otherValues } from '../support/chart-values.ts';
import { api } from '../support/control-plane.ts';
import { chart } from '../support/helm.ts';
import { type AnyObject, readObjects } from '../support/objects.ts';
import { until } from '../support/processes.ts';
import { type Program, well } from '../support/program.ts';

/** The chart and the overlays as they are rendered, and what a real API server says of them. */
const root = join(import.meta.dirname, '../..');

let cluster: ChartCluster;
let plane: ControlPlane;
let runHelm: Program;
let runKubectl: Program;

beforeAll(async () => {
  cluster = await startChartCluster('chart');
  ({ plane, runHelm, runKubectl } = cluster);
}, 600_000);

afterAll(() => cluster?.stop());

const rendered: ChartCluster['rendered'] = (...args) => cluster.rendered(...args);
const refused: ChartCluster['refused'] = (objects) => cluster.refused(objects);

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

/** Values that the chart refuses, as YAML, and the sentence. */
const refusals: readonly (readonly [values: object, sentence: string])[] = [
  [
    { settings: { server: { host: '127.0.0.1' } } },
    'settings.server.host contradicts the chart: the kubelet and the API server call the address of the pod; leave it out',
  ],
  [
    { settings: { server: { port: 8443 } } },
    'settings.server.port contradicts the chart: set ports.webhook, which the Service and the probes follow',
  ],
  [
    { settings: { server: { metricsPort: 0 } } },
    'settings.server.metricsPort contradicts the chart: set ports.metrics, which the Service and the probes follow',
  ],
  [
    { settings: { server: { metricsTls: false } } },
    'settings.server.metricsTls contradicts the chart: set metrics.tls, which the probes and the scrape follow',
  ],
  [
    { settings: { server: { metricsAccess: 'open' } } },
    'settings.server.metricsAccess contradicts the chart: set metrics.access, which the rights and the scrape follow',
  ],
  [
    { settings: { server: { tls: { mode: 'files' } } } },
    'settings.server.tls.mode contradicts the chart: set certificates.mode, which rights and mounted files follow',
  ],
  [
    { settings: { server: { drain: { deadline: '5m' } } } },
    'settings.server.drain.deadline contradicts the chart: set drain.deadlineSeconds, which the grace period follows',
  ],
  [
    { settings: { kubernetes: { namespace: 'shop' } } },
    'settings.kubernetes.namespace contradicts the chart: it is the namespace of the pod; set namespaceOverride or helm -n',
  ],
  [
    { settings: { telemetry: { otlp: { headers: { Authorization: 'secret' } } } } },
    'settings.telemetry.otlp.headers contradicts the chart: they may be secret, and this file is a ConfigMap; set otlp.headersSecret',
  ],
  [
    { extraArgs: ['--server-port=8443'] },
    '--server-port in extraArgs contradicts the chart: set ports.webhook, which the Service and the probes follow',
  ],
  [
    { extraEnv: [{ name: 'AUTOSCRAPE_SERVER_METRICS_TLS', value: 'true' }] },
    'AUTOSCRAPE_SERVER_METRICS_TLS in extraEnv contradicts the chart: set metrics.tls, which the probes and the scrape follow',
  ],
  [
    { certificates: { mode: 'existingSecret', caBundle: 'garbage' } },
    'certificates.caBundle is no certificate in PEM (-----BEGIN CERTIFICATE----- …): with --set-file it is read from a file',
  ],
  [
    { certificates: { caBundle: 'garbage' } },
    'certificates.caBundle counts with certificates.mode existingSecret alone; it is selfManaged',
  ],
  [
    { commonLabels: { 'app.kubernetes.io/name': 'other' } },
    'commonLabels has app.kubernetes.io/name, which the chart sets itself',
  ],
  [
    { podLabels: { 'app.kubernetes.io/instance': 'other' } },
    'podLabels has app.kubernetes.io/instance, which the chart sets itself',
  ],
  [
    { rule: { labels: { 'helm.sh/chart': 'other' } } },
    'rule.labels has helm.sh/chart, which the chart sets itself',
  ],
  [{ replicaCount: null }, 'replicaCount is null: leave it out to have its default'],
  [{ settings: null }, 'settings is null: leave it out to have its default'],
  [{ image: null }, 'image is null: leave it out to have its default'],
  [
    { certificates: { certManager: { duration: null } } },
    'certificates.certManager.duration is null: leave it out to have its default',
  ],
  [
    { catalogue: 'partOf: other', settings: { catalogue: { file: '/mine' } } },
    'catalogue and settings.catalogue.file are both set: which one?',
  ],
  [{ ports: { webhook: 8080 } }, 'ports.webhook and ports.metrics are the same port'],
  [{ service: { port: 8080 } }, 'service.port and service.metricsPort are the same port'],
  [
    { drain: { propagationSeconds: 25 } },
    'drain.deadlineSeconds is not above drain.propagationSeconds: pods would end while the API server still calls them',
  ],
  [
    { terminationGracePeriodSeconds: 20 },
    'terminationGracePeriodSeconds is 20, but preStop and drain.deadlineSeconds take up to 30 s: pods would be killed in the middle of it',
  ],
  [
    { podDisruptionBudget: { minAvailable: 2 } },
    'podDisruptionBudget.minAvailable is 2 of 2 pods: no node of theirs could be drained',
  ],
];

test.each(refusals)('helm refuses %j with a sentence', async (values, sentence) => {
  const file = join(plane.folder, 'refused.yaml');
  await writeFile(file, JSON.stringify(values));
  const { code, stdout, stderr } = await runHelm(['template', 'autoscrape', chart, '-f', file]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(`: ${sentence}\n`);
});

test('the values that docs/managed-clusters.md shows are taken, and make a difference', async () => {
  const page = await readFile(join(root, 'docs/managed-clusters.md'), 'utf8');
  const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text);
  expect(blocks).toHaveLength(5);
  const usual = await rendered({});
  for (const block of blocks) {
    const objects = await rendered(parse(block));
    expect(objects).not.toEqual(usual);
    expect({ block, refused: await refused(objects) }).toEqual({ block, refused: [] });
  }
});

test('as a part of another chart it is switched off by its condition, or by itself', async () => {
  const parent = join(plane.folder, 'parent');
  await mkdir(join(parent, 'charts'), { recursive: true });
  await cp(chart, join(parent, 'charts/autoscrape'), { recursive: true });
  const dependency = { name: 'autoscrape', version, condition: 'autoscrape.enabled' };
  const described = {
    apiVersion: 'v2',
    name: 'parent',
    version: '1.0.0',
    dependencies: [dependency],
  };
  await writeFile(join(parent, 'Chart.yaml'), JSON.stringify(described));
  const file = join(plane.folder, 'parent.yaml');
  const kinds = async (values: object) => {
    await writeFile(file, JSON.stringify(values));
    const { stdout } = await well(runHelm(['template', 'platform', parent, '-f', file]));
    return objectsIn(stdout);
  };
  const global = {
    imagePullSecrets: [{ name: 'all' }],
    imageRegistry: 'mirror.example.com',
    more: 1,
  };
  const objects = await kinds({ global, autoscrape: { enabled: true } });
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  const { imagePullSecrets, containers } = Object(deployment?.spec).template.spec;
  expect({ name: deployment?.metadata.name, imagePullSecrets, image: containers[0].image }).toEqual(
    {
      name: 'platform-autoscrape',
      imagePullSecrets: [{ name: 'all' }],
      image: `mirror.example.com/autoscrape:${version}`,
    },
  );
  expect(await kinds({ autoscrape: { enabled: false } })).toEqual([]);
  expect(await rendered({ enabled: false })).toEqual([]);
});

test('the pods are such as the restricted profile of Pod Security takes, and only as a whole', async () => {
  const deployment = (await rendered({})).find(({ kind }) => kind === 'Deployment');
  if (deployment === undefined) throw new Error('no Deployment');
  const pod = podOf(deployment);
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
