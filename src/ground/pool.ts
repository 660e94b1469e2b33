/**
 * Keeps one of each of what many objects repeat: label values, port lists, pod shapes. It holds the `capacity` or
 * more that were used last, and forgets the others: then equal ones are stored twice, and nothing else is lost.
 */
export class Pool<T> {
  readonly #capacity: number;
  #young = new Map<string, T>();
  #old = new Map<string, T>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The one that was kept under `key`, else `item`, which is kept from now on. */
  share(key: string, item: T): T {
    return this.get(key, () => item);
  }

  /** The one that was kept under `key`, else the one that `make` gives, which is kept from now on. */
  get(key: string, make: () => T): T {
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
