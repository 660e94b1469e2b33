import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { parseAllDocuments } from 'yaml';

const objectSchema = v.looseObject({
  apiVersion: v.string(),
  kind: v.string(),
  metadata: v.looseObject({
    name: v.string(),
    namespace: v.optional(v.string()),
    uid: v.optional(v.string()),
    labels: v.optional(v.record(v.string(), v.string())),
    ownerReferences: v.optional(v.array(v.looseObject({ uid: v.string() }))),
  }),
});

/** A Kubernetes object, whole. */
export type AnyObject = v.InferOutput<typeof objectSchema>;

/** The project's own objects, under `test/fixtures/objects`. */
export const fixtures = join(import.meta.dirname, '../fixtures/objects');

/** Objects of the real operator, which lie beside the project on some machines; undefined where they are not. */
export const realObjects = ((): string | undefined => {
  const folder = join(import.meta.dirname, '../../../shared/objects');
  return existsSync(folder) ? folder : undefined;
})();

/** The objects of a YAML file. */
export async function readObjects(file: string): Promise<AnyObject[]> {
  const documents = parseAllDocuments(await readFile(file, 'utf8'));
  return documents.map((document) => v.parse(objectSchema, document.toJS()));
}

/** The objects of every YAML file in a folder, sorted by file. */
export async function readFolder(folder: string): Promise<AnyObject[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  return (await Promise.all(files.map((file) => readObjects(join(folder, file))))).flat();
}

const plurals: Readonly<Record<string, string>> = {
  'v1 Service': 'services',
  'v1 Pod': 'pods',
  'apps/v1 StatefulSet': 'statefulsets',
  'apps/v1 Deployment': 'deployments',
  'operator.victoriametrics.com/v1beta1 VMServiceScrape': 'vmservicescrapes',
};

/** The path of an object's collection in a namespace. */
export function collectionPath(
  { apiVersion, kind }: Pick<AnyObject, 'apiVersion' | 'kind'>,
  namespace: string,
): string {
  const plural = plurals[`${apiVersion} ${kind}`] ?? `${kind.toLowerCase()}s`;
  const root = apiVersion.includes('/') ? '/apis' : '/api';
  return `${root}/${apiVersion}/namespaces/${namespace}/${plural}`;
}

/** The path of an object in a namespace. */
export function objectPath(object: AnyObject, namespace: string): string {
  return `${collectionPath(object, namespace)}/${object.metadata.name}`;
}

/**
 * A stored object as somebody would create it again: without what the API server and its controllers gave it.
 */
export function creatable(object: AnyObject): AnyObject {
  const { apiVersion, kind, metadata, status: _status, spec, ...rest } = object;
  const kept = v.parse(v.record(v.string(), v.unknown()), spec ?? {});
  const given = ['clusterIP', 'clusterIPs', 'nodeName'];
  const cleared = Object.fromEntries(
    Object.entries(kept).filter(([key, value]) => !given.includes(key) || isNone(value)),
  );
  const { name, labels, ownerReferences, annotations } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(ownerReferences === undefined ? {} : { ownerReferences }),
    },
    ...(spec === undefined ? {} : { spec: cleared }),
    ...rest,
  };
}

/** `clusterIP: None` is the author's word, an address is the API server's. */
function isNone(value: unknown): boolean {
  return value === 'None' || (Array.isArray(value) && value[0] === 'None');
}
