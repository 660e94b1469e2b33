/** Something that is filed under labels: `scope` is its namespace, or the different namespaces that it looks into. */
export interface Filed {
  readonly scope: string | readonly string[];
}

/** The scope of what looks into all namespaces. No namespace has this name. */
export const everywhere = '*';

/** What is filed under one label and value: most are alone there, so that a container each would cost more than they do. */
type Posting<T extends Filed> = T | T[] | Crowd<T>;

/** Above this many the ones of a namespace are found without walking past the others'. */
const crowded = 16;

/**
 * Objects by label and value, and within those by namespace. It tells how many there are before they are walked, so
 * that a query of several labels can start with the rarest.
 */
export class Postings<T extends Filed> {
  readonly #labels = new Map<string, Map<string, Posting<T>>>();

  add(label: string, value: string, item: T): void {
    let values = this.#labels.get(label);
    if (values === undefined) {
      values = new Map();
      this.#labels.set(label, values);
    }
    const posting = values.get(value);
    if (posting === undefined) values.set(value, item);
    else if (posting instanceof Crowd) posting.add(item);
    else if (!Array.isArray(posting)) values.set(value, [posting, item]);
    // A new array of the exact size: one that grows by push keeps room for 16 more.
    else if (posting.length < crowded) values.set(value, [...posting, item]);
    else values.set(value, Crowd.of(posting, item));
  }

  remove(label: string, value: string, item: T): void {
    const values = this.#labels.get(label);
    const posting = values?.get(value);
    if (values === undefined || posting === undefined) return;
    if (posting instanceof Crowd) {
      posting.remove(item);
      if (posting.size > 0) return;
    } else if (Array.isArray(posting)) {
      const index = posting.indexOf(item);
      if (index >= 0) posting.splice(index, 1);
      if (posting.length > 0) return;
    } else if (posting !== item) {
      return;
    }
    values.delete(value);
    if (values.size === 0) this.#labels.delete(label);
  }

  clear(): void {
    this.#labels.clear();
  }

  /** How many there are under a label and value, of a namespace or of all; at most so many where they are few. */
  count(label: string, value: string, namespace?: string): number {
    const posting = this.#labels.get(label)?.get(value);
    if (posting === undefined) return 0;
    if (posting instanceof Crowd) return posting.count(namespace);
    return Array.isArray(posting) ? posting.length : 1;
  }

  /** Those under a label and value, of a namespace (with what looks everywhere) or of all (once for each of its scopes). */
  *at(label: string, value: string, namespace?: string): Generator<T> {
    const posting = this.#labels.get(label)?.get(value);
    if (posting === undefined) return;
    if (posting instanceof Crowd) {
      yield* posting.of(namespace);
    } else if (Array.isArray(posting)) {
      for (const item of posting) if (isWithin(item, namespace)) yield item;
    } else if (isWithin(posting, namespace)) {
      yield posting;
    }
  }

  /** The values under a label, in all namespaces. */
  values(label: string): IterableIterator<string> {
    const values = this.#labels.get(label);
    return values === undefined ? new Map<string, never>().keys() : values.keys();
  }

  /** How many different values there are under a label. */
  countValues(label: string): number {
    return this.#labels.get(label)?.size ?? 0;
  }
}

function isWithin(item: Filed, namespace: string | undefined): boolean {
  const { scope } = item;
  if (namespace === undefined) return true;
  if (typeof scope === 'string') return scope === namespace || scope === everywhere;
  return scope.includes(namespace);
}

/** Many under one label and value, by namespace. */
class Crowd<T extends Filed> {
  readonly #byNamespace = new Map<string, Set<T>>();
  size = 0;

  static of<T extends Filed>(items: readonly T[], last: T): Crowd<T> {
    const crowd = new Crowd<T>();
    for (const item of items) crowd.add(item);
    crowd.add(last);
    return crowd;
  }

  add(item: T): void {
    for (const namespace of scopesOf(item)) {
      const items = this.#byNamespace.get(namespace);
      if (items === undefined) this.#byNamespace.set(namespace, new Set([item]));
      else items.add(item);
    }
    this.size += 1;
  }

  remove(item: T): void {
    let found = false;
    for (const namespace of scopesOf(item)) {
      const items = this.#byNamespace.get(namespace);
      if (items === undefined) continue;
      found = items.delete(item) || found;
      if (items.size === 0) this.#byNamespace.delete(namespace);
    }
    if (found) this.size -= 1;
  }

  count(namespace: string | undefined): number {
    if (namespace === undefined) return this.size;
    return (
      (this.#byNamespace.get(namespace)?.size ?? 0) + (this.#byNamespace.get(everywhere)?.size ?? 0)
    );
  }

  *of(namespace: string | undefined): Generator<T> {
    if (namespace === undefined) {
      for (const items of this.#byNamespace.values()) yield* items;
      return;
    }
    for (const scope of [namespace, everywhere]) {
      const items = this.#byNamespace.get(scope);
      if (items !== undefined) yield* items;
    }
  }
}

function scopesOf(item: Filed): readonly string[] {
  return typeof item.scope === 'string' ? [item.scope] : item.scope;
}
