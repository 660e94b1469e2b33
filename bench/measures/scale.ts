import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { routes } from '../../src/admission/index.ts';
import { findBinaries } from '../../tools/binaries.ts';
import { request } from '../../tools/http.ts';
import { keptClient } from '../client.ts';
import { defineScrapes, makeNamespace } from '../cluster.ts';
import { roomyCores } from '../cores.ts';
import { counted } from '../counters.ts';
import { bareReviews } from '../inputs/reviews.ts';
import { scrapeReviews } from '../inputs/scrape-reviews.ts';
import { type Load, load } from '../load.ts';
import { byLength, type Measure } from '../measure.ts';
import { populate } from '../population.ts';
import { autoscrape } from '../programs/autoscrape.ts';
import type { RunningWebhook } from '../programs/program.ts';
import { knownAims, knownRatios, type Metric, medianOf, type Sample } from '../result.ts';
import { watchScrapes } from '../scrapes.ts';
import { surroundings } from '../surroundings.ts';
import { usageOfAll } from '../usage.ts';

const metrics: readonly Metric[] = [
  { key: 'ready', title: 'Process start to ready', unit: 's', better: 'less' },
  { key: 'filled', title: 'Process start to filled stores', unit: 's', better: 'less' },
  { key: 'memory', title: 'Resident memory at rest', unit: 'MB', better: 'less' },
  { key: 'fillingP50', title: 'Admission while filling, median', unit: 'ms', better: 'less' },
  {
    key: 'fillingP99',
    title: 'Admission while filling, 99th percentile',
    unit: 'ms',
    better: 'less',
  },
  { key: 'restP50', title: 'Admission at rest, median', unit: 'ms', better: 'less' },
  { key: 'restP99', title: 'Admission at rest, 99th percentile', unit: 'ms', better: 'less' },
  { key: 'check', title: 'Checking one scrape, mean', unit: 'ms', better: 'less' },
];

/** Reviews a second while stores are filled and at rest. */
const rate = 200;

