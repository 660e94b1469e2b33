import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Whether a process runs. One that is dead and that nobody has asked for its exit code yet does not:
 * orphans may wait for that as long as the machine's first process pleases.
 */
export function isAlive(pid: number): boolean {
  try {
    const state = execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
    return !state.startsWith('Z');
  } catch {
    // ps fails when there is no such process.
    return false;
  }
}

/**
 * Waits until something is so, for less time than Jest gives a test: one that Jest has given up would
 * otherwise go on asking for ever, and slow down all that come after it.
 */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 55_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('after 55 s it is still not so');
    await sleep(25);
  }
}
