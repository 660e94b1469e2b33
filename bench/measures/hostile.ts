import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { routes } from '../../src/admission/index.ts';
import { type Hostile, hostileObjects } from '../../test/support/hostile.ts';
import { readObjects } from '../../test/support/objects.ts';
import { findBinaries } from '../../tools/binaries.ts';
import { request } from '../../tools/http.ts';
import { type KeptClient, keptClient } from '../client.ts';
import { define } from '../cluster.ts';
import { bareReviews } from '../inputs/reviews.ts';
import { load } from '../load.ts';
import { byLength, type Measure } from '../measure.ts';
import { populate } from '../population.ts';
import { autoscrape } from '../programs/autoscrape.ts';
import { floor } from '../programs/floor.ts';
import type { Cluster } from '../programs/program.ts';
import { knownAims, knownRatios, type Metric, medianOf, ratioOf, type Sample } from '../result.ts';
import { watchScrapes } from '../scrapes.ts';
import { reconcilerSurroundings } from '../surroundings.ts';
import { usageOfAll } from '../usage.ts';

const metrics: readonly Metric[] = [
  { key: 'stored', title: 'Objects that the API server took', unit: '', better: 'more' },
  { key: 'p99', title: 'Admission, 99th percentile', unit: 'ms', better: 'less' },
  { key: 'longest', title: 'Admission, longest', unit: 'ms', better: 'less' },
  { key: 'healthz', title: '/healthz, longest', unit: 'ms', better: 'less' },
  { key: 'status', title: '/status.json, longest', unit: 'ms', better: 'less' },
  { key: 'memory', title: 'Resident memory, most', unit: 'MB', better: 'less' },
];

/** Reviews a second all the while. */
const rate = 100;

/** Each object is stored at its largest, and again just below what is still judged, where it costs most. */
const sizes = [1_400_000, 30_000];

/** The chart's limit of memory, in MB (10^6 bytes): 512 MiB. */
const memoryLimit = 537;

