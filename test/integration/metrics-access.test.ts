import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { routes } from '../../src/admission/index.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { type Answer, request } from '../../tools/http.ts';
import { kubeconfig } from '../../tools/identities.ts';
import { type TemporaryFolder, temporaryFolder } from '../../tools/processes.ts';
import {
  type Store,
  startVictoriaMetrics,
  startVmagent,
  type Victoria,
} from '../../tools/victoria.ts';
import { type Autoscrape, startAutoscrape } from '../support/autoscrape.ts';
import { api } from '../support/control-plane.ts';
import { until } from '../support/processes.ts';
import { review } from '../support/telemetry-roads.ts';

/** autoscrape itself, who may read its metrics, and who is known and may not. */
const users = ['autoscrape', 'agent', 'stranger'].map((name) => ({
  name,
  token: `token-of-${name}`,
  groups: [],
}));

let plane: ControlPlane;
let folder: TemporaryFolder;
let autoscrape: Autoscrape;
const victoria: Victoria[] = [];

beforeAll(async () => {
  folder = await temporaryFolder('metrics-access');
  const resources = [{ group: 'authentication.k8s.io' }, { group: 'authorization.k8s.io' }];
  plane = await startControlPlane({
    label: 'metrics-access',
    controllerManager: false,
    users,
    audit: {
      apiVersion: 'audit.k8s.io/v1',
      kind: 'Policy',
      omitStages: ['RequestReceived'],
      rules: [{ level: 'Metadata', resources }, { level: 'None' }],
    },
  });
  const access = join(folder.path, 'kubeconfig');
  await writeFile(access, kubeconfig({ ...plane, token: 'token-of-autoscrape' }), { mode: 0o600 });
  autoscrape = await startAutoscrape(access, [
    '--server-metrics-tls',
    '--server-metrics-access=authorized',
  ]);
}, 120_000);

afterAll(async () => {
  for (const one of victoria) await one.stop();
  await autoscrape?.stop();
  await plane?.stop();
  await folder?.remove();
});

function read(path: string, token?: string): Promise<Answer> {
  const headers: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  return request(`${autoscrape.pages}${path}`, { ca: autoscrape.ca, headers });
}

const status = async (path: string, token?: string) => (await read(path, token)).status;

async function grant(user: string, rules: readonly object[]): Promise<void> {
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const apiGroup = 'rbac.authorization.k8s.io';
  const metadata = { name: `test-${user}` };
  await api(plane, 'POST', `${rbac}/clusterroles`, {
    body: { apiVersion: `${apiGroup}/v1`, kind: 'ClusterRole', metadata, rules },
  });
  await api(plane, 'POST', `${rbac}/clusterrolebindings`, {
    body: {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup, kind: 'ClusterRole', name: metadata.name },
      subjects: [{ apiGroup, kind: 'User', name: user }],
    },
  });
}

/** How often the API server was asked so far: for TokenReviews and for SubjectAccessReviews. */
async function questions(): Promise<readonly [number, number]> {
  const events = (await readFile(plane.auditLog ?? '', 'utf8')).split('\n');
  const count = (resource: string) =>
    events.filter((line) => line.includes(`"resource":"${resource}"`)).length;
  return [count('tokenreviews'), count('subjectaccessreviews')];
}

