import { setTimeout as sleep } from 'node:timers/promises';
import { each, keptClient, succeeded } from '../client.ts';
import { makeNamespace } from '../cluster.ts';
import { type NamedService, wholeServices } from '../inputs/services.ts';
import { byLength, type Measure } from '../measure.ts';
import { controllersOf } from '../programs/controllers.ts';
import { knownAims, knownRatios, type Metric, medianOf, ratioOf, type Sample } from '../result.ts';
import { rotated } from '../rounds.ts';
import { type SeenScrapes, watchScrapes } from '../scrapes.ts';
import { median, quantile } from '../statistics.ts';
import { reconcilerSurroundings } from '../surroundings.ts';

const metrics: readonly Metric[] = [
  {
    key: 'single',
    title: 'Create answered to scrape seen, one at a time',
    unit: 'ms',
    better: 'less',
  },
  { key: 'worst', title: '99th percentile of those', unit: 'ms', better: 'less' },
  { key: 'burst', title: 'Last create answered to last scrape seen', unit: 's', better: 'less' },
  { key: 'creates', title: 'Creates a second in the burst', unit: '/s', better: 'more' },
];

const atOnce = 16;

/** From the Service's creation to the scrape's existence. */
export const timeToScrape: Measure = {
  name: 'time-to-scrape',
  title: 'From the create of a Service to the existence of its scrape',
  run: async (context) => {
    await using around = await reconcilerSurroundings(context);
    const { cluster } = around;
    const { programs, notes } = await controllersOf(context);
    const rounds = byLength(context.length, { quick: 1, usual: 4, full: 10 });
    const singles = byLength(context.length, { quick: 10, usual: 60, full: 200 });
    const burst = byLength(context.length, { quick: 50, usual: 500, full: 500 });
    const samples: Sample[] = [];
    using client = keptClient(cluster, atOnce);
    using scrapes = await watchScrapes(cluster);
    for (let round = 0; round < rounds; round += 1) {
      for (const program of rotated(programs, round)) {
        const namespace = `scrapes-${program.name}-${round}`;
        const path = `/api/v1/namespaces/${namespace}/services`;
        await makeNamespace(cluster, namespace);
        const create = async ({ name, text }: NamedService): Promise<number> => {
          const answered = await client.send('POST', path, text);
          succeeded(answered, name);
          return answered.at;
        };
        const put = (metric: string, value: number): void => {
          samples.push({ metric, program: program.name, round, value });
        };
        const running = await program.start(around);
        try {
          const has = (service: NamedService, timeout: number): Promise<number> =>
            seenAt(scrapes, namespace, service, timeout, running.gone);
          // A scrape for the first ones says that it has caught up; the next ones find its code warm.
          for (const service of wholeServices(20, 'warm')) {
            await create(service);
            await has(service, 60_000);
          }
          const times: number[] = [];
          for (const service of wholeServices(singles, 'single')) {
            const answered = await create(service);
            times.push((await has(service, 20_000)) - answered);
            await sleep(20);
          }
          put('single', median(times));
          put('worst', quantile(times, 0.99));
          const services = wholeServices(burst, 'burst');
          const began = performance.now();
          let last = began;
          await each(services, atOnce, async (service) => {
            last = Math.max(last, await create(service));
          });
          let lastSeen = last;
          for (const service of services) {
            lastSeen = Math.max(lastSeen, await has(service, 120_000));
          }
          put('burst', (lastSeen - last) / 1_000);
          put('creates', (burst / (last - began)) * 1_000);
        } finally {
          await running.stop();
        }
        succeeded(await client.send('DELETE', path), 'the end of the Services');
        const made = `/apis/operator.victoriametrics.com/v1beta1/namespaces/${namespace}/vmservicescrapes`;
        succeeded(await client.send('DELETE', made), 'the end of the scrapes');
        context.say(`round ${round + 1} of ${rounds}: ${program.name}`);
      }
    }
    const to = (metric: string, other: string): number =>
      ratioOf(samples, metric, 'autoscrape', other);
    const ours = (metric: string): number => medianOf(samples, metric, 'autoscrape');
    return {
      name: timeToScrape.name,
      title: timeToScrape.title,
      method: `Labelled headless Services are created through kube-apiserver while one controller runs, ${singles} one by one and then ${burst} at ${atOnce} at a time; a watch of the benchmark's own tells when each scrape is there.`,
      metrics,
      samples,
      ratios: knownRatios({
        go: to('single', 'go'),
        pepr: to('single', 'pepr'),
        worstGo: to('worst', 'go'),
        createsGo: to('creates', 'go'),
        createsPepr: to('creates', 'pepr'),
      }),
      aims: knownAims([
        {
          text: 'single: median ≤ 1.5 × Go’s',
          measured: to('single', 'go'),
          bound: 1.5,
          better: 'less',
        },
        {
          text: 'single: 99th percentile ≤ 20 ms',
          measured: ours('worst'),
          bound: 20,
          better: 'less',
        },
        {
          text: `burst of ${burst}: last scrape ≤ 0.5 s after the last create`,
          measured: ours('burst'),
          bound: 0.5,
          better: 'less',
        },
        {
          text: 'creates in the burst not slower than with Go’s (≥ 0.95)',
          measured: to('creates', 'go'),
          bound: 0.95,
          better: 'more',
        },
      ]),
      notes,
    };
  },
};

/** When the scrape of a Service was seen, once it is. */
async function seenAt(
  scrapes: SeenScrapes,
  namespace: string,
  { name }: NamedService,
  timeout: number,
  gone: Promise<never>,
): Promise<number> {
  const scrape = `${name}-metrics`;
  const seen = (): number | undefined => scrapes.seenAt(namespace, scrape);
  await scrapes.until(() => seen() !== undefined, timeout, `the scrape ${scrape}`, gone);
  return seen() ?? Number.NaN;
}
