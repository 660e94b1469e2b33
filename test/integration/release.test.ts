import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { version } from '../../src/version.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { request } from '../../tools/http.ts';
import { webhookCounts } from '../support/admission-metrics.ts';
import { api, makeNamespace } from '../support/control-plane.ts';
import { type Creates, startCreates } from '../support/creates.ts';
import { chart, helm } from '../support/helm.ts';
import { kubectl } from '../support/kubectl.ts';
import { type Kubelet, startKubelet } from '../support/kubelet.ts';
import { fixtures, readFolder, readObjects } from '../support/objects.ts';
import { until } from '../support/processes.ts';
import { type Program, well } from '../support/program.ts';
import { granted, used } from '../support/rights.ts';
import { type ServiceProxy, startServiceProxy } from '../support/service-proxy.ts';

/**
 * A release of the chart from its installation to its removal, under a stream of creates: real Helm, a real API server
 * with RBAC and Pod Security, real controllers that roll the Deployment out, and autoscrape as processes that have what
 * their pods say. These tests come one after the other, as they do in the life of a release.
 */
const root = join(import.meta.dirname, '../..');
const namespace = 'autoscrape-system';
const account = `system:serviceaccount:${namespace}:autoscrape`;
/** Of 127.0.0.0/8, a part of our own for Services, and one for pods. */
const part = 100 + (process.pid % 100);
/** The processes end sooner than in a cluster: what leads to them here hears of it at once. */
const drain = { propagationSeconds: 3 };
/** Who reads metrics is asked for a token, and whether it may. */
const metrics = { access: 'authorized', readers: [{ name: 'vmagent', namespace: 'default' }] };
/** Of the Service, instead of 443, for which a process needs rights. */
const port = 8443;

let plane: ControlPlane;
let runHelm: Program;
let runKubectl: Program;
let kubelet: Kubelet;
let proxy: ServiceProxy | undefined;
let creates: Creates | undefined;
/** Where the stream creates. */
let stream: string;

beforeAll(async () => {
  plane = await startControlPlane({
    label: 'release',
    serviceRange: `127.${part}.0.0/17`,
    audit: {
      apiVersion: 'audit.k8s.io/v1',
      kind: 'Policy',
      omitStages: ['RequestReceived'],
      rules: [{ level: 'Metadata', users: [account] }],
    },
    // Without streams of initial events lists are read, as on API servers of before Kubernetes 1.32.
    apiServerFlags: ['--feature-gates=WatchList=false'],
  });
  [runHelm, runKubectl] = await Promise.all([
    helm(plane.kubeconfig, plane.folder),
    kubectl(plane.kubeconfig, plane.folder),
  ]);
  await well(runKubectl(['apply', '-f', join(root, 'test/fixtures/crds')]));
  const definitions = await readFile(join(root, 'test/fixtures/crds/multigres.yaml'), 'utf8');
  const drafts = definitions.replaceAll('multigres.com', 'multigres.io');
  await well(runKubectl(['apply', '-f', '-'], { stdin: drafts }));
  const [restricted] = await readObjects(join(root, 'deploy/kustomize/base/namespace.yaml'));
  await api(plane, 'POST', '/api/v1/namespaces', { body: { ...restricted } });
  kubelet = startKubelet(plane, namespace, `127.${part}.200`);
  stream = await makeNamespace(plane, 'stream');
  await writeFile(at('values.yaml'), stringify({ service: { port }, drain, metrics }));
}, 240_000);

afterEach(async () => {
  await creates?.stop();
  expect(kubelet.problems).toEqual([]);
});

afterAll(async () => {
  await creates?.stop();
  await proxy?.stop();
  await kubelet?.stop();
  await plane?.stop();
}, 60_000);

const at = (name: string): string => join(plane.folder, name);

