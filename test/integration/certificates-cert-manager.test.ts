import { webcrypto } from 'node:crypto';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { issue, makeAuthority, serviceNames } from '../../src/certificates/index.ts';
import type { Authority } from '../../src/certificates/issue.ts';
import { findBinaries } from '../../tools/binaries.ts';
import { type Running, start } from '../../tools/processes.ts';
import { until } from '../support/processes.ts';
import { at, define } from '../support/reconciling.ts';
import {
  collectionOf,
  home,
  isAdmitted,
  type Replica,
  type Scene,
  startScene,
  stream,
} from '../support/self-managed.ts';

/**
 * Certificates as with cert-manager: its real CA injector puts CAs into the registrations. What cert-manager's other
 * parts write, and what kubelets mount, is written here.
 */

let scene: Scene;
let injector: Running;
let replicas: readonly Replica[];
let first: Authority;

const names = { dns: serviceNames('autoscrape', home), ips: [] };
const kinds = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];
const secrets = `/api/v1/namespaces/${home}/secrets`;
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** As far as the CA injector reads Certificates: it asks for the name of the Secret. */
const certificateDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: 'certificates.cert-manager.io',
    annotations: { 'api-approved.kubernetes.io': 'unapproved, a part of it for a test' },
  },
  spec: {
    group: 'cert-manager.io',
    scope: 'Namespaced',
    names: {
      plural: 'certificates',
      singular: 'certificate',
      kind: 'Certificate',
      listKind: 'CertificateList',
    },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        },
      },
    ],
  },
};

beforeAll(async () => {
  scene = await startScene('cert-manager');
  const { plane, call } = scene;
  await define(plane, certificateDefinition);
  first = await authority();
  await call('POST', secrets, {
    metadata: {
      name: 'serving',
      annotations: { 'cert-manager.io/certificate-name': 'autoscrape' },
    },
    type: 'kubernetes.io/tls',
    data: await issued(first),
  });
  await call('POST', `/apis/cert-manager.io/v1/namespaces/${home}/certificates`, {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    metadata: { name: 'autoscrape' },
    spec: { secretName: 'serving' },
  });
  await Promise.all(folders().map(mounted));
  replicas = await Promise.all(
    folders().map((folder) => scene.replica(`--server-tls-directory=${folder}`)),
  );
  const program = (await findBinaries(['cainjector']))('cainjector');
  injector = await start({
    name: 'cainjector',
    program,
    args: [`-kubeconfig=${plane.kubeconfig}`],
    log: join(plane.folder, 'cainjector.log'),
  });
}, 240_000);
afterAll(async () => {
  await injector?.stop();
  await scene?.stop();
});

const folders = () => ['a', 'b'].map((name) => join(scene.plane.folder, `tls-${name}`));

function authority(): Promise<Authority> {
  return makeAuthority('a CA of cert-manager', { now: new Date(), days: 10 }, webcrypto);
}

/** The data of a Secret with a new certificate, as cert-manager writes it. */
async function issued(by: Authority): Promise<Record<string, string>> {
  const { certificate, key } = await issue(by, names, { now: new Date(), days: 1 }, webcrypto);
  return {
    'tls.crt': base64(certificate),
    'tls.key': base64(key),
    'ca.crt': base64(by.certificate),
  };
}

/** Brings the Secret into a folder, as a kubelet does: all of it at once, behind a link. */
async function mounted(folder: string): Promise<void> {
  const secret = await scene.call('GET', `${secrets}/serving`);
  const version = String(at(secret, 'metadata', 'resourceVersion'));
  await mkdir(join(folder, version), { recursive: true });
  const data = at(secret, 'data');
  for (const [name, text] of Object.entries(
    typeof data === 'object' && data !== null ? data : {},
  )) {
    await writeFile(join(folder, version, name), Buffer.from(String(text), 'base64'), {
      mode: 0o600,
    });
    await symlink(join('..data', name), join(folder, name)).catch(() => {});
  }
  await symlink(version, join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
}

/** cert-manager renews, and each kubelet hears of it at another time. */
async function renewed(by: Authority): Promise<void> {
  const before = await served();
  await patch('serving', await issued(by));
  for (const folder of folders()) {
    await mounted(folder);
    await sleep(700);
  }
  await until(async () => (await served()).every((one, index) => one !== before[index]));
}

function patch(name: string, data: Readonly<Record<string, string>>) {
  return scene.call('PATCH', `${secrets}/${name}`, { data }, 'application/merge-patch+json');
}

/** The fingerprint that each replica serves. */
async function served(): Promise<unknown[]> {
  const logs = await Promise.all(replicas.map((one) => one.log()));
  return logs.map(
    (lines) => lines.findLast(({ msg }) => msg === 'serving a certificate')?.fingerprint,
  );
}

/** Waits until the CA injector has put this CA into every webhook. */
async function injected({ certificate }: Authority): Promise<void> {
  const expected = base64(certificate);
  await until(async () => {
    const found = await Promise.all(
      kinds.map((kind) => scene.call('GET', `${collectionOf(kind)}/autoscrape`)),
    );
    const all = found.flatMap((one) => {
      const webhooks = at(one, 'webhooks');
      return Array.isArray(webhooks) ? webhooks : [];
    });
    return all.length === 3 && all.every((one) => at(one, 'clientConfig', 'caBundle') === expected);
  });
}

test("the registrations get their CA by the Certificate's name, and creates are admitted by us", async () => {
  await scene.register({ 'cert-manager.io/inject-ca-from': `${home}/autoscrape` });
  await injected(first);
  await until(() => isAdmitted(scene));
}, 60_000);

test('through two renewals every create is admitted by us, by both replicas', async () => {
  const creating = await stream(scene);
  await renewed(first);
  await renewed(first);
  const { created, ...rest } = await creating.stop();
  expect(rest).toEqual({ refused: [], unlabelled: [], failedOpen: 0 });
  expect(created).toBeGreaterThan(20);
}, 60_000);

test('a Secret that is damaged is not served, and its renewal is', async () => {
  const before = await served();
  const other = await issued(first);
  await patch('serving', { 'tls.key': String(other['tls.key']) });
  await Promise.all(folders().map(mounted));
  const refusals = async () => {
    const logs = await Promise.all(replicas.map((one) => one.log()));
    return logs.map(
      (lines) =>
        lines.filter(({ because }) => because === 'the key is not that of the certificate').length,
    );
  };
  await until(async () => (await refusals()).every((count) => count === 1));
  expect([await served(), await Promise.all(replicas.map((one) => one.ready()))]).toEqual([
    before,
    [true, true],
  ]);
  expect(await isAdmitted(scene)).toBe(true);
});
