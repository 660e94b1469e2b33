import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, mkdir, open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { logsFolder } from './folders.ts';
import { KEEP_FOLDER, SUPERVISE } from './supervise.ts';

/** A program that runs until it is stopped, or until this process ends in whatever way. */
export type Running = {
  readonly name: string;
  /** Of the program itself. */
  readonly pid: number;
  /** The file with its standard output and standard error. */
  readonly log: string;
  /** Fulfilled when it is gone, with its exit code: 128 + n after signal n. */
  readonly exited: Promise<number>;
  /** The same, and keeps our event loop alive until then. */
  wait(): Promise<number>;
  /** Sends a signal, by name without SIG, for example `HUP`. */
  signal(name: string): void;
  /** Sends `KILL`, or `TERM` and after 10 s `KILL`, and waits until the process is gone. */
  stop(signal?: 'KILL' | 'TERM'): Promise<void>;
};

/** A folder under the system's temporary one that goes away with us. */
export type TemporaryFolder = {
  readonly path: string;
  /** Removes it with all that is in it. May be called again. */
  remove(): Promise<void>;
};

/** A program that did not start, or did not get ready. */
export class StartError extends Error {
  /** The last lines of the program's log. */
  readonly tail: string;

  constructor(message: string, tail: string) {
    super(message);
    this.name = 'StartError';
    this.tail = tail;
  }

  /** Whether somebody else had taken a port in the meantime. */
  get portTaken(): boolean {
    return /address already in use/i.test(this.tail);
  }
}

/** What {@link start} needs to know. */
export type Command = {
  /** How messages call it. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  /** File to which its output is appended. */
  readonly log: string;
  /** Added to PATH, HOME and TMPDIR. Nothing else is inherited: a proxy or ETCD_… setting of the user's would change what we run. */
  readonly env?: Readonly<Record<string, string>>;
  /** Working directory. */
  readonly folder?: string;
};

/**
 * Starts a program under the supervisor. It does not keep our event loop alive.
 * A program that does not exist ends with code 127 (sh), and says so in its log.
 */
export async function start(command: Command): Promise<Running> {
  const { name, program, args, log } = command;
  const supervisor = spawn('/bin/sh', ['-c', SUPERVISE, name, log, program, ...args], {
    cwd: command.folder,
    detached: true,
    env: { ...basicEnvironment(), ...command.env },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const exited = exitOf(supervisor);
  const pid = Number(await firstLine(supervisor, name));
  release(supervisor);
  const signal = (name: string): void => {
    supervisor.stdin?.write(`${name}\n`);
  };
  const wait = (): Promise<number> => {
    supervisor.ref();
    return exited;
  };
  return {
    name,
    pid,
    log,
    exited,
    wait,
    signal,
    stop: async (name = 'KILL') => {
      signal(name);
      const patience = setTimeout(() => signal('KILL'), 10_000);
      await wait();
      clearTimeout(patience);
    },
  };
}

/** Makes a temporary folder `autoscrape-<label>-…` that is removed with `remove()`, or when this process ends. */
export async function temporaryFolder(label: string): Promise<TemporaryFolder> {
  const template = join(tmpdir(), `autoscrape-${label}-XXXXXX`);
  const keeper = spawn('/bin/sh', ['-c', KEEP_FOLDER, 'keep-folder', template], {
    cwd: '/',
    detached: true,
    env: basicEnvironment(),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const exited = exitOf(keeper);
  const path = await firstLine(keeper, `a folder ${template}`);
  release(keeper);
  return {
    path,
    remove: async () => {
      keeper.ref();
      if (keeper.stdin?.writable) keeper.stdin.end('remove\n');
      if ((await exited) !== 0) throw new Error(`${path} could not be removed`);
    },
  };
}

/** How to tell that a program is ready, and how long that may take. */
export type Readiness = {
  /** Fulfilled with true when ready; false and rejection both mean "not yet". */
  readonly probe: () => Promise<boolean>;
  /** Milliseconds. */
  readonly timeout: number;
};

/**
 * Waits until the probe succeeds. If the program ends before that, or the time is up, the program
 * is stopped, its log is copied to where it survives our temporary folder, and a
 * {@link StartError} says what happened, with the last lines of that log.
 */
export async function ready(program: Running, { probe, timeout }: Readiness): Promise<Running> {
  const deadline = Date.now() + timeout;
  let code: number | undefined;
  program.exited.then((exit) => {
    code = exit;
  });
  while (code === undefined && Date.now() < deadline) {
    const ok = await probe().catch(() => false);
    if (ok && code === undefined) return program;
    await Promise.race([sleep(25), program.exited]);
  }
  const ended =
    code === undefined
      ? `was not ready within ${timeout / 1000} s`
      : `ended with exit code ${code}`;
  await program.stop();
  throw await startError(program, ended);
}

/**
 * Rejects when the program ends, with a {@link StartError} that has the last lines of its log; never fulfilled. For a
 * race with what is awaited of it. Nothing is unhandled where nobody looks.
 */
export function gone(program: Running): Promise<never> {
  const ended = program.exited.then(async (code): Promise<never> => {
    throw await startError(program, `ended with exit code ${code}`);
  });
  ended.catch(() => {});
  return ended;
}

async function startError(program: Running, what: string): Promise<StartError> {
  const tail = await lastLines(program.log, 20);
  const kept = join(logsFolder(), `${program.name}.log`);
  await mkdir(logsFolder(), { recursive: true });
  // A folder that is removed meanwhile takes the log with it.
  await copyFile(program.log, kept).catch(() => {});
  return new StartError(`${program.name} ${what}. The end of its log (${kept}):\n${tail}`, tail);
}

/** The last lines of a file, at most 16 kB of them; empty when it cannot be read. */
export async function lastLines(path: string, count: number): Promise<string> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const length = Math.min(size, 16_384);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '';
  }
}

/**
 * Free TCP ports on a loopback address. They come from below the range that systems hand out for
 * outgoing connections (Linux 32768, macOS and Windows 49152), so that a server that is stopped for a
 * while finds its port again. Somebody may still be faster: see {@link StartError.portTaken}.
 */
export async function freePorts(
  count: number,
  address = '127.0.0.1',
  random = Math.random,
): Promise<number[]> {
  const found = new Set<number>();
  for (let tries = 0; tries < 1000 && found.size < count; tries += 1) {
    const port = 20_000 + Math.floor(random() * 10_000);
    if (!found.has(port) && (await canListen(port, address))) found.add(port);
  }
  if (found.size < count)
    throw new Error(`no ${count} free ports between 20000 and 29999 on ${address}`);
  return [...found];
}

/** Runs `attempt` again, up to three times in all, when it failed because a port was taken. */
export async function withFreshPorts<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === 3 || !(error instanceof StartError && error.portTaken)) throw error;
    }
  }
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function basicEnvironment(): Record<string, string> {
  const inherited = ['PATH', 'HOME', 'TMPDIR'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(inherited);
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(127));
    child.once('exit', (code) => resolve(code ?? 137));
    // A signal that comes after its end has nobody to read it.
    child.stdin?.on('error', () => {});
  });
}

async function firstLine(child: ChildProcess, what: string): Promise<string> {
  if (child.stdout === null) throw new Error(`${what}: no pipe`);
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error(
    `${what} could not be started: is there a /bin/sh, and a temporary folder to write to?`,
  );
}

/** Lets our event loop end while the child runs on: then the pipe closes and the child is cleaned up. */
function release(child: ChildProcess): void {
  child.unref();
  for (const pipe of [child.stdin, child.stdout]) {
    if (pipe !== null && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
  }
}
