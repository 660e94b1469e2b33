import type { AppliedFields } from '../cluster/index.ts';
import { type Labels, labelOf, type Scrape } from '../kubernetes/index.ts';
import type { ScrapeManifest } from '../scrape/index.ts';

/** A scrape as it is stored, and what we have applied to it. */
export interface Stored {
  readonly scrape: Scrape;
  readonly applied: AppliedFields | undefined;
}

/**
 * Where a stored scrape is not as we want it, as a path; undefined where it is, so that applying would change nothing.
 * What others have added is no difference. A field that we once applied and no longer want is one: server-side apply
 * takes it away (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management).
 */
export function differenceOf(
  wanted: ScrapeManifest,
  { scrape, applied }: Stored,
): string | undefined {
  const { metadata, spec } = wanted;
  return (
    labelDifference('metadata.labels', metadata.labels, scrape.labels) ??
    labelDifference('metadata.annotations', metadata.annotations, scrape.annotations) ??
    ownerDifference(metadata.ownerReferences, scrape) ??
    valueDifference('spec', spec, scrape.spec) ??
    leftOver(wanted, scrape, applied)
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
  if (!isObject(wanted)) return wanted === stored ? undefined : path;
  if (!isObject(stored)) return path;
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

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What we have applied, still own, and do not want. */
function leftOver(
  wanted: ScrapeManifest,
  { owners }: Scrape,
  applied: AppliedFields | undefined,
): string | undefined {
  if (applied === undefined) return undefined;
  const uids = new Set(wanted.metadata.ownerReferences.map((owner) => owner.uid));
  const ours = applied.owners === 'all' ? owners.map(({ uid }) => uid) : applied.owners;
  if (ours.some((uid) => !uids.has(uid))) return 'metadata.ownerReferences';
  const path = applied.paths.find((one) => !has(wanted, one));
  return path?.join('.');
}

function has(value: unknown, path: readonly string[]): boolean {
  let at = value;
  for (const key of path) {
    // Entries of lists by key or value: only owner references are such, and those are looked at by their uid.
    if (!isObject(at) || !Object.hasOwn(at, key)) return false;
    at = at[key];
  }
  return at !== undefined;
}