/** How ours grows with the number of Services. */
export const scale: Measure = {
  name: 'scale',
  title: 'What grows with the number of Services',
  run: async (context) => {
    await using around = await surroundings({
      ...context,
      cores: roomyCores(context.cores),
    });
    const { cluster } = around;
    await defineScrapes(cluster);
    await makeNamespace(cluster, 'autoscrape-system');
    const sizes = byLength(context.length, {
      quick: [50, 150],
      usual: [1_000, 10_000],
      full: [1_000, 10_000, 50_000],
    });
    const rounds = byLength(context.length, { quick: 1, usual: 5, full: 9 });
    const seconds = byLength(context.length, { quick: 1, usual: 3, full: 5 });
    const pathOf = await findBinaries(['loadgen']);
    const { folder: bodies } = await bareReviews(around.folder);
    const samples: Sample[] = [];
    using client = keptClient(cluster, 16);
    using scrapes = await watchScrapes(cluster);
    const under = async (
      { port }: RunningWebhook,
      path: string,
      folder: string,
      time: number,
    ): Promise<Load> => {
      const seen = await load({
        generator: pathOf('loadgen'),
        address: `127.0.0.1:${port}`,
        path: `${path}?timeout=2s`,
        bodies: folder,
        connections: 4,
        rate,
        seconds: time,
        cores: around.cores.others,
      });
      if (seen.errors > 0) throw new Error(`${seen.errors} requests failed: ${seen.firstError}`);
      return seen;
    };
    let before = 0;
    for (const size of sizes) {
      await populate(client, cluster, { from: before, to: size }, context.say);
      before = size;
      const first = await autoscrape.start(around);
      await scrapes.until(() => scrapes.count >= size, 900_000, 'all scrapes', first.gone);
      await first.stop();
      const folder = await scrapeReviews(
        join(around.folder, `scrapes-${size}`),
        64,
        size,
        'population-0',
      );
      for (let round = 0; round < rounds; round += 1) {
        const program = await autoscrape.start(around);
        const put = (metric: string, value: number): void => {
          samples.push({ metric, program: `autoscrape ${size}`, round, value });
        };
        put('ready', (program.readyAt - program.startedAt) / 1_000);
        const filled = untilFilled(program);
        const filling = await under(program, routes.strong.path, bodies, seconds);
        put('filled', ((await filled) - program.startedAt) / 1_000);
        put('fillingP50', filling.p50);
        put('fillingP99', filling.p99);
        await sleep(seconds * 1_000);
        const rest = await under(program, routes.strong.path, bodies, seconds);
        put('restP50', rest.p50);
        put('restP99', rest.p99);
        // Once for the compiler, once for the figures.
        await under(program, routes.scrapes.path, folder, seconds);
        const earlier = await checksOf(program);
        await under(program, routes.scrapes.path, folder, seconds);
        const later = await checksOf(program);
        put('check', ((later.sum - earlier.sum) / (later.count - earlier.count)) * 1_000);
        put('memory', (await usageOfAll(program.pids)).memory);
        await program.stop();
        context.say(`${size} Services, round ${round + 1} of ${rounds}`);
      }
    }
    const at = (metric: string, size: number | undefined): number =>
      medianOf(samples, metric, `autoscrape ${size}`);
    const [small] = sizes;
    const large = sizes.at(-1);
    const growth = (metric: string): number => at(metric, large) / at(metric, small);
    const less = 'less' as const;
    return {
      name: scale.name,
      title: scale.title,
      method: `Labelled Services with their scrapes are there; autoscrape is started anew, and ${rate} reviews a second come from its first answer on, and again at rest. The time of a check is from the process's own histogram.`,
      metrics,
      samples,
      ratios: knownRatios({
        check: growth('check'),
        memory: growth('memory'),
        filled: growth('filled'),
      }),
      aims: knownAims(
        sizes.flatMap((size) => [
          {
            text: `${size} Services: ready ≤ 3 s`,
            measured: at('ready', size),
            bound: 3,
            better: less,
          },
          {
            text: `${size} Services: stores filled ≤ 3 s`,
            measured: at('filled', size),
            bound: 3,
            better: less,
          },
          {
            text: `${size} Services: memory ≤ ${size > 10_000 ? 250 : 120} MB`,
            measured: at('memory', size),
            bound: size > 10_000 ? 250 : 120,
            better: less,
          },
          {
            text: `${size} Services: 99th percentile while filling ≤ 10 ms`,
            measured: at('fillingP99', size),
            bound: 10,
            better: less,
          },
          {
            text: `${size} Services: checking one scrape ≤ 0.2 ms`,
            measured: at('check', size),
            bound: 0.2,
            better: less,
          },
        ]),
      ),
      notes: [],
    };
  },
};

const readySchema = v.object({ waiting: v.array(v.object({ name: v.string() })) });

/** When nothing is waited for any more, by `performance.now()`. */
async function untilFilled({ pagesPort }: RunningWebhook): Promise<number> {
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await sleep(10)) {
    const { body } = await request(`http://127.0.0.1:${pagesPort}/readyz`);
    if (v.parse(readySchema, JSON.parse(body)).waiting.length === 0) return performance.now();
  }
  throw new Error('the stores were never filled');
}

/** Seconds that all checks of scrapes took so far, and how many they were. */
async function checksOf({
  pagesPort,
}: RunningWebhook): Promise<{ readonly sum: number; readonly count: number }> {
  const { body } = await request(`http://127.0.0.1:${pagesPort}/metrics`);
  const of = (what: string): number =>
    counted(body, `autoscrape_admission_duration_seconds_${what}`, [
      `webhook="${routes.scrapes.webhook}"`,
    ]);
  return { sum: of('sum'), count: of('count') };
}
