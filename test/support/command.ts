import process from 'node:process';
import type { Command, Shell } from '../../src/cli/command.ts';
import { dispatch } from '../../src/cli/dispatch.ts';
import { nodeFiles } from '../../src/cli/node-files.ts';
import type { WritableFiles } from '../../src/cli/replace-files.ts';
import type { Stream } from '../../src/cli/terminal.ts';

/** What came of a command. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a command finds around it. */
export interface World {
  /** Standard input. */
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether results go to a terminal. */
  readonly isTTY?: boolean;
  /** Files of settings and catalogues, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** What is otherwise than in the real file system. */
  readonly system?: Partial<WritableFiles>;
}

/** Runs one command as the command line does. */
export async function runCommand(
  name: string,
  make: (files: WritableFiles, stream: Stream) => Command,
  args: readonly string[],
  { input = '', environment = {}, isTTY = false, files = {}, system = {} }: World = {},
): Promise<Ran> {
  let out = '';
  let err = '';
  const shell: Shell = {
    environment,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    readFile: async (path) => {
      const text = files[path];
      if (text === undefined) throw new Error('no such file');
      return text;
    },
    now: () => new Date(0),
    process,
  };
  const readInput = async () => new TextEncoder().encode(input);
  const command = make({ ...nodeFiles, readInput, ...system }, { isTTY });
  const commands = new Map([[name, { summary: '', load: async () => ({ command }) }]]);
  const code = await dispatch(commands, [name, ...args], shell);
  return { code, out, err };
}
