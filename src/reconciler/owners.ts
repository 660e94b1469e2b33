import {
  type ApiResult,
  type Client,
  type DiscoveredResource,
  field,
  isGone,
  isGroupAbsent,
  isNotFound,
} from '../cluster/api/index.ts';
import type { Clock } from '../ground/clock.ts';
import { groupOf } from '../kubernetes/index.ts';

/** An owner reference, as far as it says who is meant. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** What is found of an owner: it can own our scrapes, it can't, or nobody could say. */
export type Fitness = 'fit' | 'unfit' | 'unknown';

/** Owners remembered at most, each by its uid. */
const most = 10_000;
/** A kind that was not there is looked for again after so many milliseconds. */
const kindLife = 60_000;

/**
 * Which owners our scrapes may have. One that is gone, or is another object by now, makes the garbage collector remove
 * the scrape at once, and the reconciler would make it again, for ever; one of a kind that the API server does not know
 * is never collected at all; a cluster-scoped one outlives the namespace's own
 * (https://kubernetes.io/docs/concepts/architecture/garbage-collection/#owners-dependents).
 *
 * Nothing is asked in the usual case but, once for each kind, whether it is namespaced. An owner is looked at when a
 * scrape that it owned has vanished, and when a scrape would change to it from another owner.
 */
export class Owners {
  readonly #client: Client;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #unfit = new Set<string>();
  /** How often scrapes of an owner have vanished since it was last seen. */
  readonly #suspects = new Map<string, number>();
  readonly #kinds = new Map<
    string,
    { readonly at: number; readonly resource: DiscoveredResource | undefined }
  >();

  constructor(client: Client, clock: Pick<Clock, 'now'>) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Whether the owner was found to be unfit: what it would own gets the Service as owner. */
  isGone(uid: string): boolean {
    return this.#unfit.has(uid);
  }

  /** A scrape with this owner has vanished, and it was not we who removed it. */
  suspect(uid: string): void {
    if (this.#suspects.size >= most) this.#suspects.clear();
    this.#suspects.set(uid, (this.#suspects.get(uid) ?? 0) + 1);
  }

  /**
   * Whether an owner must be looked at before a scrape is applied with it.
   *
   * @param changes the stored scrape has another owner
   */
  needsLook(owner: OwnerReference, changes: boolean): boolean {
    if (isService(owner)) return false;
    const kind = this.#kinds.get(kindKey(owner));
    return changes || this.#suspects.has(owner.uid) || kind === undefined || this.#isStale(kind);
  }

  /** Looks whether an owner is fit for a scrape in a namespace. */
  async look(owner: OwnerReference, namespace: string, changes: boolean): Promise<Fitness> {
    const resource = await this.#resourceOf(owner);
    if (!resource.ok) return this.#unsure(owner);
    if (resource.value === undefined || !resource.value.namespaced) return this.#reject(owner);
    if (!changes && !this.#suspects.has(owner.uid)) return 'fit';
    const { group, version } = groupVersionOf(owner);
    const { plural } = resource.value;
    const found = await this.#client.get({ group, version, plural }, namespace, owner.name, {
      metadataOnly: true,
    });
    if (!found.ok) {
      return isGone(found.error, owner.name) ? this.#reject(owner) : this.#unsure(owner);
    }
    const uid = field(field(found.value, 'metadata'), 'uid');
    if (typeof uid !== 'string') return this.#unsure(owner);
    if (uid !== owner.uid) return this.#reject(owner);
    this.#suspects.delete(owner.uid);
    return 'fit';
  }

  async #resourceOf(owner: OwnerReference): Promise<ApiResult<DiscoveredResource | undefined>> {
    const key = kindKey(owner);
    const known = this.#kinds.get(key);
    if (known !== undefined && !this.#isStale(known)) return { ok: true, value: known.resource };
    const { group, version } = groupVersionOf(owner);
    const found = await this.#client.discover(group, version);
    // A 404 may be anybody's: the kind is unknown where the list of groups says so too.
    const absent =
      !found.ok && isNotFound(found.error) && (await isGroupAbsent(this.#client, group, version));
    if (!found.ok && !absent) return found;
    const all = found.ok ? found.value : [];
    const resource = all.find(({ kind }) => kind === owner.kind);
    if (this.#kinds.size >= most) this.#kinds.clear();
    this.#kinds.set(key, { at: this.#clock.now(), resource });
    return { ok: true, value: resource };
  }

  #isStale({ at, resource }: { readonly at: number; readonly resource: unknown }): boolean {
    return resource === undefined && this.#clock.now() - at > kindLife;
  }

  #reject(owner: OwnerReference): Fitness {
    if (this.#unfit.size >= most) this.#unfit.clear();
    this.#unfit.add(owner.uid);
    this.#suspects.delete(owner.uid);
    return 'unfit';
  }

  /** We may not look, or could not: an owner whose scrape has vanished twice is not tried a third time. */
  #unsure(owner: OwnerReference): Fitness {
    return (this.#suspects.get(owner.uid) ?? 0) > 1 ? this.#reject(owner) : 'unknown';
  }
}

function isService(owner: OwnerReference): boolean {
  return owner.apiVersion === 'v1' && owner.kind === 'Service';
}

function kindKey({ apiVersion, kind }: OwnerReference): string {
  return `${apiVersion} ${kind}`;
}

function groupVersionOf({ apiVersion }: OwnerReference): {
  readonly group: string;
  readonly version: string;
} {
  const group = groupOf(apiVersion);
  return { group, version: group === '' ? apiVersion : apiVersion.slice(group.length + 1) };
}
