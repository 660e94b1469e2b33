import { isJson, type Json } from '../../src/kubernetes/index.ts';

/**
 * The entry of `metadata.managedFields` that the API server keeps for a writer of these fields
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management). It is half of what a review
 * of a small object holds.
 */
export function managedFields(object: Json, manager: string, time: string): Json {
  const { apiVersion, metadata, spec } = object;
  const kept = isJson(metadata) ? metadata : {};
  return {
    manager,
    operation: 'Update',
    apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: {
      'f:metadata': fieldsOf({
        ...(kept.labels === undefined ? {} : { labels: kept.labels }),
        ...(kept.ownerReferences === undefined ? {} : { ownerReferences: kept.ownerReferences }),
      }),
      'f:spec': fieldsOf(spec),
    },
  };
}

/** Keys that the API server knows list entries by. */
const listKeys: readonly (readonly string[])[] = [['uid'], ['port', 'protocol'], ['name']];

/** Maps of which a writer owns the whole (core/v1 ServiceSpec.selector: structType=atomic). */
const atomic: ReadonlySet<string> = new Set(['selector']);

function fieldsOf(value: unknown): Json {
  if (Array.isArray(value)) {
    const keys = listKeys.find((names) => value.every((entry) => hasAll(entry, names)));
    if (keys === undefined) return {};
    const entries = value.filter(isJson).map((entry): [string, Json] => {
      const identity = Object.fromEntries(keys.map((key) => [key, entry[key]]));
      return [`k:${JSON.stringify(identity)}`, { '.': {}, ...fieldsOf(entry) }];
    });
    return { '.': {}, ...Object.fromEntries(entries) };
  }
  if (!isJson(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      `f:${key}`,
      atomic.has(key) ? {} : { ...(isJson(member) ? { '.': {} } : {}), ...fieldsOf(member) },
    ]),
  );
}

function hasAll(entry: unknown, keys: readonly string[]): boolean {
  return isJson(entry) && keys.every((key) => Object.hasOwn(entry, key));
}