test('where autoscrape may not ask, nobody gets in, and the log says why', async () => {
  expect([await status('/metrics'), await status('/metrics', 'token-of-agent')]).toEqual([
    401, 503,
  ]);
  await until(async () =>
    (await readFile(autoscrape.log, 'utf8')).includes('could not be checked'),
  );
  const line = (await readFile(autoscrape.log, 'utf8'))
    .split('\n')
    .find((one) => one.includes('could not be checked'));
  expect(JSON.parse(line ?? '{}')).toEqual({
    level: 'warn',
    time: expect.any(String),
    because: expect.stringContaining('cannot create resource "tokenreviews"'),
    untold: 0,
    msg: 'a caller of the metrics port could not be checked',
  });
  await grant('autoscrape', [
    { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
    { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
  ]);
  await until(async () => (await status('/metrics', 'token-of-stranger')) === 403);
});

test('only who has the right to get /metrics reads them, and nothing but them', async () => {
  await grant('agent', [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }]);
  await until(async () => (await status('/metrics', 'token-of-agent')) === 200);
  expect({
    nobody: await status('/metrics'),
    wrong: await status('/metrics', 'wrong'),
    without: await status('/metrics', 'token-of-stranger'),
    elsewhere: await status('/nothing', 'token-of-agent'),
    page: [await status('/status'), await status('/status', 'token-of-agent')],
    health: [await status('/healthz'), await status('/readyz')],
  }).toEqual({
    nobody: 401,
    wrong: 401,
    without: 403,
    elsewhere: 403,
    page: [401, 403],
    health: [200, 200],
  });
  expect((await read('/metrics', 'token-of-agent')).body).toContain('\nautoscrape_build_info{');
});

test('the port speaks TLS alone, with the certificate of the webhook', async () => {
  const plain = autoscrape.pages.replace('https:', 'http:');
  await expect(request(`${plain}/healthz`)).rejects.toThrow();
  await expect(request(`${autoscrape.pages}/healthz`)).rejects.toThrow('certificate');
});

test('vmagent reads them with a token and the CA, and the API server is asked once', async () => {
  const at = (name: string) => join(folder.path, name);
  const scrape = (name: string, token: string) => ({
    job_name: name,
    scrape_interval: '1s',
    scheme: 'https',
    authorization: { credentials_file: at(token) },
    tls_config: { ca_file: at('ca.crt') },
    static_configs: [{ targets: [new URL(autoscrape.pages).host] }],
  });
  await Promise.all([
    writeFile(at('ca.crt'), autoscrape.ca),
    writeFile(at('agent'), 'token-of-agent\n'),
    writeFile(at('stranger'), 'token-of-stranger\n'),
  ]);
  const jobs = [scrape('known', 'agent'), scrape('unknown', 'stranger')];
  await writeFile(at('scrape.yaml'), JSON.stringify({ scrape_configs: jobs }));
  const store: Victoria & Store = await startVictoriaMetrics();
  victoria.push(store);
  const writeTo = `${store.url}/api/v1/write`;
  const agent = await startVmagent({ configFile: at('scrape.yaml'), writeTo });
  victoria.push(agent);

  const scrapes = 'count_over_time(up{job="known"}[1m])';
  const seen = async () => (await store.query(scrapes))[0]?.value ?? 0;
  await until(async () => (await seen()) >= 2);
  const before = await questions();
  const first = await seen();
  await until(async () => (await seen()) >= first + 3);
  const after = await questions();
  // The stranger is asked about again after 10 s; the agent after a minute, which it is not here.
  const more = after.map((count, index) => count - (before[index] ?? 0));
  expect(more.every((count) => count <= 2)).toBe(true);
  expect(await store.query('max_over_time(up[1m])')).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ labels: expect.objectContaining({ job: 'known' }), value: 1 }),
      expect.objectContaining({ labels: expect.objectContaining({ job: 'unknown' }), value: 0 }),
    ]),
  );
  expect(await store.query('count(autoscrape_build_info)')).toEqual([{ labels: {}, value: 1 }]);
}, 60_000);

test('an API server that is away: who is known reads on, others are told to come again, reviews are answered', async () => {
  await until(async () => (await status('/metrics', 'token-of-agent')) === 200);
  await plane.apiServer.stop();
  await review(autoscrape, routes.strong.path, 'Service', '', { metadata: { name: 'wrong' } });
  expect([
    await status('/metrics', 'token-of-agent'),
    await status('/metrics', 'token-of-somebody'),
    await status('/metrics'),
    await status('/readyz'),
  ]).toEqual([200, 503, 401, 200]);
});
