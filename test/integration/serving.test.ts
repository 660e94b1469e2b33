import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Kept } from '../../src/certificates/directory.ts';
import { keepCertificates } from '../../src/certificates/index.ts';
import { request } from '../../tools/http.ts';
import { type TemporaryFolder, temporaryFolder } from '../../tools/processes.ts';

/** The command as people get it: `npm test` makes it first. */
const bundle = join(import.meta.dirname, '../../dist/autoscrape.mjs');

let folder: TemporaryFolder;
const started: ChildProcessWithoutNullStreams[] = [];

beforeEach(async () => {
  folder = await temporaryFolder('serving');
});
afterEach(async () => {
  for (const one of started.splice(0)) one.kill('SIGKILL');
  await folder.remove();
});

/** `autoscrape …` in a world without a cluster. */
function autoscrape(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [bundle, ...args], {
    env: { HOME: folder.path, PATH: process.env.PATH, ...environment },
  });
  started.push(child);
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said.err += text;
  });
  const exited = once(child, 'close').then(([code]) => Number(code));
  return { child, said, exited };
}

interface Serving extends ReturnType<typeof autoscrape> {
  readonly port: number;
  readonly pages: string;
}

/** `autoscrape serve` on free ports, once it says that it serves. */
async function serving(...flags: readonly string[]): Promise<Serving> {
  const running = autoscrape([
    'serve',
    '--server-host=127.0.0.1',
    '--server-port=0',
    '--server-metrics-port=0',
    `--server-tls-directory=${join(folder.path, 'tls')}`,
    '--server-tls-poll=1s',
    ...flags,
  ]);
  for (;;) {
    const line = logOf(running).find(({ msg }) => msg === 'serving');
    if (line !== undefined) {
      const pages = `http://127.0.0.1:${line.metricsPort}`;
      return { ...running, port: Number(line.port), pages };
    }
    if (running.child.exitCode !== null) throw new Error(running.said.err);
    await sleep(10);
  }
}

function logOf({ said }: Pick<Serving, 'said'>): Record<string, unknown>[] {
  const lines = said.out.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

function certificates(): Promise<Kept> {
  const names = { dns: [], ips: ['127.0.0.1'] };
  return keepCertificates(join(folder.path, 'tls'), names, { now: new Date(), days: 1 }, webcrypto);
}

const review = {
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: '1',
    kind: { group: '', version: 'v1', kind: 'Service' },
    operation: 'CREATE',
    namespace: 'ns',
    name: 'other',
    object: { apiVersion: 'v1', kind: 'Service', metadata: { name: 'other' } },
  },
};

async function ask({ port }: Serving, ca: string) {
  const url = `https://127.0.0.1:${port}/admit/strong?timeout=2s`;
  const headers = { 'Content-Type': 'application/json' };
  return request(url, { ca, method: 'POST', headers, body: JSON.stringify(review) });
}

const answer = {
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  response: { uid: '1', allowed: true },
};

