import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { samplesOf } from '../../test/support/metrics-page.ts';
import { findBinaries } from '../../tools/binaries.ts';
import { request } from '../../tools/http.ts';
import { bareReviews } from '../inputs/reviews.ts';
import type { Load } from '../load.ts';
import { byLength, type Length, type Measure } from '../measure.ts';
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

/** Seconds between exports, and between two readings of the page: a sixth of what is set if nothing is said. */
const usualInterval = 10;

/**
 * The program without telemetry once more. What it differs by from the other one is what two runs of one program differ
 * by on this machine; no less than that can be told of telemetry.
 */
const again = 'off again';

/** Whose CPU time is measured: short slices in quick turn, so that what the machine does meets all of them alike. */
const timed: readonly string[] = ['off', 'on', again];

/** Whose memory is measured: of the receivers that fail, the slow one is held on to for longest. */
const weighed: readonly string[] = ['off', 'on', 'slow', again];

/** 5 MiB, in MB. */
const fewMegabytes = (5 * 1_048_576) / 1e6;

/** What every part of the measure works with. */
interface Stage {
  readonly length: Length;
  readonly say: (line: string) => void;
  /** The programs that were asked for. */
  readonly asked: readonly string[];
  /** Starts programs, has them used, and ends them. */
  readonly running: (
    names: readonly string[],
    use: (programs: ReadonlyMap<string, RunningWebhook>) => Promise<void>,
  ) => Promise<void>;
  /** One run of the load generator; as many reviews as are answered where no rate is said. */
  readonly load: (program: RunningWebhook, seconds: number, rate?: number) => Promise<Load>;
  /** Seconds between exports, and between two readings of the page. */
  readonly interval: number;
}

