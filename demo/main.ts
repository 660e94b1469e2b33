import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findBinaries } from '../tools/binaries.ts';
import { bundled } from '../tools/bundled.ts';
import { messageOf } from '../tools/errors.ts';
import { play } from './play.ts';
import { screen } from './screen.ts';
import { withTranscript } from './transcript.ts';

const readme = join(import.meta.dirname, '../README.md');

/** What the scene starts. */
const programs = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'vmagent',
  'victoria-metrics',
] as const;

/**
 * `npm run demo`: shows the whole data path on a real API server. With `--record` what it shows becomes the
 * README's transcript as well. Ctrl-C leaves nothing behind: all that runs ends with this process.
 *
 * @returns the exit code: 0 only if real samples have arrived
 */
async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { record: { type: 'boolean', default: false } },
  });
  await findBinaries(programs);
  let recorded = '';
  const output = {
    write: (text: string) => {
      recorded += text;
      process.stdout.write(text);
    },
  };
  const colours = process.stdout.isTTY && !values.record && !process.env.NO_COLOR;
  const making = bundled();
  // It is waited for later on, and may have failed before that.
  making.catch(() => {});
  const good = await play(screen(output, colours), making);
  if (values.record && good) {
    await writeFile(readme, withTranscript(await readFile(readme, 'utf8'), recorded));
  }
  if (!good) console.error('The demo did not get all that it should.');
  return good ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
