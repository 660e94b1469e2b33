import { watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Catalogue } from '../catalogue/index.ts';
import type { Shell } from '../cli/command.ts';
import { configuration } from '../cli/configuration.ts';
import type { Log } from '../ground/log.ts';
import { type CommandLine, type Settings, settingsFile } from '../settings/index.ts';

/** Settings and catalogue that are right, each and together. */
export interface Configured {
  readonly settings: Settings;
  readonly catalogue: Catalogue;
}

/** The configuration in force, which follows its files. */
export interface LiveConfiguration {
  readonly current: () => Configured;
  /** What is wrong with the files as they are now, a line each; empty where they are in force. */
  readonly problems: () => readonly string[];
  readonly stop: () => void;
}

export interface LiveOptions {
  readonly line: CommandLine;
  readonly shell: Pick<Shell, 'environment' | 'readFile'>;
  readonly log: Log;
  /** Told of the new configuration once it is in force. */
  readonly changed: (configured: Configured) => void;
  /** Told of each change of the files, whether it was taken. */
  readonly judged: (outcome: 'applied' | 'refused') => void;
  /** How often the files are read in any case, in milliseconds. */
  readonly poll: number;
}

/** After a first sign of change: one ConfigMap's files are swapped together, two ConfigMaps' are not. */
const settle = 200;

/** Groups of settings that are read once, at the start. */
const fixed = ['server', 'kubernetes', 'log', 'telemetry'] as const;

/**
 * Follows the settings file and the catalogue's: a change of either is taken whole, without a restart, or refused
 * whole, with every problem in the log, and the configuration before it stays. Where there is no file nothing is
 * watched.
 *
 * The directories are watched, not the files: Kubernetes replaces a mounted ConfigMap by changing the link `..data`.
 * A watch may miss a change, so the files are read from time to time as well.
 */
export async function liveConfiguration(
  start: Configured,
  options: LiveOptions,
): Promise<LiveConfiguration> {
  const { line, shell, log, poll } = options;
  const settings = settingsFile(line, shell.environment);
  let current = start;
  let problems: readonly string[] = [];
  let seen = await contentOf(filesOf(settings, current), shell.readFile);
  let looking = false;
  let settling: NodeJS.Timeout | undefined;

  const look = async (): Promise<void> => {
    const content = await contentOf(filesOf(settings, current), shell.readFile);
    if (content === seen) return;
    seen = content;
    const next = await configuration(line, shell);
    if ('problems' in next) {
      problems = next.problems;
      options.judged('refused');
      log.error({ problems: problems.slice(0, mostTold) }, 'the changed configuration is refused');
      return;
    }
    const later = fixed.filter((group) => !same(next.settings[group], current.settings[group]));
    problems = [];
    current = next;
    // A catalogue file that was named only now is followed from now on.
    seen = await contentOf(filesOf(settings, current), shell.readFile);
    options.changed(current);
    options.judged('applied');
    log.info(
      later.length === 0 ? {} : { afterRestart: later },
      'the changed configuration is in force',
    );
  };
  const lookOnce = (): void => {
    if (looking) return;
    looking = true;
    void look().finally(() => {
      looking = false;
    });
  };
  const soon = (): void => {
    settling ??= setTimeout(() => {
      settling = undefined;
      lookOnce();
    }, settle).unref();
  };

  let unwatch = watchAround(filesOf(settings, current), soon);
  const timer = setInterval(() => {
    unwatch();
    unwatch = watchAround(filesOf(settings, current), soon);
    lookOnce();
  }, poll).unref();
  return {
    current: () => current,
    problems: () => problems,
    stop: () => {
      clearInterval(timer);
      clearTimeout(settling);
      unwatch();
    },
  };
}

/** Problems that one log line tells. */
const mostTold = 20;

function filesOf(settings: string | undefined, { settings: { catalogue } }: Configured): string[] {
  return [settings, catalogue.file].filter((file) => file !== undefined);
}

/** What the files say, as one text; a file that can't be read says why. */
async function contentOf(files: readonly string[], readFile: Shell['readFile']): Promise<string> {
  const texts = files.map((file) => readFile(file).catch((error: unknown) => String(error)));
  return JSON.stringify(await Promise.all(texts));
}

function watchAround(files: readonly string[], changed: () => void): () => void {
  const watchers = [...new Set(files.map((file) => dirname(file)))].flatMap((directory) => {
    try {
      const watcher = watch(directory, { persistent: false }, changed);
      // A directory that goes away, or a kernel out of watches: reading from time to time is what is left.
      watcher.on('error', () => watcher.close());
      return [watcher];
    } catch {
      return [];
    }
  });
  return () => {
    for (const watcher of watchers) watcher.close();
  };
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
