import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findAccess } from '../../../src/cluster/api/index.ts';
import { type KubeconfigOptions, kubeconfigAccess } from '../../../src/cluster/api/kubeconfig.ts';
import { systemClock } from '../../../src/ground/clock.ts';
import { manualClock } from '../../support/manual-clock.ts';

let folder: string;
const at = (name: string): string => join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'autoscrape-kubeconfig-'));
});

afterEach(() => rm(folder, { recursive: true }));

const put = async (name: string, config: object): Promise<string> => {
  await writeFile(at(name), JSON.stringify(config));
  return at(name);
};

/** A kubeconfig with one cluster, one user and one context, all called `it`. */
const configOf = (user: object, cluster: object = {}) => ({
  clusters: [{ name: 'it', cluster: { server: 'https://api.example.org', ...cluster } }],
  users: [{ name: 'it', user }],
  contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
  'current-context': 'it',
});

async function accessOf(user: object, options: KubeconfigOptions = {}, cluster = {}) {
  return kubeconfigAccess(await put('config', configOf(user, cluster)), options, systemClock);
}

const headersOf = async (user: object, options: KubeconfigOptions = {}) =>
  (await (await accessOf(user, options)).credentials(false)).headers;

describe('several kubeconfigs', () => {
  const cluster = (name: string, server: string) => ({ name, cluster: { server } });

  test('are one, in which the first that says something counts', async () => {
    const a = await put('a', {
      clusters: [cluster('c', 'https://first')],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    });
    const b = await put('b', {
      clusters: [cluster('c', 'https://second'), cluster('d', 'https://other')],
      users: [{ name: 'u', user: { token: 'of-b' } }],
      contexts: [{ name: 'y', context: { cluster: 'd', user: 'u', namespace: 'n' } }],
      'current-context': 'x',
    });
    const c = await put('c', { 'current-context': 'y' });
    const list = [a, at('none'), b, c].join(delimiter);
    const [current, chosen] = await Promise.all([
      kubeconfigAccess(list, {}, systemClock),
      kubeconfigAccess(list, { context: 'y' }, systemClock),
    ]);
    expect([
      current.server.href,
      (await current.credentials(false)).headers,
      chosen.server.href,
      chosen.namespace,
    ]).toEqual(['https://first/', { authorization: 'Bearer of-b' }, 'https://other/', 'n']);
  });

  test('have their files beside each of them', async () => {
    await Promise.all(['a', 'b'].map((name) => mkdir(at(name))));
    await writeFile(at('a/ca.pem'), 'the CA');
    await writeFile(at('b/token'), 'the token\n');
    const { clusters, users, contexts } = configOf(
      { tokenFile: 'token' },
      { 'certificate-authority': 'ca.pem' },
    );
    const list = [await put('a/config', { clusters }), await put('b/config', { users, contexts })];
    const options = { context: 'it' };
    const access = await kubeconfigAccess(list.join(delimiter), options, systemClock);
    const { tls, headers } = await access.credentials(false);
    expect([tls.ca, headers]).toEqual(['the CA', { authorization: 'Bearer the token' }]);
  });

  test('none of which is there are refused by name', async () => {
    const list = [at('none'), at('neither')].join(delimiter);
    await expect(kubeconfigAccess(list, {}, systemClock)).rejects.toThrow(
      `${at('none')}: can't be read`,
    );
  });
});

describe('impersonation', () => {
  test('is sent with everything that the kubeconfig says', async () => {
    const user = {
      token: 't',
      as: 'jane',
      'as-uid': '7',
      'as-groups': ['a', 'b, c'],
      'as-user-extra': { 'Example.org/(x)': ['1', '2'] },
    };
    expect(await headersOf(user)).toEqual({
      authorization: 'Bearer t',
      'impersonate-user': 'jane',
      'impersonate-uid': '7',
      'impersonate-group': ['a', 'b, c'],
      'impersonate-extra-example.org%2F%28x%29': ['1', '2'],
    });
  });

  test('of the command line counts instead', async () => {
    const user = { token: 't', as: 'jane', 'as-uid': '7', 'as-groups': ['a'] };
    expect([
      await headersOf(user, { impersonate: { user: 'joe' } }),
      await headersOf(user, { impersonate: { groups: ['b'] } }),
    ]).toEqual([
      { authorization: 'Bearer t', 'impersonate-user': 'joe', 'impersonate-group': ['a'] },
      {
        authorization: 'Bearer t',
        'impersonate-user': 'jane',
        'impersonate-uid': '7',
        'impersonate-group': ['b'],
      },
    ]);
  });

  test('is possible as a service account as well', async () => {
    await Promise.all(['token', 'ca.crt'].map((name) => writeFile(at(name), name)));
    const access = await findAccess(
      {
        ...{ kubeconfig: undefined, context: undefined, fallback: undefined },
        serviceAccount: { folder },
        impersonate: { user: 'joe', groups: ['b'] },
      },
      systemClock,
    );
    expect((await access.credentials(false)).headers).toEqual({
      authorization: 'Bearer token',
      'impersonate-user': 'joe',
      'impersonate-group': ['b'],
    });
  });
});

