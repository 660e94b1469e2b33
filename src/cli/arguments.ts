import { nearest } from '../ground/nearest.ts';
import type { Remark } from '../manifests/index.ts';
import type { CommandLine, Flag } from '../settings/index.ts';

/** The value of a flag with a closed set of values; undefined where it is not given. A wrong one is a problem. */
export function choiceOf<Choice extends string>(
  line: CommandLine,
  flag: string,
  choices: readonly Choice[],
  problems: string[],
): Choice | undefined {
  const given = line.own.get(flag)?.at(-1);
  return given === undefined ? undefined : choiceAmong(`--${flag}`, given, choices, problems);
}

/** One of a closed set of values; anything else is a problem. */
export function choiceAmong<Choice extends string>(
  what: string,
  given: string,
  choices: readonly Choice[],
  problems: string[],
): Choice | undefined {
  const choice = choices.find((one) => one === given);
  if (choice === undefined) {
    const meant = nearest(given, choices);
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    problems.push(`${what}: found ${JSON.stringify(given)}, expected ${choices.join(', ')}${hint}`);
  }
  return choice;
}

/** A remark as a line of text. */
export function remarkText({ file, line, message }: Remark): string {
  return `${file}:${line}: ${message}`;
}

/** What was skipped, a line for each reason. */
export function skippedText(skipped: readonly Remark[]): string {
  return [...Map.groupBy(skipped, (remark) => remark.message).values()]
    .map(([first, ...others]) => {
      if (first === undefined) return '';
      const more = others.length === 0 ? '' : `, and ${others.length} more like it`;
      return `skipped ${remarkText(first)}${more}\n`;
    })
    .join('');
}

/** The flag `-f`, of every command that reads manifests: what it is about differs. */
export function filenameFlag(about: string): readonly [name: string, flag: Flag] {
  return ['filename', { kind: 'text', short: 'f', values: 'files', value: 'FILE|DIR|-', about }];
}
