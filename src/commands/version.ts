import type { Command } from '../cli/command.ts';
import { version } from '../version.ts';

export const command: Command = {
  usage: 'version',
  help: 'Prints the versions of autoscrape and of the Node.js that runs it.',
  flags: new Map(),
  settings: false,
  run: async (_line, { out }) => {
    out(`autoscrape ${version} (Node.js ${process.versions.node})\n`);
    return 0;
  },
};