/** What the largest objects that somebody can store do to those who wait for answers. */
export const hostile: Measure = {
  name: 'hostile',
  title: 'The largest objects of each kind, one a second',
  run: async (context) => {
    await using around = await reconcilerSurroundings(context);
    const { cluster } = around;
    await defineOtherKinds(cluster);
    const count = byLength(context.length, { quick: 50, usual: 500, full: 5_000 });
    const objects = sizes.flatMap((size) => hostileObjects('population-0', size));
    const wanted = byLength(context.length, {
      quick: objects.filter((_, index) => index % 6 === 0),
      usual: objects,
      full: objects,
    });
    const every = byLength(context.length, { quick: 250, usual: 1_000, full: 1_000 });
    const pathOf = await findBinaries(['loadgen']);
    const { folder: bodies } = await bareReviews(around.folder);
    const samples: Sample[] = [];
    using client = keptClient(cluster, 16);
    using scrapes = await watchScrapes(cluster);
    await populate(client, cluster, { from: 0, to: count }, context.say);
    for (const webhook of [floor, autoscrape]) {
      const folder = await mkdtemp(join(around.folder, `${webhook.name}-`));
      const program = await webhook.start({ ...around, folder });
      const isOurs = webhook === autoscrape;
      if (isOurs) {
        await scrapes.until(() => scrapes.count >= count, 300_000, 'all scrapes', program.gone);
      }
      const over = new AbortController();
      const pages = isOurs
        ? [
            longest(`http://127.0.0.1:${program.pagesPort}/healthz`, 50, over.signal),
            longest(`http://127.0.0.1:${program.pagesPort}/status.json`, 2_000, over.signal),
          ]
        : [];
      const memory = mostMemory(program.pids, over.signal);
      const loading = load({
        generator: pathOf('loadgen'),
        address: `127.0.0.1:${program.port}`,
        path: isOurs ? `${routes.strong.path}?timeout=2s` : program.path,
        bodies,
        connections: 4,
        rate,
        seconds: Math.ceil((wanted.length * every) / 1_000) + 2,
        cores: around.cores.others,
      });
      const stored = await storeEach(client, wanted, every);
      const seen = await loading;
      over.abort();
      if (seen.errors > 0) throw new Error(`${seen.errors} requests failed: ${seen.firstError}`);
      const put = (metric: string, value: number): void => {
        samples.push({ metric, program: webhook.name, round: 0, value });
      };
      put('stored', stored);
      put('p99', seen.p99);
      put('longest', seen.max);
      put('memory', await memory);
      const [healthz, status] = await Promise.all(pages);
      if (healthz !== undefined) put('healthz', healthz);
      if (status !== undefined) put('status', status);
      await program.stop();
      context.say(`${webhook.name}: ${stored} of ${wanted.length} objects were stored`);
    }
    const ours = (metric: string): number => medianOf(samples, metric, 'autoscrape');
    return {
      name: hostile.name,
      title: hostile.title,
      method: `${count} labelled Services with their scrapes. Objects of 1.4 MB, and of 30 kB, each long in another way, are stored one after the other, one in ${every} ms, and removed again; ${rate} reviews a second come meanwhile, /healthz is asked every 50 ms and /status.json every 2 s. What the API server refuses is left out. The floor is the bare Node server under the same load while the same is stored: what of a latency is the machine's.`,
      metrics,
      samples,
      ratios: knownRatios({
        p99Floor: ratioOf(samples, 'p99', 'autoscrape', 'floor'),
        longestFloor: ratioOf(samples, 'longest', 'autoscrape', 'floor'),
      }),
      aims: knownAims([
        { text: '99th percentile ≤ 100 ms', measured: ours('p99'), bound: 100, better: 'less' },
        { text: 'no admission > 300 ms', measured: ours('longest'), bound: 300, better: 'less' },
        { text: 'no /healthz > 300 ms', measured: ours('healthz'), bound: 300, better: 'less' },
        {
          text: 'memory under the limit of the chart',
          measured: ours('memory'),
          bound: memoryLimit,
          better: 'less',
        },
      ]),
      notes: [],
    };
  },
};

const definitionSchema = v.object({
  spec: v.object({ group: v.string(), names: v.object({ plural: v.string() }) }),
});

/** Makes the definitions of the other kinds that are read. */
async function defineOtherKinds(cluster: Cluster): Promise<void> {
  const file = join(import.meta.dirname, '../../test/fixtures/crds/vmagents.yaml');
  for (const definition of await readObjects(file)) {
    const { spec } = v.parse(definitionSchema, definition);
    await define(cluster, definition, `/apis/${spec.group}/v1beta1/${spec.names.plural}`);
  }
}

/**
 * Stores each object for a while.
 *
 * @param every milliseconds from one to the next
 * @returns how many the API server has taken
 */
async function storeEach(
  client: KeptClient,
  objects: readonly Hostile[],
  every: number,
): Promise<number> {
  let stored = 0;
  for (const { object, collection } of objects) {
    const due = performance.now() + every;
    const made = await client.send('POST', collection, JSON.stringify(object));
    if (made.status < 300) stored += 1;
    await sleep(Math.max(0, due - performance.now()));
    if (made.status < 300) await client.send('DELETE', `${collection}/large?gracePeriodSeconds=0`);
  }
  return stored;
}

/** Asks a page again and again, and returns the longest wait for it, in milliseconds. */
async function longest(url: string, every: number, over: AbortSignal): Promise<number> {
  let most = 0;
  while (!over.aborted) {
    const began = performance.now();
    await request(url, { timeout: 60_000 });
    most = Math.max(most, performance.now() - began);
    await sleep(every);
  }
  return most;
}

/** Returns the most memory seen, in MB. */
async function mostMemory(pids: readonly number[], over: AbortSignal): Promise<number> {
  let most = 0;
  while (!over.aborted) {
    most = Math.max(most, (await usageOfAll(pids)).memory);
    await sleep(200);
  }
  return most;
}
