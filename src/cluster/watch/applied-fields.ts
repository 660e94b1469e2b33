import { field } from '../api/index.ts';

/**
 * What one manager has applied to an object and still owns, as `metadata.managedFields` says
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management). A field that is owned and no
 * longer wanted goes away with the next apply.
 */
export interface AppliedFields {
  /** Paths from the object's root; without those in `metadata.ownerReferences`. */
  readonly paths: readonly (readonly string[])[];
  /** uids of the owner references that the manager has applied; `all`: those of every one that there is. */
  readonly owners: readonly string[] | 'all';
  /** The other manager that wrote last; empty where there is none. For people. */
  readonly lastOther: string;
}

/** Reads what one manager has applied, and makes many equal values one: nearly all scrapes of ours have the same. */
export class AppliedFieldsReader {
  readonly manager: string;
  readonly #shared = new Map<string, AppliedFields>();
  #usual: AppliedFields | undefined;

  constructor(manager: string) {
    this.manager = manager;
  }

  /** The value that was read first: most have the same. */
  get usual(): AppliedFields | undefined {
    return this.#usual;
  }

  /** What the manager has applied to an object; undefined where it has applied nothing. Equal values are one object. */
  read(object: unknown): AppliedFields | undefined {
    const metadata = field(object, 'metadata');
    const entries = field(metadata, 'managedFields');
    if (!Array.isArray(entries)) return undefined;
    const ours = entries.find(
      (entry: unknown) =>
        field(entry, 'manager') === this.manager && field(entry, 'operation') === 'Apply',
    );
    if (ours === undefined) return undefined;
    const all = pathsIn(field(ours, 'fieldsV1'), []);
    const isOwner = (path: readonly string[]): boolean =>
      path[0] === 'metadata' && path[1] === 'ownerReferences';
    const uids = [...new Set(all.filter(isOwner).flatMap(uidIn))];
    return this.#share({
      paths: all.filter((path) => !isOwner(path)),
      owners: ownsAll(uids, field(metadata, 'ownerReferences')) ? 'all' : uids,
      lastOther: lastOther(entries, this.manager),
    });
  }

  #share(fields: AppliedFields): AppliedFields {
    const key = JSON.stringify(fields);
    const earlier = this.#shared.get(key);
    if (earlier !== undefined) return earlier;
    if (this.#shared.size >= mostShared) this.#shared.clear();
    this.#shared.set(key, fields);
    this.#usual ??= fields;
    return fields;
  }
}

/** Different values remembered at most. */
const mostShared = 256;

/** Whether these are the uids of all of an object's owner references. */
function ownsAll(uids: readonly string[], references: unknown): boolean {
  if (!Array.isArray(references) || references.length !== uids.length) return false;
  return references.every((reference) => uids.some((uid) => uid === field(reference, 'uid')));
}

/** fieldsV1 as paths: `f:name` is a member, `k:{…}` an entry of a list by its keys, `.` the value itself. */
function pathsIn(fields: unknown, at: readonly string[]): (readonly string[])[] {
  if (typeof fields !== 'object' || fields === null) return [];
  return Object.keys(fields).flatMap((key) => {
    if (key === '.') return [at];
    const path = [...at, key.startsWith('f:') ? key.slice(2) : key];
    const below = pathsIn(field(fields, key), path);
    return below.length === 0 ? [path] : below;
  });
}

/** The uid in a path into `metadata.ownerReferences`, a list by uid: `k:{"uid":"…"}`. */
function uidIn(path: readonly string[]): string[] {
  const key = path[2];
  if (key === undefined || !key.startsWith('k:')) return [];
  try {
    const uid = field(JSON.parse(key.slice(2)), 'uid');
    return typeof uid === 'string' ? [uid] : [];
  } catch {
    return [];
  }
}

function lastOther(entries: readonly unknown[], manager: string): string {
  let last = { time: '', manager: '' };
  for (const entry of entries) {
    const name = field(entry, 'manager');
    const time = field(entry, 'time');
    if (typeof name !== 'string' || name === manager || field(entry, 'subresource') === 'status') {
      continue;
    }
    if (typeof time === 'string' && time >= last.time) last = { time, manager: name };
  }
  return last.manager;
}
