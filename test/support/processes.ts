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

/** Waits until something is so; Jest's own limit ends the test when it never is. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(25);
}
