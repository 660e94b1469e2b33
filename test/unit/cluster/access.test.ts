import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findAccess } from '../../../src/cluster/api/index.ts';
import { kubeconfigAccess } from '../../../src/cluster/api/kubeconfig.ts';
import { serviceAccountAccess } from '../../../src/cluster/api/service-account.ts';
import { systemClock } from '../../../src/ground/clock.ts';
import { manualClock } from '../../support/manual-clock.ts';

let folder: string;
const at = (name: string): string => join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'autoscrape-access-'));
});

afterEach(() => rm(folder, { recursive: true }));

const base64 = (text: string): string => Buffer.from(text).toString('base64');

interface Parts {
  readonly cluster?: object;
  readonly user?: object;
  readonly context?: object;
  readonly more?: object;
}

async function kubeconfig({ cluster, user, context, more }: Parts = {}): Promise<string> {
  const config = {
    clusters: [{ name: 'c', cluster: { server: 'https://api.example.org:6443/base', ...cluster } }],
    users: [{ name: 'u', user: { token: 'secret', ...user } }],
    contexts: [
      { name: 'one', context: { cluster: 'c', user: 'u', ...context } },
      { name: 'two', context: { cluster: 'c', user: 'u', namespace: 'two' } },
    ],
    'current-context': 'one',
    ...more,
  };
  await writeFile(at('config'), JSON.stringify(config));
  return at('config');
}

describe('a kubeconfig', () => {
  test('with a token and an authority', async () => {
    const file = await kubeconfig({ cluster: { 'certificate-authority-data': base64('PEM') } });
    const access = await kubeconfigAccess(file, {}, systemClock);
    expect([access.server.href, access.namespace, await access.credentials(false)]).toEqual([
      'https://api.example.org:6443/base',
      'default',
      {
        tls: { ca: 'PEM', cert: undefined, key: undefined, servername: undefined, verify: true },
        headers: { authorization: 'Bearer secret' },
      },
    ]);
  });

  test('with files beside it, a client certificate, another name, and no check', async () => {
    await Promise.all(
      ['ca.pem', 'cert.pem', 'key.pem'].map((name) => writeFile(at(name), `of ${name}`)),
    );
    const file = await kubeconfig({
      cluster: {
        'certificate-authority': 'ca.pem',
        'tls-server-name': 'kubernetes',
        'insecure-skip-tls-verify': true,
      },
      user: { token: undefined, 'client-certificate': at('cert.pem'), 'client-key': 'key.pem' },
      context: { namespace: 'mine' },
    });
    const access = await kubeconfigAccess(file, {}, systemClock);
    expect([access.namespace, await access.credentials(false)]).toEqual([
      'mine',
      {
        tls: {
          ca: 'of ca.pem',
          cert: 'of cert.pem',
          key: 'of key.pem',
          servername: 'kubernetes',
          verify: false,
        },
        headers: {},
      },
    ]);
  });

  test('in YAML, and another context than its current one', async () => {
    await writeFile(
      at('config'),
      'contexts:\n- name: other\n  context: {cluster: c, user: u, namespace: n}\nclusters:\n- name: c\n  cluster: {server: "http://127.0.0.1:8001"}\nusers:\n- name: u\n  user: {}\n',
    );
    const access = await kubeconfigAccess(at('config'), { context: 'other' }, systemClock);
    expect([
      access.server.href,
      access.namespace,
      (await access.credentials(false)).headers,
    ]).toEqual(['http://127.0.0.1:8001/', 'n', {}]);
  });

  test('whose token is in a file that is renewed', async () => {
    const clock = manualClock();
    await writeFile(at('token'), 'first\n');
    const file = await kubeconfig({ user: { tokenFile: 'token' } });
    const { credentials } = await kubeconfigAccess(file, {}, clock);
    const before = await credentials(false);
    await writeFile(at('token'), 'second\n');
    expect((await credentials(false)).headers).toEqual({ authorization: 'Bearer first' });
    await clock.advance(60_000);
    const after = await credentials(false);
    expect(after.headers).toEqual({ authorization: 'Bearer second' });
    expect(after.tls).toBe(before.tls);
    await writeFile(at('token'), 'third');
    expect((await credentials(true)).headers).toEqual({ authorization: 'Bearer third' });
    await rm(at('token'));
    await clock.advance(60_000);
    expect((await credentials(false)).headers).toEqual({ authorization: 'Bearer third' });
  });

  test('whose user has a program for the token', async () => {
    const credential = {
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      status: { token: 'from-the-program' },
    };
    await writeFile(at('credential'), JSON.stringify(credential));
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-p', `require('node:fs').readFileSync(${JSON.stringify(at('credential'))}, 'utf8')`],
      interactiveMode: 'Never',
    };
    const file = await kubeconfig({ user: { token: undefined, exec } });
    const access = await kubeconfigAccess(file, {}, systemClock);
    expect((await access.credentials(false)).headers).toMatchObject({
      authorization: 'Bearer from-the-program',
    });
  }, 20_000);

  test.each<[string, Parts, string | undefined, string]>([
    [
      'no current context',
      { more: { 'current-context': '' } },
      undefined,
      'current-context is not set',
    ],
    ['a context that is not there', {}, 'three', 'no context "three"'],
    [
      'a cluster that is not there',
      { context: { cluster: 'x' } },
      undefined,
      'no cluster "x" (context "one")',
    ],
    ['a user that is not there', { context: { user: 'x' } }, undefined, 'no user "x"'],
    [
      'a server that is no URL',
      { cluster: { server: 'nonsense' } },
      undefined,
      'cluster "c": server "nonsense" is no http or https URL',
    ],
    [
      'a proxy of another kind',
      { cluster: { 'proxy-url': 'socks5://me:secret@proxy' } },
      undefined,
      'cluster "c": proxy-url: expected the address of an http or https proxy, found socks5://',
    ],
    [
      'a group to impersonate without a user',
      { user: { 'as-groups': ['admins'] } },
      undefined,
      'to impersonate groups there must be a user to impersonate (--as)',
    ],
    [
      'groups that are none',
      { user: { as: 'me', 'as-groups': 'admins' } },
      undefined,
      'user "u": as-groups: Invalid type: Expected Array but received "admins"',
    ],
    [
      'a credential plugin without a command',
      { user: { token: undefined, exec: { apiVersion: 'client.authentication.k8s.io/v1' } } },
      undefined,
      'exec: Invalid key: Expected "command" but received undefined',
    ],
    [
      'a certificate that is not there',
      { user: { 'client-certificate': '/none.pem', 'client-key': '/none.pem' } },
      undefined,
      "ENOENT: no such file or directory, open '/none.pem'",
    ],
  ])('with %s is refused by name', async (_, parts, context, problem) => {
    const file = await kubeconfig(parts);
    await expect(kubeconfigAccess(file, { context }, systemClock)).rejects.toThrow(
      `${file}: ${problem}`,
    );
  });

  test('that is no YAML, or not there, is refused by name', async () => {
    await writeFile(at('config'), '{');
    await expect(kubeconfigAccess(at('config'), {}, systemClock)).rejects.toThrow(
      `${at('config')}: no YAML`,
    );
    await expect(kubeconfigAccess(at('none'), {}, systemClock)).rejects.toThrow(
      `${at('none')}: can't be read`,
    );
  });
});

