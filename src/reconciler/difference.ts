import type { AppliedFields } from '../cluster/watch/index.ts';
import { isJson, type Scrape } from '../kubernetes/index.ts';
import { manifestDifference, type ScrapeManifest } from '../planning/index.ts';

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
  return manifestDifference(wanted, scrape) ?? leftOver(wanted, scrape, applied);
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
    if (!isJson(at) || !Object.hasOwn(at, key)) return false;
    at = at[key];
  }
  return at !== undefined;
}
