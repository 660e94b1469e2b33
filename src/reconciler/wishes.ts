import { type Labels, labelOf } from '../kubernetes/index.ts';
import type { WantedScrape } from '../scrape/index.ts';
import { keyOf } from './key.ts';

interface Wish {
  readonly namespace: string;
  readonly name: string;
  readonly component: string;
  readonly labels: Labels;
  /** The bucket that the wish is in. */
  readonly bucket: string;
}

/**
 * Which Services want a scrape, of which name and with which selector, as they were last planned: so that no two want
 * one name, and so that a Service whose labels come or go reaches those whose scrape must name itself more, or less,
 * narrowly because of it.
 */
export class Wishes {
  readonly #byService = new Map<string, Wish>();
  readonly #byName = new Map<string, string>();
  /** By namespace and one pair of the selector: the Services with that pair in theirs. */
  readonly #buckets = new Map<string, Set<string>>();

  /** What a Service wants from now on; undefined: nothing. */
  set(service: string, wanted: WantedScrape | undefined): void {
    this.#forget(service);
    if (wanted === undefined) return;
    const { namespace, name, component } = wanted;
    const labels = wanted.manifest.spec.selector.matchLabels ?? {};
    const bucket = this.#smallestBucket(namespace, labels);
    this.#byService.set(service, { namespace, name, component, labels, bucket });
    this.#byName.set(keyOf(namespace, name), service);
    const members = this.#buckets.get(bucket);
    if (members === undefined) this.#buckets.set(bucket, new Set([service]));
    else members.add(service);
  }

  /** The Service that wants a scrape of this name. */
  claimant(namespace: string, name: string): string | undefined {
    return this.#byName.get(keyOf(namespace, name));
  }

  /** The component that the scrape reads that a Service wants; empty where it wants none. */
  componentOf(service: string): string {
    const wish = this.#byService.get(service);
    return wish === undefined ? '' : wish.component;
  }

  /** The Services whose scrape's selector selects an object with these labels. */
  selecting(namespace: string, labels: Labels): string[] {
    const buckets = [
      bucketOf(namespace, undefined, ''),
      ...Object.entries(labels).map(([key, value]) => bucketOf(namespace, key, value)),
    ];
    return buckets.flatMap((bucket) =>
      [...(this.#buckets.get(bucket) ?? [])].filter((service) => {
        const wish = this.#byService.get(service);
        return wish !== undefined && isWithin(wish.labels, labels);
      }),
    );
  }

  /** The Services of a namespace that want a scrape. */
  *within(namespace: string): Iterable<string> {
    for (const [service, wish] of this.#byService) if (wish.namespace === namespace) yield service;
  }

  #forget(service: string): void {
    const wish = this.#byService.get(service);
    if (wish === undefined) return;
    this.#byService.delete(service);
    const name = keyOf(wish.namespace, wish.name);
    if (this.#byName.get(name) === service) this.#byName.delete(name);
    const members = this.#buckets.get(wish.bucket);
    members?.delete(service);
    if (members?.size === 0) this.#buckets.delete(wish.bucket);
  }

  /** Any pair of a selector will do to find it by; that with the fewest others is the quickest. */
  #smallestBucket(namespace: string, labels: Labels): string {
    let best = bucketOf(namespace, undefined, '');
    let least = Number.POSITIVE_INFINITY;
    for (const [key, value] of Object.entries(labels)) {
      const bucket = bucketOf(namespace, key, value);
      const size = this.#buckets.get(bucket)?.size ?? 0;
      if (size < least) {
        best = bucket;
        least = size;
      }
    }
    return best;
  }
}

/** An absent key: the bucket of selectors without any pair, which select everything. */
function bucketOf(namespace: string, key: string | undefined, value: string): string {
  return key === undefined ? namespace : `${namespace}/${key}=${value}`;
}

function isWithin(selector: Labels, labels: Labels): boolean {
  return Object.keys(selector).every((key) => labelOf(labels, key) === labelOf(selector, key));
}
