/** Time as a parameter, so that a test can be the one who says what time it is. */
export interface Clock {
  /** Milliseconds that only grow, from any start: for durations. */
  now(): number;
  /** Milliseconds since 1970, as the machine believes: for what others read. */
  wall(): number;
  /** Calls `then` once after `ms` milliseconds; the answer takes that back. It does not keep the process alive. */
  after(ms: number, then: () => void): () => void;
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Waits `ms` milliseconds, or less when `signal` is aborted meanwhile. Never rejects. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
