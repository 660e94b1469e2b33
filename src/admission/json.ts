/** JSON objects as they came, where the trimmed shapes of src/kubernetes do not tell absent from odd. */

export type Json = Readonly<Record<string, unknown>>;

/** True for a JSON object: no list, no null. */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object's member that is itself an object; undefined where it is absent or anything else. */
export function child(object: Json | undefined, key: string): Json | undefined {
  if (object === undefined || !Object.hasOwn(object, key)) return undefined;
  const value = object[key];
  return isJson(value) ? value : undefined;
}

/** A member that is a text; the empty text where it is absent or anything else. */
export function text(object: Json | undefined, key: string): string {
  if (object === undefined || !Object.hasOwn(object, key)) return '';
  const value = object[key];
  return typeof value === 'string' ? value : '';
}

/** True where a member is not there, or null, which Kubernetes reads alike. */
export function isAbsent(object: Json, key: string): boolean {
  return !Object.hasOwn(object, key) || object[key] === null || object[key] === undefined;
}
