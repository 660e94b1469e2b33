import { generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { issue, serviceNames } from '../../src/certificates/index.ts';
import { certificatesIn, judge } from '../../src/certificates/material.ts';
import { until } from '../support/processes.ts';
import { at } from '../support/reconciling.ts';
import {
  collectionOf,
  home,
  isAdmitted,
  type Replica,
  type Scene,
  startScene,
  stream,
} from '../support/self-managed.ts';

/** Two replicas that make their certificates themselves, and what may happen to these and to the registrations. */

let scene: Scene;
let replicas: Replica[];

const flags = [
  '--server-tls-mode=self-managed',
  '--server-tls-lifetime=40s',
  '--server-tls-authority-lifetime=1h',
];
const lifetimes = { certificate: 40_000, authority: 3_600_000 };
const names = { dns: serviceNames('autoscrape', home), ips: [] };
const kinds = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];
const path = `/api/v1/namespaces/${home}/secrets/autoscrape-tls`;

beforeAll(async () => {
  scene = await startScene('healing');
  await scene.register();
  replicas = await Promise.all([scene.replica(...flags), scene.replica(...flags)]);
  await until(allReady);
  await until(() => isAdmitted(scene));
}, 60_000);
afterAll(() => scene?.stop());

async function allReady(): Promise<boolean> {
  return (await Promise.all(replicas.map((one) => one.ready()))).every(Boolean);
}

async function material() {
  const found = await scene.call('GET', path);
  const text = (key: string) =>
    Buffer.from(String(at(found, 'data', key) ?? ''), 'base64').toString('utf8');
  return {
    certificate: text('tls.crt'),
    key: text('tls.key'),
    authorities: text('ca.crt'),
    authorityKey: text('ca.key'),
  };
}

/** The Secret is right, both replicas serve what is in it, and every webhook trusts the CAs in it. */
async function isWhole(): Promise<boolean> {
  const now = await material().catch(() => undefined);
  if (now === undefined) return false;
  const { work } = judge(now, names, lifetimes, new Date());
  if (work !== undefined) return false;
  const { fingerprint256 } = new X509Certificate(now.certificate);
  const served = await Promise.all(
    replicas.map(async (one) => {
      const lines = (await one.log()).filter(({ msg }) => msg === 'serving a certificate');
      return lines.at(-1)?.fingerprint;
    }),
  );
  return (
    served.every((one) => one === fingerprint256) &&
    (await bundles()).every((one) => includesAll(one, now.authorities))
  );
}

/** The `caBundle` of each webhook, as text. */
async function bundles(): Promise<string[]> {
  const found = await Promise.all(
    kinds.map((kind) => scene.call('GET', `${collectionOf(kind)}/autoscrape`)),
  );
  return found.flatMap((one) => {
    const webhooks = at(one, 'webhooks');
    return (Array.isArray(webhooks) ? webhooks : []).map((entry) =>
      Buffer.from(String(at(entry, 'clientConfig', 'caBundle') ?? ''), 'base64').toString('utf8'),
    );
  });
}

function includesAll(bundle: string, authorities: string): boolean {
  const trusted = new Set(certificatesIn(bundle).map((one) => one.fingerprint256));
  return certificatesIn(authorities).every((one) => trusted.has(one.fingerprint256));
}

async function put(data: Readonly<Record<string, string>>): Promise<void> {
  const encoded = Object.entries(data).map(([key, text]) => [
    key,
    Buffer.from(text).toString('base64'),
  ]);
  await scene.call(
    'PATCH',
    path,
    { data: Object.fromEntries(encoded) },
    'application/merge-patch+json',
  );
}

/** Who leads, as its log has it. */
async function leader(): Promise<Replica> {
  for (;;) {
    for (const one of replicas) {
      const lines = (await one.log()).filter(({ msg }) => String(msg).endsWith('from now on'));
      if (lines.at(-1)?.msg === 'leads from now on') return one;
    }
    await sleep(50);
  }
}

const rsa = generateKeyPairSync('rsa', {
  modulusLength: 2_048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
}).privateKey;

async function expired(): Promise<Record<string, string>> {
  const { authorities, authorityKey } = await material();
  const [ca] = certificatesIn(authorities);
  const authority = { certificate: String(ca), key: authorityKey };
  const validity = { now: new Date(Date.now() - 60_000), days: 30 / 86_400 };
  const { certificate, key } = await issue(authority, names, validity, webcrypto);
  return { 'tls.crt': certificate, 'tls.key': key };
}

