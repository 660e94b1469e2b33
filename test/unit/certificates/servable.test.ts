import { generateKeyPairSync, webcrypto } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type CertificatePair,
  type CertificateState,
  certificateFiles,
  issue,
  keepCertificate,
  makeAuthority,
} from '../../../src/certificates/index.ts';
import { servable } from '../../../src/certificates/servable.ts';
import type { KeptCertificate } from '../../../src/certificates/served.ts';
import { ask, everything, open, path, type Site, startSite } from '../../support/site.ts';

const now = new Date('2026-06-01T12:00:00Z');
const names = { dns: ['a.b.svc'], ips: [] };

async function pairFor(at: Date, days: number): Promise<CertificatePair> {
  const authority = await makeAuthority('test', { now: at, days }, webcrypto);
  return issue(authority, names, { now: at, days }, webcrypto);
}

function daysFromNow(days: number): Date {
  return new Date(now.getTime() + days * 86_400_000);
}

let good: CertificatePair;
beforeAll(async () => {
  good = await pairFor(now, 10);
});

describe('a pair', () => {
  test('is served while it is valid', () => {
    expect(servable(good, now)).toEqual({
      pair: good,
      notBefore: new Date('2026-06-01T11:55:00Z'),
      notAfter: new Date('2026-06-11T12:00:00Z'),
      fingerprint: expect.stringMatching(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/),
      names: 'DNS:a.b.svc',
    });
  });

  test('is not served once it has expired, or before it is valid', async () => {
    expect(servable(good, daysFromNow(10))).toEqual({
      because: 'it expired at 2026-06-11T12:00:00.000Z',
    });
    expect(servable(await pairFor(daysFromNow(1), 2), now)).toEqual({
      because: 'it is valid only from 2026-06-02T11:55:00.000Z on',
    });
  });

  test("is not served with another one's key, of the same type or not", async () => {
    const other = await pairFor(now, 10);
    const rsa = generateKeyPairSync('rsa', {
      modulusLength: 2_048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    }).privateKey;
    for (const key of [other.key, rsa]) {
      expect(servable({ certificate: good.certificate, key }, now)).toEqual({
        because: 'the key is not that of the certificate',
      });
    }
  });

  test.each([
    ['an empty certificate', () => ({ ...good, certificate: '' })],
    ['half a certificate', () => ({ ...good, certificate: good.certificate.slice(0, 200) })],
    ['no key', () => ({ ...good, key: 'x' })],
    [
      'broken certificates after the first',
      () => ({
        ...good,
        certificate: `${good.certificate}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
      }),
    ],
  ])('is not served with %s', (_name, pair) => {
    expect(servable(pair(), now)).toEqual({
      because: expect.stringMatching(/^it can't be read: ./),
    });
  });
});

/** Until something holds, for as long as the test runner lets us. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((done) => setTimeout(done, 10));
}

describe('a certificate in files', () => {
  let folder: string;
  let kept: KeptCertificate | undefined;
  let served: CertificatePair[];
  let states: CertificateState[];
  let time: Date;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'autoscrape-'));
    served = [];
    states = [];
    time = now;
  });
  afterEach(async () => {
    kept?.stop();
    await rm(folder, { recursive: true });
  });

  async function keep(directory: string, poll: number) {
    const tls = { directory, certificate: 'tls.crt', key: 'tls.key', poll };
    kept = await keepCertificate({
      source: certificateFiles(tls),
      serve: (pair) => served.push(pair),
      changed: (state) => states.push(state),
      poll,
      now: () => time,
    });
    return kept;
  }

  async function write(directory: string, { certificate, key }: CertificatePair) {
    await writeWhole(join(directory, 'tls.key'), key);
    await writeWhole(join(directory, 'tls.crt'), certificate);
  }

  async function writeWhole(file: string, text: string) {
    await writeFile(`${folder}/new`, text);
    await rename(`${folder}/new`, file);
  }

  test('is served from the start, and told of once', async () => {
    await write(folder, good);
    const { state } = await keep(folder, 3_600_000);
    expect([served, states.length, state()]).toEqual([[good], 1, states[0]]);
    expect(state().problem).toBeUndefined();
  });

  test('is taken up when it appears, without being asked for again', async () => {
    const { state } = await keep(folder, 3_600_000);
    expect(state().served).toBeUndefined();
    expect(state().problem).toMatch(/ENOENT/);
    await write(folder, good);
    await until(() => served.length > 0);
    expect([served, state().served?.pair, state().problem]).toEqual([[good], good, undefined]);
  });

  test('is taken up by asking, where its directory was not there to be watched', async () => {
    const later = join(folder, 'later');
    await keep(later, 20);
    await mkdir(later);
    await write(later, good);
    await until(() => served.length > 0);
    expect(served).toEqual([good]);
  });

  test('is changed when Kubernetes swaps the mounted Secret, by a link', async () => {
    const next = await pairFor(now, 20);
    for (const [name, pair] of [
      ['..1', good],
      ['..2', next],
    ] as const) {
      await mkdir(join(folder, name));
      await write(join(folder, name), pair);
    }
    await symlink('..1', join(folder, '..data'));
    await symlink('..data/tls.crt', join(folder, 'tls.crt'));
    await symlink('..data/tls.key', join(folder, 'tls.key'));
    await keep(folder, 3_600_000);
    await symlink('..2', join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
    await until(() => served.length > 1);
    expect(served).toEqual([good, next]);
  });

  test('stays when the next one is wrong, which is told once, and heals by the next', async () => {
    await write(folder, good);
    const { state } = await keep(folder, 20);
    await writeWhole(join(folder, 'tls.key'), (await pairFor(now, 5)).key);
    await until(() => states.length > 1);
    await new Promise((done) => setTimeout(done, 100));
    expect([served.length, states.length, state().served?.pair]).toEqual([1, 2, good]);
    expect(state().problem).toBe('the key is not that of the certificate');
    const next = await pairFor(now, 20);
    await write(folder, next);
    await until(() => served.length > 1);
    await until(() => state().problem === undefined);
    expect([served[1], state().served?.pair]).toEqual([next, next]);
  });

  test('stays served when it expires, which is told; and is not taken up when it has', async () => {
    await write(folder, good);
    const { state } = await keep(folder, 20);
    time = daysFromNow(11);
    await until(() => states.length > 1);
    expect([served.length, state().served?.pair, state().problem]).toEqual([
      1,
      good,
      'it expired at 2026-06-11T12:00:00.000Z',
    ]);
    const before = await pairFor(now, 9);
    await write(folder, before);
    await until(() => state().problem === 'it expired at 2026-06-10T12:00:00.000Z');
    const next = await pairFor(daysFromNow(11), 10);
    await write(folder, next);
    await until(() => state().problem === undefined);
    expect(served).toEqual([good, next]);
  });

  test('stays when its files are removed', async () => {
    await write(folder, good);
    const { state } = await keep(folder, 20);
    await rm(join(folder, 'tls.crt'));
    await until(() => state().problem !== undefined);
    expect([served.length, state().served?.pair]).toEqual([1, good]);
  });
});

describe('a server', () => {
  let site: Site;
  beforeEach(async () => {
    site = await startSite();
  });
  afterEach(() => site.stop());

  test('serves a new certificate to new connections, and drops none of the old', async () => {
    const before = await open(site);
    const kept = await ask(site, { body: '1' });
    const next = await site.authority.pair();
    site.server.serve(next);
    const after = await open(site);
    expect(after.getPeerX509Certificate()?.toString()).toBe(next.certificate.trim().concat('\n'));
    expect(before.getPeerX509Certificate()?.fingerprint256).not.toBe(
      after.getPeerX509Certificate()?.fingerprint256,
    );
    const again = await ask(site, { body: '2' });
    expect([kept.body, again.body, Object.values(site.agent.freeSockets).flat().length]).toEqual([
      '1',
      '2',
      1,
    ]);
    before.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1\r\nConnection: close\r\n\r\n3`,
    );
    expect(await everything(before)).toMatch(/\r\n\r\n3$/);
    after.destroy();
  });

  test('answers every request while its certificate changes again and again', async () => {
    const pairs = await Promise.all([1, 2, 3].map(() => site.authority.pair()));
    let running = true;
    const changing = (async () => {
      for (let turn = 0; running; turn += 1) {
        const pair = pairs[turn % pairs.length];
        if (pair !== undefined) site.server.serve(pair);
        await new Promise((done) => setImmediate(done));
      }
    })();
    const answers: string[] = [];
    const ask20 = async (agent?: false) => {
      for (let count = 0; count < 20; count += 1) {
        const options = agent === undefined ? {} : { agent };
        answers.push((await ask(site, { body: String(count), ...options })).body);
      }
    };
    await Promise.all([ask20(), ask20(false), ask20(false)]);
    running = false;
    await changing;
    const expected = [0, 1, 2].flatMap(() =>
      Array.from({ length: 20 }, (_, count) => String(count)),
    );
    expect([answers.toSorted(), site.heard]).toEqual([expected.toSorted(), []]);
  });

  test('without a certificate fails handshakes, and heals with one', async () => {
    const { secureServer } = await import('../../../src/server/index.ts');
    const { serverSettings } = await import('../../support/site.ts');
    const heard: string[] = [];
    const bare = secureServer(await serverSettings(), {
      broken: (code) => heard.push(code),
      dropped: () => {},
    });
    const listening = await bare.listen((_request, response) => response.end('fine'));
    const like = { ...site, listening, server: bare };
    await expect(ask(like, { agent: false })).rejects.toHaveProperty('code');
    bare.serve(await site.authority.pair());
    expect((await ask(like, { agent: false })).body).toBe('fine');
    listening.cut();
    await listening.close();
    expect(heard).toEqual([expect.stringMatching(/^ERR_SSL_/)]);
  });
});
