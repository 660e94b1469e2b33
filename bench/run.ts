import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuOfChildrenIn, peakMemoryIn } from './usage.ts';

/** What one run of a program took. */
export interface Ran {
  /** Seconds from its start to its end. */
  readonly wall: number;
  /** Seconds of user and system time. */
  readonly cpu: number;
  /** Resident memory at its most, in MB, to what it grew in its last 2 ms. */
  readonly memory: number;
}

/**
 * Runs a program to its end, without output. One at a time: the kernel counts the time of all ended children together.
 *
 * @throws where it does not end well
 */
export async function ran(program: string, args: readonly string[]): Promise<Ran> {
  const before = await cpuOfChildren();
  const began = performance.now();
  const child = spawn(program, args, { stdio: 'ignore' });
  const exit = once(child, 'exit').then(([code]) => {
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}`);
    return (performance.now() - began) / 1_000;
  });
  let memory = 0;
  const watched = watchMemory(child.pid, (peak) => {
    memory = Math.max(memory, peak);
  });
  const wall = await exit;
  await watched;
  return { wall, cpu: (await cpuOfChildren()) - before, memory };
}

async function cpuOfChildren(): Promise<number> {
  return cpuOfChildrenIn(await readFile('/proc/self/stat', 'utf8'));
}

/** Tells of the peak until the process is gone. */
async function watchMemory(pid: number | undefined, tell: (peak: number) => void): Promise<void> {
  for (;;) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const peak = peakMemoryIn(status);
    if (peak === undefined) return;
    tell(peak);
    await sleep(2);
  }
}
