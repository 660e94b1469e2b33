import type { Labels } from '../../kubernetes/index.ts';

/**
 * Keeps one of each of what many objects repeat: label values, port lists, pod shapes. It holds the `capacity` or
 * more that were used last, and forgets the others: then equal ones are stored twice, and nothing else is lost.
 */
export class Pool<T, K = string> {
  readonly #capacity: number;
  #young = new Map<K, T>();
  #old = new Map<K, T>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The one that was kept under `key`, else `item`, which is kept from now on. */
  share(key: K, item: T): T {
    return this.get(key, () => item);
  }

  /** The one that was kept under `key`, else the one that `make` gives, which is kept from now on. */
  get(key: K, make: () => T): T {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const kept = this.#old.get(key) ?? make();
    if (this.#young.size >= this.#capacity) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, kept);
    return kept;
  }
}

/** Labels with the same entries in the same order, and `text` applied to each value. */
export function mapLabels(labels: Labels, text: (value: string) => string): Labels {
  const copy: Record<string, string> = {};
  for (const [key, value] of Object.entries(labels)) {
    // Plain assignment would take the key for the object's prototype.
    if (key === '__proto__') {
      Object.defineProperty(copy, key, {
        value: text(value),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    } else {
      copy[key] = text(value);
    }
  }
  return copy;
}

/** Whether two sets of labels have the same entries. */
export function sameLabels(one: Labels, other: Labels): boolean {
  if (one === other) return true;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every((key) => Object.hasOwn(other, key) && one[key] === other[key]);
}