describe('a Secret with', () => {
  test.each<[string, () => Promise<Record<string, string>>, RegExp]>([
    [
      'an RSA key for its certificate',
      async () => ({ 'tls.key': rsa }),
      /^the key was not that of the certificate$/,
    ],
    ['an expired certificate', expired, /^the certificate expired at /],
    ['a damaged CA', async () => ({ 'ca.crt': 'damaged' }), /^there was no CA that can be read$/],
  ])(
    '%s is put right, with a line, and every create is admitted by us meanwhile',
    async (_name, wrong, because) => {
      await until(isWhole);
      const creating = await stream(scene, 2);
      await put(await wrong());
      await until(isWhole);
      const { created, ...rest } = await creating.stop();
      expect(rest).toEqual({ refused: [], unlabelled: [], failedOpen: 0 });
      expect(created).toBeGreaterThan(10);
      const lines = (await Promise.all(replicas.map((one) => one.log()))).flat();
      expect(
        lines.filter(
          ({ level, msg, because: told }) =>
            level === 'warn' && String(msg).startsWith('made a new') && because.test(String(told)),
        ),
      ).toHaveLength(1);
    },
  );
});

test('a Secret that somebody deleted is made again, with a new CA, and every create is admitted by us meanwhile', async () => {
  await until(isWhole);
  const before = await material();
  const creating = await stream(scene, 2);
  await scene.call('DELETE', path);
  await until(isWhole);
  const { created, ...rest } = await creating.stop();
  expect(rest).toEqual({ refused: [], unlabelled: [], failedOpen: 0 });
  expect(created).toBeGreaterThan(10);
  const [first, ...former] = certificatesIn((await material()).authorities);
  const [old] = certificatesIn(before.authorities);
  expect(first?.fingerprint256).not.toBe(old?.fingerprint256);
  expect(former.map((one) => one.fingerprint256)).toContain(old?.fingerprint256);
});

test('a leader that is killed in the middle of a change of the CA leaves nothing undone', async () => {
  await until(isWhole);
  const leading = await leader();
  await scene.call('DELETE', path);
  while ((await scene.call('GET', path).catch(() => undefined)) === undefined) await sleep(5);
  await leading.kill();
  replicas = replicas.filter((one) => one !== leading);
  replicas.push(await scene.replica(...flags));
  await until(isWhole);
  await until(allReady);
  expect(await isAdmitted(scene)).toBe(true);
});

test('a caBundle that somebody took away is put back', async () => {
  await until(isWhole);
  const before = await bundles();
  const op = { op: 'remove', path: '/webhooks/0/clientConfig/caBundle' };
  for (const kind of kinds) {
    await scene.call(
      'PATCH',
      `${collectionOf(kind)}/autoscrape`,
      [op],
      'application/json-patch+json',
    );
  }
  await until(isWhole);
  expect((await bundles()).length).toBe(before.length);
  await until(() => isAdmitted(scene));
});

test('registrations that somebody removed stay away, and are trusted again when they are there', async () => {
  await until(isWhole);
  for (const kind of kinds) await scene.call('DELETE', `${collectionOf(kind)}/autoscrape`);
  await sleep(2_500);
  for (const kind of kinds) {
    await expect(scene.call('GET', `${collectionOf(kind)}/autoscrape`)).rejects.toThrow(': 404 ');
  }
  expect(await allReady()).toBe(true);
  await scene.register();
  await until(isWhole);
  await until(() => isAdmitted(scene));
});

test('nothing of this was forbidden to it, and nothing else was asked for', async () => {
  const lines = (await readFile(scene.plane.auditLog ?? '', 'utf8')).split('\n').slice(0, -1);
  const asked = lines
    .map((line) => JSON.parse(line))
    .filter(({ objectRef }) =>
      /^(?:secrets|.*webhookconfigurations)$/.test(String(objectRef?.resource)),
    )
    .map(({ verb, objectRef, responseStatus }) =>
      [
        responseStatus.code === 403 ? 'forbidden' : 'allowed',
        verb,
        objectRef.resource,
        objectRef.name,
      ].join(' '),
    );
  expect([...new Set(asked)].sort()).toEqual([
    'allowed create secrets autoscrape-tls',
    'allowed get mutatingwebhookconfigurations autoscrape',
    'allowed get secrets autoscrape-tls',
    'allowed get validatingwebhookconfigurations autoscrape',
    'allowed patch mutatingwebhookconfigurations autoscrape',
    'allowed patch secrets autoscrape-tls',
    'allowed patch validatingwebhookconfigurations autoscrape',
  ]);
});

// After the one before: an API server that has just started forbids what it does not know yet.
test('while the API server is away, replicas stay ready with what they have', async () => {
  await until(isWhole);
  await scene.plane.apiServer.stop();
  await sleep(2_500);
  expect(await allReady()).toBe(true);
  await scene.plane.apiServer.start();
  await until(isWhole);
  await until(() => isAdmitted(scene));
});
