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
  let copied = '';
  for (const operation of operations) {
    const { path } = operation;
    const parent = path.slice(0, path.lastIndexOf('/'));
    if (parent !== copied) copyAlong(copy, path);
    copied = parent;
    jsonpatch.applyOperation(copy, operation, false, true);
  }
  return copy;
}

/** A patch that does not apply; the message names the path. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
}

type Container = Record<string, unknown> | unknown[];

/** Replaces each container on a path but the root by a copy of itself; a copy of a copy does no harm. */
function copyAlong(root: Record<string, unknown>, path: string): void {
  const steps = path.split('/');
  let container: Container = root;
  // The first step is the empty text before the leading slash, the last one is the member that is added.
  for (let at = 1; at < steps.length - 1; at += 1) {
    const key = unescaped(steps[at] ?? '');
    const copy = copyOf(memberOf(container, key), path);
    if (Array.isArray(container)) container[Number(key)] = copy;
    else container[key] = copy;
    container = copy;
  }
  if (!Array.isArray(container)) return;
  const last = steps.at(-1);
  if (last === '-') return;
  if (!isIndex(last) || Number(last) > container.length) {
    throw new PatchError(`${path}: no such place in a list of ${container.length}`);
  }
}

function memberOf(container: Container, key: string): unknown {
  if (Array.isArray(container)) return isIndex(key) ? container[Number(key)] : undefined;
  return Object.hasOwn(container, key) ? container[key] : undefined;
}

function copyOf(container: unknown, path: string): Container {
  if (Array.isArray(container)) return [...container];
  if (typeof container === 'object' && container !== null) return { ...container };
  throw new PatchError(`${path}: a part of the path is missing`);
}

/** RFC 6901: `~1` is a slash, `~0` a tilde. */
function unescaped(step: string): string {
  return step.includes('~') ? step.replaceAll('~1', '/').replaceAll('~0', '~') : step;
}

function isIndex(step: string | undefined): boolean {
  return step !== undefined && /^(?:0|[1-9][0-9]*)$/.test(step);
}

/** A JSON patch as an AdmissionResponse carries it: in base64. */
export function encodedPatch(operations: readonly Operation[]): string {
  return Buffer.from(JSON.stringify(operations)).toString('base64');
}
