import * as v from 'valibot';
import { type ApiAnswer, api, type Connection } from '../test/support/control-plane.ts';
import type { AnyObject } from '../test/support/objects.ts';

/** How to reach an API server as its administrator. */
export type Cluster = Pick<Connection, 'server' | 'ca' | 'token'>;

const resourcesSchema = v.looseObject({
  resources: v.array(
    v.looseObject({ name: v.string(), kind: v.string(), namespaced: v.boolean() }),
  ),
});

/** How the API server calls the objects of a kind, as its discovery says. */
type Resource = { readonly version: string; readonly name: string; readonly namespaced: boolean };

async function discover(
  cluster: Cluster,
  { apiVersion, kind }: Pick<AnyObject, 'apiVersion' | 'kind'>,
): Promise<Resource> {
  const version = `${apiVersion.includes('/') ? '/apis' : '/api'}/${apiVersion}`;
  const { body } = await api(cluster, 'GET', version);
  const known = v.safeParse(resourcesSchema, body);
  const found = known.success
    ? known.output.resources.find((one) => one.kind === kind && !one.name.includes('/'))
    : undefined;
  if (found === undefined) throw new Error(`the API server knows no ${kind} of ${apiVersion}`);
  return { version, name: found.name, namespaced: found.namespaced };
}

/** Writes objects one by one. */
export type Applier = {
  /**
   * Applies an object on the server, as `kubectl apply --server-side` does, and returns what is stored.
   * Owners that were applied before are referred to by the uids that the API server gave them.
   *
   * @param namespace where it goes if it has one and does not say itself
   * @throws with the API server's words where it refuses
   */
  apply(object: AnyObject, namespace?: string): Promise<AnyObject>;
  /** Deletes an object; what it owns goes when the garbage collector gets to it. */
  remove(object: AnyObject, namespace?: string): Promise<void>;
};

/** The field manager of what the demo and the tests apply. */
const fieldManager = 'somebody';

/** An {@link Applier}, which remembers uids and what discovery said. */
export function applier(cluster: Cluster): Applier {
  const resources = new Map<string, Resource>();
  const uids = new Map<string, string>();
  const pathOf = async (object: AnyObject, fallback: string): Promise<string> => {
    const key = `${object.apiVersion} ${object.kind}`;
    const resource = resources.get(key) ?? (await discover(cluster, object));
    resources.set(key, resource);
    const { name, namespace = fallback } = object.metadata;
    const place = resource.namespaced ? `/namespaces/${namespace}` : '';
    return `${resource.version}${place}/${resource.name}/${name}`;
  };
  return {
    apply: async (object, namespace = 'default') => {
      const path = await pathOf(object, namespace);
      const answer = await api(
        cluster,
        'PATCH',
        `${path}?fieldManager=${fieldManager}&force=true`,
        {
          body: applicable(object, uids),
          contentType: 'application/apply-patch+yaml',
        },
      );
      const stored = v.parse(
        storedSchema,
        bodyOf(answer, `${object.kind} ${object.metadata.name}`),
      );
      if (object.metadata.uid !== undefined) uids.set(object.metadata.uid, stored.metadata.uid);
      return stored;
    },
    remove: async (object, namespace = 'default') => {
      const answer = await api(cluster, 'DELETE', await pathOf(object, namespace));
      bodyOf(answer, `${object.kind} ${object.metadata.name}`);
    },
  };
}

const storedSchema = v.looseObject({
  apiVersion: v.string(),
  kind: v.string(),
  metadata: v.looseObject({ name: v.string(), namespace: v.optional(v.string()), uid: v.string() }),
});

/** Without the uid that the file gives it, which the API server chooses, and with the real uids of its owners. */
function applicable(object: AnyObject, uids: ReadonlyMap<string, string>): AnyObject {
  const { uid: _chosen, ownerReferences, ...metadata } = object.metadata;
  const owners = ownerReferences?.map((owner) => ({
    ...owner,
    uid: uids.get(owner.uid) ?? owner.uid,
  }));
  return {
    ...object,
    metadata: { ...metadata, ...(owners === undefined ? {} : { ownerReferences: owners }) },
  };
}

/** The objects of the list that a path has. */
export async function list(cluster: Cluster, path: string): Promise<unknown[]> {
  const body = bodyOf(await api(cluster, 'GET', path), path);
  return v.parse(v.looseObject({ items: v.array(v.unknown()) }), body).items;
}

/** What a request to the API server gave; `what` it was about is said when it was refused. */
export function bodyOf({ status, body }: ApiAnswer, what: string): unknown {
  if (status < 300) return body;
  const said = v.safeParse(v.looseObject({ message: v.string() }), body);
  throw new Error(`${what}: ${status} ${said.success ? said.output.message : String(body)}`);
}
