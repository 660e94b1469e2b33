import { findBinaries } from '../../tools/binaries.ts';
import { admittedObject, lacking } from '../checked.ts';
import { bareReviews, type ReviewSet, recordedReviews } from '../inputs/reviews.ts';
import { type Load, type LoadOptions, load } from '../load.ts';
import { byLength, type Length, type Measure } from '../measure.ts';
import { startAll } from '../programs/all.ts';
import { ask } from '../programs/ask.ts';
import type { RunningWebhook, Surroundings } from '../programs/program.ts';
import { knownAims, knownRatios, type Metric, medianOf, ratioOf, type Sample } from '../result.ts';
import { rotated } from '../rounds.ts';
import { surroundings } from '../surroundings.ts';
import { usageOfAll } from '../usage.ts';

const metrics: readonly Metric[] = [
  { key: 'throughput', title: 'Requests a second on one core', unit: '/s', better: 'more' },
  { key: 'cpu', title: 'CPU time of a request', unit: 'µs', better: 'less' },
  { key: 'recorded', title: 'The same, reviews as recorded', unit: '/s', better: 'more' },
  { key: 'p50', title: 'Median latency at a fixed rate', unit: 'ms', better: 'less' },
  { key: 'p99', title: '99th percentile at a fixed rate', unit: 'ms', better: 'less' },
];

/** Requests a second at which latency is measured: the slowest program can do it on a busy machine too. */
const rate = 200;

/** How many an API server keeps for one client is up to 25; under steady load it needs few. */
const connections = 8;

/** Direct load by HTTPS, as the API server calls a webhook: kept connections, HTTP/1.1. */
export const admission: Measure = {
  name: 'admission',
  title: 'Reviews answered by one process on one core',
  run: async (context) => {
    await using around = await surroundings(context);
    const pathOf = await findBinaries(['loadgen']);
    const bare = await bareReviews(around.folder);
    const recorded = await recordedReviews(around.folder);
    const { programs, notes } = await startAll(context, around);
    const samples: Sample[] = [];
    try {
      for (const [name, program] of programs) await check(name, program, bare, around);
      const base = { generator: pathOf('loadgen'), connections, cores: context.cores.others };
      const closed = byLength(context.length, { quick: 0.5, usual: 3, full: 5 });
      const open = byLength(context.length, { quick: 0.5, usual: 3, full: 5 });
      const rounds = byLength(context.length, { quick: 2, usual: 6, full: 12 });
      for (const [name, program] of programs) {
        context.say(`warming ${name} up`);
        await warm(context.length, (seconds) =>
          under(program, { ...base, bodies: bare.folder, rate: 0, seconds }, bare.bare),
        );
      }
      for (let round = 0; round < rounds; round += 1) {
        for (const [name, program] of rotated([...programs], round)) {
          const put = (metric: string, value: number): void => {
            samples.push({ metric, program: name, round, value });
          };
          const before = await usageOfAll(program.pids);
          const full = await under(
            program,
            { ...base, bodies: bare.folder, rate: 0, seconds: closed },
            true,
          );
          const after = await usageOfAll(program.pids);
          put('throughput', full.perSecond);
          put('cpu', ((after.cpu - before.cpu) / full.requests) * 1e6);
          const paced = await under(
            program,
            { ...base, bodies: bare.folder, rate, seconds: open },
            true,
          );
          put('p50', paced.p50);
          put('p99', paced.p99);
          // The floor's answer does not fit these, and Pepr's module is written for the others.
          if (
            recorded !== undefined &&
            (name === 'autoscrape' || name === 'go' || name === 'floor')
          ) {
            const { perSecond } = await under(
              program,
              { ...base, bodies: recorded.folder, rate: 0, seconds: closed / 2 },
              false,
            );
            put('recorded', perSecond);
          }
          context.say(`round ${round + 1} of ${rounds}: ${name} ${Math.round(full.perSecond)}/s`);
        }
      }
    } finally {
      await Promise.all([...programs.values()].map((program) => program.stop()));
    }
    const ours = (metric: string, other: string): number =>
      ratioOf(samples, metric, 'autoscrape', other);
    const ratios = knownRatios({
      floor: ours('throughput', 'floor'),
      go: ours('throughput', 'go'),
      pepr: ours('throughput', 'pepr'),
      cpuFloor: 1 / ours('cpu', 'floor'),
      cpuGo: 1 / ours('cpu', 'go'),
      cpuPepr: 1 / ours('cpu', 'pepr'),
      recordedFloor: ours('recorded', 'floor'),
      recordedGo: ours('recorded', 'go'),
      p99Floor: ours('p99', 'floor'),
      p99Go: ours('p99', 'go'),
    });
    const sizes = [bare, ...(recorded === undefined ? [] : [recorded])].map(
      ({ name, reviews, meanLength }) =>
        `${name}: ${reviews.length} reviews of ${Math.round(meanLength)} bytes on average`,
    );
    return {
      name: 'admission',
      title: admission.title,
      method: `Kept TLS connections (${connections}); as many requests as are answered, then ${rate} a second at fixed times, where a latency counts from when its request was due. Every program adds the same four labels and a port. ${sizes.join('; ')}.`,
      metrics: metrics.filter(({ key }) => samples.some((sample) => sample.metric === key)),
      samples,
      ratios,
      aims: knownAims([
        aim('≥ 0.65 × the floor, requests a second', ours('throughput', 'floor'), 0.65),
        aim('≥ 1.8 × Go, requests a second', ours('throughput', 'go'), 1.8),
        aim('≥ 6 × Pepr, requests a second', ours('throughput', 'pepr'), 6),
      ]),
      notes: [
        ...notes,
        `at ${rate}/s ours has a 99th percentile of ${medianOf(samples, 'p99', 'autoscrape').toFixed(2)} ms`,
      ],
    };
  },
};

function aim(text: string, measured: number, bound: number) {
  return { text, measured, bound, better: 'more' as const };
}

/** One run of the load generator against a program; an error of a single request ends the benchmark. */
export async function under(
  { port, path }: RunningWebhook,
  options: Omit<LoadOptions, 'address' | 'path'>,
  patched: boolean,
): Promise<Load> {
  const seen = await load({ ...options, address: `127.0.0.1:${port}`, path });
  if (seen.errors > 0) throw new Error(`${seen.errors} requests failed: ${seen.firstError}`);
  if (patched && seen.patched === 0) throw new Error('no answer had a patch');
  return seen;
}

/**
 * Code is compiled by how often it runs, not by how long: on a busy machine seconds alone would measure an interpreter.
 */
export async function warm(length: Length, run: (seconds: number) => Promise<Load>): Promise<void> {
  const requests = byLength(length, { quick: 1, usual: 30_000, full: 60_000 });
  const most = byLength(length, { quick: 1, usual: 25, full: 60 });
  const seconds = byLength(length, { quick: 0.5, usual: 2, full: 3 });
  let sent = 0;
  for (let spent = 0; sent < requests && spent < most; spent += seconds) {
    sent += (await run(seconds)).requests;
  }
}

/** Every program has to leave every Service with all that is to be added. */
export async function check(
  name: string,
  program: RunningWebhook,
  { reviews }: ReviewSet,
  { certificate }: Surroundings,
): Promise<void> {
  for (const review of reviews) {
    const { status, body } = await ask(program, certificate.ca, JSON.stringify(review));
    if (status !== 200) throw new Error(`${name} answered ${status}: ${body.slice(0, 200)}`);
    const missing = lacking(admittedObject(review, body));
    if (missing.length > 0) throw new Error(`${name} did not add ${missing.join(', ')}`);
  }
}
