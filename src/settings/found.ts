import * as v from 'valibot';
import type { Option } from './options.ts';

/** Where a setting was found. */
export type Origin =
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'flag'; readonly name: string };

/** One thing that is wrong with the settings. */
export interface SettingsProblem {
  /** Undefined where it belongs to no place: a file that can't be read. */
  readonly origin: Origin | undefined;
  /** The setting: `server.port`. Empty where it is none. */
  readonly path: string;
  /** What was found and what is expected. */
  readonly message: string;
}

/** What one source says of one setting, as it was written. */
export interface FoundValue {
  readonly value: unknown;
  readonly origin: Origin;
}

/** What one source says, by the settings' paths. */
export interface SourceValues {
  readonly values: ReadonlyMap<string, FoundValue>;
  readonly problems: readonly SettingsProblem[];
}

/** A problem as a line of text: `settings.yaml:3:9: server.port: found "x", expected …`. */
export function settingsProblemText({ origin, path, message }: SettingsProblem): string {
  return [originText(origin), path, message].filter((part) => part !== '').join(': ');
}

/** Where a setting was found, as people read it. */
export function originText(origin: Origin | undefined): string {
  switch (origin?.kind) {
    case undefined:
      return '';
    case 'file':
      return `${origin.file}:${origin.line}:${origin.column}`;
    case 'variable':
      return origin.name;
    case 'flag':
      return `--${origin.name}`;
  }
}

const longestShown = 60;

/** A value as an error shows it: short, and on one line. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= longestShown ? text : `${text.slice(0, longestShown)}…`;
}

/**
 * What is wrong with `value` as the value of `option`; empty where nothing is.
 *
 * @param origin where it was found, or where a part of it was, by the keys that lead to the part
 */
export function problemsOf(
  option: Option,
  value: unknown,
  origin: (inner: readonly string[]) => Origin,
): SettingsProblem[] {
  const result = v.safeParse(option.schema, value);
  if (result.success) return [];
  const seen = new Set<string>();
  return result.issues.flatMap((issue) => {
    const inner = (issue.path ?? []).map((item) => String(item.key));
    const path = [option.path, ...inner].join('.');
    if (seen.has(path)) return [];
    seen.add(path);
    const found = option.about.secret ? 'a value that is not shown' : shown(issue.input);
    const { expected, expectedEntry } = option.about;
    const message = `found ${found}, expected ${inner.length > 0 ? expectedEntry : expected}`;
    return [{ origin: origin(inner), path, message }];
  });
}