describe('a service account', () => {
  test('is what the kubelet has mounted, and its token is read again', async () => {
    const clock = manualClock();
    await Promise.all([
      writeFile(at('token'), 'one'),
      writeFile(at('ca.crt'), 'PEM'),
      writeFile(at('namespace'), 'mine\n'),
    ]);
    const access = await serviceAccountAccess(clock, { folder });
    expect([access.server.href, access.namespace, await access.credentials(false)]).toEqual([
      'https://kubernetes.default.svc/',
      'mine',
      {
        tls: { ca: 'PEM', cert: undefined, key: undefined, servername: undefined, verify: true },
        headers: { authorization: 'Bearer one' },
      },
    ]);
    await writeFile(at('token'), 'two');
    await writeFile(at('ca.crt'), 'NEW');
    await clock.advance(60_000);
    const after = await access.credentials(false);
    expect([after.headers, after.tls.ca]).toEqual([{ authorization: 'Bearer two' }, 'NEW']);
  });
});

describe('the way to the API server', () => {
  const ways = (more: object) => ({
    kubeconfig: undefined,
    context: undefined,
    fallback: undefined,
    serviceAccount: { folder: at('account') },
    environment: { KUBERNETES_SERVICE_HOST: 'in.cluster', KUBERNETES_SERVICE_PORT: '6443' },
    ...more,
  });

  test('is the kubeconfig that was named, else the service account, else the fallback', async () => {
    const file = await kubeconfig();
    const fallback = await findAccess(ways({ fallback: file }), systemClock);
    await mkdir(at('account'));
    await Promise.all(['token', 'ca.crt'].map((name) => writeFile(join(at('account'), name), 'x')));
    const account = await findAccess(ways({ fallback: file }), systemClock);
    const named = await findAccess(ways({ kubeconfig: file, context: 'two' }), systemClock);
    expect(
      [fallback, account, named].map(({ server, namespace }) => [server.host, namespace]),
    ).toEqual([
      ['api.example.org:6443', 'default'],
      ['in.cluster:6443', 'default'],
      ['api.example.org:6443', 'two'],
    ]);
  });

  test('that is not there is said with where it was looked for', async () => {
    await expect(findAccess(ways({ fallback: at('none') }), systemClock)).rejects.toThrow(
      `no way to an API server: there is no kubeconfig, and nothing at ${at('account')} and ${at('none')}`,
    );
  });
});
