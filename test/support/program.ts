import { spawn } from 'node:child_process';

/** What a run of a program left. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What to give it besides its arguments. */
export interface Input {
  /** For `-f -`. */
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs one program with arguments. */
export type Program = (args: readonly string[], input?: Input) => Promise<Run>;

/** A program with an environment that has the PATH and these variables alone. */
export function programAt(path: string, always: Readonly<Record<string, string>>): Program {
  return (args, { stdin = '', env = {} } = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(path, args, { env: { PATH: process.env.PATH, ...always, ...env } });
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
      child.on('error', reject);
      child.on('close', (code) =>
        resolve({
          code: code ?? -1,
          stdout: Buffer.concat(stdout).toString('utf8'),
          stderr: Buffer.concat(stderr).toString('utf8'),
        }),
      );
      child.stdin.end(stdin);
    });
}

/**
 * A run that went well.
 *
 * @throws Error with its exit code and what it said, when it did not
 */
export async function well(running: Promise<Run>): Promise<Run> {
  const done = await running;
  if (done.code !== 0) throw new Error(`exit code ${done.code}: ${done.stderr}${done.stdout}`);
  return done;
}
