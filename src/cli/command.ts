import type { Environment } from '../ground/environment.ts';
import type { CommandLine, Flag } from '../settings/index.ts';

/** What a command may use of the world. */
export interface Shell {
  readonly environment: Environment;
  /** Results: to standard output. */
  readonly out: (text: string) => void;
  /** Everything else: to standard error. */
  readonly err: (text: string) => void;
  /** The text of a file; rejects where it can't be read. */
  readonly readFile: (path: string) => Promise<string>;
  readonly now: () => Date;
  /** For what lives long: its signals, what nobody caught, and its end. */
  readonly process: Pick<NodeJS.Process, 'on' | 'off' | 'exit'>;
}

/** One command of `autoscrape`. */
export interface Command {
  /** How it is called, after `autoscrape`: `serve [flags]`. */
  readonly usage: string;
  /** Says what it does, for `--help`. */
  readonly help: string;
  /** Says what its exit codes mean, where it has others than everybody. */
  readonly exitCodes?: string;
  /** Its own flags, by name. `--help` is known everywhere. */
  readonly flags: ReadonlyMap<string, Flag>;
  /** What its first word can be or begin with, for completion: `bash`, `service/`. */
  readonly words?: readonly string[];
  /** Whether it takes the settings, and with them their flags and `--config`. */
  readonly settings: boolean;
  /**
   * Does it.
   *
   * @returns the exit code: 0 well, 1 not well, 2 used wrongly
   */
  readonly run: (line: CommandLine, shell: Shell) => Promise<number>;
}

/** What is wrong with words after a command that takes flags alone. */
export function strayWords(line: CommandLine, command: string): string[] {
  return line.positionals.map((word) => `${JSON.stringify(word)}: ${command} takes flags alone`);
}

/** A command that is loaded when it is asked for. */
export interface LazyCommand {
  readonly summary: string;
  /**
   * The exit code when something happens that nobody expected. 2 where 1 has a meaning of its own: that there are
   * findings, or that a chain breaks.
   */
  readonly failure?: 2;
  readonly load: () => Promise<{ readonly command: Command }>;
}

const help: readonly [string, Flag] = ['help', { kind: 'switch', short: 'h', about: '' }];
const config: readonly [string, Flag] = [
  'config',
  { kind: 'text', values: 'files', about: 'A file with settings (YAML).' },
];

/** The flags of a command, with those that every one of its sort has. */
export function flagsOf({ flags, settings }: Command): ReadonlyMap<string, Flag> {
  return new Map([...flags, help, ...(settings ? [config] : [])]);
}
