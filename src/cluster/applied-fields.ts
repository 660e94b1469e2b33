import { field } from './errors.ts';

/**
 * What one manager has applied to an object and still owns, as `metadata.managedFields` says
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management). A field that is owned and no
 * longer wanted goes away with the next apply.
 */
export interface AppliedFields {
  /** Paths from the object's root; without those in `metadata.ownerReferences`. */
  readonly paths: readonly (readonly string[])[];
  /** uids of the owner references that the manager has applied. */
  readonly owners: readonly string[];
  /** The other manager that wrote last; empty where there is none. For people. */
  readonly lastOther: string;
}

/** Makes many equal values one: nearly all scrapes of ours have the same fields. */
export class AppliedFieldsReader {
  readonly #manager: string;
  readonly #paths = new Map<string, AppliedFields['paths']>();

  constructor(manager: string) {
    this.#manager = manager;
  }

  /** What the manager has applied to an object; undefined where it has applied nothing. */
  read(object: unknown): AppliedFields | undefined {
    const entries = field(field(object, 'metadata'), 'managedFields');
    if (!Array.isArray(entries)) return undefined;
    const ours = entries.find(
      (entry: unknown) =>
        field(entry, 'manager') === this.#manager && field(entry, 'operation') === 'Apply',
    );
    if (ours === undefined) return undefined;
    const all = pathsIn(field(ours, 'fieldsV1'), []);
    const isOwner = (path: readonly string[]): boolean =>
      path[0] === 'metadata' && path[1] === 'ownerReferences';
    return {
      paths: this.#shared(all.filter((path) => !isOwner(path))),
      owners: [...new Set(all.filter(isOwner).flatMap(uidIn))],
      lastOther: lastOther(entries, this.#manager),
    };
  }

  #shared(paths: AppliedFields['paths']): AppliedFields['paths'] {
    const key = JSON.stringify(paths);
    const earlier = this.#paths.get(key);
    if (earlier !== undefined) return earlier;
    if (this.#paths.size >= 256) this.#paths.clear();
    this.#paths.set(key, paths);
    return paths;
  }
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
