import type { Clock } from '../../src/ground/clock.ts';

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Lets time pass, and everything happen that is due, in order, with what follows from it. */
  advance(ms: number): Promise<void>;
  /** What is still to happen. */
  readonly pending: () => number;
}

/** One that begins at zero, and at the beginning of 2026 for people. */
export function manualClock(): ManualClock {
  let time = 0;
  const timers = new Map<symbol, { readonly at: number; readonly then: () => void }>();
  const start = Date.UTC(2026, 0, 1);
  /** Promises that are due run their course. */
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    now: () => time,
    wall: () => start + time,
    after: (ms, then) => {
      const key = Symbol();
      timers.set(key, { at: time + Math.max(ms, 0), then });
      return () => timers.delete(key);
    },
    pending: () => timers.size,
    advance: async (ms) => {
      const until = time + ms;
      await settle();
      for (;;) {
        const due = [...timers].filter(([, timer]) => timer.at <= until);
        const [next] = due.sort(([, a], [, b]) => a.at - b.at);
        if (next === undefined) break;
        const [key, timer] = next;
        timers.delete(key);
        time = Math.max(time, timer.at);
        timer.then();
        await settle();
      }
      time = until;
    },
  };
}
