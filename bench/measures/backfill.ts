import { setTimeout as sleep } from 'node:timers/promises';
import { keptClient, succeeded } from '../client.ts';
import { makeNamespace } from '../cluster.ts';
import { requestsFor, writes } from '../counters.ts';
import { wholeServices } from '../inputs/services.ts';
import { byLength, type Measure } from '../measure.ts';
import { deleteScrapes, populate } from '../population.ts';
import { patientControllersOf } from '../programs/controllers.ts';
import { knownAims, knownRatios, type Metric, medianOf, ratioOf, type Sample } from '../result.ts';
import { rotated } from '../rounds.ts';
import { watchScrapes } from '../scrapes.ts';
import { reconcilerSurroundings } from '../surroundings.ts';
import { socketsOf, usageOfAll } from '../usage.ts';

const metrics: readonly Metric[] = [
  { key: 'all', title: 'Process start to the last scrape', unit: 's', better: 'less' },
  { key: 'memory', title: 'Resident memory then', unit: 'MB', better: 'less' },
  { key: 'sockets', title: 'Open sockets then', unit: '', better: 'less' },
  {
    key: 'fresh',
    title: 'Restart: process start to a new Service’s scrape',
    unit: 's',
    better: 'less',
  },
  { key: 'writes', title: 'Restart: writes of scrapes that were right', unit: '', better: 'less' },
  { key: 'restartMemory', title: 'Restart: resident memory', unit: 'MB', better: 'less' },
];

/** Services that were there before a controller was, and a restart after that. */
export const backfill: Measure = {
  name: 'backfill',
  title: 'The scrapes of Services that were there before, and a restart with all of them in place',
  run: async (context) => {
    await using around = await reconcilerSurroundings(context);
    const { cluster } = around;
    await makeNamespace(cluster, 'fresh');
    const { programs, notes } = await patientControllersOf(context);
    const count = byLength(context.length, { quick: 200, usual: 5_000, full: 5_000 });
    const rounds = byLength(context.length, { quick: 1, usual: 2, full: 5 });
    const settle = byLength(context.length, { quick: 3_000, usual: 10_000, full: 15_000 });
    const samples: Sample[] = [];
    using client = keptClient(cluster, 16);
    await populate(client, cluster, { from: 0, to: count }, context.say);
    using scrapes = await watchScrapes(cluster);
    const written = async (): Promise<number> => {
      const page = succeeded(await client.send('GET', '/metrics'), 'metrics');
      return requestsFor(page, 'vmservicescrapes', writes);
    };
    for (let round = 0; round < rounds; round += 1) {
      for (const program of rotated(programs, round)) {
        const put = (metric: string, value: number): void => {
          samples.push({ metric, program: program.name, round, value });
        };
        const first = await program.start(around);
        await scrapes.until(() => scrapes.count >= count, 300_000, 'all scrapes', first.gone);
        put('all', (scrapes.lastAt - first.startedAt) / 1_000);
        put('memory', (await usageOfAll(first.pids)).memory);
        const [pid = 0] = first.pids;
        put('sockets', await socketsOf(pid));
        await first.stop();

        const before = await written();
        const [service] = wholeServices(1, `fresh-${program.name}-${round}`);
        if (service === undefined) throw new Error('no Service');
        const starting = program.start(around);
        const created = await client.send(
          'POST',
          '/api/v1/namespaces/fresh/services',
          service.text,
        );
        succeeded(created, service.name);
        const second = await starting;
        const name = `${service.name}-metrics`;
        await scrapes.until(
          () => scrapes.seenAt('fresh', name) !== undefined,
          120_000,
          name,
          second.gone,
        );
        const seen = scrapes.seenAt('fresh', name) ?? Number.NaN;
        put('fresh', (seen - second.startedAt) / 1_000);
        await sleep(settle);
        put('writes', (await written()) - before - 1);
        put('restartMemory', (await usageOfAll(second.pids)).memory);
        await second.stop();

        await deleteScrapes(client, count);
        const gone = `/apis/operator.victoriametrics.com/v1beta1/namespaces/fresh/vmservicescrapes`;
        succeeded(await client.send('DELETE', gone), 'the end of the new scrape');
        const services = '/api/v1/namespaces/fresh/services';
        succeeded(await client.send('DELETE', services), 'the end of the new Service');
        await scrapes.until(() => scrapes.count === 0, 60_000, 'no scrape');
        context.say(`round ${round + 1} of ${rounds}: ${program.name}`);
      }
    }
    const to = (metric: string, other: string): number =>
      ratioOf(samples, metric, 'autoscrape', other);
    const ours = (metric: string): number => medianOf(samples, metric, 'autoscrape');
    const less = 'less' as const;
    return {
      name: backfill.name,
      title: backfill.title,
      method: `${count} labelled Services are there; each controller is started with no scrape in place, and again with all of them, while one more Service is created. Writes are what kube-apiserver counted for scrapes (no-op applies too) in the ${settle / 1_000} s after the new one.`,
      metrics,
      samples,
      ratios: knownRatios({
        go: to('all', 'go'),
        pepr: to('all', 'pepr'),
        freshGo: to('fresh', 'go'),
        freshPepr: to('fresh', 'pepr'),
        memoryGo: to('memory', 'go'),
      }),
      aims: knownAims([
        {
          text: 'all scrapes in ≤ 1.2 × Go’s time',
          measured: to('all', 'go'),
          bound: 1.2,
          better: less,
        },
        { text: 'restart: no write', measured: ours('writes'), bound: 0, better: less },
        {
          text: 'restart: a new Service’s scrape ≤ 1 s after the start',
          measured: ours('fresh'),
          bound: 1,
          better: less,
        },
        {
          text: 'memory ≤ 100 MB',
          measured: Math.max(ours('memory'), ours('restartMemory')),
          bound: 100,
          better: less,
        },
      ]),
      notes,
    };
  },
};
