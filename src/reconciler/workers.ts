import { Background } from '../ground/background.ts';
import type { Clock } from '../ground/clock.ts';
import type { ReconcileResult, ReconcilerInstruments } from './instruments.ts';
import type { KeyedQueue } from './queue.ts';

export interface WorkersOptions<Key extends string> {
  readonly queue: KeyedQueue<Key>;
  readonly clock: Clock;
  /** In whose time keys are worked on; one of its own if not said. */
  readonly background?: Background;
  readonly instruments: ReconcilerInstruments;
  /** How many keys may wait for the API server at once, asked before each one. */
  readonly concurrency: () => number;
  /** A promise only where the API server has to be waited for. */
  readonly work: (key: Key) => ReconcileResult | Promise<ReconcileResult>;
  /** The component of a key that was worked on, where the instruments are to know it. */
  readonly componentOf?: (key: Key) => string;
  /** An exception of `work`, which is a mistake of ours: the key is tried again, later and later. */
  readonly crashed: (key: Key, error: unknown) => void;
}

/** Takes keys from a queue, so many at a time, and leaves the event loop to others in between. */
export class Workers<Key extends string = string> {
  readonly #options: WorkersOptions<Key>;
  readonly #background: Background;
  #active = 0;
  #woken = false;
  /** Whether the background's time was over before the work was: it goes on in a coming turn. */
  #cut = false;
  #whenIdle: (() => void)[] = [];

  constructor(options: WorkersOptions<Key>) {
    this.#options = options;
    this.#background = options.background ?? new Background(options.clock);
  }

  /** There may be something to take. */
  wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    queueMicrotask(() => {
      this.#woken = false;
      this.#takeSome();
    });
  }

  /** Resolves when no key is being worked on. */
  idle(): Promise<void> {
    if (this.#active === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  #takeSome(): void {
    const { concurrency, queue } = this.#options;
    while (this.#active < concurrency() && queue.depth > 0) {
      if (!this.#hasTime()) return;
      const taken = queue.take();
      if (taken === undefined) return;
      this.#options.instruments.waited(taken.waited / 1000);
      this.#workOn(taken.key);
    }
  }

  /** Whether there is time left in this turn; where there is none, a coming one goes on. */
  #hasTime(): boolean {
    if (this.#background.hasTime()) return true;
    if (!this.#cut) {
      this.#cut = true;
      this.#background.next(() => {
        this.#cut = false;
        this.#takeSome();
      });
    }
    return false;
  }

  #workOn(key: Key): void {
    const { clock, work } = this.#options;
    const began = clock.now();
    let result: ReconcileResult | Promise<ReconcileResult>;
    try {
      result = work(key);
    } catch (error) {
      this.#crash(key, error, began);
      return;
    }
    if (typeof result === 'string') {
      this.#finish(key, result, began);
      return;
    }
    this.#active += 1;
    result
      .then(
        (outcome) => this.#finish(key, outcome, began),
        (error) => this.#crash(key, error, began),
      )
      .finally(() => {
        this.#active -= 1;
        this.wake();
        if (this.#active > 0) return;
        for (const resolve of this.#whenIdle) resolve();
        this.#whenIdle = [];
      });
  }

  #crash(key: Key, error: unknown, began: number): void {
    this.#options.crashed(key, error);
    this.#options.queue.retry(key);
    this.#finish(key, 'failed', began);
  }

  #finish(key: Key, result: ReconcileResult, began: number): void {
    const { clock, componentOf = () => '', instruments, queue } = this.#options;
    instruments.reconciled(result, (clock.now() - began) / 1000, componentOf(key));
    if (result !== 'failed') queue.forget(key);
    queue.done(key);
  }
}
