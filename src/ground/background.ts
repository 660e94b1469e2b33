import type { Clock } from './clock.ts';

/** How long is worked in one turn of the event loop, in milliseconds; then admission has its turn. A review takes some turns. */
const turn = 1;

/**
 * One budget of time for all that works in the background: reading watches, reconciling, counting. Each of them alone
 * would be short enough; a review that comes in between waits for all of them, and once more at every step of its
 * own. So in one turn of the event loop they work for 1 ms together.
 */
export class Background {
  readonly #clock: Clock;
  /** When the present turn's time is over; undefined before anybody has asked for some. */
  #until: number | undefined;
  #waiting: (() => void)[] = [];
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether there is time left in this turn. Asked before each piece of work, which should take far less than a turn. */
  hasTime(): boolean {
    const now = this.#clock.now();
    if (this.#until === undefined) {
      this.#until = now + turn;
      setImmediate(() => this.#next());
    }
    return now < this.#until;
  }

  /** Calls `work` in a coming turn, after those who asked before. */
  next(work: () => void): void {
    if (this.#stopped) return;
    this.#waiting.push(work);
    // Where nobody has asked for time in this turn, the next one has yet to be begun.
    this.hasTime();
  }

  /**
   * Goes through `steps`, each of which should take far less than a turn, while there is time, and on in coming turns.
   *
   * @returns what they come to, and how many milliseconds of work that was
   */
  async through<T>(
    steps: Iterator<unknown, T>,
  ): Promise<{ readonly result: T; readonly worked: number }> {
    let worked = 0;
    let began = this.#clock.now();
    for (;;) {
      const step = steps.next();
      if (step.done === true) {
        return { result: step.value, worked: worked + this.#clock.now() - began };
      }
      if (this.hasTime()) continue;
      worked += this.#clock.now() - began;
      await new Promise<void>((resolve) => this.next(resolve));
      began = this.#clock.now();
    }
  }

  /** Drops what waits, and whatever would come: what is under way stops where it lets others have a turn. */
  stop(): void {
    this.#stopped = true;
    this.#waiting = [];
  }

  #next(): void {
    this.#until = undefined;
    const due = this.#waiting;
    this.#waiting = [];
    for (const [index, work] of due.entries()) {
      if (!this.hasTime()) {
        this.#waiting.unshift(...due.slice(index));
        return;
      }
      work();
    }
  }
}