test('a name and a password are sent', async () => {
  expect(await headersOf({ username: 'me', password: 'pass' })).toEqual({
    authorization: `Basic ${Buffer.from('me:pass').toString('base64')}`,
  });
});

test('what stands in the kubeconfig counts before a file that it names', async () => {
  const data = Buffer.from('from data').toString('base64');
  const access = await accessOf(
    { 'client-certificate-data': data, 'client-certificate': '/none', 'client-key-data': data },
    {},
    { 'certificate-authority-data': data, 'certificate-authority': '/none' },
  );
  expect((await access.credentials(false)).tls).toMatchObject({
    ca: 'from data',
    cert: 'from data',
    key: 'from data',
  });
});

test('without a user the authority is asked for all the same', async () => {
  const ca = Buffer.from('PEM').toString('base64');
  const config = configOf({}, { 'certificate-authority-data': ca });
  const contexts = [{ name: 'it', context: { cluster: 'it' } }];
  const file = await put('config', { ...config, contexts });
  const access = await kubeconfigAccess(file, {}, systemClock);
  expect(await access.credentials(false)).toMatchObject({ tls: { ca: 'PEM' }, headers: {} });
});

describe('the proxy on the way', () => {
  const environment = { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'other.example.org' };
  const inPod = { ...environment, KUBERNETES_SERVICE_HOST: '198.51.100.1' };
  const find = async (more: object, cluster = {}) => {
    const kubeconfig = await put('config', configOf({ token: 't' }, cluster));
    const options = { kubeconfig, context: undefined, fallback: undefined, ...more };
    return (await findAccess(options, systemClock)).proxy?.href;
  };
  const podFolder = async () => {
    await Promise.all(['token', 'ca.crt'].map((name) => writeFile(at(name), name)));
    return { kubeconfig: undefined, serviceAccount: { folder } };
  };

  test('is that of the kubeconfig, else that of the environment', async () => {
    const named = { 'proxy-url': 'http://mine:1' };
    expect([
      await find({ environment }, named),
      await find({ environment: inPod, proxy: 'none' }, named),
      await find({ environment }),
      await find({ environment }, { server: 'https://other.example.org' }),
      await find({ environment, proxy: 'none' }),
    ]).toEqual(['http://mine:1/', 'http://mine:1/', 'http://proxy:3128/', undefined, undefined]);
  });

  test('is none in a pod, unless a setting asks for it', async () => {
    const pod = await podFolder();
    expect([
      await find({ environment: inPod }),
      await find({ ...pod, environment: inPod }),
      await find({ ...pod, environment }),
      await find({ environment: inPod, proxy: 'environment' }),
      await find({ ...pod, environment: inPod, proxy: 'environment' }),
    ]).toEqual([undefined, undefined, undefined, 'http://proxy:3128/', 'http://proxy:3128/']);
  });
});

describe('in a pod the API server is', () => {
  const server = async (environment: Record<string, string>) => {
    await Promise.all(['token', 'ca.crt'].map((name) => writeFile(at(name), name)));
    const options = { kubeconfig: undefined, context: undefined, fallback: undefined };
    const serviceAccount = { folder };
    const access = await findAccess({ ...options, serviceAccount, environment }, systemClock);
    return access.server.href;
  };

  test.each([
    ['198.51.100.1', '443', 'https://198.51.100.1/'],
    ['198.51.100.1', '6443', 'https://198.51.100.1:6443/'],
    ['2001:db8::1', '443', 'https://[2001:db8::1]/'],
    ['[2001:db8::1]', '6443', 'https://[2001:db8::1]:6443/'],
    ['api.example.org', '443', 'https://api.example.org/'],
  ])('what the kubelet tells: %s and %s', async (host, port, expected) => {
    const environment = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port };
    expect(await server(environment)).toBe(expected);
  });

  test('the name that every cluster has, where the kubelet tells nothing', async () => {
    expect(await server({})).toBe('https://kubernetes.default.svc/');
  });

  test('an address, or is refused by name', async () => {
    const environment = { KUBERNETES_SERVICE_HOST: 'a b', KUBERNETES_SERVICE_PORT: '443' };
    await expect(server(environment)).rejects.toThrow(
      'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT: no address: https://a b:443',
    );
  });
});

