import { nearest } from '../ground/nearest.ts';
import {
  optionsOf,
  readCommandLine,
  settingsProblemText,
  settingsTree,
} from '../settings/index.ts';
import { version } from '../version.ts';
import { flagsOf, type LazyCommand, type Shell } from './command.ts';
import { completeWord, completionText } from './complete.ts';
import { helpOf } from './help.ts';

/** The exit code of a command that could not do its work, for a reason that nobody expected. */
export function failureOf(commands: ReadonlyMap<string, LazyCommand>, args: readonly string[]) {
  return commands.get(args[0] ?? '')?.failure ?? 1;
}

/**
 * Runs the command that the arguments name.
 *
 * @returns the exit code
 */
export async function dispatch(
  commands: ReadonlyMap<string, LazyCommand>,
  args: readonly string[],
  shell: Shell,
): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    (name === undefined ? shell.err : shell.out)(overview(commands));
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') return dispatch(commands, ['version', ...rest], shell);
  if (name === completeWord) {
    shell.out(await completionText(commands, rest));
    return 0;
  }
  const lazy = commands.get(name);
  if (lazy === undefined) {
    const meant = nearest(name, commands.keys());
    const hint = meant === undefined ? 'see autoscrape --help' : `did you mean ${meant}?`;
    shell.err(`autoscrape: ${JSON.stringify(name)} is no command; ${hint}\n`);
    return 2;
  }
  const { command } = await lazy.load();
  const options = command.settings ? optionsOf(settingsTree()) : [];
  const line = readCommandLine(rest, flagsOf(command), options);
  if (line.own.has('help')) {
    shell.out(helpOf(command));
    return 0;
  }
  const { problems } = line.settings;
  // A command that takes the settings tells these together with what is wrong in other places.
  if (!command.settings && problems.length > 0) {
    shell.err(problems.map((problem) => `${settingsProblemText(problem)}\n`).join(''));
    return 2;
  }
  return command.run(line, shell);
}

function overview(commands: ReadonlyMap<string, LazyCommand>): string {
  const width = Math.max(...[...commands.keys()].map((name) => name.length));
  const lines = [...commands].map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return [
    `autoscrape ${version}: keeps every component of a Multigres cluster scraped, exactly once`,
    '',
    'Usage: autoscrape COMMAND [flags]',
    '',
    ...lines,
    '',
    '`autoscrape COMMAND --help` tells more.',
    '',
  ].join('\n');
}
