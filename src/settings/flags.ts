import { parseArgs } from 'node:util';
import { nearest } from '../ground/nearest.ts';
import {
  type FoundValue,
  problemsOf,
  type SettingsProblem,
  type SourceValues,
  shown,
} from './found.ts';
import type { Option } from './options.ts';
import { valueOfText } from './text.ts';

/** A flag of one command, beside those of the settings. */
export interface Flag {
  readonly kind: 'text' | 'switch';
  /** Says what it does, in whole sentences. Completion shows the first. */
  readonly about: string;
  /** One letter, for `-f`. */
  readonly short?: string;
  /** What shells complete its value with: these, or the names of files. */
  readonly values?: readonly string[] | 'files';
  /** What help calls its value, where that is none of `values`: `FILE`. */
  readonly value?: string;
  /** What counts where it is not given. */
  readonly usual?: string;
}

/** A command line, taken apart. */
export interface CommandLine {
  readonly settings: SourceValues;
  /** The command's own flags: what was given, in order. A switch gives `true` or `false`. */
  readonly own: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
}

/**
 * Takes a command line apart. A flag that nobody knows, one without its value, and a value that doesn't fit are
 * problems; a text flag that is given twice has two values, for a setting the last one counts (names of a map add up).
 *
 * @param own the command's own flags, by name
 * @param options the settings that it takes; empty where it takes none
 */
export function readCommandLine(
  args: readonly string[],
  own: ReadonlyMap<string, Flag>,
  options: readonly Option[],
): CommandLine {
  const byFlag = new Map(options.map((option) => [option.flag, option]));
  const { tokens } = parseArgs({
    args: [...args],
    options: declared(own, options),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  const texts = new Map<Option, string[]>();
  const positionals: string[] = [];
  const problems: SettingsProblem[] = [];
  const complain = (name: string, message: string) =>
    problems.push({ origin: { kind: 'flag', name }, path: '', message });
  let strayAt = -1;
  for (const token of tokens) {
    if (token.kind === 'positional' && token.index !== strayAt) positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = byFlag.get(token.name);
    const flag = own.get(token.name);
    const isSwitch = flag?.kind === 'switch' || option?.about.kind === 'switch';
    const value = isSwitch ? (token.value ?? 'true') : textOf(token);
    if (flag === undefined && option === undefined) {
      // What follows an unknown flag is probably its value: one complaint is enough.
      strayAt = token.index + 1;
      complain(
        token.rawName.replace(/^-+/, ''),
        unknown(token.rawName, [...own.keys(), ...byFlag.keys()]),
      );
    } else if (value === undefined || (token.inlineValue === false && value.startsWith('--'))) {
      complain(token.name, `found ${shown(value)}, expected a value: --${token.name}=VALUE`);
    } else if (flag !== undefined) {
      given.set(token.name, [...(given.get(token.name) ?? []), value]);
    } else if (option !== undefined) {
      texts.set(option, [...(texts.get(option) ?? []), value]);
    }
  }
  const settings = valuesOf(texts);
  return {
    settings: { values: settings.values, problems: [...problems, ...settings.problems] },
    own: given,
    positionals,
  };
}

/** The value of a flag. `-f=x` is `-f x`, as for kubectl; Node.js takes the sign for a part of the value. */
function textOf({
  rawName,
  value,
  inlineValue,
}: {
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}): string | undefined {
  const isShort = !rawName.startsWith('--');
  return isShort && inlineValue === true ? value?.replace(/^=/, '') : value;
}

function declared(own: ReadonlyMap<string, Flag>, options: readonly Option[]) {
  const ofSettings = options.map(({ flag, about }) => {
    const type = about.kind === 'switch' ? 'boolean' : 'string';
    return [flag, { type } as const] as const;
  });
  const ofCommand = [...own].map(([name, { kind, short }]) => {
    const type = kind === 'switch' ? 'boolean' : 'string';
    return [name, short === undefined ? ({ type } as const) : ({ type, short } as const)] as const;
  });
  return Object.fromEntries([...ofSettings, ...ofCommand]);
}

function valuesOf(texts: ReadonlyMap<Option, readonly string[]>): SourceValues {
  const values = new Map<string, FoundValue>();
  const problems: SettingsProblem[] = [];
  for (const [option, written] of texts) {
    const origin = { kind: 'flag', name: option.flag } as const;
    const text = option.about.kind === 'map' ? written.join(',') : (written.at(-1) ?? '');
    const value = valueOfText(option, text);
    const found = problemsOf(option, value, () => origin);
    if (found.length > 0) problems.push(...found);
    else values.set(option.path, { value, origin });
  }
  return { values, problems };
}

function unknown(name: string, known: readonly string[]): string {
  const meant = nearest(name.replace(/^-+/, ''), known);
  const hint = meant === undefined ? 'see --help' : `did you mean --${meant}?`;
  return `found ${name}, which is no flag; ${hint}`;
}
