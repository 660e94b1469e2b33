import { type Command, strayWords } from '../cli/command.ts';
import { configuration } from '../cli/configuration.ts';
import { serve } from '../serve/serve.ts';

export const command: Command = {
  usage: 'serve [flags]',
  help: 'Runs the webhook, and makes and keeps the scrapes of what it recognises.',
  flags: new Map(),
  settings: true,
  run: async (line, shell) => {
    const configured = await configuration(line, shell);
    const problems = [
      ...strayWords(line, 'serve'),
      ...('problems' in configured ? configured.problems : []),
    ];
    if ('problems' in configured || problems.length > 0) {
      shell.err(problems.map((problem) => `${problem}\n`).join(''));
      return 2;
    }
    return serve(configured, line, shell);
  },
};
