import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { binaryNames, findBinaries } from './binaries.ts';
import { messageOf } from './errors.ts';
import { temporaryFolder } from './processes.ts';
import { totalsOf } from './totals.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What a terminal sends to all of us at once: Jest ends by it, and we tell how. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * `npm test [-- ARG…]`: makes sure of the programs that tests start, bundles the command that they run, and runs
 * Jest on all unit, integration and e2e tests, or on what the arguments (Jest's own) choose. The last line on
 * standard output says how many passed.
 *
 * @returns the exit code: not 0 when a test failed, a suite could not run, or nothing ran
 */
async function main(args: readonly string[]): Promise<number> {
  await findBinaries(binaryNames);
  const bundled = await run(['tools/bundle.ts']);
  if (bundled !== 0) return bundled;
  const folder = await temporaryFolder('results');
  try {
    const report = join(folder.path, 'report.json');
    const code = await run([
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--json',
      `--outputFile=${report}`,
      ...args,
    ]);
    const { text, good } = totalsOf(await readFile(report, 'utf8').catch(() => ''));
    console.log(text);
    return good ? code : code || 1;
  } finally {
    await folder.remove();
  }
}

/** Runs Node with these arguments, and its exit code. */
async function run(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const wait = (): void => {};
  for (const signal of signals) process.on(signal, wait);
  const [code] = await once(child, 'exit');
  for (const signal of signals) process.off(signal, wait);
  return typeof code === 'number' ? code : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
