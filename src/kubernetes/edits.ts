import { isJson, type Json } from './json.ts';

/** Steps from an object's root: `['spec', 'endpoints', 0, 'port']`. */
export type FieldPath = readonly (string | number)[];

/** One change of one field of an object. */
export type FieldEdit =
  /** Adds the field with this value, or replaces the value that it has. Maps on the way to it are made. */
  | { readonly action: 'set'; readonly path: FieldPath; readonly value: unknown }
  /** Adds an item to a list, which is made where it is not there. */
  | { readonly action: 'append'; readonly path: FieldPath; readonly value: unknown }
  /** Takes a field out of its map, or an item out of its list; an empty path is the whole object. */
  | { readonly action: 'remove'; readonly path: FieldPath }
  /** Gives a field another name in the same map: its value and its place stay. */
  | { readonly action: 'rename'; readonly path: FieldPath; readonly to: string };

/** The steps of a path as findings write it, `spec.endpoints[0].port`; for keys without dots. */
export function stepsOf(field: string): FieldPath {
  return [...field.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, key = '']) =>
    index === undefined ? key : Number(index),
  );
}

/** A path as people write it; a key that has dots is in brackets: `metadata.labels[app.kubernetes.io/name]`. */
export function fieldText(path: FieldPath): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number' || /[.[\]]/.test(step)) return `[${step}]`;
      return index === 0 ? step : `.${step}`;
    })
    .join('');
}

/** The value at a path; undefined where there is none. */
export function valueAt(value: unknown, [step, ...rest]: FieldPath): unknown {
  if (step === undefined) return value;
  if (Array.isArray(value)) return valueAt(value[Number(step)], rest);
  if (!isJson(value) || !Object.hasOwn(value, step)) return undefined;
  return valueAt(value[step], rest);
}

/**
 * An object with edits made, one after the other; the one given stays as it is. Undefined where one of them has no place
 * in it: nothing is there to be removed or renamed, or something else than a map stands on the way.
 */
export function editedObject(object: Json, edits: readonly FieldEdit[]): Json | undefined {
  let value: unknown = object;
  for (const edit of edits) {
    value = changed(value, edit.path, edit);
    if (value === undefined) return undefined;
  }
  return isJson(value) ? value : undefined;
}

function changed(value: unknown, [step, ...rest]: FieldPath, edit: FieldEdit): unknown {
  if (step === undefined) return atEnd(value, edit);
  if (rest.length === 0 && (edit.action === 'remove' || edit.action === 'rename')) {
    return withoutOrRenamed(value, step, edit);
  }
  if (Array.isArray(value)) {
    const index = Number(step);
    if (!Number.isInteger(index) || index < 0 || index >= value.length) return undefined;
    const inner = changed(value[index], rest, edit);
    return inner === undefined ? undefined : value.with(index, inner);
  }
  // Null counts as absent, as for the API server.
  const map = value === undefined || value === null ? {} : value;
  if (!isJson(map) || typeof step === 'number') return undefined;
  const inner = changed(Object.hasOwn(map, step) ? map[step] : undefined, rest, edit);
  return inner === undefined ? undefined : { ...map, [step]: inner };
}

function atEnd(value: unknown, edit: FieldEdit): unknown {
  if (edit.action === 'set') return edit.value;
  if (edit.action !== 'append') return undefined;
  if (value === undefined || value === null) return [edit.value];
  return Array.isArray(value) ? [...value, edit.value] : undefined;
}

function withoutOrRenamed(
  value: unknown,
  step: string | number,
  edit: Extract<FieldEdit, { action: 'remove' | 'rename' }>,
): unknown {
  if (Array.isArray(value)) {
    const index = Number(step);
    return edit.action === 'remove' && index in value ? value.toSpliced(index, 1) : undefined;
  }
  if (!isJson(value) || !Object.hasOwn(value, step)) return undefined;
  if (edit.action === 'remove') {
    return Object.fromEntries(Object.entries(value).filter(([key]) => key !== step));
  }
  if (Object.hasOwn(value, edit.to)) return undefined;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key === step ? edit.to : key, inner]),
  );
}