/** The same bundle with telemetry off, on, and with receivers that fail, interleaved round by round. */
export const telemetryOverhead: Measure = {
  name: 'telemetry-overhead',
  title: 'What telemetry costs a review, and what a receiver that fails changes',
  run: async (context) => {
    const { length, say } = context;
    await using around = await surroundings(context);
    await using receivers = await startReceivers(around.certificate);
    const pathOf = await findBinaries(['loadgen']);
    const bare = await bareReviews(around.folder);
    const interval = byLength(length, { quick: 1, usual: usualInterval, full: usualInterval });
    const base = {
      generator: pathOf('loadgen'),
      bodies: bare.folder,
      connections,
      cores: context.cores.others,
    };
    const sendingTo = (condition: Condition) => ({
      OTEL_EXPORTER_OTLP_ENDPOINT: receivers.url[condition],
      OTEL_METRIC_EXPORT_INTERVAL: String(interval * 1_000),
    });
    const environments = new Map<string, Readonly<Record<string, string>>>([
      ['off', { OTEL_SDK_DISABLED: 'true' }],
      ['on', sendingTo('healthy')],
      [again, { OTEL_SDK_DISABLED: 'true' }],
      ...failing.map((condition) => [condition, sendingTo(condition)] as const),
    ]);
    const stage: Stage = {
      length,
      say,
      interval,
      asked: [...environments.keys()].filter(among(context.only)),
      load: (program, seconds, rate = 0) => under(program, { ...base, rate, seconds }, true),
      running: async (names, use) => {
        const programs = new Map<string, RunningWebhook>();
        try {
          for (const name of names) {
            const folder = await mkdtemp(join(around.folder, 'telemetry-'));
            const environment = environments.get(name) ?? {};
            const program = await startAutoscrape({ ...around, folder }, environment);
            programs.set(name, program);
            await check(name, program, bare, around);
          }
          await use(programs);
        } finally {
          await Promise.all([...programs.values()].map((program) => program.stop()));
        }
      },
    };
    const samples = [
      ...(await cpuTimes(stage)),
      ...(await latencies(stage, receivers.received)),
      ...(await memories(stage)),
    ];

    const on = (metric: string): number => ratioOf(samples, metric, 'on', 'off');
    // Of the two without telemetry one may be the luckier: both count.
    const cpu = Math.sqrt(on('cpu') * ratioOf(samples, 'cpu', 'on', again));
    const failed = (metric: string, condition: string): number =>
      ratioOf(samples, metric, condition, 'on');
    const extra = medianOf(samples, 'memory', 'on') - medianOf(samples, 'memory', 'off');
    return {
      name: 'telemetry-overhead',
      title: telemetryOverhead.title,
      method: `One bundle, started with telemetry off, on (a page that is read and OTLP that arrives, each every ${interval} s), and with a receiver that is down, slow (30 s), answers 400 (refusing), 500 (broken) or 429 with Retry-After (busy), or whose certificate is not trusted. For the CPU time of a review the one without telemetry, the one with it, and a second one without ("off again": what two runs of one program differ by) answer as many as they can over ${connections} connections in slices of a second in turn, on one core, in several sets of fresh processes; the ratio is the geometric mean of those to either one without. Then all run side by side and get ${rate} a second in turn, for latency. Memory is that of fresh processes after such a load and an export.`,
      metrics,
      samples,
      ratios: knownRatios({
        cpu,
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
        atMost('CPU of a review: on ≤ 1.05 × off', cpu, 1.05),
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

/**
 * CPU time of a review. How fast a process is depends on where things happen to lie in its memory: so several sets of
 * fresh processes, and in each set slices in quick turn.
 */
async function cpuTimes({ length, say, asked, running, load, interval }: Stage): Promise<Sample[]> {
  const names = timed.filter((name) => asked.includes(name));
  const sets = byLength(length, { quick: 1, usual: 6, full: 12 });
  const slices = byLength(length, { quick: 2, usual: 12, full: 20 });
  const samples: Sample[] = [];
  for (let set = 0; set < sets; set += 1) {
    await running(rotated(names, set), async (programs) => {
      for (const program of programs.values()) await warm(length, (time) => load(program, time));
      const pages = new AbortController();
      const reading = readPages([...programs.values()], interval * 1_000, pages.signal);
      for (let slice = 0; slice < slices; slice += 1) {
        const round = set * slices + slice;
        for (const [name, program] of rotated([...programs], round)) {
          const before = await usageOfAll(program.pids);
          const { requests } = await load(program, 1);
          const after = await usageOfAll(program.pids);
          const value = ((after.cpu - before.cpu) / requests) * 1e6;
          samples.push({ metric: 'cpu', program: name, round, value });
        }
      }
      pages.abort();
      await reading;
    });
    say(`CPU: ${set + 1} of ${sets} sets`);
  }
  return samples;
}

/** Latency at a fixed rate, and whether exports arrived where they should have, and nowhere else. */
async function latencies(
  { length, say, asked, running, load, interval }: Stage,
  received: () => number,
): Promise<Sample[]> {
  const rounds = byLength(length, { quick: 2, usual: 8, full: 16 });
  const seconds = byLength(length, { quick: 0.5, usual: 2, full: 4 });
  const samples: Sample[] = [];
  const names = asked.filter((name) => name !== again);
  await running(names, async (programs) => {
    for (const program of programs.values()) await warm(length, (time) => load(program, time));
    const pages = new AbortController();
    const reading = readPages([...programs.values()], interval * 1_000, pages.signal);
    for (let round = 0; round < rounds; round += 1) {
      for (const [program, process] of rotated([...programs], round)) {
        const { p50, p99 } = await load(process, seconds, rate);
        samples.push({ metric: 'p50', program, round, value: p50 });
        samples.push({ metric: 'p99', program, round, value: p99 });
      }
      say(`latency: round ${round + 1} of ${rounds}`);
    }
    pages.abort();
    await reading;
    await checkExports(programs, received);
  });
  return samples;
}

/**
 * Memory of fresh processes after a load, a reading and an export. Which parts of V8's young generation were touched is
 * chance, and makes more of a difference than telemetry does: so many processes.
 */
async function memories({ length, say, asked, running, load, interval }: Stage): Promise<Sample[]> {
  const rounds = byLength(length, { quick: 1, usual: 8, full: 16 });
  const seconds = byLength(length, { quick: 0.5, usual: 4, full: 8 });
  const samples: Sample[] = [];
  const names = weighed.filter((name) => asked.includes(name));
  for (let round = 0; round < rounds; round += 1) {
    await running(rotated(names, round), async (programs) => {
      for (const program of programs.values()) await load(program, seconds);
      const once = AbortSignal.timeout(interval * 1_500);
      await readPages([...programs.values()], interval * 1_000, once);
      for (const [program, { pids }] of programs) {
        const { memory } = await usageOfAll(pids);
        samples.push({ metric: 'memory', program, round, value: memory });
      }
    });
    say(`memory: ${round + 1} of ${rounds}`);
  }
  return samples;
}

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
