import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { parse } from 'yaml';
import { api } from '../test/support/control-plane.ts';
import { type AnyObject, readObjects } from '../test/support/objects.ts';
import { type Applier, bodyOf, type Cluster } from './manifests.ts';
import { waitUntil } from './wait.ts';

const folder = join(import.meta.dirname, '../deploy/kustomize/base');

/** The plain manifests, in the order in which its kustomization names them. */
async function manifests(): Promise<AnyObject[]> {
  const text = await readFile(join(folder, 'kustomization.yaml'), 'utf8');
  const { resources } = v.parse(v.looseObject({ resources: v.array(v.string()) }), parse(text));
  return (await Promise.all(resources.map((file) => readObjects(join(folder, file))))).flat();
}

function isRegistration({ kind }: AnyObject): boolean {
  return kind.endsWith('WebhookConfiguration');
}

/**
 * Applies the plain manifests but for the registration, as it is.
 * @returns a token of the service account, with which autoscrape has the rights that its roles give it
 */
export async function install(cluster: Cluster, applier: Applier): Promise<string> {
  for (const object of await manifests()) if (!isRegistration(object)) await applier.apply(object);
  const path = '/api/v1/namespaces/autoscrape-system/serviceaccounts/autoscrape/token';
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const body = bodyOf(
    await api(cluster, 'POST', path, { body: request }),
    'a token for autoscrape',
  );
  return v.parse(v.looseObject({ status: v.looseObject({ token: v.string() }) }), body).status
    .token;
}

/**
 * Applies the registration of the plain manifests, which leads to `url` instead of the Service that nothing is behind
 * here, and waits until the API server calls it.
 *
 * @param url where autoscrape listens: `https://127.0.0.1:<port>`
 * @param ca PEM that its certificate is checked with
 * @returns the names of the webhooks
 */
export async function register(
  cluster: Cluster,
  applier: Applier,
  { url, ca }: { readonly url: string; readonly ca: string },
): Promise<string[]> {
  const caBundle = Buffer.from(ca).toString('base64');
  const names: string[] = [];
  for (const object of await manifests()) {
    if (!isRegistration(object)) continue;
    const { webhooks, ...rest } = v.parse(registrationSchema, object);
    const local = webhooks.map(({ clientConfig, ...webhook }) => ({
      ...webhook,
      clientConfig: { url: `${url}${clientConfig.service.path}`, caBundle },
    }));
    await applier.apply({ ...rest, webhooks: local });
    names.push(...webhooks.map(({ name }) => name));
  }
  await waitUntil('a call of autoscrape', () => isCalled(cluster));
  return names;
}

const registrationSchema = v.looseObject({
  apiVersion: v.string(),
  kind: v.string(),
  metadata: v.looseObject({ name: v.string() }),
  webhooks: v.array(
    v.looseObject({
      name: v.string(),
      clientConfig: v.looseObject({ service: v.looseObject({ path: v.string() }) }),
    }),
  ),
});

/** The API server learns of a registration by watch. Whether it has: a dry run stores nothing, and is answered the same. */
async function isCalled(cluster: Cluster): Promise<boolean> {
  const labels = {
    'app.kubernetes.io/part-of': 'multigres',
    'app.kubernetes.io/component': 'multigateway',
  };
  const probe = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'is-autoscrape-called', labels },
    spec: { selector: { app: 'nothing' }, ports: [{ port: 80 }] },
  };
  const path = '/api/v1/namespaces/default/services?dryRun=All';
  const body = bodyOf(await api(cluster, 'POST', path, { body: probe }), 'a dry run');
  const answer = v.parse(
    v.looseObject({ metadata: v.looseObject({ labels: v.record(v.string(), v.string()) }) }),
    body,
  );
  return answer.metadata.labels['app.kubernetes.io/name'] !== undefined;
}
