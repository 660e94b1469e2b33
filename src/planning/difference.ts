import { isJson, type Labels, labelOf, type Scrape } from '../kubernetes/index.ts';
import type { ScrapeManifest } from './types.ts';

/**
 * Returns where a stored scrape lacks, or has otherwise, what is wanted, as a path; undefined where it has all of it.
 * What others have added is no difference.
 */
export function manifestDifference(wanted: ScrapeManifest, scrape: Scrape): string | undefined {
  const { metadata, spec } = wanted;
  return (
    labelDifference('metadata.labels', metadata.labels, scrape.labels) ??
    labelDifference('metadata.annotations', metadata.annotations, scrape.annotations) ??
    ownerDifference(metadata.ownerReferences, scrape) ??
    valueDifference('spec', spec, scrape.spec)
  );
}

function labelDifference(path: string, wanted: Labels, stored: Labels): string | undefined {
  const key = Object.keys(wanted).find((one) => labelOf(stored, one) !== labelOf(wanted, one));
  return key === undefined ? undefined : `${path}.${key}`;
}

function ownerDifference(
  wanted: ScrapeManifest['metadata']['ownerReferences'],
  stored: Scrape,
): string | undefined {
  const missing = wanted.some(
    (owner) =>
      !stored.owners.some(
        (other) =>
          other.uid === owner.uid &&
          other.apiVersion === owner.apiVersion &&
          other.kind === owner.kind &&
          other.name === owner.name,
      ),
  );
  return missing ? 'metadata.ownerReferences' : undefined;
}

/** Members of `wanted` that `stored` lacks or has otherwise. Lists are compared whole: those of a scrape are ours as a whole. */
function valueDifference(path: string, wanted: unknown, stored: unknown): string | undefined {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(stored) || stored.length !== wanted.length) return path;
    return first(wanted.keys(), (index) =>
      sameDifference(`${path}[${index}]`, wanted[index], stored[index]),
    );
  }
  if (!isJson(wanted)) return wanted === stored ? undefined : path;
  if (!isJson(stored)) return path;
  return first(Object.keys(wanted), (key) =>
    wanted[key] === undefined
      ? undefined
      : valueDifference(
          `${path}.${key}`,
          wanted[key],
          Object.hasOwn(stored, key) ? stored[key] : undefined,
        ),
  );
}

/** Entries of a list must be equal, not only contain what is wanted: who adds a member to one changes our list. */
function sameDifference(path: string, wanted: unknown, stored: unknown): string | undefined {
  return valueDifference(path, wanted, stored) ?? valueDifference(path, stored, wanted);
}

function first<T>(items: Iterable<T>, differ: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = differ(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
