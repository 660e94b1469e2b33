import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { auditCommand } from '../../src/commands/audit.ts';
import { runCommand } from '../support/command.ts';
import { connectProxy } from '../support/connect-proxy.ts';
import { api, type Connection, sharedControlPlane } from '../support/control-plane.ts';

/** How people reach a real API server with `audit`: kubeconfigs, proxies, plugins and other people's names. */
let plane: Connection;
const reader = 'audit-access-reader';

beforeAll(async () => {
  plane = await sharedControlPlane();
  const group = 'rbac.authorization.k8s.io';
  // A group that may read everything.
  const { status } = await api(plane, 'POST', `/apis/${group}/v1/clusterrolebindings`, {
    body: {
      apiVersion: `${group}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: reader },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ apiGroup: group, kind: 'Group', name: reader }],
    },
  });
  expect([201, 409]).toContain(status);
});

async function kubeconfig(user: object, cluster: object = {}): Promise<string> {
  const file = join(plane.folder, `access-${Math.random().toString(36).slice(2)}.json`);
  const data = Buffer.from(plane.ca).toString('base64');
  const config = {
    clusters: [
      {
        name: 'c',
        cluster: { server: plane.server, 'certificate-authority-data': data, ...cluster },
      },
    ],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'meant', context: { cluster: 'c', user: 'u' } }],
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}

async function audit(file: string, ...more: readonly string[]) {
  const flags = ['--kubeconfig', file, '--context', 'meant', '-n', 'default', ...more];
  const { code, err } = await runCommand('audit', auditCommand, flags, {
    environment: { PATH: process.env.PATH ?? '' },
  });
  // Without a component the exit code is 1.
  const services = err.split('\n').find((line) => /(^read \d+ |")services\b/.test(line));
  return { wasRead: code !== 2, services };
}

const read = { wasRead: true, services: expect.stringMatching(/^read \d+ services$/) };

describe('an audit', () => {
  test('of a kubeconfig and a context that are named reads what its user may', async () => {
    const file = await kubeconfig({ token: plane.token });
    expect([await audit(file), await audit(file, '-A')]).toEqual([read, read]);
  });

  test('as somebody else reads what that one may', async () => {
    const file = await kubeconfig({ token: plane.token });
    expect(await audit(file, '-A', '--as', 'jane')).toEqual({
      wasRead: false,
      services: expect.stringContaining('User "jane" cannot list resource "services"'),
    });
    const groups = ['--as-group', 'others', '--as-group', reader];
    expect(await audit(file, '-A', '--as', 'jane', ...groups)).toEqual(read);
    const impersonating = { token: plane.token, as: 'jane', 'as-groups': ['others', reader] };
    expect(await audit(await kubeconfig(impersonating))).toEqual(read);
  });

  test('through a proxy, under the name of the certificate, with what a plugin says', async () => {
    await using proxy = await connectProxy();
    const token = JSON.stringify(plane.token);
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-p', `JSON.stringify({ kind: 'ExecCredential', status: { token: ${token} } })`],
      interactiveMode: 'Never',
    };
    const { port } = new URL(plane.server);
    const file = await kubeconfig(
      { exec },
      {
        server: `https://api.example.org:${port}`,
        'tls-server-name': 'kubernetes.default.svc',
        'proxy-url': proxy.url.href,
      },
    );
    expect(await audit(file)).toEqual(read);
    expect(proxy.asked).toEqual([[`api.example.org:${port}`, undefined]]);
  });

  test('whose plugin fails says so once, in its words', async () => {
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', 'console.error("please log in"); process.exitCode = 1'],
      interactiveMode: 'Never',
    };
    const file = await kubeconfig({ exec });
    const flags = ['--kubeconfig', file, '--context', 'meant'];
    const { code, out, err } = await runCommand('audit', auditCommand, flags);
    expect({ code, out, err }).toEqual({
      code: 2,
      out: '',
      err: `${file}: the credential plugin ${JSON.stringify(process.execPath)} ended with exit code 1: please log in; or name dumped objects with -f\n`,
    });
  });
});
