import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { checkCommand } from '../../src/commands/check.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { runCommand } from '../support/command.ts';
import { api } from '../support/control-plane.ts';
import { kubectl } from '../support/kubectl.ts';
import { until } from '../support/processes.ts';
import { type Program, well } from '../support/program.ts';

/** `check` on a real API server, before an installation, and step by step until all is well. */
const root = join(import.meta.dirname, '../..');
const namespace = 'autoscrape-system';
let plane: ControlPlane;
let run: Program;

beforeAll(async () => {
  plane = await startControlPlane({ label: 'check', controllerManager: false, audit: false });
  run = await kubectl(plane.kubeconfig, plane.folder);
}, 120_000);
afterAll(() => plane?.stop());

/** The exit code, and what came of each check. */
async function check(
  ...args: string[]
): Promise<{ code: number; results: Record<string, string> }> {
  const flags = ['--kubeconfig', plane.kubeconfig, '-o', 'json'];
  const { code, out, err } = await runCommand('check', (_files, stream) => checkCommand(stream), [
    ...flags,
    ...args,
  ]);
  expect(err).toBe('');
  const results: { name: string; outcome: string }[] = JSON.parse(out);
  return { code, results: Object.fromEntries(results.map(({ name, outcome }) => [name, outcome])) };
}

const autoscrape = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, [join(root, 'src/main.ts'), ...args])).stdout;

test('before: who may install is told so, and that there are no VMServiceScrapes yet', async () => {
  expect(await check('--pre')).toEqual({
    code: 0,
    results: { 'kubernetes-version': 'ok', 'custom-resources': 'warning', rights: 'ok' },
  });
  const stranger = await check('--pre', '--as', 'stranger');
  expect(stranger).toMatchObject({ code: 1, results: { rights: 'failed' } });
});

test('nothing is installed', async () => {
  await well(run(['apply', '-f', join(root, 'test/fixtures/crds')]));
  // A new definition is served a moment later.
  await until(async () => (await check()).results['custom-resources'] === 'ok');
  expect(await check()).toEqual({
    code: 1,
    results: {
      'kubernetes-version': 'ok',
      'custom-resources': 'ok',
      registration: 'failed',
      'ca-bundle': 'unknown',
      certificate: 'failed',
      rights: 'failed',
      pods: 'failed',
      leader: 'failed',
    },
  });
});

test('the manifests are applied, with a certificate, but nothing runs', async () => {
  await well(run(['apply', '-k', join(root, 'deploy')]));
  expect((await check()).results).toMatchObject({ registration: 'ok', 'ca-bundle': 'failed' });
  const tls = join(plane.folder, 'tls');
  await autoscrape('certs', '--dir', tls);
  const files = [`--cert=${tls}/tls.crt`, `--key=${tls}/tls.key`];
  await well(run(['create', 'secret', 'tls', 'autoscrape-tls', '-n', namespace, ...files]));
  await register(tls);
  expect(await check()).toEqual({
    code: 1,
    results: {
      'kubernetes-version': 'ok',
      'custom-resources': 'ok',
      registration: 'ok',
      'ca-bundle': 'ok',
      certificate: 'ok',
      rights: 'ok',
      pods: 'failed',
      leader: 'failed',
    },
  });
});

test('pods are ready and one leads: all is well', async () => {
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const labels = { 'app.kubernetes.io/name': 'autoscrape' };
  const securityContext = {
    allowPrivilegeEscalation: false,
    runAsNonRoot: true,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  };
  const made = await api(plane, 'POST', pods, {
    body: {
      metadata: { name: 'autoscrape-0', labels },
      spec: {
        serviceAccountName: 'autoscrape',
        automountServiceAccountToken: false,
        containers: [{ name: 'autoscrape', image: 'autoscrape', securityContext }],
      },
    },
  });
  expect(made.status).toBe(201);
  const ready = { status: { conditions: [{ type: 'Ready', status: 'True' }] } };
  const patch = JSON.stringify(ready);
  const of = ['pod', 'autoscrape-0', '-n', namespace];
  await well(run(['patch', ...of, '--subresource=status', '--type=merge', `--patch=${patch}`]));
  await api(plane, 'POST', `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`, {
    body: {
      metadata: { name: 'autoscrape' },
      spec: {
        holderIdentity: 'autoscrape-0',
        leaseDurationSeconds: 5,
        renewTime: new Date().toISOString().replace('Z', '000Z'),
      },
    },
  });
  const { code, results } = await check();
  expect({ code, outcomes: new Set(Object.values(results)) }).toEqual({
    code: 0,
    outcomes: new Set(['ok']),
  });
});

test('the registrations trust another CA than signed the certificate', async () => {
  const other = join(plane.folder, 'other');
  await autoscrape('certs', '--dir', other);
  await register(other);
  expect(await check()).toMatchObject({ code: 1, results: { 'ca-bundle': 'failed' } });
});

test('who may not read the Secret is told that it is not known', async () => {
  const viewer = `system:serviceaccount:${namespace}:autoscrape`;
  const { results } = await check('--as', viewer);
  expect(results).toMatchObject({ registration: 'ok', certificate: 'unknown' });
});

/** Has the registrations trust the CA in a folder. */
async function register(folder: string): Promise<void> {
  const manifests = await autoscrape('manifests', '--ca-bundle', join(folder, 'ca.crt'));
  const how = ['apply', '--server-side', '--force-conflicts', '-f', '-'];
  await well(run(how, { stdin: manifests }));
}
