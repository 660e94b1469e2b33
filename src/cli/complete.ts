import { type Flag, type Option, optionsOf, settingsTree } from '../settings/index.ts';
import { type Command, flagsOf, type LazyCommand } from './command.ts';

/** The word by which the shells ask for what could come next. */
export const completeWord = '__complete';

/** One thing that could come next, and what it is. */
interface Completion {
  readonly value: string;
  readonly about: string;
}

interface Candidates {
  readonly candidates: readonly Completion[];
  /** Whether names of files could stand here too. */
  readonly files: boolean;
}

const nothing: Candidates = { candidates: [], files: false };
const fileNames: Candidates = { candidates: [], files: true };

/**
 * What could come next on a command line, in the form that kubectl asks of its plugins (and the shells of us): a line
 * for each candidate, a tab before what it is, and a last line `:N`, in which the bit 2 means that no space comes after
 * it, and the bit 4 that names of files do not fit
 * (https://github.com/spf13/cobra/blob/main/site/content/completions/_index.md).
 *
 * @param words those after `autoscrape`, the last of which is being written
 */
export async function completionText(
  commands: ReadonlyMap<string, LazyCommand>,
  words: readonly string[],
): Promise<string> {
  const { candidates, files } = await candidatesFor(commands, words);
  const goesOn = candidates.length > 0 && candidates.every(({ value }) => /[/=]$/.test(value));
  const directive = (goesOn ? 2 : 0) + (files ? 0 : 4);
  const lines = candidates.map(({ value, about }) => (about === '' ? value : `${value}\t${about}`));
  return [...lines, `:${directive}`, ''].join('\n');
}

async function candidatesFor(
  commands: ReadonlyMap<string, LazyCommand>,
  words: readonly string[],
): Promise<Candidates> {
  const [name = '', ...rest] = words;
  if (rest.length === 0) {
    const all = [...commands].map(([value, { summary }]) => ({ value, about: summary }));
    return fitting(
      [...all, { value: '--help', about: '' }, { value: '--version', about: '' }],
      name,
    );
  }
  const lazy = commands.get(name);
  if (lazy === undefined) return nothing;
  const { command } = await lazy.load();
  return argumentsFor(command, rest);
}

function fitting(candidates: readonly Completion[], begun: string): Candidates {
  return { candidates: candidates.filter(({ value }) => value.startsWith(begun)), files: false };
}

function argumentsFor(command: Command, words: readonly string[]): Candidates {
  const known = knownFlags(command);
  const [before = '', current = ''] = [words.at(-2), words.at(-1)];
  const waiting = words.length > 1 ? known.find((flag) => isFlag(flag, before)) : undefined;
  if (waiting !== undefined && !waiting.isSwitch) return valuesOf(waiting, '', current);
  const [written = '', value] = split(current);
  if (value !== undefined) {
    const flag = known.find((one) => isFlag(one, written));
    return flag === undefined ? nothing : valuesOf(flag, `${written}=`, value);
  }
  if (current.startsWith('-')) {
    const flags = known.map(({ name, about }) => ({ value: `--${name}`, about }));
    return fitting(flags, current);
  }
  const isFirst = words.slice(0, -1).every((word) => word.startsWith('-'));
  if (!isFirst) return nothing;
  return fitting(
    (command.words ?? []).map((word) => ({ value: word, about: '' })),
    current,
  );
}

function split(word: string): [string, string | undefined] {
  const at = word.startsWith('-') ? word.indexOf('=') : -1;
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

interface KnownFlag {
  readonly name: string;
  readonly short: string | undefined;
  readonly about: string;
  readonly isSwitch: boolean;
  readonly values: Flag['values'];
}

/** The flags that the command line is parsed with: the command's own first, then the settings. */
function knownFlags(command: Command): KnownFlag[] {
  const own = [...flagsOf(command)].map(([name, { kind, short, values, about }]) => ({
    name,
    short,
    about: firstSentence(about),
    isSwitch: kind === 'switch',
    values,
  }));
  const options = command.settings ? optionsOf(settingsTree()) : [];
  return [...own, ...options.map(settingFlag)];
}

function settingFlag({ flag, about }: Option): KnownFlag {
  const isSwitch = about.kind === 'switch';
  return {
    name: flag,
    short: undefined,
    about: firstSentence(about.description),
    isSwitch,
    values: about.isPath ? 'files' : isSwitch ? ['true', 'false'] : about.words,
  };
}

function firstSentence(text: string): string {
  return text.replace(/[.;:](?: .*)?$/s, '').replaceAll(/\s+/g, ' ');
}

function isFlag({ name, short }: KnownFlag, word: string): boolean {
  return word === `--${name}` || (short !== undefined && word === `-${short}`);
}

function valuesOf({ values }: KnownFlag, before: string, begun: string): Candidates {
  if (values === 'files') return fileNames;
  const all = (values ?? []).map((value) => ({ value: before + value, about: '' }));
  return fitting(all, before + begun);
}
