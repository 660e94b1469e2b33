import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { samplesOf } from '../../test/support/metrics-page.ts';
import { findBinaries } from '../../tools/binaries.ts';
import { request } from '../../tools/http.ts';
import { bareReviews } from '../inputs/reviews.ts';
import { byLength, type Measure } from '../measure.ts';
import { startAutoscrape } from '../programs/autoscrape.ts';
import type { RunningWebhook } from '../programs/program.ts';
import { type Condition, startReceivers } from '../receivers.ts';
import {
  type Aim,
  knownAims,
  knownRatios,
  type Metric,
  medianOf,
  ratioOf,
  type Sample,
} from '../result.ts';
import { rotated } from '../rounds.ts';
import { surroundings } from '../surroundings.ts';
import { usageOfAll } from '../usage.ts';
import { check, under, warm } from './admission.ts';

const metrics: readonly Metric[] = [
  { key: 'cpu', title: 'CPU time of a review', unit: 'µs', better: 'less' },
  { key: 'p50', title: 'Median latency at a fixed rate', unit: 'ms', better: 'less' },
  { key: 'p99', title: '99th percentile at a fixed rate', unit: 'ms', better: 'less' },
  { key: 'memory', title: 'Resident memory', unit: 'MB', better: 'less' },
];

/** Receivers that fail: each is a program of its own. */
const failing: readonly Exclude<Condition, 'healthy'>[] = [
  'down',
  'slow',
  'refusing',
  'broken',
  'busy',
  'untrusted',
];

/** Reviews a second at which latency is measured. */
const rate = 200;
const connections = 8;

/** Seconds between exports, and between two readings of the page: a sixth of the usual. */
const interval = 10;

/**
 * For memory: V8's young generation as small as it gets. Which parts of its 48 MB were ever touched is chance, and makes
 * more of a difference between two runs of the same program than telemetry does.
 */
const smallYoung = ['--max-semi-space-size=1'];

/**
 * The program without telemetry once more. What it differs by from the other one is what two runs of one program differ
 * by on this machine; no less than that can be told of telemetry.
 */
const again = 'off again';

/** Whose CPU time is measured: short slices in quick turn, so that what the machine does meets all of them alike. */
const timed: readonly string[] = ['off', 'on', again];

/** Whose memory is measured: of the receivers that fail, the slow one is held on to for longest. */
const weighed: readonly string[] = ['off', 'on', 'slow'];

/** 5 MiB, in MB. */
const fewMegabytes = (5 * 1_048_576) / 1e6;

