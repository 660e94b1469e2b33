import { createHash } from 'node:crypto';
import type { PlacedFinding } from '../review/index.ts';

/**
 * A name for each finding by which a CI system knows it again, in their order: 64 hexadecimal digits. It follows from
 * what is found and where, but not from the line, which every edit above it moves. Of findings that are alike the second
 * has another name than the first.
 */
export function fingerprints(findings: readonly PlacedFinding[]): string[] {
  const seen = new Map<string, number>();
  return findings.map(({ code, file, object, field, message }) => {
    const { apiVersion, kind, namespace, name } = object;
    const what = JSON.stringify([code, file, apiVersion, kind, namespace, name, field, message]);
    const before = seen.get(what) ?? 0;
    seen.set(what, before + 1);
    return createHash('sha256').update(`${before} ${what}`).digest('hex');
  });
}

/** Whether a finding stands in a file that others can open: not of a live cluster, and not of standard input. */
export function hasFile({ file }: Pick<PlacedFinding, 'file'>): boolean {
  return file !== '' && file !== '-';
}

/** What a finding is about: `Service shop/topo spec.ports[0]`. */
export function subjectOf({ object, field }: Pick<PlacedFinding, 'object' | 'field'>): string {
  const { kind, namespace, name } = object;
  const called = namespace === '' ? name : `${namespace}/${name}`;
  return `${kind} ${called}${field === '' ? '' : ` ${field}`}`;
}
