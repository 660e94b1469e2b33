import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from '../machine.ts';
import type { Length } from '../measure.ts';
import { programsIn, type Result, valuesOf } from '../result.ts';
import { summaryOf } from '../statistics.ts';
import { resultPage } from './page.ts';

/** Where results are kept; git ignores it. */
export const resultsFolder = join(import.meta.dirname, '../results');

/**
 * Writes `<name>.json` (flat `ratios`, then summaries, raw figures and the machine) and `<name>.html`.
 *
 * @param folder made where it is not there
 */
export async function writeResult(
  result: Result,
  machine: Machine,
  length: Length,
  folder: string = resultsFolder,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { name, title, method, ratios, aims, notes, metrics, samples } = result;
  const summaries = metrics.flatMap(({ key, unit }) =>
    programsIn(samples).flatMap((program) => {
      const values = valuesOf(samples, key, program);
      return values.length === 0 ? [] : [{ metric: key, program, unit, ...summaryOf(values) }];
    }),
  );
  const whole = { name, title, method, length, machine, ratios, aims, notes, summaries, samples };
  await Promise.all([
    writeFile(join(folder, `${name}.json`), `${JSON.stringify(whole, null, 2)}\n`),
    writeFile(join(folder, `${name}.html`), resultPage(result, machine)),
  ]);
}