describe('a credential plugin', () => {
  /** A user whose plugin is a script of Node.js, without what npm has set. */
  const plugin = (script: string, more: object = {}) => ({
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', script],
      interactiveMode: 'Never',
      ...more,
    },
  });
  const prints = (status: string) =>
    `console.log(JSON.stringify({ kind: 'ExecCredential', status: ${status} }))`;
  const wrong = async (user: object) => {
    const access = await accessOf(user);
    const error = await access.credentials(false).catch((reason: Error) => reason);
    return error instanceof Error ? error.message : '';
  };
  const named = `${JSON.stringify(process.execPath)}`;

  test('is told of the cluster where it asks for that, and has the environment and its own variables', async () => {
    const user = plugin(
      prints(
        '{ token: Buffer.from(process.env.KUBERNETES_EXEC_INFO + process.env.MINE + process.env.THEIRS).toString("hex") }',
      ),
      { provideClusterInfo: true, env: [{ name: 'MINE', value: '-mine' }] },
    );
    const { authorization } = await headersOf(user, { environment: { THEIRS: '-theirs' } });
    const [, token = ''] = String(authorization).split(' ');
    expect(Buffer.from(token, 'hex').toString()).toBe(
      `${JSON.stringify({
        apiVersion: 'client.authentication.k8s.io/v1',
        kind: 'ExecCredential',
        spec: { interactive: false, cluster: { server: 'https://api.example.org' } },
      })}-mine-theirs`,
    );
  });

  test('may have a certificate instead of a token', async () => {
    const user = plugin(prints('{ clientCertificateData: "CERT", clientKeyData: "KEY" }'));
    const { tls, headers } = await (await accessOf(user)).credentials(false);
    expect([tls.cert, tls.key, headers]).toEqual(['CERT', 'KEY', {}]);
  });

  test('is asked again when what it said expires, or is refused, and not before', async () => {
    const clock = manualClock();
    const until = new Date(clock.wall() + 150_000).toISOString();
    const count = JSON.stringify(at('count'));
    const script = `const fs = require('node:fs');
      fs.appendFileSync(${count}, 'x');
      ${prints(`{ token: 'n' + fs.readFileSync(${count}).length, expirationTimestamp: ${JSON.stringify(until)} }`)}`;
    const file = await put('config', configOf(plugin(script)));
    const access = await kubeconfigAccess(file, {}, clock);
    const token = async (refused: boolean) =>
      (await access.credentials(refused)).headers.authorization;
    const tokens = [await token(false), await token(false)];
    await clock.advance(100_000);
    tokens.push(await token(false), await token(true));
    await clock.advance(100_000);
    tokens.push(await token(false));
    expect(tokens).toEqual(['Bearer n1', 'Bearer n1', 'Bearer n1', 'Bearer n2', 'Bearer n3']);
  });

  test('is looked for beside the kubeconfig where its command is a path', async () => {
    await mkdir(at('bin'));
    const script = `#!${process.execPath}\n${prints("{ token: 'beside' }")}\n`;
    await writeFile(at('bin/login'), script, { mode: 0o755 });
    const user = plugin('', { command: './bin/login', args: null });
    expect(await headersOf(user)).toEqual({ authorization: 'Bearer beside' });
  });

  test('that fails is told in its own words', async () => {
    const user = plugin('console.error("please log in first"); process.exitCode = 3');
    expect(await wrong(user)).toBe(
      `${at('config')}: the credential plugin ${named} ended with exit code 3: please log in first`,
    );
  });

  test('that is not there is told with how to get it', async () => {
    const user = plugin('', { command: 'no-such-plugin', installHint: 'brew install it\n' });
    expect(await wrong(user)).toBe(
      `${at('config')}: the credential plugin "no-such-plugin" was not found: brew install it`,
    );
  });

  test.each([
    ['no JSON', 'console.log("hello")', 'printed no ExecCredential'],
    ['nothing to log in with', prints('{}'), 'gave neither a token nor a certificate with its key'],
  ])('that prints %s is told', async (_, script, expected) => {
    expect(await wrong(plugin(script))).toBe(
      `${at('config')}: the credential plugin ${named} ${expected}`,
    );
  });

  test('that needs a terminal is not run without one', async () => {
    expect(await wrong(plugin('', { interactiveMode: 'Always' }))).toBe(
      `${at('config')}: the credential plugin ${named} needs a terminal (interactiveMode: Always)`,
    );
  });

  test('that does not end is ended', async () => {
    const clock = manualClock();
    const pid = JSON.stringify(at('pid'));
    const user = plugin(
      `require('node:fs').writeFileSync(${pid}, String(process.pid)); console.error('waiting for the browser'); setInterval(() => {}, 1000)`,
    );
    const access = await kubeconfigAccess(await put('config', configOf(user)), {}, clock);
    const asked = access.credentials(false).catch((error: Error) => error.message);
    // What it says has come once it has written its number and a moment is over.
    const { readFile } = await import('node:fs/promises');
    const started = async () => Number(await readFile(at('pid'), 'utf8').catch(() => '0'));
    while ((await started()) === 0) await sleep(10);
    await sleep(200);
    await clock.advance(60_000);
    expect(await asked).toBe(
      `${at('config')}: the credential plugin ${named} did not end in time: waiting for the browser`,
    );
    const child = await started();
    const lives = (): boolean => {
      try {
        return process.kill(child, 0);
      } catch {
        return false;
      }
    };
    for (let tries = 0; lives() && tries < 500; tries += 1) await sleep(10);
    expect(lives()).toBe(false);
  });
});
