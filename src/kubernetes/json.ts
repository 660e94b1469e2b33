/** Reading JSON from outside: a member of the wrong type reads as absent, an inherited property never counts. */

export type Json = { readonly [key: string]: unknown };

export const emptyList: readonly never[] = Object.freeze([]);

/** True for a JSON object: no list, no null. */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member of a JSON object; undefined where it is absent. */
export function member(object: Json, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** A member that is an object. */
export function child(object: Json | undefined, key: string): Json | undefined {
  if (object === undefined) return undefined;
  const value = member(object, key);
  return isJson(value) ? value : undefined;
}

/** A member that is a string. */
export function text(object: Json | undefined, key: string): string | undefined {
  if (object === undefined) return undefined;
  const value = member(object, key);
  return typeof value === 'string' ? value : undefined;
}

/** A member that is a list; the empty list where it is absent or anything else. */
export function list(object: Json | undefined, key: string): readonly unknown[] {
  if (object === undefined) return emptyList;
  const value = member(object, key);
  return Array.isArray(value) ? value : emptyList;
}

/** The objects of a member that is a list. */
export function objects(object: Json | undefined, key: string): Json[] {
  return list(object, key).filter(isJson);
}

/** The strings of a member that is a list. */
export function strings(object: Json | undefined, key: string): string[] {
  return list(object, key).filter((value) => typeof value === 'string');
}
