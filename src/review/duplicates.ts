import type { Finding } from '../findings/index.ts';
import { type Json, parseObject } from '../kubernetes/index.ts';
import type { Manifest } from '../manifests/index.ts';
import { reviewFinding } from './findings.ts';
import { type InputObject, keyOf } from './input.ts';
import { startOf } from './place.ts';

/**
 * Documents of one object after the first, of kinds that have a bearing on metrics: many a folder has its ConfigMaps and
 * roles in several variants. An object that gets its name from the API server is never the same.
 */
export function duplicates(
  input: readonly InputObject[],
): { finding: Finding; manifest: Manifest }[] {
  const seen = new Map<string, Manifest>();
  return input.flatMap(({ manifest, ref }) => {
    const key = keyOf(ref);
    const earlier = seen.get(key);
    seen.set(key, manifest);
    if (earlier === undefined || ref.name === '' || !bears(manifest.value)) return [];
    const { file, line } = startOf(earlier);
    const finding = reviewFinding(
      'duplicate-object',
      ref,
      `the same object is in ${file}:${line}; this one counts, being the later`,
      `remove the one in ${file}:${line}, or this one`,
    );
    return [{ finding, manifest }];
  });
}

function bears(value: Json): boolean {
  const kind = parseObject(value)?.kind;
  return kind !== undefined && kind !== 'Namespace';
}
