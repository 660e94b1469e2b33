import { setTimeout as sleep } from 'node:timers/promises';
import { keptClient } from '../client.ts';
import { byLength, type Measure } from '../measure.ts';
import { populate } from '../population.ts';
import { patientControllersOf } from '../programs/controllers.ts';
import { knownAims, knownRatios, type Metric, medianOf, ratioOf, type Sample } from '../result.ts';
import { rotated } from '../rounds.ts';
import { watchScrapes } from '../scrapes.ts';
import { reconcilerSurroundings } from '../surroundings.ts';
import { usageOfAll } from '../usage.ts';

const metrics: readonly Metric[] = [
  { key: 'cpu', title: 'CPU, of one core', unit: '%', better: 'less' },
  { key: 'memory', title: 'Resident memory', unit: 'MB', better: 'less' },
];

/** What a controller costs while nothing happens. */
export const idle: Measure = {
  name: 'idle',
  title: 'CPU and memory with Services in place and nothing to do',
  run: async (context) => {
    await using around = await reconcilerSurroundings(context);
    const { cluster } = around;
    const { programs, notes } = await patientControllersOf(context);
    const count = byLength(context.length, { quick: 200, usual: 10_000, full: 10_000 });
    const seconds = byLength(context.length, { quick: 3, usual: 60, full: 300 });
    const settle = byLength(context.length, { quick: 2_000, usual: 15_000, full: 30_000 });
    const samples: Sample[] = [];
    using client = keptClient(cluster, 16);
    await populate(client, cluster, { from: 0, to: count }, context.say);
    using scrapes = await watchScrapes(cluster);
    for (const program of rotated(programs, 0)) {
      // The first start makes scrapes, or takes those of the one before over; the second one finds its own.
      const first = await program.start(around);
      await scrapes.until(() => scrapes.count >= count, 600_000, 'all scrapes', first.gone);
      await sleep(settle);
      await first.stop();
      const second = await program.start(around);
      await sleep(settle);
      const before = await usageOfAll(second.pids);
      await sleep(seconds * 1_000);
      const after = await usageOfAll(second.pids);
      await second.stop();
      const sample = { program: program.name, round: 0 };
      samples.push({ ...sample, metric: 'cpu', value: ((after.cpu - before.cpu) / seconds) * 100 });
      samples.push({ ...sample, metric: 'memory', value: after.memory });
      context.say(program.name);
    }
    const ours = (metric: string): number => medianOf(samples, metric, 'autoscrape');
    return {
      name: idle.name,
      title: idle.title,
      method: `${count} labelled Services with their scrapes; ${seconds} s of rest, ${settle / 1_000} s after a start. CPU time as the kernel counts it, to 10 ms.`,
      metrics,
      samples,
      ratios: knownRatios({
        memoryGo: ratioOf(samples, 'memory', 'autoscrape', 'go'),
        memoryPepr: ratioOf(samples, 'memory', 'autoscrape', 'pepr'),
        cpuGo: ratioOf(samples, 'cpu', 'autoscrape', 'go'),
        cpuPepr: ratioOf(samples, 'cpu', 'autoscrape', 'pepr'),
      }),
      aims: knownAims([
        { text: '≤ 0.5 % of one core', measured: ours('cpu'), bound: 0.5, better: 'less' },
      ]),
      notes,
    };
  },
};