test('the release before is installed: its pods get ready, and the API server calls them', async () => {
  const before = at('before');
  await cp(chart, before, { recursive: true });
  const described = await readFile(join(before, 'Chart.yaml'), 'utf8');
  await writeFile(join(before, 'Chart.yaml'), described.replaceAll(version, '0.0.9'));
  await release('install', before, '--set=webhook.timeoutSeconds=1');
  const service = await api(plane, 'GET', `/api/v1/namespaces/${namespace}/services/autoscrape`);
  const { clusterIP } = Object(service.body).spec;
  const served = { namespace, name: 'autoscrape', clusterIP, port, portName: 'https' };
  proxy = await startServiceProxy(plane, served, kubelet.hostOf);
  await until(() => proxy?.ready() === 2);
  await until(completes);
}, 120_000);

test.each([
  ['by server-side apply, to another image', '--server-side=true', '--set=replicaCount=2', true],
  [
    "of the registrations alone, by Helm 3's three-way merge",
    '--server-side=false',
    '--set=webhook.timeoutSeconds=1',
    false,
  ],
])(
  'an upgrade %s refuses no create, misses none, and keeps whom the API server trusts',
  async (_how, flag, set, rollsOut) => {
    const trusted = await bundles();
    const { failedOpen } = await webhookCounts(plane, 'strong.autoscrape.multigres.com');
    const pods = await podNames();
    creates = startCreates(plane, stream);
    await creates.more(5);
    await release('upgrade', chart, flag, '--reset-values', set);
    await until(async () => {
      const now = await podNames();
      return now.length === 2 && (now.every((name) => !pods.includes(name)) || !rollsOut);
    });
    await creates.more(5);
    await creates.stop();
    const counts = await webhookCounts(plane, 'strong.autoscrape.multigres.com');
    expect({
      refused: creates.refused,
      missed: creates.missed(),
      failedOpen: counts.failedOpen - failedOpen,
      trusted: await bundles(),
    }).toEqual({ refused: [], missed: 0, failedOpen: 0, trusted });
    expect(trusted.filter((bundle) => bundle !== '')).toHaveLength(3);
  },
  120_000,
);