describe('autoscrape serve', () => {
  test('with wrong settings says all that is wrong, in settings and catalogue, and does not start', async () => {
    const config = join(folder.path, 'settings.yaml');
    const catalogue = join(folder.path, 'catalogue.yaml');
    await writeFile(config, `server:\n  prot: 1\ncatalogue:\n  file: ${catalogue}\n`);
    await writeFile(catalogue, 'partOf: 1\n');
    const { said, exited } = autoscrape(['serve', '--config', config, '--server-port=x', 'now'], {
      AUTOSCRAPE_LOG_LEVEL: 'loud',
    });
    const lines = await exited.then((code) => [code, said.out, ...said.err.trim().split('\n')]);
    expect(lines).toEqual([
      2,
      '',
      '"now": serve takes flags alone',
      `${config}:2:3: server: found the key "prot", which is no setting; did you mean port?`,
      expect.stringMatching(
        /^AUTOSCRAPE_LOG_LEVEL: log\.level: found "loud", expected one of fatal, /,
      ),
      '--server-port: server.port: found "x", expected a whole number from 0 to 65535',
      expect.stringMatching(new RegExp(`^${catalogue}:1:\\d+: .*partOf`)),
      ...lines.slice(7),
    ]);
  });

  test('with a kubeconfig that is not there does not start', async () => {
    const { said, exited } = autoscrape(['serve', '--kubernetes-kubeconfig=/nowhere']);
    expect([await exited, said]).toEqual([
      2,
      { out: '', err: "kubernetes.kubeconfig: /nowhere: can't be read\n" },
    ]);
  });

  test('on a port that is taken says so and ends', async () => {
    await certificates();
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const { said, exited } = autoscrape([
      'serve',
      '--server-host=127.0.0.1',
      `--server-port=${port}`,
      `--server-tls-directory=${folder.path}/tls`,
    ]);
    expect([await exited, said.err]).toEqual([
      1,
      `autoscrape: listen EADDRINUSE: address already in use 127.0.0.1:${port}\n`,
    ]);
    taken.close();
  });

  test('is not ready without a certificate, and heals when one appears; one line tells of each', async () => {
    const served = await serving();
    const before = await request(`${served.pages}/readyz`);
    expect([before.status, JSON.parse(before.body).checks[0]]).toEqual([
      503,
      {
        name: 'certificate',
        ok: false,
        message: expect.stringMatching(/^none: ENOENT: .*tls\.crt'$/),
      },
    ]);
    expect((await request(`${served.pages}/healthz`)).status).toBe(200);
    const { files } = await certificates();
    while ((await request(`${served.pages}/readyz`)).status !== 200) await sleep(20);
    const got = await ask(served, await readFile(files.ca, 'utf8'));
    expect([got.status, JSON.parse(got.body)]).toEqual([200, answer]);
    const said = () =>
      logOf(served)
        .map(({ msg }) => String(msg))
        .filter((msg) => msg.includes('certificate'));
    while (said().length < 2) await sleep(20);
    expect(said()).toEqual([
      "the certificate can't be served, there is none",
      'serving a certificate',
    ]);
  });

  test('tells of an admission in its log and on its metrics page', async () => {
    const { files } = await certificates();
    const served = await serving();
    await ask(served, await readFile(files.ca, 'utf8'));
    while (!logOf(served).some(({ webhook }) => webhook !== undefined)) await sleep(20);
    expect(logOf(served).filter(({ webhook }) => webhook !== undefined)).toEqual([
      {
        level: 'info',
        time: expect.any(String),
        webhook: 'strong.autoscrape.multigres.com',
        uid: '1',
        kind: 'Service',
        operation: 'CREATE',
        namespace: 'ns',
        name: 'other',
        component: '',
        outcome: 'ignored',
        because: 'no-evidence',
        ms: expect.any(Number),
        msg: 'admitted, not ours',
      },
    ]);
    const { body } = await request(`${served.pages}/metrics`);
    expect(body).toContain(
      'autoscrape_admission_duration_seconds_count{webhook="strong.autoscrape.multigres.com",kind="Service",operation="CREATE",outcome="ignored"} 1\n',
    );
  });

  test('told to stop, is not ready any more, answers on, and ends well', async () => {
    const { files } = await certificates();
    const ca = await readFile(files.ca, 'utf8');
    const served = await serving('--server-drain-propagation=1s');
    served.child.kill('SIGTERM');
    while ((await request(`${served.pages}/readyz`)).status !== 503) await sleep(10);
    expect(JSON.parse((await ask(served, ca)).body)).toEqual(answer);
    expect([await served.exited, served.said.err]).toEqual([0, '']);
    expect(logOf(served).slice(-3)).toMatchObject([
      { because: 'SIGTERM', inFlight: 0, msg: 'stopping' },
      { outcome: 'ignored' },
      { cut: 0, msg: 'stopped' },
    ]);
  });

  test('told a second time, ends at once, with what was logged', async () => {
    await certificates();
    const served = await serving('--server-drain-propagation=1m', '--server-drain-deadline=2m');
    served.child.kill('SIGINT');
    while (!logOf(served).some(({ msg }) => msg === 'stopping')) await sleep(10);
    served.child.kill('SIGTERM');
    expect(await served.exited).toBe(143);
  });

  test('survives that nobody reads its output any more', async () => {
    const { files } = await certificates();
    const ca = await readFile(files.ca, 'utf8');
    const served = await serving();
    served.child.stdout.destroy();
    for (let count = 0; count < 5; count += 1) {
      expect((await ask(served, ca)).status).toBe(200);
      await sleep(150);
    }
    expect((await request(`${served.pages}/metrics`)).body).toMatch(
      /\nautoscrape_log_lines_dropped_total [1-9]/,
    );
  });

  test('takes up a renewed certificate, and drops no connection for it', async () => {
    const { files } = await certificates();
    const served = await serving();
    const ca = await readFile(files.ca, 'utf8');
    const kept = connect({ host: '127.0.0.1', port: served.port, ca });
    await once(kept, 'secureConnect');
    const next = await keepCertificates(
      join(folder.path, 'tls'),
      { dns: ['renewed.example'], ips: ['127.0.0.1'] },
      { now: new Date(), days: 1 },
      webcrypto,
    );
    expect(next.made).toBe('they were not for renewed.example');
    const renewed = await readFile(files.ca, 'utf8');
    while ((await ask(served, renewed).catch(() => ({ status: 0 }))).status !== 200)
      await sleep(20);
    kept.write(`GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    let text = '';
    for await (const chunk of kept.setEncoding('utf8')) text += chunk;
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nok\n$/);
  });
});

describe('autoscrape', () => {
  test.each([
    [['version'], 0, /^autoscrape \d+\.\d+\.\d+ \(Node\.js \d+\.\d+\.\d+\)\n$/, /^$/],
    [['--help'], 0, /\n {2}serve +run the webhook\n/, /^$/],
    [['serve', '--help'], 0, /\n {2}--server-port \(9443\)\n/, /^$/],
    [[], 2, /^$/, /Usage: autoscrape COMMAND/],
    [['sevre'], 2, /^$/, /^autoscrape: "sevre" is no command; did you mean serve\?\n$/],
    [['certs', '--ip=here', '--dirr=x'], 2, /^$/, /did you mean --dir\?/],
  ])('%j', async (args, code, out, err) => {
    const { said, exited } = autoscrape(args);
    expect([await exited, said.out.match(out), said.err.match(err)]).toEqual([
      code,
      expect.anything(),
      expect.anything(),
    ]);
  });
});
