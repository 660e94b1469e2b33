import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { defaultRegistration } from '../../src/registration/index.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { request } from '../../tools/http.ts';
import { kubeconfig } from '../../tools/identities.ts';
import { freePorts, type Running, ready, start } from '../../tools/processes.ts';
import { webhookCounts } from '../support/admission-metrics.ts';
import { api, makeNamespace } from '../support/control-plane.ts';
import { type Kubectl, type KubectlRun, kubectl } from '../support/kubectl.ts';
import { until } from '../support/processes.ts';

/**
 * What deploy/README.md says, step by step: certificates, the manifests, the registration, by the Service's name and
 * with the rights of the ServiceAccount alone. Only what a kubelet would do is done by hand: the process runs here,
 * and listens at the address of the Service.
 */
const root = join(import.meta.dirname, '../..');
/** Of the Service, instead of 443, for which a process needs rights. */
const port = 8443;

let plane: ControlPlane;
let run: Kubectl;
let running: Running | undefined;
let pages: string;
/** Of the ServiceAccount. */
let token: string;

beforeAll(async () => {
  plane = await startControlPlane({
    audit: everyRequestOf(defaultRegistration.username),
    label: 'deployed',
    serviceRange: `127.${40 + (process.pid % 20)}.0.0/16`,
  });
  run = await kubectl(plane.kubeconfig, plane.folder);
  const at = (name: string) => join(plane.folder, name);
  await said(run(['apply', '-f', join(root, 'test/fixtures/crds')]));
  const { stdout: manifests } = await said(run(['kustomize', join(root, 'deploy')]));
  await said(
    run(['apply', '-f', '-'], { stdin: manifests.replaceAll('port: 443', `port: ${port}`) }),
  );
  await autoscrape('certs', '--dir', at('tls'));
  const secret = ['create', 'secret', 'tls', 'autoscrape-tls', '-n', 'autoscrape-system'];
  await said(run([...secret, `--cert=${at('tls/tls.crt')}`, `--key=${at('tls/tls.key')}`]));
  const registration = await autoscrape('manifests', '--ca-bundle', at('tls/ca.crt'));
  await said(
    run(['apply', '--server-side', '--force-conflicts', '-f', '-'], {
      stdin: registration.replaceAll('port: 443', `port: ${port}`),
    }),
  );

  const account = ['autoscrape', '-n', 'autoscrape-system'];
  token = (await said(run(['create', 'token', ...account]))).stdout.trim();
  await writeFile(at('account'), kubeconfig({ ...plane, token }), { mode: 0o600 });
  const { stdout: address } = await said(
    run(['get', 'service', ...account, '-o=jsonpath={.spec.clusterIP}']),
  );
  const [metricsPort = 0] = await freePorts(1);
  pages = `http://${address}:${metricsPort}`;
  running = await start({
    name: 'autoscrape',
    program: process.execPath,
    args: [
      join(root, 'src/main.ts'),
      'serve',
      `--server-host=${address}`,
      `--server-port=${port}`,
      `--server-metrics-port=${metricsPort}`,
      `--server-tls-directory=${at('tls')}`,
      `--kubernetes-kubeconfig=${at('account')}`,
    ],
    log: at('autoscrape.log'),
  });
  const probe = async () => (await request(`${pages}/readyz`)).status === 200;
  await ready(running, { probe, timeout: 30_000 });
}, 240_000);

afterAll(async () => {
  await running?.stop();
  await plane?.stop();
});

test('the API server finds the webhook by the Service, and trusts its certificate', async () => {
  const namespace = await makeNamespace(plane, 'deployed');
  const file = join(root, 'test/fixtures/objects/draft/handmade.yaml');
  await said(run(['apply', '-n', namespace, '-f', file]));
  const ports = await said(
    run(['get', 'service', 'hand-gateway', '-n', namespace, '-o=jsonpath={.spec.ports[*].name}']),
  );
  expect(ports.stdout).toBe('port-5432 http');
  const { failedOpen, errors } = await webhookCounts(plane, 'strong.autoscrape.multigres.com');
  expect({ failedOpen, errors }).toEqual({ failedOpen: 0, errors: 0 });
});

