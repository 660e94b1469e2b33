import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBinaries } from '../../tools/binaries.ts';
import { type Definition, definitions } from '../inputs/definitions.ts';
import { wholeServices } from '../inputs/services.ts';
import { byLength, type Measure } from '../measure.ts';
import { knownAims, knownRatios, type Metric, medianOf, ratioOf, type Sample } from '../result.ts';
import { rotated } from '../rounds.ts';
import { type Ran, ran } from '../run.ts';

const bundle = fileURLToPath(new URL('../../dist/autoscrape.mjs', import.meta.url));

const metrics: readonly Metric[] = [
  { key: 'wall', title: 'Process start to its end', unit: 's', better: 'less' },
  { key: 'cpu', title: 'CPU time', unit: 's', better: 'less' },
  { key: 'memory', title: 'Resident memory, at its most', unit: 'MB', better: 'less' },
];

const folders: Readonly<Record<string, () => Promise<readonly Definition[]>>> = {
  'one object': () => services(1),
  '100 objects': () => services(100),
  '1000 objects': () => services(1_000),
  '5 MB of CRDs': async () => definitions(5e6).map((one) => ({ ...one, name: `${one.name}.yaml` })),
};

async function services(count: number): Promise<readonly Definition[]> {
  return wholeServices(count, 'etcd').map(({ name, text }) => ({ name: `${name}.json`, text }));
}

interface Program {
  readonly name: string;
  readonly run: () => Promise<Ran>;
}

/** How long somebody waits for the review of a folder, and what it takes. */
export const review: Measure = {
  name: 'review',
  title: 'The review of a folder of manifests',
  run: async ({ length, folder, say }) => {
    const rounds = byLength(length, { quick: 2, usual: 9, full: 25 });
    const programs = await programsIn(folder);
    const samples: Sample[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const { name: program, run } of rotated(programs, round)) {
        for (const [metric, value] of Object.entries(await run())) {
          samples.push({ metric, program, round, value });
        }
      }
      say(`round ${round + 1} of ${rounds}`);
    }
    const ours = (metric: string, what: string) => medianOf(samples, metric, `autoscrape, ${what}`);
    const toPeer = (metric: string, what: string) =>
      ratioOf(samples, metric, `autoscrape, ${what}`, `kubeconform, ${what}`);
    return {
      name: review.name,
      title: review.title,
      method:
        'A Service of a component in each file, or CustomResourceDefinitions as operators ship them: `autoscrape review -f FOLDER` and `kubeconform -skip KIND FOLDER`, which parses everything and has no schema to check it by. _start_ is `autoscrape version`.',
      metrics,
      samples,
      ratios: knownRatios({
        thousandToHundred: ratioOf(
          samples,
          'wall',
          'autoscrape, 1000 objects',
          'autoscrape, 100 objects',
        ),
        hundredToKubeconform: toPeer('cpu', '100 objects'),
        definitionsToKubeconform: toPeer('cpu', '5 MB of CRDs'),
        definitionsMemoryToKubeconform: toPeer('memory', '5 MB of CRDs'),
      }),
      aims: knownAims([
        {
          text: '100 objects ≤ 0.2 s',
          measured: ours('wall', '100 objects'),
          bound: 0.2,
          better: 'less',
        },
        {
          text: '5 MB of CRDs ≤ 1 s of CPU beside the start',
          measured: ours('cpu', '5 MB of CRDs') - ours('cpu', 'start'),
          bound: 1,
          better: 'less',
        },
        {
          text: '5 MB of CRDs ≤ 150 MB',
          measured: ours('memory', '5 MB of CRDs'),
          bound: 150,
          better: 'less',
        },
      ]),
      notes: [],
    };
  },
};

/** Both programs on every folder, and ours on none. */
async function programsIn(folder: string): Promise<readonly Program[]> {
  const kubeconform = (await findBinaries(['kubeconform']))('kubeconform');
  const kinds = 'Service,CustomResourceDefinition';
  const programs: Program[] = [
    { name: 'autoscrape, start', run: () => ran(process.execPath, [bundle, 'version']) },
  ];
  for (const [name, filesOf] of Object.entries(folders)) {
    const path = join(folder, name.replaceAll(' ', '-'));
    await mkdir(path);
    for (const file of await filesOf()) await writeFile(join(path, file.name), file.text);
    programs.push(
      {
        name: `autoscrape, ${name}`,
        run: () => ran(process.execPath, [bundle, 'review', '-f', path]),
      },
      { name: `kubeconform, ${name}`, run: () => ran(kubeconform, ['-skip', kinds, path]) },
    );
  }
  return programs;
}
