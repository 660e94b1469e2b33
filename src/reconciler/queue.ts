import { backoff } from '../ground/backoff.ts';
import type { Clock } from '../ground/clock.ts';
import { TokenBucket } from './token-bucket.ts';

/** `live` keys are those of something that has just changed; `later` ones may wait: start, resync, another configuration. */
export type Lane = 'live' | 'later';

export interface QueueOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Called when a key can be taken. */
  readonly ready: () => void;
  /** Keys waiting at most, in both lanes and delayed; what comes beyond is refused. */
  readonly most: number;
  /** Milliseconds: the wait after a first failure, and the longest. */
  readonly firstRetry: number;
  readonly mostRetry: number;
  /** Retries of all keys together: so many a second, after so many at once. client-go's queues allow 10 and 100. */
  readonly retriesPerSecond: number;
  readonly retriesAtOnce: number;
}

/** What a queue has been given, as running numbers. */
export interface QueueCounts {
  /** Keys that were put into a lane. */
  readonly adds: number;
  /** Keys that came again while they waited. */
  readonly duplicates: number;
  readonly retries: number;
  /** Keys that were refused because the queue was full. */
  readonly refused: number;
}

/** A key that was taken. */
export interface Taken<Key extends string> {
  readonly key: Key;
  /** Milliseconds that it waited, without the delay that was asked for. */
  readonly waited: number;
}

/**
 * A queue of keys. A key waits once, however often it is added, and is with one worker at a time: added again while a
 * worker has it, it waits for `done`. A delay of a key ends early when the key is added meanwhile.
 */
export class KeyedQueue<Key extends string = string> {
  readonly #options: QueueOptions;
  readonly #lanes: Readonly<Record<Lane, Set<Key>>> = {
    live: new Set(),
    later: new Set(),
  };
  readonly #since = new Map<Key, number>();
  readonly #delayed = new Map<Key, { readonly at: number; readonly cancel: () => void }>();
  /** Keys that workers have; the lane is where a key goes that was added meanwhile. */
  readonly #taken = new Map<Key, Lane | undefined>();
  readonly #failures = new Map<Key, number>();
  readonly #bucket: TokenBucket;
  #adds = 0;
  #duplicates = 0;
  #retries = 0;
  #refused = 0;
  #closed = false;

  constructor(options: QueueOptions) {
    this.#options = options;
    const { clock, retriesAtOnce, retriesPerSecond } = options;
    this.#bucket = new TokenBucket(retriesAtOnce, retriesPerSecond / 1000, clock);
  }

  /** Keys that wait, without those that are delayed. */
  get depth(): number {
    return this.#lanes.live.size + this.#lanes.later.size;
  }

  /** Of them those that wait behind all others. */
  get later(): number {
    return this.#lanes.later.size;
  }

  get delayed(): number {
    return this.#delayed.size;
  }

  /** Keys that workers have. */
  get taken(): number {
    return this.#taken.size;
  }

  get counts(): QueueCounts {
    return {
      adds: this.#adds,
      duplicates: this.#duplicates,
      retries: this.#retries,
      refused: this.#refused,
    };
  }

  /** Adds a key; false when the queue is full. */
  add(key: Key, lane: Lane): boolean {
    if (this.#closed) return false;
    if (this.#taken.has(key)) {
      if (this.#taken.get(key) !== 'live') this.#taken.set(key, lane);
      return true;
    }
    this.#undelay(key);
    if (this.#lanes.live.has(key) || (lane === 'later' && this.#lanes.later.has(key))) {
      this.#duplicates += 1;
      return true;
    }
    if (this.#lanes.later.delete(key)) this.#duplicates += 1;
    else if (this.#isFull()) return false;
    else {
      this.#adds += 1;
      this.#since.set(key, this.#options.clock.now());
    }
    this.#lanes[lane].add(key);
    this.#options.ready();
    return true;
  }

  /** Adds a key after `ms` milliseconds, unless it is delayed for a shorter time already, waits or is taken and added again. */
  addAfter(key: Key, ms: number): void {
    const { clock } = this.#options;
    if (this.#closed || this.#lanes.live.has(key) || this.#lanes.later.has(key)) return;
    if (this.#taken.get(key) !== undefined) return;
    const at = clock.now() + ms;
    const earlier = this.#delayed.get(key);
    if (earlier !== undefined && earlier.at <= at) return;
    if (earlier === undefined && this.#isFull()) return;
    earlier?.cancel();
    const cancel = clock.after(ms, () => {
      this.#delayed.delete(key);
      this.add(key, 'live');
    });
    this.#delayed.set(key, { at, cancel });
  }

  /**
   * Adds a key after a failure: later each time, and no faster than the limit of all retries together.
   *
   * @param atLeast milliseconds that were asked for, as by `Retry-After`
   */
  retry(key: Key, atLeast = 0): void {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    this.#retries += 1;
    const { random, firstRetry, mostRetry } = this.#options;
    const own = backoff(failures, { first: firstRetry, most: mostRetry }, random);
    this.addAfter(key, Math.max(own, this.#bucket.reserve(), atLeast));
  }

  /** The key came to its end: the next failure counts as its first. */
  forget(key: Key): void {
    this.#failures.delete(key);
  }

  /** How often in a row a key has failed. */
  failures(key: Key): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, live ones first; undefined when none waits. Its worker calls {@link done}. */
  take(): Taken<Key> | undefined {
    for (const lane of [this.#lanes.live, this.#lanes.later]) {
      for (const key of lane) {
        lane.delete(key);
        const now = this.#options.clock.now();
        const waited = now - (this.#since.get(key) ?? now);
        this.#since.delete(key);
        this.#taken.set(key, undefined);
        return { key, waited };
      }
    }
    return undefined;
  }

  /** The worker is done with the key; it waits again when it was added meanwhile. */
  done(key: Key): void {
    const again = this.#taken.get(key);
    this.#taken.delete(key);
    if (again !== undefined) this.add(key, again);
  }

  /** Takes no more keys and forgets those that wait. */
  close(): void {
    this.#closed = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    this.#lanes.live.clear();
    this.#lanes.later.clear();
    this.#since.clear();
  }

  #undelay(key: Key): void {
    const delayed = this.#delayed.get(key);
    if (delayed === undefined) return;
    delayed.cancel();
    this.#delayed.delete(key);
  }

  #isFull(): boolean {
    const full = this.depth + this.#delayed.size >= this.#options.most;
    if (full) this.#refused += 1;
    return full;
  }
}
