import { flagsOf } from '../../src/cli/command.ts';
import { ownHelp } from '../../src/cli/help.ts';
import { commands } from '../../src/commands/table.ts';

/** The page `docs/commands.md`, from the commands themselves: what `--help` prints. */
export async function commandsDocument(): Promise<string> {
  const sections = await Promise.all(
    [...commands].map(async ([name, { summary, load }]) => {
      const { command } = await load();
      return [
        `## autoscrape ${name}`,
        '',
        `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
        '',
        '```text',
        ownHelp(command).trimEnd(),
        '```',
        '',
        ...(command.settings
          ? ['It also takes `--config FILE`, and every [setting](settings.md) as a flag.', '']
          : []),
        ...(flagsOf(command).has('filename')
          ? ['What it reads and prints, with examples: [review.md](review.md).', '']
          : []),
      ];
    }),
  );
  return [introduction, ...sections.flat()].join('\n');
}

const introduction = `# Commands

<!-- Made from src/commands by \`npm run generate\`: change the commands, not this page. -->

\`\`\`text
autoscrape COMMAND [flags]
kubectl autoscrape COMMAND [flags]
\`\`\`

As a plugin of kubectl it is the same program under the name \`kubectl-autoscrape\`, somewhere on the PATH; under the name
\`kubectl_complete-autoscrape\` kubectl asks it what could come next. The package installs all three. Completion by
itself: \`source <(autoscrape completion bash)\`, or \`zsh\`.

Results go to standard output, everything else (progress, what was skipped, what is wrong with the command line) to
standard error. Colours are for terminals, and not for those with \`NO_COLOR\` or \`TERM=dumb\`. Flags may stand before and
after words, as \`--flag value\` or \`--flag=value\`.

| exit code | \`review\`, \`audit\`                                 | \`explain\`                     | others          |
| --------- | ------------------------------------------------- | ----------------------------- | --------------- |
| 0         | no finding of the severity that \`--fail-on\` names | the chain holds               | all is well     |
| 1         | findings of that severity, or a worse one         | it breaks                     | it did not work |
| 2         | used wrongly, or something can't be read          | used wrongly, or not readable | used wrongly    |

What nobody expected is 2 for \`wait\`, the first three and check as well: 1 always means that they have done their work.
`;
