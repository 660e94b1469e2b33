import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chartFolder } from '../generate/chart/index.ts';
import { temporaryFolder } from '../processes.ts';
import { imageReference, type Release } from './options.ts';

/**
 * Packs the chart into `autoscrape-<version>.tgz`, with the released image as the default of `image.repository`. Its tag
 * is the chart's version; a digest as a default would win over a tag that somebody sets.
 *
 * @param helm the program
 * @throws Error when values.yaml has another form, or Helm refuses the chart
 */
export async function packedChart(helm: string, { root, folder, image }: Release): Promise<void> {
  const { repository } = imageReference(image);
  const work = await temporaryFolder('chart');
  try {
    const copy = join(work.path, 'autoscrape');
    await cp(join(root, chartFolder), copy, { recursive: true });
    const values = join(copy, 'values.yaml');
    const text = await readFile(values, 'utf8');
    const own = text.replace(/^( {2}repository: )autoscrape$/m, `$1${repository}`);
    if (!own.includes(`repository: ${repository}\n`)) throw new Error('values.yaml has no image');
    await writeFile(values, own);
    await promisify(execFile)(helm, ['package', copy, '--destination', folder]);
  } finally {
    await work.remove();
  }
}
