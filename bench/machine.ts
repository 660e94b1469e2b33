import { cpus, loadavg, release, totalmem, type } from 'node:os';

/** What a figure was measured on. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** Processes that wanted to run, on average, in the minute before: above 0.2 something else was going on. */
  readonly loadBefore: number;
  readonly at: string;
}

/** Describes this machine at the beginning of a run. */
export function describeMachine(now: Date): Machine {
  const all = cpus();
  return {
    processor: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    at: now.toISOString(),
  };
}

/** The same in one line. */
export function machineText(machine: Machine): string {
  const { processor, cores, memoryGiB, system, node, loadBefore } = machine;
  return `${processor}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}, load before ${loadBefore}`;
}
