import type { Readable } from 'node:stream';
import { type ApiError, type ApiResult, failure, field } from './errors.ts';
import { collectionPath, groupPath, objectPath, type Resource } from './resources.ts';
import type { Transport } from './transport.ts';

/** Which objects of a resource are meant. */
export interface ListSelection {
  /** Undefined: all namespaces. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Only `metadata` is sent (https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only). */
  readonly metadataOnly?: boolean | undefined;
}

/** One page of a list. */
export interface ListPage {
  readonly items: readonly unknown[];
  /** Of the whole list: a watch goes on from here. */
  readonly resourceVersion: string;
  /** Token for the next page; empty after the last. */
  readonly next: string;
}

/** What must hold of an object for it to be deleted: it is the very one, in the very state, that was looked at. */
export interface Precondition {
  readonly uid: string;
  readonly resourceVersion: string;
}

/** One resource of a group and version, as discovery tells it. */
export interface DiscoveredResource {
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** A group of resources, as discovery tells it. */
export interface DiscoveredGroup {
  readonly name: string;
  readonly versions: readonly string[];
}

/** For one call. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds for one attempt. */
  readonly timeout?: number;
  /** Repetitions when the API server is busy. */
  readonly retries?: number;
}

/** The few calls that autoscrape makes. Objects go in as data and come out as they are: who asks parses them. */
export interface Client {
  get(
    resource: Resource,
    namespace: string,
    name: string,
    options?: CallOptions & Pick<ListSelection, 'metadataOnly'>,
  ): Promise<ApiResult<unknown>>;
  /**
   * One page of at most `limit` objects.
   *
   * @param next token of the page before; empty for the first
   */
  page(
    resource: Resource,
    selection: ListSelection,
    limit: number,
    next: string,
    options?: CallOptions,
  ): Promise<ApiResult<ListPage>>;
  /** Begins a watch. `query` is what the API's watch takes beside the selection, as `resourceVersion`. */
  watch(
    resource: Resource,
    selection: ListSelection,
    query: Readonly<Record<string, string>>,
    options?: CallOptions,
  ): Promise<ApiResult<Readable>>;
  /**
   * Server-side apply under our field manager
   * (https://kubernetes.io/docs/reference/using-api/server-side-apply/). Gives the stored object.
   *
   * @param force takes fields that others own; without it such a one is a conflict
   */
  apply(
    resource: Resource,
    namespace: string,
    name: string,
    manifest: object,
    force: boolean,
    options?: CallOptions,
  ): Promise<ApiResult<unknown>>;
  create(
    resource: Resource,
    namespace: string,
    object: object,
    options?: CallOptions,
  ): Promise<ApiResult<unknown>>;
  /**
   * Has an object go through admission and validation without storing it
   * (https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run).
   *
   * @returns the object as it would be stored
   */
  tryCreate(
    resource: Resource,
    namespace: string,
    object: object,
    options?: CallOptions,
  ): Promise<ApiResult<unknown>>;
  /** Replaces an object; its `resourceVersion` says which state of it. */
  update(
    resource: Resource,
    namespace: string,
    name: string,
    object: object,
    options?: CallOptions,
  ): Promise<ApiResult<unknown>>;
  remove(
    resource: Resource,
    namespace: string,
    name: string,
    precondition: Precondition,
    options?: CallOptions,
  ): Promise<ApiResult<unknown>>;
  /** The resources of a group and version, without subresources; `refused` with 404 where there is none. */
  discover(
    group: string,
    version: string,
    options?: CallOptions,
  ): Promise<ApiResult<readonly DiscoveredResource[]>>;
  /** The groups that the API server has, without the core group. */
  groups(options?: CallOptions): Promise<ApiResult<readonly DiscoveredGroup[]>>;
}

/** A client over a transport, which writes under one field manager. */
export function createClient(transport: Transport, fieldManager: string): Client {
  const manager = `fieldManager=${encodeURIComponent(fieldManager)}`;
  return {
    get: (resource, namespace, name, { metadataOnly, ...options } = {}) =>
      read(transport, {
        ...options,
        verb: 'get',
        path: objectPath(resource, namespace, name),
        resource: resource.plural,
        ...accepting(metadataOnly === true ? 'PartialObjectMetadata' : undefined),
      }),

    page: async (resource, selection, limit, next, options) => {
      const query = { limit: String(limit), ...(next === '' ? {} : { continue: next }) };
      const result = await read(transport, {
        ...options,
        verb: 'list',
        path: selectionPath(resource, selection, query),
        resource: resource.plural,
        ...accepting(selection.metadataOnly === true ? 'PartialObjectMetadataList' : undefined),
        timeout: options?.timeout ?? 60_000,
      });
      return result.ok ? pageOf(result.value, resource) : result;
    },

    watch: (resource, selection, query, options) =>
      transport.open({
        ...options,
        verb: 'watch',
        path: selectionPath(resource, selection, { ...query, watch: 'true' }),
        resource: resource.plural,
        ...accepting(selection.metadataOnly === true ? 'PartialObjectMetadata' : undefined),
      }),

    apply: (resource, namespace, name, manifest, force, options) =>
      read(transport, {
        ...options,
        verb: 'apply',
        path: `${objectPath(resource, namespace, name)}?${manager}&force=${force}`,
        resource: resource.plural,
        // JSON is YAML: the API server takes either under this type.
        contentType: 'application/apply-patch+yaml',
        body: JSON.stringify(manifest),
      }),

    create: (resource, namespace, object, options) =>
      read(transport, {
        ...options,
        verb: 'create',
        path: `${collectionPath(resource, namespace)}?${manager}`,
        resource: resource.plural,
        body: JSON.stringify(object),
      }),

    tryCreate: (resource, namespace, object, options) =>
      read(transport, {
        ...options,
        verb: 'create',
        path: `${collectionPath(resource, namespace)}?dryRun=All&${manager}`,
        resource: resource.plural,
        body: JSON.stringify(object),
      }),

    update: (resource, namespace, name, object, options) =>
      read(transport, {
        ...options,
        verb: 'update',
        path: `${objectPath(resource, namespace, name)}?${manager}`,
        resource: resource.plural,
        body: JSON.stringify(object),
      }),

    remove: (resource, namespace, name, preconditions, options) =>
      read(transport, {
        ...options,
        verb: 'delete',
        path: objectPath(resource, namespace, name),
        resource: resource.plural,
        body: JSON.stringify({
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          preconditions,
          propagationPolicy: 'Background',
        }),
      }),

    discover: async (group, version, options) => {
      const result = await read(transport, {
        ...options,
        verb: 'get',
        path: groupPath(group, version),
        resource: 'discovery',
      });
      return result.ok ? discovered(result.value, group, version) : result;
    },

    groups: async (options) => {
      const request = { ...options, verb: 'get', path: '/apis', resource: 'discovery' } as const;
      const result = await read(transport, request);
      return result.ok ? groupsOf(result.value) : result;
    },
  };
}

