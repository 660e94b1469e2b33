import type { NamespacedName } from '../kubernetes/index.ts';
import { type Labels, labelOf, namespacedName, partsOf } from '../kubernetes/index.ts';
import type { WantedScrape } from '../planning/index.ts';

interface Wish {
  /** Of the scrape. */
  readonly name: string;
  readonly component: string;
  /** Its selector. */
  readonly labels: Labels;
  /** The value of the selector that the wish is kept by. */
  readonly bucket: string;
}

/** A namespace: there can be many thousand Services, so that strings that others hold anyway are the keys. */
interface Space {
  readonly wishes: Map<string, Wish>;
  /** By the scrape's name: the Service. */
  readonly claimants: Map<string, string>;
  /** By one value of the selector: the Service, or the Services, with it in theirs. */
  readonly buckets: Map<string, string | Set<string>>;
}

/** Where selectors without any pair are: they select everything. No label has this value. */
const everything = '*';

/**
 * Which Services want a scrape, of which name and with which selector, as they were last planned: so that no two want
 * one name, and so that a Service whose labels come or go reaches those whose scrape must name itself more, or less,
 * narrowly because of it.
 */
export class Wishes {
  readonly #spaces = new Map<string, Space>();

  /** What a Service wants from now on; undefined: nothing. */
  set(service: NamespacedName, wanted: WantedScrape | undefined): void {
    const { namespace, name: called } = partsOf(service);
    this.#forget(namespace, called);
    if (wanted === undefined) return;
    // The Service's own string: a part of the key would hold on to all of that.
    const name = wanted.service;
    const space = this.#spaces.get(namespace) ?? emptySpace();
    this.#spaces.set(namespace, space);
    const labels = wanted.manifest.spec.selector.matchLabels ?? {};
    const bucket = smallestBucket(space, labels);
    space.wishes.set(name, { name: wanted.name, component: wanted.component, labels, bucket });
    space.claimants.set(wanted.name, name);
    const members = space.buckets.get(bucket);
    if (members === undefined) space.buckets.set(bucket, name);
    else if (typeof members === 'string') space.buckets.set(bucket, new Set([members, name]));
    else members.add(name);
  }

  /** The Service that wants a scrape of this name. */
  claimant(namespace: string, name: string): NamespacedName | undefined {
    const service = this.#spaces.get(namespace)?.claimants.get(name);
    return service === undefined ? undefined : namespacedName(namespace, service);
  }

  /** The component that the scrape reads that a Service wants; empty where it wants none. */
  componentOf(service: NamespacedName): string {
    const { namespace, name } = partsOf(service);
    return this.#spaces.get(namespace)?.wishes.get(name)?.component ?? '';
  }

  /** The Services whose scrape's selector selects an object with these labels. */
  selecting(namespace: string, labels: Labels): NamespacedName[] {
    const space = this.#spaces.get(namespace);
    if (space === undefined) return [];
    // Two labels of one value are one bucket.
    const buckets = new Set([everything, ...Object.values(labels)]);
    return [...buckets].flatMap((bucket) =>
      membersOf(space, bucket).flatMap((service) => {
        const wish = space.wishes.get(service);
        const selects = wish !== undefined && isWithin(wish.labels, labels);
        return selects ? [namespacedName(namespace, service)] : [];
      }),
    );
  }

  #forget(namespace: string, service: string): void {
    const space = this.#spaces.get(namespace);
    const wish = space?.wishes.get(service);
    if (space === undefined || wish === undefined) return;
    space.wishes.delete(service);
    if (space.claimants.get(wish.name) === service) space.claimants.delete(wish.name);
    const members = space.buckets.get(wish.bucket);
    if (typeof members === 'string' || members?.size === 1) space.buckets.delete(wish.bucket);
    else members?.delete(service);
    if (space.wishes.size === 0) this.#spaces.delete(namespace);
  }
}

function emptySpace(): Space {
  return { wishes: new Map(), claimants: new Map(), buckets: new Map() };
}

function membersOf(space: Space, bucket: string): readonly string[] {
  const members = space.buckets.get(bucket);
  if (members === undefined) return [];
  return typeof members === 'string' ? [members] : [...members];
}

/** Any value of a selector will do to find it by; that with the fewest others is the quickest. */
function smallestBucket(space: Space, labels: Labels): string {
  let best = everything;
  let least = Number.POSITIVE_INFINITY;
  for (const value of Object.values(labels)) {
    const members = space.buckets.get(value);
    const size = members === undefined ? 0 : typeof members === 'string' ? 1 : members.size;
    if (size < least) {
      best = value;
      least = size;
    }
  }
  return best;
}

function isWithin(selector: Labels, labels: Labels): boolean {
  return Object.keys(selector).every((key) => labelOf(labels, key) === labelOf(selector, key));
}
