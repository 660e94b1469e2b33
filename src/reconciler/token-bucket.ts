import type { Clock } from '../ground/clock.ts';

/** So many at once, and then so many in a time: the usual limit of a rate. */
export class TokenBucket {
  readonly #most: number;
  readonly #perMillisecond: number;
  readonly #clock: Pick<Clock, 'now'>;
  #tokens: number;
  #at: number;

  constructor(most: number, perMillisecond: number, clock: Pick<Clock, 'now'>) {
    this.#most = most;
    this.#perMillisecond = perMillisecond;
    this.#clock = clock;
    this.#tokens = most;
    this.#at = clock.now();
  }

  /** Tokens that are there now; below zero when some were reserved. */
  get tokens(): number {
    const now = this.#clock.now();
    this.#tokens = Math.min(this.#most, this.#tokens + (now - this.#at) * this.#perMillisecond);
    this.#at = now;
    return this.#tokens;
  }

  /** Takes a token if there is one. */
  take(): boolean {
    if (this.tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Takes a token that may not be there yet; the milliseconds until it is. At most `most` are reserved ahead. */
  reserve(): number {
    const missing = 1 - this.tokens;
    this.#tokens = Math.max(this.#tokens - 1, -this.#most);
    return missing <= 0 ? 0 : missing / this.#perMillisecond;
  }

  /** Milliseconds until {@link take} will succeed. */
  wait(): number {
    const missing = 1 - this.tokens;
    return missing <= 0 ? 0 : missing / this.#perMillisecond;
  }
}
