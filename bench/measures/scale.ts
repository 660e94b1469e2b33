import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { routes } from '../../src/admission/index.ts';
import { findBinaries } from '../../tools/binaries.ts';
import { request } from '../../tools/http.ts';
import { keptClient } from '../client.ts';
import { bareReviews } from '../inputs/reviews.ts';
import { scrapeReviews } from '../inputs/scrape-reviews.ts';
import { type Load, load } from '../load.ts';
import { byLength, type Measure } from '../measure.ts';
import { populate } from '../population.ts';
import { autoscrape } from '../programs/autoscrape.ts';
import { floor } from '../programs/floor.ts';
import type { RunningWebhook } from '../programs/program.ts';
import { knownAims, knownRatios, type Metric, medianOf, ratioOf, type Sample } from '../result.ts';
import { watchScrapes } from '../scrapes.ts';
import { reconcilerSurroundings } from '../surroundings.ts';
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
  { key: 'review', title: 'Review of a scrape that is checked, CPU', unit: 'ms', better: 'less' },
  { key: 'check', title: 'The check in it, CPU', unit: 'ms', better: 'less' },
];

/** Reviews a second while stores are filled and at rest. */
const rate = 200;

/** How ours grows with the number of Services. */
export const scale: Measure = {
  name: 'scale',
  title: 'What grows with the number of Services',
  run: async (context) => {
    await using around = await reconcilerSurroundings(context);
    const { cluster } = around;
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
      rate: number,
    ): Promise<Load> => {
      const seen = await load({
        generator: pathOf('loadgen'),
        address: `127.0.0.1:${port}`,
        path: `${path}?timeout=2s`,
        bodies: folder,
        connections: 4,
        rate,
        seconds,
        cores: around.cores.others,
      });
      if (seen.errors > 0) throw new Error(`${seen.errors} requests failed: ${seen.firstError}`);
      return seen;
    };
    /** CPU milliseconds of a review, as many as are answered. */
    const costOf = async (program: RunningWebhook, folder: string): Promise<number> => {
      const before = await usageOfAll(program.pids);
      const { requests } = await under(program, routes.scrapes.path, folder, 0);
      const after = await usageOfAll(program.pids);
      return ((after.cpu - before.cpu) / requests) * 1_000;
    };
    const idler = await floor.start({
      ...around,
      folder: await mkdtemp(join(around.folder, 'floor-')),
    });
    let before = 0;
    for (const size of sizes) {
      await populate(client, cluster, { from: before, to: size }, context.say);
      before = size;
      const first = await autoscrape.start(around);
      await scrapes.until(() => scrapes.count >= size, 900_000, 'all scrapes', first.gone);
      await first.stop();
      const [users, ours] = await Promise.all(
        (['users', 'ours'] as const).map((writer) =>
          scrapeReviews(join(around.folder, `${writer}-${size}`), writer, 64, size, 'population-0'),
        ),
      );
      if (users === undefined || ours === undefined) throw new Error('no reviews of scrapes');
      for (let round = 0; round < rounds; round += 1) {
        const program = await autoscrape.start(around);
        const put = (metric: string, value: number): void => {
          samples.push({ metric, program: `autoscrape ${size}`, round, value });
        };
        put('ready', (program.readyAt - program.startedAt) / 1_000);
        const filled = untilFilled(program);
        const filling = await under(program, routes.strong.path, bodies, rate);
        put('filled', ((await filled) - program.startedAt) / 1_000);
        put('fillingP50', filling.p50);
        put('fillingP99', filling.p99);
        await sleep(seconds * 1_000);
        const rest = await under(program, routes.strong.path, bodies, rate);
        put('restP50', rest.p50);
        put('restP99', rest.p99);
        put('memory', (await usageOfAll(program.pids)).memory);
        // Once for the compiler, once for the figures.
        for (const folder of [users, ours]) await costOf(program, folder);
        const checked = await costOf(program, users);
        put('review', checked);
        put('check', checked - (await costOf(program, ours)));
        await program.stop();

        // What the machine alone makes of latencies while as much is read beside it.
        const reader = await autoscrape.start(around);
        const beside = await under(idler, idler.path.split('?')[0] ?? '/', bodies, rate);
        await reader.stop();
        for (const [metric, value] of [
          ['fillingP50', beside.p50],
          ['fillingP99', beside.p99],
        ] as const) {
          samples.push({ metric, program: `floor beside ${size}`, round, value });
        }
        context.say(`${size} Services, round ${round + 1} of ${rounds}`);
      }
    }
    await idler.stop();
    const at = (metric: string, size: number | undefined): number =>
      medianOf(samples, metric, `autoscrape ${size}`);
    const [small] = sizes;
    const large = sizes.at(-1);
    const growth = (metric: string): number => at(metric, large) / at(metric, small);
    const less = 'less' as const;
    return {
      name: scale.name,
      title: scale.title,
      method: `Labelled Services with their scrapes are there; autoscrape is started anew, and ${rate} reviews a second come from its first answer on, and again at rest. Memory is that after these. A check is the CPU time of a review of a user's scrape (half of them select one Service, half of them 500), less that of the same review of a scrape of ours, which is not checked, at as many as are answered. "Floor beside" is the bare Node server that does nothing but answer, under the same load while another autoscrape fills its stores beside it: what of a latency is the machine's.`,
      metrics,
      samples,
      ratios: knownRatios({
        check: growth('check'),
        memory: growth('memory'),
        filled: growth('filled'),
        fillingP99Floor: ratioOf(
          samples,
          'fillingP99',
          `autoscrape ${large}`,
          `floor beside ${large}`,
        ),
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
