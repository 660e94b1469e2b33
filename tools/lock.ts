import { mkdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from './errors.ts';

/** What {@link locked} waits by. */
export type LockTiming = {
  /** Milliseconds between two looks at a lock that somebody else holds. */
  readonly poll: number;
  /** Milliseconds between two signs of life of the holder. */
  readonly beat: number;
  /** Milliseconds without a sign of life after which a lock is stale. */
  readonly stale: number;
};

const timing: LockTiming = { poll: 250, beat: 5_000, stale: 60_000 };

/**
 * Runs `work` while no other process runs any under the same lock file. A lock whose holder died is
 * taken over, at once when its process is gone (the usual case), and after a minute of silence when
 * another process has its number by now.
 *
 * Two processes that take over the same stale lock in the same instant can both go on. The work must
 * stay right then, if done twice: here both build, and each renames a whole file into place.
 */
export async function locked<T>(
  path: string,
  work: () => Promise<T>,
  { poll, beat, stale } = timing,
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  while (!(await take(path))) {
    if (await isStale(path, stale)) await rm(path, { force: true });
    else await sleep(poll);
  }
  const beating = setInterval(() => {
    const now = new Date();
    // Somebody took it over: then there is nothing to keep alive.
    utimes(path, now, now).catch(() => clearInterval(beating));
  }, beat);
  try {
    return await work();
  } finally {
    clearInterval(beating);
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

async function isStale(path: string, stale: number): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path);
    const age = Date.now() - mtimeMs;
    const holder = Number(await readFile(path, 'utf8'));
    // Between creation and writing the number the file is empty.
    return age > stale || (holder > 0 && !isAlive(holder));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}