function accepting(as: string | undefined): { readonly accept?: string } {
  if (as === undefined) return {};
  return { accept: `application/json;as=${as};g=meta.k8s.io;v=v1` };
}

function selectionPath(
  resource: Resource,
  { namespace, labelSelector, fieldSelector }: ListSelection,
  query: Readonly<Record<string, string>>,
): string {
  const parameters = new URLSearchParams(query);
  if (labelSelector !== undefined) parameters.set('labelSelector', labelSelector);
  if (fieldSelector !== undefined) parameters.set('fieldSelector', fieldSelector);
  return `${collectionPath(resource, namespace)}?${parameters}`;
}

async function read(
  transport: Transport,
  request: Parameters<Transport['send']>[0],
): Promise<ApiResult<unknown>> {
  const result = await transport.send(request);
  if (!result.ok) return result;
  try {
    const value: unknown = JSON.parse(result.value);
    return { ok: true, value };
  } catch {
    const what = `${request.verb} ${request.resource}`;
    return { ok: false, error: failure('unreadable', `${what}: the answer is no JSON`) };
  }
}

function unreadable(message: string): { readonly ok: false; readonly error: ApiError } {
  return { ok: false, error: failure('unreadable', message) };
}

/**
 * The page that an answer is. JSON of anything else, and a list of another group, is no list that has no objects: it
 * came from somebody else than the API server, or is about something else.
 */
function pageOf(list: unknown, { group, version }: Resource): ApiResult<ListPage> {
  const kind = field(list, 'kind');
  const apiVersion = field(list, 'apiVersion');
  const items = field(list, 'items');
  const metadata = field(list, 'metadata');
  const resourceVersion = field(metadata, 'resourceVersion');
  const next = field(metadata, 'continue');
  const own = group === '' ? version : `${group}/${version}`;
  const isList = typeof kind === 'string' && kind.endsWith('List');
  if (!isList || (apiVersion !== own && apiVersion !== 'meta.k8s.io/v1')) {
    return unreadable('the answer is no list of what was asked for');
  }
  if (typeof resourceVersion !== 'string' || resourceVersion === '') {
    return unreadable('the answer is a list without a resource version');
  }
  if (items !== null && !Array.isArray(items)) return unreadable('the answer is a list of nothing');
  const all: readonly unknown[] = items ?? [];
  if (!all.every(isNamed)) return unreadable('the answer is a list of something without a name');
  return {
    ok: true,
    value: { items: all, resourceVersion, next: typeof next === 'string' ? next : '' },
  };
}

/** True for an object as the API server has it: whatever comes without a name is something else. */
export function isNamed(object: unknown): boolean {
  const name = field(field(object, 'metadata'), 'name');
  return typeof name === 'string' && name !== '';
}

function discovered(
  list: unknown,
  group: string,
  version: string,
): ApiResult<readonly DiscoveredResource[]> {
  const entries = field(list, 'resources');
  const own = group === '' ? version : `${group}/${version}`;
  const isList = field(list, 'kind') === 'APIResourceList' && field(list, 'groupVersion') === own;
  if (!isList || !Array.isArray(entries)) {
    return unreadable(`the answer does not tell the resources of ${own}`);
  }
  const value = entries.flatMap((entry: unknown): DiscoveredResource[] => {
    const plural = field(entry, 'name');
    const kind = field(entry, 'kind');
    if (typeof plural !== 'string' || typeof kind !== 'string' || plural.includes('/')) return [];
    return [{ plural, kind, namespaced: field(entry, 'namespaced') === true }];
  });
  return { ok: true, value };
}

function groupsOf(list: unknown): ApiResult<readonly DiscoveredGroup[]> {
  const entries = field(list, 'groups');
  if (field(list, 'kind') !== 'APIGroupList' || !Array.isArray(entries)) {
    return unreadable('the answer does not tell the groups of an API server');
  }
  const value = entries.flatMap((entry: unknown): DiscoveredGroup[] => {
    const name = field(entry, 'name');
    const versions = field(entry, 'versions');
    if (typeof name !== 'string' || !Array.isArray(versions)) return [];
    return [
      {
        name,
        versions: versions.flatMap((one: unknown) => {
          const version = field(one, 'version');
          return typeof version === 'string' ? [version] : [];
        }),
      },
    ];
  });
  return { ok: true, value };
}
