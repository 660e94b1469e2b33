/** What the server is busy with, counted, and whether it is on its way out. */
export class Traffic {
  /** Requests that have come and are not answered yet. */
  inFlight = 0;
  /** Bytes of request bodies that are held in memory. */
  buffered = 0;
  /** Told to stop: not ready any more, and every answer closes its connection. */
  draining = false;
  #idle: (() => void)[] = [];

  /** A request has come. */
  begin(): void {
    this.inFlight++;
  }

  /** A request is answered, or its caller is gone. */
  end(): void {
    this.inFlight--;
    if (this.inFlight > 0) return;
    const waiting = this.#idle;
    this.#idle = [];
    for (const wake of waiting) wake();
  }

  /** Resolves once no request is under way. */
  idle(): Promise<void> {
    if (this.inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }
}
