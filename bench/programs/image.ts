import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';

/** How the container image starts autoscrape: the flags of Node.js, and the environment. */
export interface ImageStart {
  readonly nodeFlags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const dockerfile = join(import.meta.dirname, '../../Dockerfile');

/**
 * Reads out of the project's Dockerfile how its last stage starts autoscrape: what is measured is what people run.
 *
 * @throws where the Dockerfile has no such line any more
 */
export async function imageStart(): Promise<ImageStart> {
  return startIn(await readFile(dockerfile, 'utf8'));
}

/** The same out of the text of a Dockerfile. */
export function startIn(text: string): ImageStart {
  const last = text.slice(text.lastIndexOf('\nFROM '));
  const entry = /^ENTRYPOINT (\[.*\])$/m.exec(last)?.[1];
  if (entry === undefined) throw new Error('the Dockerfile has no ENTRYPOINT as a list');
  const words = v.parse(v.array(v.string()), JSON.parse(entry));
  const env = [...last.matchAll(/^ENV ([A-Z_]+)=(\S+)$/gm)].map(
    ([, name = '', value = '']): [string, string] => [name, value],
  );
  return { nodeFlags: words.slice(1, -1), env: Object.fromEntries(env) };
}
