import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '../processes.ts';
import type { Release } from './options.ts';

/** The name of an executable in the folder of a release: `autoscrape-linux-x64`. */
export const executableName = /^autoscrape-(linux|darwin)-(x64|arm64)$/;

/**
 * Packs each executable in the folder of a release into `<its name>.tar.gz`, as `autoscrape` beside its licences, and
 * removes it. The same files give the same archive.
 *
 * @returns the archives' names
 * @throws Error when there is no executable
 */
export async function archives({ folder, root }: Release): Promise<string[]> {
  const executables = (await readdir(folder)).filter((name) => executableName.test(name)).sort();
  if (executables.length === 0) throw new Error(`${folder} has no executable: npm run executable`);
  for (const name of executables) {
    const work = await temporaryFolder('archive');
    try {
      const into = join(work.path, 'all');
      await mkdir(into);
      await copyFile(join(folder, name), join(into, 'autoscrape'));
      await chmod(join(into, 'autoscrape'), 0o755);
      await copyFile(join(folder, 'NOTICE'), join(into, 'NOTICE'));
      await copyFile(join(root, 'LICENSE'), join(into, 'LICENSE'));
      const same = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0'];
      const archive = join(folder, `${name}.tar.gz`);
      const how = ['--use-compress-program=gzip -n', '--mode=u=rwX,go=rX'];
      await promisify(execFile)('tar', [...same, ...how, '-cf', archive, '-C', into, '.']);
      await rm(join(folder, name));
    } finally {
      await work.remove();
    }
  }
  return executables.map((name) => `${name}.tar.gz`);
}