/** The same bundle with telemetry off, on, and with receivers that fail, interleaved round by round. */
export const telemetryOverhead: Measure = {
  name: 'telemetry-overhead',
  title: 'What telemetry costs a review, and what a receiver that fails changes',
  run: async (context) => {
    await using around = await surroundings(context);
    await using receivers = await startReceivers(around.certificate);
    const pathOf = await findBinaries(['loadgen']);
    const bare = await bareReviews(around.folder);
    const seconds = byLength(context.length, { quick: 1, usual: interval, full: interval });
    const rounds = byLength(context.length, { quick: 2, usual: 8, full: 16 });
    const slices = byLength(context.length, { quick: 2, usual: 40, full: 80 });
    const length = byLength(context.length, { quick: 0.5, usual: 2, full: 4 });
    const base = {
      generator: pathOf('loadgen'),
      bodies: bare.folder,
      connections,
      cores: context.cores.others,
    };
    const programs = new Map<string, RunningWebhook>();
    const sendingTo = (condition: Condition) => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: receivers.url[condition],
      OTEL_METRIC_EXPORT_INTERVAL: String(seconds * 1_000),
    });
    const environments = new Map<string, Readonly<Record<string, string>>>([
      ['off', { OTEL_SDK_DISABLED: 'true' }],
      ['on', sendingTo('healthy')],
      [again, { OTEL_SDK_DISABLED: 'true' }],
      ...failing.map((condition) => [condition, sendingTo(condition)] as const),
    ]);
    const asked = [...environments.keys()].filter(among(context.only));
    const start = async (name: string, nodeFlags: readonly string[]): Promise<RunningWebhook> => {
      const folder = await mkdtemp(join(around.folder, `telemetry-${name}-`));
      context.say(`starting ${name}`);
      return startAutoscrape({ ...around, folder, nodeFlags }, environments.get(name) ?? {});
    };
    const samples: Sample[] = [];
    const pages = new AbortController();
    try {
      for (const name of asked) programs.set(name, await start(name, []));
      for (const [name, program] of programs) await check(name, program, bare, around);
      for (const [name, program] of programs) {
        context.say(`warming ${name} up`);
        await warm(context.length, (time) =>
          under(program, { ...base, rate: 0, seconds: time }, true),
        );
      }
      const reading = readPages([...programs.values()], seconds * 1_000, pages.signal);
      const measured = [...programs].filter(([name]) => timed.includes(name));
      for (let round = 0; round < slices; round += 1) {
        for (const [name, program] of rotated(measured, round)) {
          const before = await usageOfAll(program.pids);
          const { requests } = await under(program, { ...base, rate: 0, seconds: 1 }, true);
          const after = await usageOfAll(program.pids);
          const value = ((after.cpu - before.cpu) / requests) * 1e6;
          samples.push({ metric: 'cpu', program: name, round, value });
        }
      }
      context.say(`${slices} slices for CPU`);
      const paced = [...programs].filter(([name]) => name !== again);
      for (let round = 0; round < rounds; round += 1) {
        for (const [name, program] of rotated(paced, round)) {
          const put = (metric: string, value: number): void => {
            samples.push({ metric, program: name, round, value });
          };
          const { p50, p99 } = await under(program, { ...base, rate, seconds: length }, true);
          put('p50', p50);
          put('p99', p99);
        }
        context.say(`round ${round + 1} of ${rounds}`);
      }
      pages.abort();
      await reading;
      await checkExports(programs, receivers.received);
    } finally {
      pages.abort();
      await Promise.all([...programs.values()].map((program) => program.stop()));
    }

    const weighings = byLength(context.length, { quick: 1, usual: 3, full: 6 });
    for (let round = 0; round < weighings; round += 1) {
      const fresh = new Map<string, RunningWebhook>();
      try {
        for (const name of weighed.filter((one) => asked.includes(one))) {
          fresh.set(name, await start(name, smallYoung));
        }
        for (const program of fresh.values()) {
          await under(program, { ...base, rate: 0, seconds: length }, true);
        }
        // So that each has been read and has sent.
        await readPages([...fresh.values()], seconds * 1_000, AbortSignal.timeout(seconds * 1_500));
        for (const [program, { pids }] of fresh) {
          samples.push({
            metric: 'memory',
            program,
            round,
            value: (await usageOfAll(pids)).memory,
          });
        }
        context.say(`memory ${round + 1} of ${weighings}`);
      } finally {
        await Promise.all([...fresh.values()].map((program) => program.stop()));
      }
    }

    const on = (metric: string): number => ratioOf(samples, metric, 'on', 'off');
    const failed = (metric: string, condition: string): number =>
      ratioOf(samples, metric, condition, 'on');
    const extra = medianOf(samples, 'memory', 'on') - medianOf(samples, 'memory', 'off');
    return {
      name: 'telemetry-overhead',
      title: telemetryOverhead.title,
      method: `One bundle, started with telemetry off, on (a page that is read and OTLP that arrives, each every ${seconds} s), and with a receiver that is down, slow (30 s), answers 400 (refusing), 500 (broken) or 429 with Retry-After (busy), or whose certificate is not trusted. All run side by side on the same core and take their turns. For the CPU time of a review the one without telemetry, the one with it, and a second one without ("off again": what two runs of one program differ by) answer as many as they can over ${connections} connections, ${slices} times a second each. Then all get ${rate} a second, for latency. Memory is that of fresh processes after such a load and an export, with the least young generation that V8 can have: its size is chance.`,
      metrics,
      samples,
      ratios: knownRatios({
        cpu: on('cpu'),
        cpuNoise: ratioOf(samples, 'cpu', again, 'off'),
        p50: on('p50'),
        p99: on('p99'),
        memory: on('memory'),
        slowMemory: failed('memory', 'slow'),
        ...Object.fromEntries(
          failing.flatMap((condition) => [
            [`${condition}P50`, failed('p50', condition)],
            [`${condition}P99`, failed('p99', condition)],
          ]),
        ),
      }),
      aims: knownAims([
        atMost('CPU of a review: on ≤ 1.05 × off', on('cpu'), 1.05),
        atMost('median latency: on ≤ 1.05 × off', on('p50'), 1.05),
        // Either of the two is enough.
        extra <= fewMegabytes
          ? atMost('memory: on ≤ off + 5 MiB, in MB', extra, fewMegabytes)
          : atMost('memory: on ≤ 1.05 × off', on('memory'), 1.05),
        ...failing.map((condition) =>
          atMost(`median latency: ${condition} ≤ 1.05 × on`, failed('p50', condition), 1.05),
        ),
      ]),
      notes: [
        ...(Number.isFinite(extra)
          ? [`telemetry takes ${extra.toFixed(1)} MB more than none`]
          : []),
        `two runs without telemetry differ in CPU by a factor of ${ratioOf(samples, 'cpu', again, 'off').toFixed(3)}`,
      ],
    };
  },
};

/** Which programs were asked for; all where none of these was. */
function among(only: readonly string[]): (name: string) => boolean {
  const known = only.filter((name) => [...timed, ...failing].includes(name));
  return (name) => known.length === 0 || known.includes(name);
}

function atMost(text: string, measured: number, bound: number): Aim {
  return { text, measured, bound, better: 'less' };
}

/** Reads every program's page again and again, as an agent does. */
async function readPages(
  programs: readonly RunningWebhook[],
  every: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await Promise.all(
      programs.map(({ pagesPort }) => request(`http://127.0.0.1:${pagesPort}/metrics`)),
    );
    await sleep(every, undefined, { signal }).catch(() => {});
  }
}

/** A program whose exports did not fail, or did not arrive, as they should have would be measured for something else. */
async function checkExports(
  programs: ReadonlyMap<string, RunningWebhook>,
  received: () => number,
): Promise<void> {
  if (programs.has('on') && received() === 0)
    throw new Error('nothing was sent to the receiver that is well');
  for (const [name, { pagesPort }] of programs) {
    if (name === 'off' || name === again) continue;
    const { body } = await request(`http://127.0.0.1:${pagesPort}/metrics`);
    const failures = samplesOf(body).find(
      (sample) => sample.name === 'autoscrape_otlp_export_failures_total',
    );
    const have = failures?.value ?? Number.NaN;
    if (name === 'on' ? have !== 0 : !(have > 0)) {
      throw new Error(`${name}: ${have} exports failed`);
    }
  }
}
