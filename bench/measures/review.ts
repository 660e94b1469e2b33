import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wholeServices } from '../inputs/services.ts';
import { byLength, type Measure } from '../measure.ts';
import { knownAims, type Metric, medianOf, ratioOf, type Sample } from '../result.ts';

const bundle = fileURLToPath(new URL('../../dist/autoscrape.mjs', import.meta.url));

const metrics: readonly Metric[] = [
  { key: 'wall', title: 'Process start to its end', unit: 's', better: 'less' },
];

/** How many objects are reviewed, and what the run is called. */
const sizes = { 'one object': 1, '100 objects': 100, '1000 objects': 1_000 } as const;

/** How long somebody waits for the review of a folder. */
export const review: Measure = {
  name: 'review',
  title: 'The review of a folder of manifests',
  run: async ({ length, folder, say }) => {
    const rounds = byLength(length, { quick: 2, usual: 9, full: 25 });
    const folders = new Map<string, string>();
    for (const [name, count] of Object.entries(sizes)) {
      const path = join(folder, String(count));
      await mkdir(path);
      for (const service of wholeServices(count, 'etcd')) {
        await writeFile(join(path, `${service.name}.json`), service.text);
      }
      folders.set(name, path);
    }
    const samples: Sample[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const [program, path] of folders) {
        const began = performance.now();
        const child = spawn(process.execPath, [bundle, 'review', '-f', path], { stdio: 'ignore' });
        const [code] = await once(child, 'exit');
        if (code !== 0) throw new Error(`autoscrape review of ${program} ended with ${code}`);
        samples.push({
          metric: 'wall',
          program,
          round,
          value: (performance.now() - began) / 1_000,
        });
      }
      say(`round ${round + 1} of ${rounds}`);
    }
    return {
      name: review.name,
      title: review.title,
      method:
        'A Service of a component in each file, `autoscrape review -f FOLDER`, from the start of the process to its end.',
      metrics,
      samples,
      ratios: { thousandToHundred: ratioOf(samples, 'wall', '1000 objects', '100 objects') },
      aims: knownAims([
        {
          text: '100 objects ≤ 1 s',
          measured: medianOf(samples, 'wall', '100 objects'),
          bound: 1,
          better: 'less',
        },
      ]),
      notes: [],
    };
  },
};
