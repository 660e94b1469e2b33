import { readdir, readFile, readlink } from 'node:fs/promises';

/** Time that a process has spent on a core, and the memory that it holds. */
export interface Usage {
  /** Seconds of user and system time since its start, by all its threads. */
  readonly cpu: number;
  /** Resident memory, in MB (10^6 bytes). */
  readonly memory: number;
}

/** Clock ticks a second in /proc/<pid>/stat: USER_HZ, 100 on every Linux of today (proc(5), time(7)). */
const ticks = 100;

/** Reads what a process has used so far, by Linux' /proc. */
export async function usageOf(pid: number): Promise<Usage> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ]);
  return { cpu: cpuIn(stat), memory: memoryIn(status) };
}

/** The sum for several processes, such as a controller and its child. */
export async function usageOfAll(pids: readonly number[]): Promise<Usage> {
  const all = await Promise.all(pids.map(usageOf));
  return all.reduce((sum, one) => ({ cpu: sum.cpu + one.cpu, memory: sum.memory + one.memory }), {
    cpu: 0,
    memory: 0,
  });
}

/** Connections that a process holds open; its sockets, in other words. */
export async function socketsOf(pid: number): Promise<number> {
  const entries = await readdir(`/proc/${pid}/fd`);
  const links = await Promise.all(
    entries.map((entry) => readlink(`/proc/${pid}/fd/${entry}`).catch(() => '')),
  );
  return links.filter((link) => link.startsWith('socket:')).length;
}

/** User and system time, fields 14 and 15; the name before them may hold spaces and parentheses (proc_pid_stat(5)). */
function cpuIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticks;
}

/** The time of a process's children that have ended, fields 16 and 17. */
export function cpuOfChildrenIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / ticks;
}

/** The most memory that a process has held, in MB; undefined where it has ended. */
export function peakMemoryIn(status: string): number | undefined {
  const peak = /^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1];
  return peak === undefined ? undefined : (Number(peak) * 1_024) / 1e6;
}

function memoryIn(status: string): number {
  return (Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1_024) / 1e6;
}