test('the scrapes are made, with the rights of the ServiceAccount', async () => {
  const namespace = await makeNamespace(plane, 'scraped');
  const file = join(root, 'test/fixtures/objects/draft/handmade.yaml');
  await said(run(['apply', '-n', namespace, '-f', file]));
  const scrapes = async () =>
    (await said(run(['get', 'vmservicescrapes', '-n', namespace, '-o=name']))).stdout.trim();
  await until(async () => (await scrapes()).split('\n').length >= 3);
  expect((await scrapes()).split('\n').map((name) => name.split('/')[1])).toEqual([
    'hand-etcd-metrics',
    'hand-gateway-metrics',
    'hand-pooler-metrics',
  ]);
});

test('nothing that autoscrape asks for is forbidden to it', async () => {
  // What is forbidden would be in the log of requests: this one is.
  const secrets = '/api/v1/namespaces/autoscrape-system/secrets';
  const { status } = await api(plane, 'GET', secrets, { token });
  expect(status).toBe(403);
  const refused = async () =>
    (await requests()).filter(({ responseStatus: { code } }) => code === 401 || code === 403);
  await until(async () => (await refused()).length > 0);
  expect((await refused()).map(({ verb, requestURI }) => [verb, requestURI])).toEqual([
    ['list', secrets],
  ]);
});

test('it asks for these things and for no others', async () => {
  const used = async () => {
    const granted = (await requests()).filter(({ responseStatus: { code } }) => code < 400);
    const asked = granted.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`);
    // Discovery is everybody's right, and has no resource.
    return [...new Set(asked)].filter((one) => !one.endsWith(' undefined')).sort();
  };
  const expected = [
    'create events',
    'create leases',
    // Everybody may: who am I?
    'create selfsubjectreviews',
    'get mutatingwebhookconfigurations',
    'get namespaces',
    'patch vmservicescrapes',
    'update leases',
    'watch customresourcedefinitions',
    'watch deployments',
    'watch namespaces',
    'watch opentelemetrycollectors',
    'watch pods',
    'watch servicemonitors',
    'watch services',
    'watch statefulsets',
    'watch vmagents',
    'watch vmclusters',
    'watch vmpodscrapes',
    'watch vmservicescrapes',
    'watch vmsingles',
    'watch vmstaticscrapes',
  ];
  await until(async () => (await used()).length >= expected.length);
  expect(await used()).toEqual(expected);
});

const eventSchema = v.object({
  verb: v.string(),
  requestURI: v.string(),
  objectRef: v.optional(v.object({ resource: v.optional(v.string()) })),
  responseStatus: v.object({ code: v.number() }),
});

/** The requests of the ServiceAccount that have got an answer by now, as the audit log has them. */
async function requests(): Promise<v.InferOutput<typeof eventSchema>[]> {
  const lines = (await readFile(plane.auditLog ?? '', 'utf8')).split('\n');
  return lines.slice(0, -1).flatMap((line) => {
    const event = v.safeParse(eventSchema, JSON.parse(line));
    return event.success ? [event.output] : [];
  });
}

/** An audit policy (audit.k8s.io/v1). */
function everyRequestOf(user: string): object {
  return {
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Policy',
    omitStages: ['RequestReceived'],
    rules: [{ level: 'Metadata', users: [user] }],
  };
}

const node = promisify(execFile);

/** Runs `autoscrape` as a command, and gives what it prints. */
async function autoscrape(...args: string[]): Promise<string> {
  const { stdout } = await node(process.execPath, [join(root, 'src/main.ts'), ...args]);
  return stdout;
}

/** A run that went well. */
async function said(done: Promise<KubectlRun>): Promise<KubectlRun> {
  const finished = await done;
  if (finished.code !== 0) throw new Error(`kubectl: ${finished.code} ${finished.stderr}`);
  return finished;
}
