import { setTimeout as sleep } from 'node:timers/promises';
import { defineScrapes } from '../cluster.ts';
import { byLength, type Measure } from '../measure.ts';
import { webhooksOf } from '../programs/all.ts';
import { knownAims, knownRatios, type Metric, medianOf, ratioOf, type Sample } from '../result.ts';
import { rotated } from '../rounds.ts';
import { surroundings } from '../surroundings.ts';
import { usageOfAll } from '../usage.ts';

const metrics: readonly Metric[] = [
  { key: 'answer', title: 'Process start to the first answer', unit: 's', better: 'less' },
  { key: 'ready', title: 'Process start to ready', unit: 's', better: 'less' },
  { key: 'cpu', title: 'CPU time until ready', unit: 's', better: 'less' },
  { key: 'memory', title: 'Resident memory, idle', unit: 'MB', better: 'less' },
];

/** How long a start takes, in a cluster without Services. */
export const coldStart: Measure = {
  name: 'cold-start',
  title: 'From the start of the process to the first answer, and to ready',
  run: async (context) => {
    await using around = await surroundings(context);
    await defineScrapes(around.cluster);
    const rounds = byLength(context.length, { quick: 2, usual: 9, full: 25 });
    const rest = byLength(context.length, { quick: 500, usual: 2_000, full: 10_000 });
    const { programs, notes } = await webhooksOf(context);
    const samples: Sample[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const webhook of rotated(programs, round)) {
        const program = await webhook.start(around);
        const put = (metric: string, value: number): void => {
          samples.push({ metric, program: webhook.name, round, value });
        };
        put('answer', (program.answeredAt - program.startedAt) / 1_000);
        put('ready', (program.readyAt - program.startedAt) / 1_000);
        put('cpu', (await usageOfAll(program.pids)).cpu);
        await sleep(rest);
        put('memory', (await usageOfAll(program.pids)).memory);
        await program.stop();
        context.say(`round ${round + 1} of ${rounds}: ${webhook.name}`);
      }
    }
    const ours = (metric: string): number => medianOf(samples, metric, 'autoscrape');
    const to = (other: string, metric: string): number =>
      ratioOf(samples, metric, 'autoscrape', other);
    return {
      name: coldStart.name,
      title: coldStart.title,
      method: `Each program is started on a core of its own and probed every 2 ms: until it has answered a review by TLS, then until it says that it is ready. Memory after ${rest / 1_000} s without requests.`,
      metrics,
      samples,
      ratios: knownRatios({
        floor: to('floor', 'ready'),
        go: to('go', 'ready'),
        pepr: to('pepr', 'ready'),
        memoryFloor: to('floor', 'memory'),
        memoryGo: to('go', 'memory'),
        memoryPepr: to('pepr', 'memory'),
      }),
      aims: knownAims([
        { text: 'first answer ≤ 0.3 s', measured: ours('answer'), bound: 0.3, better: 'less' },
        { text: 'ready ≤ 0.5 s', measured: ours('ready'), bound: 0.5, better: 'less' },
        { text: 'memory ≤ 90 MB', measured: ours('memory'), bound: 90, better: 'less' },
      ]),
      notes,
    };
  },
};
