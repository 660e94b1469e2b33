import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** What of the machine decides where things are. */
export type Machine = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly home: string;
};

/** The machine that we run on. */
export function thisMachine(): Machine {
  return { env: process.env, platform: process.platform, home: homedir() };
}

/**
 * The user's cache folder for this project: `$XDG_CACHE_HOME/autoscrape` (an absolute path, or it is
 * to be ignored: XDG Base Directory Specification), else `~/Library/Caches/autoscrape` on macOS and
 * `~/.cache/autoscrape` elsewhere.
 */
export function cacheFolder({ env, platform, home }: Machine = thisMachine()): string {
  const { XDG_CACHE_HOME } = env;
  if (XDG_CACHE_HOME !== undefined && isAbsolute(XDG_CACHE_HOME))
    return join(XDG_CACHE_HOME, 'autoscrape');
  return platform === 'darwin'
    ? join(home, 'Library', 'Caches', 'autoscrape')
    : join(home, '.cache', 'autoscrape');
}

/** Where built programs are kept, one folder for each state of the pins. */
export function toolsFolder(machine: Machine = thisMachine()): string {
  return join(cacheFolder(machine), 'tools');
}

/** Where the last log of each program that did not start is kept. */
export function logsFolder(machine: Machine = thisMachine()): string {
  return join(cacheFolder(machine), 'logs');
}
