import type { Json } from '../kubernetes/index.ts';

/** True where a member is not there, or null, which Kubernetes reads alike. */
export function isAbsent(object: Json, key: string): boolean {
  return !Object.hasOwn(object, key) || object[key] === null || object[key] === undefined;
}
