import { setTimeout as sleep } from 'node:timers/promises';

/** Everything that is waited for here comes within seconds; then it is not coming, in milliseconds. */
const patience = 60_000;

/**
 * Waits until `probe` gives something.
 *
 * @param what is waited for, for the error that says that it did not come within a minute
 */
export async function waitFor<Found>(
  what: string,
  probe: () => Promise<Found | undefined>,
): Promise<Found> {
  for (const deadline = performance.now() + patience; ; ) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${patience / 1_000} s`);
    await sleep(20);
  }
}

/** Waits until something is so. */
export async function waitUntil(what: string, probe: () => Promise<boolean>): Promise<void> {
  await waitFor(what, async () => (await probe()) || undefined);
}
