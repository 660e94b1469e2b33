import { choiceOf } from '../cli/arguments.ts';
import { type Command, strayWords } from '../cli/command.ts';
import type { Flag } from '../settings/index.ts';
import { version } from '../version.ts';

const outputs = ['text', 'json'] as const;

const flags: ReadonlyMap<string, Flag> = new Map<string, Flag>([
  [
    'output',
    {
      kind: 'text',
      short: 'o',
      values: outputs,
      usual: 'text',
      about: 'json: {version, node, platform}.',
    },
  ],
]);

export const command: Command = {
  usage: 'version [flags]',
  help: 'Prints the versions of autoscrape and of the Node.js that runs it.',
  flags,
  settings: false,
  run: async (line, { out, err }) => {
    const problems = strayWords(line, 'version');
    const output = choiceOf(line, 'output', outputs, problems) ?? 'text';
    if (problems.length > 0) {
      err(problems.map((problem) => `${problem}\n`).join(''));
      return 2;
    }
    const node = process.versions.node;
    const platform = `${process.platform}/${process.arch}`;
    out(
      output === 'json'
        ? `${JSON.stringify({ version, node, platform }, undefined, 2)}\n`
        : `autoscrape ${version} (Node.js ${node})\n`,
    );
    return 0;
  },
};
