/**
 * Lets something be said once in `interval` milliseconds for each key, with how often it was not said meanwhile: what
 * anyone who reaches a port can cause must not fill the log.
 *
 * @param now in milliseconds
 */
export function rarely(interval: number, now: () => number) {
  const told = new Map<string, { at: number; untold: number }>();
  return function say(key: string, speak: (untold: number) => void): void {
    const last = told.get(key);
    const at = now();
    if (last !== undefined && at - last.at < interval) {
      last.untold++;
      return;
    }
    if (last === undefined && told.size >= mostKeys) return;
    told.set(key, { at, untold: 0 });
    speak(last?.untold ?? 0);
  };
}

const mostKeys = 256;
