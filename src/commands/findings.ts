import process from 'node:process';
import { choiceOf } from '../cli/arguments.ts';
import type { Command } from '../cli/command.ts';
import { hasColours, type Stream } from '../cli/terminal.ts';
import type { CodeEntry } from '../findings/index.ts';
import { nearest } from '../ground/nearest.ts';
import { codeText, findingCodes, findingSections, styleFor } from '../report/index.ts';
import type { Flag } from '../settings/index.ts';

const outputs = ['text', 'json'] as const;

const flags: ReadonlyMap<string, Flag> = new Map<string, Flag>([
  [
    'output',
    {
      kind: 'text',
      short: 'o',
      values: outputs,
      usual: 'text',
      about: 'json: a list of {code, severity, certain, title, explanation}.',
    },
  ],
]);

/** `autoscrape findings` with the stream that its results go to. */
export function findingsCommand(stream: Stream): Command {
  return {
    usage: 'findings [CODE…] [flags]',
    help: 'Lists what review, audit and the webhook can find, or prints what one code means and what to do about it.',
    flags,
    words: [...findingCodes.keys()],
    settings: false,
    run: async (line, shell) => {
      const problems: string[] = [];
      const output = choiceOf(line, 'output', outputs, problems) ?? 'text';
      const found = line.positionals.flatMap((code): [string, CodeEntry][] => {
        const entry = findingCodes.get(code);
        if (entry !== undefined) return [[code, entry]];
        const meant = nearest(code, findingCodes.keys());
        const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
        problems.push(`${JSON.stringify(code)} is no code of a finding${hint}`);
        return [];
      });
      if (problems.length > 0) {
        shell.err(problems.map((problem) => `${problem}\n`).join(''));
        return 2;
      }
      if (output === 'json') {
        const all = found.length === 0 ? [...findingCodes] : found;
        shell.out(`${JSON.stringify(all.map(published), undefined, 2)}\n`);
        return 0;
      }
      const style = styleFor(hasColours(stream, shell.environment));
      shell.out(
        found.length === 0
          ? listText()
          : found.map(([code, entry]) => codeText(code, entry, style)).join('\n'),
      );
      return 0;
    },
  };
}

export const command: Command = findingsCommand(process.stdout);

function published([code, { severity, certain, title, explanation }]: readonly [
  string,
  CodeEntry,
]) {
  return { code, severity, certain, title, explanation };
}

/** Every code with its severity and its title, by section. */
function listText(): string {
  const width = Math.max(...[...findingCodes.keys()].map((code) => code.length));
  const sections = findingSections.map(({ title, codes }) => {
    const lines = Object.entries(codes).map(
      ([code, entry]) => `  ${code.padEnd(width)}  ${entry.severity.padEnd(7)}  ${entry.title}\n`,
    );
    return `${title}\n${lines.join('')}`;
  });
  return sections.join('\n');
}
