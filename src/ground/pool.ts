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
