import { spawn } from 'node:child_process';
import { findBinaries } from '../../tools/binaries.ts';

/** What a run of kubectl left. */
export interface KubectlRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What to give it besides its arguments. */
export interface KubectlInput {
  /** For `-f -`. */
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs kubectl with arguments. */
export type Kubectl = (args: readonly string[], input?: KubectlInput) => Promise<KubectlRun>;

/**
 * The kubectl of the test control plane, as people run it, against one cluster.
 *
 * @param home a folder for its cache
 */
export async function kubectl(kubeconfig: string, home: string): Promise<Kubectl> {
  const program = (await findBinaries(['kubectl']))('kubectl');
  return (args, { stdin = '', env = {} } = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        env: { PATH: process.env.PATH, HOME: home, KUBECONFIG: kubeconfig, ...env },
      });
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
