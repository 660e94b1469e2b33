/** Objects by namespace and name, in the order in which they came. */
export class Table<T> {
  readonly #namespaces = new Map<string, Map<string, T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(namespace: string, name: string): T | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  set(namespace: string, name: string, item: T): void {
    let names = this.#namespaces.get(namespace);
    if (names === undefined) {
      names = new Map();
      this.#namespaces.set(namespace, names);
    }
    if (!names.has(name)) this.#size += 1;
    names.set(name, item);
  }

  /** False where there was none. */
  delete(namespace: string, name: string): boolean {
    const names = this.#namespaces.get(namespace);
    if (names === undefined || !names.delete(name)) return false;
    this.#size -= 1;
    if (names.size === 0) this.#namespaces.delete(namespace);
    return true;
  }

  clear(): void {
    this.#namespaces.clear();
    this.#size = 0;
  }

  /** How many there are in a namespace, or in all. */
  count(namespace?: string): number {
    if (namespace === undefined) return this.#size;
    return this.#namespaces.get(namespace)?.size ?? 0;
  }

  *values(namespace?: string): Generator<T> {
    if (namespace === undefined) {
      for (const names of this.#namespaces.values()) yield* names.values();
    } else {
      const names = this.#namespaces.get(namespace);
      if (names !== undefined) yield* names.values();
    }
  }
}
