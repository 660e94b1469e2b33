import type { Clock } from '../ground/clock.ts';
import { TokenBucket } from './token-bucket.ts';

export interface DampingOptions {
  readonly clock: Clock;
  /** Writes for one Service at once. */
  readonly writes: number;
  /** Milliseconds for one more. */
  readonly every: number;
}

/** Ten writes at once are more than any sane life of a Service has; one in half a minute is what a mad one costs. */
export const dampingDefaults = { writes: 10, every: 30_000 };

interface DampedWrites {
  readonly bucket: TokenBucket;
  /** Why it was written, the last two different reasons, the older first. */
  causes: readonly string[];
  unstable: boolean;
}

/**
 * Bounds the writes for one Service: for objects that flip between two states, are made again and again, or are edited
 * by somebody who disagrees. Who has used up the writes is unstable until it has been quiet for a while.
 */
export class Damping {
  readonly #options: DampingOptions;
  readonly #entries = new Map<string, DampedWrites>();

  constructor(options: DampingOptions) {
    this.#options = options;
  }

  /** Milliseconds until a write for the Service may go out; 0: now. The cause is remembered either way. */
  wait(key: string, cause: string): number {
    const entry = this.#entryOf(key);
    if (!entry.causes.includes(cause)) entry.causes = [...entry.causes.slice(-1), cause];
    const wait = entry.bucket.wait();
    if (wait > 0) entry.unstable = true;
    return wait;
  }

  /** A write goes out. */
  spend(key: string): void {
    this.#entryOf(key).bucket.take();
  }

  /** The reasons that contend, where the Service is unstable; undefined where it is not. */
  unstable(key: string): readonly string[] | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || !entry.unstable) return undefined;
    if (entry.bucket.tokens < this.#options.writes / 2) return entry.causes;
    entry.unstable = false;
    return undefined;
  }

  /** The Services that are unstable now. */
  all(): { readonly key: string; readonly causes: readonly string[] }[] {
    return [...this.#entries.keys()].flatMap((key) => {
      const causes = this.unstable(key);
      return causes === undefined ? [] : [{ key, causes }];
    });
  }

  /** Forgets those that have been quiet for long. */
  sweep(): void {
    for (const [key, { bucket }] of this.#entries) {
      if (bucket.tokens >= this.#options.writes) this.#entries.delete(key);
    }
  }

  #entryOf(key: string): DampedWrites {
    const found = this.#entries.get(key);
    if (found !== undefined) return found;
    const { clock, writes, every } = this.#options;
    const entry = {
      bucket: new TokenBucket(writes, 1 / every, clock),
      causes: [],
      unstable: false,
    };
    this.#entries.set(key, entry);
    return entry;
  }
}
