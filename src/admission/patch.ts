import jsonpatch from 'fast-json-patch';
import type { Json } from './json.ts';
import type { Operation } from './types.ts';

/**
 * The object with the operations applied; throws where one does not apply. The API server refuses the user's
 * request when a patch does not apply, whatever the failure policy says: so nothing is sent that was not tried here.
 *
 * The object itself stays as it is. Only the containers along the operations' paths are copied: a whole clone costs
 * more than everything else that an admission does.
 */
export function applied(object: Json, operations: readonly Operation[]): Json {
  const copy = { ...object };
  for (const { path } of operations) copyAlong(copy, path.split('/'));
  jsonpatch.applyPatch(copy, [...operations], true, true);
  return copy;
}

/** Replaces each container on a path but the root by a copy of itself; copying one again does no harm. */
function copyAlong(root: Record<string, unknown>, steps: readonly string[]): void {
  let container: Record<string, unknown> | unknown[] = root;
  // The first step is the empty text before the leading slash, the last is the member that is added.
  for (let at = 1; at < steps.length - 1; at += 1) {
    const step = steps[at];
    if (step === undefined) return;
    const next: unknown = Array.isArray(container) ? container[Number(step)] : container[step];
    if (typeof next !== 'object' || next === null) return;
    const copy: Record<string, unknown> | unknown[] = Array.isArray(next) ? [...next] : { ...next };
    if (Array.isArray(container)) container[Number(step)] = copy;
    else container[step] = copy;
    container = copy;
  }
}

/** A JSON patch as an AdmissionResponse carries it: in base64. */
export function encodedPatch(operations: readonly Operation[]): string {
  return Buffer.from(JSON.stringify(operations)).toString('base64');
}