test('nothing of the release has drifted from what was applied', async () => {
  const { stdout: manifest } = await well(
    runHelm(['get', 'manifest', 'autoscrape', '-n', namespace]),
  );
  const flags = ['--server-side', '--force-conflicts', '--field-manager=gitops'];
  const diff = await runKubectl(['diff', ...flags, '-f', '-'], { stdin: manifest });
  expect(diff).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('metrics are for the account that the chart names, and for no other', async () => {
  const { body } = await api(plane, 'GET', `/api/v1/namespaces/${namespace}/pods`);
  const [{ status: pod }] = Object(body).items;
  const answers: number[] = [];
  for (const name of ['vmagent', 'somebody']) {
    await well(runKubectl(['create', 'serviceaccount', name, '-n', 'default']));
    const token = await well(runKubectl(['create', 'token', name, '-n', 'default']));
    const headers = { authorization: `Bearer ${token.stdout.trim()}` };
    const url = `http://${kubelet.hostOf(pod.podIP)}:8080/metrics`;
    answers.push((await request(url, { headers })).status);
  }
  expect(answers).toEqual([200, 403]);
});

test('objects of others are never sent', async () => {
  const others = await makeNamespace(plane, 'others');
  const before = await requests();
  for (const object of await readFolder(join(fixtures, 'foreign'))) {
    const { status, body } = await api(plane, 'POST', pathOf(object.kind, others), {
      body: { ...object, metadata: { ...object.metadata, namespace: others } },
    });
    expect({ status, body }).toMatchObject({ status: 201 });
  }
  expect(await requests()).toEqual(before);
});

test('when all replicas are killed at once every create comes through, and what was missed is made up for', async () => {
  creates = startCreates(plane, stream);
  await creates.more(5);
  kubelet.killAll(3_000);
  await until(() => proxy?.ready() === 0);
  const missed = await makeNamespace(plane, 'missed');
  const [etcd] = await readObjects(join(fixtures, 'draft/handmade.yaml'));
  const answer = await api(plane, 'POST', `/api/v1/namespaces/${missed}/services`, {
    body: { ...etcd },
  });
  expect(answer.status).toBe(201);
  await creates.more(20);
  await until(() => proxy?.ready() === 2);
  await until(completes);
  await creates.more(5);
  await creates.stop();
  expect({ refused: creates.refused }).toEqual({ refused: [] });
  expect(creates.missed()).toBeGreaterThanOrEqual(15);
  await until(async () => (await scrapesIn(missed)).length === 1);
}, 120_000);

test('it uses every right that the chart gives it, and asks for none that it has not', async () => {
  const space = await makeNamespace(plane, 'rights');
  await exercise(space);
  const rights = await granted(plane, account);
  let seen = await used(plane.auditLog ?? '', account, rights);
  await until(async () => {
    seen = await used(plane.auditLog ?? '', account, rights);
    return seen.unused.length === 0;
  }).catch(() => undefined);
  expect(seen).toEqual({
    forbidden: [],
    unused: [],
    private: [
      'create secrets autoscrape-tls',
      'get secrets autoscrape-tls',
      'patch secrets autoscrape-tls',
    ],
  });
}, 120_000);

test('a removal refuses no create, leaves nothing behind, and the cluster takes everything', async () => {
  creates = startCreates(plane, stream);
  await creates.more(5);
  await well(runHelm(['uninstall', 'autoscrape', '-n', namespace, '--wait', '--timeout=60s']));
  await until(async () => (await podNames()).length === 0);
  await creates.more(10);
  await creates.stop();
  expect(creates.refused).toEqual([]);
  await until(async () => (await left()).length === 0).catch(() => undefined);
  expect(await left()).toEqual([]);
}, 120_000);

/** Installs or upgrades the release, and waits until it is there. */
async function release(how: 'install' | 'upgrade', from: string, ...flags: string[]) {
  const wait = ['--wait', '--timeout=90s', '-f', at('values.yaml')];
  await well(runHelm([how, 'autoscrape', from, '-n', namespace, ...wait, ...flags]));
}

/** Whether the API server sends Services to autoscrape, and trusts it. */
async function completes(): Promise<boolean> {
  const labels = {
    'app.kubernetes.io/part-of': 'multigres',
    'app.kubernetes.io/component': 'multigateway',
  };
  const probe = {
    metadata: { name: 'probe', labels },
    spec: { selector: { app: 'nothing' }, ports: [{ port: 5432 }] },
  };
  const path = `/api/v1/namespaces/${stream}/services?dryRun=All`;
  const { body } = await api(plane, 'POST', path, {
    body: { apiVersion: 'v1', kind: 'Service', ...probe },
  });
  return Object(body).metadata.labels?.['app.kubernetes.io/name'] !== undefined;
}

/** Whom the API server trusts, for each webhook. */
async function bundles(): Promise<string[]> {
  const kinds = 'mutatingwebhookconfigurations,validatingwebhookconfigurations';
  const { stdout } = await well(runKubectl(['get', kinds, '-o=json']));
  return Object(JSON.parse(stdout)).items.flatMap(
    ({ webhooks }: { webhooks: { clientConfig: { caBundle?: string } }[] }) =>
      webhooks.map(({ clientConfig }) => clientConfig.caBundle ?? ''),
  );
}

async function podNames(): Promise<string[]> {
  const { body } = await api(plane, 'GET', `/api/v1/namespaces/${namespace}/pods`);
  return Object(body).items.map((pod: { metadata: { name: string } }) => pod.metadata.name);
}

async function requests(): Promise<number[]> {
  const names = ['strong', 'inject', 'scrapes'].map((name) => `${name}.autoscrape.multigres.com`);
  return Promise.all(names.map(async (name) => (await webhookCounts(plane, name)).requests));
}

function pathOf(kind: string, inside: string): string {
  const group = kind === 'Service' ? '/api/v1' : '/apis/apps/v1';
  return `${group}/namespaces/${inside}/${kind.toLowerCase()}s`;
}

const scrapes = (inside: string) =>
  `/apis/operator.victoriametrics.com/v1beta1/namespaces/${inside}/vmservicescrapes`;

async function scrapesIn(inside: string): Promise<{ metadata: { name: string; uid: string } }[]> {
  return Object((await api(plane, 'GET', scrapes(inside))).body).items;
}

/**
 * Has autoscrape do what it seldom does: make its Secret again and repair it, look for owners of every group, and
 * remove a scrape.
 */
async function exercise(inside: string): Promise<void> {
  const secrets = `/api/v1/namespaces/${namespace}/secrets`;
  const certificate = async (): Promise<string> =>
    Object((await api(plane, 'GET', `${secrets}/autoscrape-tls`)).body).data?.['tls.crt'] ?? '';
  await api(plane, 'DELETE', `${secrets}/autoscrape-tls`);
  await until(async () => (await certificate()) !== '');
  const contentType = 'application/merge-patch+json';
  const body = { data: { 'tls.crt': '' } };
  await api(plane, 'PATCH', `${secrets}/autoscrape-tls`, { body, contentType });
  await until(async () => (await certificate()) !== '');
  const services = `/api/v1/namespaces/${inside}/services`;
  const objects = await readObjects(join(fixtures, 'draft/handmade.yaml'));
  const name = 'hand-etcd';
  const etcd = objects.find(({ kind, metadata }) => kind === 'Service' && metadata.name === name);
  const merge = (metadata: object) =>
    api(plane, 'PATCH', `${services}/${name}`, {
      body: { metadata },
      contentType: 'application/merge-patch+json',
    });
  await api(plane, 'POST', services, { body: { ...etcd } });
  await until(async () => (await scrapesIn(inside)).length === 1);
  for (const group of ['multigres.com', 'multigres.io']) {
    const apiVersion = `${group}/v1alpha1`;
    const { body } = await api(plane, 'POST', `/apis/${apiVersion}/namespaces/${inside}/etcds`, {
      body: { apiVersion, kind: 'Etcd', metadata: { name: 'owner' } },
    });
    const { uid } = Object(body).metadata;
    const owner = { apiVersion, kind: 'Etcd', name: 'owner', uid, controller: true };
    await merge({ ownerReferences: [owner] });
    // A scrape that is called after its owner takes the place of the one before.
    const isOwner = async () => {
      const scrapes = await scrapesIn(inside);
      return scrapes.length === 1 && JSON.stringify(scrapes).includes(uid);
    };
    await until(isOwner);
    // A scrape that vanishes makes it look whether its owner is still there.
    const before = (await scrapesIn(inside))[0]?.metadata ?? { name: '', uid: '' };
    await api(plane, 'DELETE', `${scrapes(inside)}/${before.name}`);
    await until(async () => {
      const [scrape] = await scrapesIn(inside);
      return scrape !== undefined && scrape.metadata.uid !== before.uid;
    });
  }
  await merge({ labels: { 'autoscrape.multigres.com/scrape': 'false' } });
  await until(async () => (await scrapesIn(inside)).length === 0);
}

/** What is there of autoscrape, in its namespace and in the cluster. */
async function left(): Promise<string[]> {
  const listed = async (namespaced: boolean, ...of: string[]) => {
    const kinds = ['api-resources', '--verbs=list', `--namespaced=${namespaced}`, '-o=name'];
    const names = (await well(runKubectl(kinds))).stdout.trim().split('\n');
    // What the API server and its controllers write for everybody.
    const ours = names.filter(
      (one) => !/^(events|events\.events\.k8s\.io|componentstatuses)$/.test(one),
    );
    const { stdout } = await well(
      runKubectl(['get', ours.join(','), '--ignore-not-found', '-o=name', ...of]),
    );
    return stdout
      .trim()
      .split('\n')
      .filter((line) => line !== '');
  };
  const inside = await listed(true, '-n', namespace);
  const outside = await listed(false, '-l=app.kubernetes.io/name=autoscrape');
  const own = ['serviceaccount/default', `namespace/${namespace}`];
  return [...inside, ...outside].filter((object) => !own.includes(object));
}
