/** A number of places. Who finds none free waits, and is served in turn. */
export class Slots {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(places: number) {
    this.#free = places;
  }

  /**
   * Calls `enter` when there is a place, at once where one is free; {@link leave} gives it back.
   *
   * @returns takes the wait back; false where it was over
   */
  take(enter: () => void): () => boolean {
    if (this.#free > 0) {
      this.#free -= 1;
      enter();
      return () => false;
    }
    this.#waiting.add(enter);
    return () => this.#waiting.delete(enter);
  }

  leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
