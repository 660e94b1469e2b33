import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Which cores the measured program has, and which are for all that is around it. */
export interface Cores {
  /** A list as taskset takes it; undefined where programs can't be bound to cores. */
  readonly server: string | undefined;
  readonly others: string | undefined;
}

const run = promisify(execFile);

/**
 * The first core for the program that is measured, the rest for the load generator, API server and etcd. Without
 * `taskset` or a second core nothing is bound.
 */
export async function chooseCores(): Promise<Cores> {
  const [first, ...rest] = await allowedCores();
  const bound = await run('taskset', ['--version']).then(
    () => true,
    () => false,
  );
  if (!bound || first === undefined || rest.length === 0) {
    return { server: undefined, others: undefined };
  }
  return { server: String(first), others: rest.join(',') };
}

/**
 * The same for what goes through an API server: that wants two cores for itself, etcd and the client want one more. Where
 * there are not so many, nothing is bound: on one core the API server alone would be what is measured.
 */
export function roomyCores(cores: Cores): Cores {
  return (cores.others ?? '').split(',').length < 3
    ? { server: undefined, others: undefined }
    : cores;
}

/** A command that runs on these cores. */
export function boundTo(
  cores: string | undefined,
  program: string,
  args: readonly string[],
): { readonly program: string; readonly args: readonly string[] } {
  if (cores === undefined) return { program, args };
  return { program: 'taskset', args: ['--cpu-list', cores, program, ...args] };
}

/** Binds a running process, with all its threads, to these cores. */
export async function bind(pid: number | undefined, cores: string | undefined): Promise<void> {
  if (pid === undefined || cores === undefined) return;
  await run('taskset', ['--all-tasks', '--pid', '--cpu-list', cores, String(pid)]);
}

/** The cores that this process may use; none where the system does not say. */
async function allowedCores(): Promise<number[]> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  return coresIn(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '');
}

/** The numbers that a list such as `0-2,5` means (cpuset(7), List format). */
export function coresIn(list: string): number[] {
  if (list === '') return [];
  return list.split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
}
