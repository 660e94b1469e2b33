import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../../..');

/** Runs autoscrape where something that every program relies on is broken. */
function runBroken(breakage: string, args: readonly string[]) {
  const preload = `--import=data:text/javascript,${encodeURIComponent(breakage)}`;
  const program = join(root, 'src/main.ts');
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [preload, program, ...args], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

const folder = join(root, 'test/fixtures/objects/draft');
const throws = "Map.groupBy = () => { throw new Error('something broke'); };";
const throwsLater =
  "Map.groupBy = () => { setImmediate(() => { throw new Error('something broke'); }); return new Map(); };";

test.each([
  ['review', ['review', '-f', folder]],
  ['audit', ['audit', '-f', folder]],
  ['explain', ['explain', 'deployment/bare', '-f', folder]],
])(
  '%s ends with 2 when something happens that nobody expected: 1 would be findings',
  async (_, args) => {
    for (const breakage of [throws, throwsLater]) {
      const { code, stderr } = await runBroken(breakage, args);
      expect({ code, stderr }).toEqual({ code: 2, stderr: 'autoscrape: something broke\n' });
    }
  },
);
