import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { eventually } from './reconciling.ts';

/** A reconciler in a process of its own. */
export interface Replica {
  readonly identity: string;
  /** Whether it says that it leads. */
  readonly leads: () => boolean;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM. */
  end(): Promise<void>;
}

/** Starts one. */
export function startReplica(kubeconfig: string, identity: string): Replica {
  const script = join(import.meta.dirname, 'reconciling-process.ts');
  const child = spawn(process.execPath, [script, kubeconfig, identity], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let leads = false;
  child.stdout?.on('data', (chunk: Buffer) => {
    leads = chunk.toString().trimEnd().endsWith('leads');
  });
  const gone = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    if (hasEnded(child)) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    leads = false;
  };
  return {
    identity,
    leads: () => leads && !hasEnded(child),
    kill: () => gone('SIGKILL'),
    end: () => gone('SIGTERM'),
  };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** The replica that leads, once there is one. */
export function leaderOf(replicas: readonly Replica[]): Promise<Replica> {
  return eventually(
    'a leader',
    () => replicas.find((replica) => replica.leads()),
    (found) => found !== undefined,
    30_000,
  ).then((found) => {
    if (found === undefined) throw new Error('no leader');
    return found;
  });
}
