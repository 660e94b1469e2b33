import { X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { certificatesIn } from '../../src/certificates/material.ts';
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

/** Two replicas that make their certificates themselves, with short lives, behind one Service. */

let scene: Scene;
let replicas: readonly Replica[];

const flags = [
  '--server-tls-mode=self-managed',
  '--server-tls-lifetime=12s',
  '--server-tls-authority-lifetime=30s',
];

beforeAll(async () => {
  scene = await startScene('renewal');
  await scene.register();
  replicas = await Promise.all([scene.replica(...flags), scene.replica(...flags)]);
  await until(async () => (await Promise.all(replicas.map((one) => one.ready()))).every(Boolean));
  await until(() => isAdmitted(scene));
}, 60_000);
afterAll(() => scene?.stop());

async function secret() {
  const found = await scene.call('GET', `/api/v1/namespaces/${home}/secrets/autoscrape-tls`);
  const text = (key: string) =>
    Buffer.from(String(at(found, 'data', key)), 'base64').toString('utf8');
  return {
    type: at(found, 'type'),
    leaf: new X509Certificate(text('tls.crt')),
    authorities: certificatesIn(text('ca.crt')),
  };
}

const told = async (message: string) => {
  const logs = await Promise.all(replicas.map((one) => one.log()));
  return logs.map((lines) => lines.filter(({ msg }) => msg === message));
};

test('at the first start one CA is made, whichever replica was first', async () => {
  const made = (await told('made a new CA and a certificate')).flat();
  expect(made.map(({ because }) => because)).toEqual(['there was no CA that can be read']);
  const { type, authorities } = await secret();
  expect([type, authorities.length]).toEqual(['kubernetes.io/tls', 1]);
});

test('of the registrations it owns the caBundle alone', async () => {
  const found = await Promise.all(
    ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'].map((kind) =>
      scene.call('GET', `${collectionOf(kind)}/autoscrape`),
    ),
  );
  const owned = found.flatMap((one) => {
    const fields = at(one, 'metadata', 'managedFields');
    return (Array.isArray(fields) ? fields : [])
      .filter((entry) => at(entry, 'manager') === 'autoscrape-certificates')
      .map((entry) => [at(entry, 'operation'), at(entry, 'fieldsV1', 'f:webhooks')]);
  });
  const caBundle = { '.': {}, 'f:name': {}, 'f:clientConfig': { 'f:caBundle': {} } };
  const entry = (name: string) => [`k:{"name":"${name}"}`, caBundle];
  expect(owned).toEqual([
    [
      'Apply',
      Object.fromEntries([
        entry('inject.autoscrape.multigres.com'),
        entry('strong.autoscrape.multigres.com'),
      ]),
    ],
    ['Apply', Object.fromEntries([entry('scrapes.autoscrape.multigres.com')])],
  ]);
});

test('through renewals and a change of the CA every create is admitted by us, by both replicas', async () => {
  const first = await secret();
  const seen = new Set([first.leaf.fingerprint256]);
  const creating = await stream(scene);
  let now = first;
  const changed = () => now.authorities[0]?.fingerprint256 !== first.authorities[0]?.fingerprint256;
  while (seen.size < 4 || !changed() || now.authorities.length > 1) {
    await sleep(200);
    now = await secret();
    seen.add(now.leaf.fingerprint256);
  }
  // Both serve what is there now.
  const serving = async () =>
    (await told('serving a certificate')).map((all) => all.at(-1)?.fingerprint);
  await until(async () => {
    const { leaf } = await secret();
    return (await serving()).every((one) => one === leaf.fingerprint256);
  });
  const { created, ...rest } = await creating.stop();
  expect(rest).toEqual({ refused: [], unlabelled: [], failedOpen: 0 });
  expect(created).toBeGreaterThan(100);
  expect((await told('made a new CA and a certificate')).flat()).toHaveLength(2);
  expect(
    (await told('the registrations do not trust the certificate'))
      .flat()
      .filter(({ level }) => level !== 'info'),
  ).toEqual([]);
}, 60_000);
