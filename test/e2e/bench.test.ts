import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chooseCores } from '../../bench/cores.ts';
import { measures } from '../../bench/measures/index.ts';
import { medianOf, programsIn, type Result, valuesOf } from '../../bench/result.ts';
import { type TemporaryFolder, temporaryFolder } from '../../tools/processes.ts';

/** Pepr comes with 200 MB of packages that nothing else here needs. */
const programs = ['autoscrape', 'floor', 'go'];

/** What each benchmark compares, in a short run; and what must hold whatever the machine is busy with. */
const expected: readonly {
  readonly name: string;
  readonly programs: readonly string[];
  readonly ratios: readonly string[];
  readonly holds?: (result: Result) => void;
}[] = [
  {
    name: 'admission',
    programs: ['autoscrape', 'floor', 'go'],
    ratios: ['floor', 'go', 'cpuFloor', 'cpuGo', 'p99Floor', 'p99Go'],
  },
  {
    name: 'apply',
    programs: ['none', 'policy', 'autoscrape', 'floor', 'go', 'floor asked'],
    ratios: ['floor', 'floorAsked', 'go', 'policy', 'wholeFloor', 'wholeGo', 'rateFloor', 'rateGo'],
  },
  {
    name: 'time-to-scrape',
    programs: ['autoscrape', 'go'],
    ratios: ['go', 'worstGo', 'createsGo'],
  },
  {
    name: 'scale',
    programs: ['autoscrape 50', 'floor beside 50', 'autoscrape 150', 'floor beside 150'],
    ratios: ['check', 'memory', 'filled', 'fillingP99Floor'],
  },
  {
    name: 'backfill',
    programs: ['autoscrape', 'go'],
    ratios: ['go', 'freshGo', 'memoryGo'],
    holds: ({ samples }) => {
      // A restart finds its scrapes as they should be; the Go controller applies all of them again.
      expect(medianOf(samples, 'writes', 'autoscrape')).toBe(0);
      expect(medianOf(samples, 'writes', 'go')).toBeGreaterThanOrEqual(200);
    },
  },
  {
    name: 'idle',
    programs: ['autoscrape', 'go'],
    ratios: ['memoryGo'],
  },
  {
    name: 'cold-start',
    programs: ['autoscrape', 'floor', 'go'],
    ratios: ['floor', 'go', 'memoryFloor', 'memoryGo'],
    holds: ({ samples }) => {
      const answers = valuesOf(samples, 'answer', 'autoscrape');
      const ready = valuesOf(samples, 'ready', 'autoscrape');
      expect(answers.every((value, round) => value <= (ready[round] ?? 0))).toBe(true);
    },
  },
  {
    name: 'hostile',
    programs: ['floor', 'autoscrape'],
    ratios: ['p99Floor', 'longestFloor'],
    holds: ({ samples }) => {
      // The API server takes nearly all of them: else nothing would be measured.
      expect(medianOf(samples, 'stored', 'autoscrape')).toBeGreaterThan(10);
    },
  },
  {
    name: 'noop-storm',
    programs: ['without', 'with', 'never'],
    ratios: ['with'],
    holds: ({ samples }) => {
      // The registration keeps away what changes nothing.
      expect(medianOf(samples, 'calls', 'with')).toBe(0);
    },
  },
  {
    // It checks itself that the exports of each one arrived, or failed.
    name: 'telemetry-overhead',
    programs: ['off', 'on', 'off again', 'down', 'slow', 'refusing', 'broken', 'busy', 'untrusted'],
    ratios: [
      'cpu',
      'cpuNoise',
      'p50',
      'memory',
      'downP50',
      'slowP50',
      'busyP50',
      'untrustedP50',
      'slowMemory',
    ],
  },
  {
    name: 'review',
    programs: [
      'autoscrape, start',
      ...['one object', '100 objects', '1000 objects', '5 MB of CRDs'].flatMap((input) => [
        `autoscrape, ${input}`,
        `kubeconform, ${input}`,
      ]),
    ],
    ratios: ['thousandToHundred', 'definitionsToKubeconform'],
  },
];

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder('bench-smoke');
});
afterAll(() => folder.remove());

test('every benchmark has a smoke', () => {
  expect(expected.map(({ name }) => name).sort()).toEqual(measures.map(({ name }) => name).sort());
});

describe('a short run of', () => {
  test.each(expected)(
    '$name measures every program, and checks what each one did',
    async ({ name, programs: compared, ratios, holds = () => {} }) => {
      const measure = measures.find((one) => one.name === name);
      if (measure === undefined) throw new Error(`no benchmark ${name}`);
      const result = await measure.run({
        length: 'quick',
        cores: await chooseCores(),
        folder: folder.path,
        only: programs,
        say: () => {},
      });
      const { metrics, samples, notes } = result;
      expect(programsIn(samples).sort()).toEqual([...compared].sort());
      const missing = metrics.filter(({ key }) => samples.every(({ metric }) => metric !== key));
      const unknown = samples.filter(({ metric }) => metrics.every(({ key }) => key !== metric));
      const odd = samples.filter(({ value }) => !Number.isFinite(value));
      expect([missing, unknown, odd, notes.filter((note) => note.includes('could not'))]).toEqual([
        [],
        [],
        [],
        [],
      ]);
      expect(Object.keys(result.ratios)).toEqual(expect.arrayContaining([...ratios]));
      expect(result.aims.every(({ measured }) => Number.isFinite(measured))).toBe(true);
      holds(result);
    },
    180_000,
  );
});
