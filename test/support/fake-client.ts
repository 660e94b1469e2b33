import {
  type ApiError,
  type ApiResult,
  type Client,
  failure,
  type Resource,
} from '../../src/cluster/api/index.ts';

/** What a fake client was asked for. */
export interface Call {
  readonly verb: 'get' | 'create' | 'tryCreate' | 'update' | 'apply' | 'remove' | 'discover';
  /** `plural/namespace/name`; group and version for a discovery. */
  readonly of: string;
  readonly body: unknown;
}

/** Answers each call; undefined: the API server has no such object. */
export type Answer = (call: Call) => ApiResult<unknown> | undefined;

/** The answer of an API server that refuses. */
export function refused(status: number, reason: string): { ok: false; error: ApiError } {
  return { ok: false, error: { ...failure('timeout', reason), code: 'refused', status, reason } };
}

/** The API server's answer that it has no object of this name. */
export function noSuch(name: string): { ok: false; error: ApiError } {
  return { ok: false, error: { ...refused(404, 'NotFound').error, about: name } };
}

/** An answer that never came. */
export const unreachable = { ok: false, error: failure('unreachable', 'no route') } as const;

/** For faults that a real API server can't be made to show at will: a client that answers as told. No lists and no watches. */
export function fakeClient(answer: Answer): { readonly client: Client; readonly calls: Call[] } {
  const calls: Call[] = [];
  const ask = async (
    verb: Call['verb'],
    of: string,
    body?: unknown,
  ): Promise<ApiResult<unknown>> => {
    const call = { verb, of, body };
    calls.push(call);
    return answer(call) ?? noSuch(of.slice(of.lastIndexOf('/') + 1));
  };
  const path = ({ plural }: Resource, namespace: string, name: string) =>
    `${plural}/${namespace}/${name}`;
  const nameOf = (object: object): string => {
    const metadata: unknown = Reflect.get(object, 'metadata');
    return typeof metadata === 'object' && metadata !== null
      ? String(Reflect.get(metadata, 'name'))
      : '';
  };
  const client: Client = {
    get: (resource, namespace, name) => ask('get', path(resource, namespace, name)),
    create: (resource, namespace, object) =>
      ask('create', path(resource, namespace, nameOf(object)), object),
    tryCreate: (resource, namespace, object) =>
      ask('tryCreate', path(resource, namespace, nameOf(object)), object),
    update: (resource, namespace, name, object) =>
      ask('update', path(resource, namespace, name), object),
    apply: (resource, namespace, name, manifest) =>
      ask('apply', path(resource, namespace, name), manifest),
    remove: (resource, namespace, name, precondition) =>
      ask('remove', path(resource, namespace, name), precondition),
    discover: async (group, version) => {
      const result = await ask('discover', `${group}/${version}`);
      if (!result.ok) return result;
      return { ok: true, value: Array.isArray(result.value) ? result.value : [] };
    },
    groups: async () => {
      const result = await ask('discover', 'groups');
      if (!result.ok) return result;
      return { ok: true, value: Array.isArray(result.value) ? result.value : [] };
    },
    page: async () => unreachable,
    watch: async () => unreachable,
  };
  return { client, calls };
}
