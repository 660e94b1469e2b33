import jsonpatch from 'fast-json-patch';
import type { Json } from '../kubernetes/index.ts';
import type { Operation } from './types.ts';

/**
 * The object with the operations applied; throws a {@link PatchError} where one does not apply. The API server
 * refuses the user's request when a patch does not apply, whatever the failure policy says: so nothing is sent that
 * was not tried here.
 *
 * The object itself stays as it is. Only the containers along the operations' paths are copied, because a whole clone
 * costs more than everything else that an admission does; and a path is checked while it is copied, which is less
 * than half the work of fast-json-patch's own validation.
 */
export function applied(object: Json, operations: readonly Operation[]): Json {
  const copy: Record<string, unknown> = { ...object };
  let container: JsonContainer = copy;
  let at = '';
  for (const operation of operations) {
    const { path } = operation;
    const end = path.lastIndexOf('/');
    const parent = path.slice(0, end);
    // Several labels in a row have one parent: it is copied once.
    if (parent !== at) container = copiedAlong(copy, parent);
    at = parent;
    if (Array.isArray(container)) demandPlace(container, path.slice(end + 1), path);
    // From the container on: the library has not to walk the whole path again.
    jsonpatch.applyOperation(container, { ...operation, path: path.slice(end) }, false, true);
  }
  return copy;
}

/** A patch that does not apply; the message names the path. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
}

type JsonContainer = Record<string, unknown> | unknown[];

/** Replaces each container on a path, the root aside, by a copy of itself; gives the last one. A copy of a copy does no harm. */
function copiedAlong(root: Record<string, unknown>, path: string): JsonContainer {
  const steps = path.split('/');
  let container: JsonContainer = root;
  // The first step is the empty text before the leading slash.
  for (let at = 1; at < steps.length; at += 1) {
    const key = unescaped(steps[at] ?? '');
    const copy = copyOf(memberOf(container, key), path);
    if (Array.isArray(container)) container[Number(key)] = copy;
    else container[key] = copy;
    container = copy;
  }
  return container;
}

/** A list grows at its end (`-`), or before an element that is there. */
function demandPlace(list: readonly unknown[], step: string, path: string): void {
  if (step === '-' || (isIndex(step) && Number(step) <= list.length)) return;
  throw new PatchError(`${path}: no such place in a list of ${list.length}`);
}

function memberOf(container: JsonContainer, key: string): unknown {
  if (Array.isArray(container)) return isIndex(key) ? container[Number(key)] : undefined;
  return Object.hasOwn(container, key) ? container[key] : undefined;
}

function copyOf(container: unknown, path: string): JsonContainer {
  if (Array.isArray(container)) return [...container];
  if (typeof container === 'object' && container !== null) return { ...container };
  throw new PatchError(`${path}: a part of the path is missing`);
}

/** RFC 6901: `~1` is a slash, `~0` a tilde. */
function unescaped(step: string): string {
  return step.includes('~') ? step.replaceAll('~1', '/').replaceAll('~0', '~') : step;
}

function isIndex(step: string): boolean {
  return /^(?:0|[1-9][0-9]*)$/.test(step);
}

/** A JSON patch as an AdmissionResponse carries it: in base64. */
export function encodedPatch(operations: readonly Operation[]): string {
  return Buffer.from(JSON.stringify(operations)).toString('base64');
}
