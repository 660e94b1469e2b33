import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, copyFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../../tools/errors.ts';
import { cacheFolder } from '../../tools/folders.ts';
import { locked } from '../../tools/lock.ts';

const sources = join(import.meta.dirname, '../peers/pepr');

/** Where `pepr build` leaves the module, called after the uuid in its package.json. */
const built = 'dist/pepr-autoscrape-bench.js';

/** How long a download of 200 MB of packages may take. */
const patience = 300_000;

/**
 * The module built by Pepr's own command, in the user's cache folder: what `npm ci` and `npx pepr build` make of
 * `bench/peers/pepr`. Both run once for each state of those files.
 *
 * @returns the path of the module's script
 * @throws where packages can't be had, or the build fails
 */
export async function peprModule(): Promise<string> {
  const names = (await readdir(sources, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
  const texts = await Promise.all(names.map((name) => readFile(join(sources, name), 'utf8')));
  const key = createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 16);
  const folder = join(cacheFolder(), 'pepr', key);
  const script = join(folder, built);
  await locked(`${folder}.lock`, async () => {
    if (await exists(script)) return;
    const unfinished = `${folder}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true });
    await Promise.all(names.map((name) => copyFile(join(sources, name), join(unfinished, name))));
    const run = promisify(execFile);
    await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: unfinished, timeout: patience });
    await run('npx', ['pepr', 'build'], { cwd: unfinished, timeout: patience });
    await access(join(unfinished, built));
    await rm(folder, { recursive: true, force: true });
    await mkdir(dirname(folder), { recursive: true });
    await rename(unfinished, folder);
  });
  return script;
}

/** Why Pepr's module can't be had on this machine; empty where it can. */
export async function peprIsThere(say: (line: string) => void): Promise<string> {
  try {
    say('looking for Pepr');
    await peprModule();
    return '';
  } catch (error) {
    const [said = ''] = messageOf(error).split('\n');
    return `pepr could not be had: ${said}`;
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
