import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { api } from '../test/support/control-plane.ts';
import { readObjects } from '../test/support/objects.ts';
import type { Cluster } from './programs/program.ts';

const crdPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** One request as an administrator; its answer's body. Throws with the server's words where it refuses. */
export async function send(
  cluster: Cluster,
  method: string,
  path: string,
  body?: object,
  contentType = 'application/json',
): Promise<unknown> {
  const answer = await api(cluster, method, path, body === undefined ? {} : { body, contentType });
  if (answer.status < 300) return answer.body;
  throw new Error(
    `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 500)}`,
  );
}

/** Makes a namespace. */
export async function makeNamespace(cluster: Cluster, name: string): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  await send(cluster, 'POST', '/api/v1/namespaces', namespace);
}

/** Makes a custom resource definition, and returns when its objects can be listed. */
export async function define(
  cluster: Cluster,
  definition: object,
  collection: string,
): Promise<void> {
  await send(cluster, 'POST', crdPath, definition);
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(50)) {
    if ((await api(cluster, 'GET', `${collection}?limit=1`)).status === 200) return;
  }
  throw new Error(`the API server does not serve ${collection}`);
}

/** The path of all scrapes. */
export const scrapesPath = '/apis/operator.victoriametrics.com/v1beta1/vmservicescrapes';

/** Makes the definition of scrapes, after that of the VictoriaMetrics operator. */
export async function defineScrapes(cluster: Cluster): Promise<void> {
  const file = join(import.meta.dirname, '../test/fixtures/crds/vmservicescrape.yaml');
  for (const definition of await readObjects(file)) await define(cluster, definition, scrapesPath);
}
