import {
  monitorEventLoopDelay,
  type PerformanceEntry,
  PerformanceObserver,
  performance,
} from 'node:perf_hooks';
import { getHeapSpaceStatistics } from 'node:v8';
import type { Meter } from '@opentelemetry/api';
import { definitions } from './definitions.ts';
import type { HotInstruments } from './hot.ts';
import { gauge, readCounter } from './instruments.ts';

/** `kind` of a garbage collection (node:perf_hooks, NODE_PERFORMANCE_GC_*), by the semantic conventions' names. */
const gcTypes: ReadonlyMap<number, string> = new Map([
  [1, 'minor'],
  [4, 'major'],
  [8, 'incremental'],
  [16, 'weakcb'],
]);

/** The delay of the event loop is told of windows of this length, in milliseconds. */
const window = 10_000;

/**
 * How often the event loop is asked how late it is, in milliseconds: a hundred times in a window. Each time wakes the
 * process; every 20 ms that was half of what a process at rest takes (docs/performance.md).
 */
const resolution = 100;

/**
 * What Node.js and the process tell of themselves, under the names of the semantic conventions for Node.js and V8 and
 * of Prometheus' client libraries. It is made from what Node.js offers: the instrumentation package of OpenTelemetry
 * for it brings the hooks into module loading with it, 90 KB of bundle and 20 MB of memory, for the same numbers.
 *
 * Several readers read the delays of the same window: reading changes nothing.
 *
 * @returns ends what runs in the background
 */
export function runtimeInstruments({
  meter,
  hot,
}: {
  readonly meter: Meter;
  readonly hot: HotInstruments;
}): () => void {
  processInstruments(meter);
  heapInstruments(meter);
  const endGc = gcInstruments(hot);
  const endLoop = loopInstruments(meter);
  return () => {
    endGc();
    endLoop();
  };
}

function processInstruments(meter: Meter): void {
  readCounter(meter, definitions.cpuTime, () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  gauge(meter, definitions.residentMemory, () => [
    { value: process.memoryUsage.rss(), labels: {} },
  ]);
  const started = performance.timeOrigin / 1_000;
  gauge(meter, definitions.startTime, () => [{ value: started, labels: {} }]);
}

function heapInstruments(meter: Meter): void {
  const read = (value: (space: ReturnType<typeof getHeapSpaceStatistics>[number]) => number) => {
    return () =>
      getHeapSpaceStatistics().map((space) => ({
        value: value(space),
        labels: { 'v8js.heap.space.name': space.space_name },
      }));
  };
  gauge(
    meter,
    definitions.heapLimit,
    read(({ space_size }) => space_size),
  );
  gauge(
    meter,
    definitions.heapUsed,
    read(({ space_used_size }) => space_used_size),
  );
  gauge(
    meter,
    definitions.heapAvailable,
    read(({ space_available_size }) => space_available_size),
  );
  gauge(
    meter,
    definitions.heapPhysical,
    read(({ physical_space_size }) => physical_space_size),
  );
}

/** Under load there are a hundred collections a second. */
function gcInstruments(hot: HotInstruments): () => void {
  const duration = hot.histogram(definitions.gcDuration);
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) duration.record(entry.duration / 1_000, gcType(entry));
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}

function gcType(entry: PerformanceEntry): string {
  const detail: unknown = 'detail' in entry ? entry.detail : undefined;
  const kind = typeof detail === 'object' && detail !== null && 'kind' in detail && detail.kind;
  return (typeof kind === 'number' ? gcTypes.get(kind) : undefined) ?? 'other';
}

const statistics = {
  eventLoopDelayMin: 'min',
  eventLoopDelayMax: 'max',
  eventLoopDelayMean: 'mean',
  eventLoopDelayStddev: 'stddev',
  eventLoopDelayP50: 50,
  eventLoopDelayP90: 90,
  eventLoopDelayP99: 99,
} as const;

type Statistic = keyof typeof statistics;

function loopInstruments(meter: Meter): () => void {
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  let since = performance.eventLoopUtilization();
  let last: { readonly delays: ReadonlyMap<string, number>; readonly busy: number } | undefined;
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization();
    const busy = performance.eventLoopUtilization(now, since).utilization;
    since = now;
    const read = ([name, which]: [string, string | number]): [string, number] => [
      name,
      // In nanoseconds.
      (typeof which === 'number' ? delay.percentile(which) : ofHistogram(delay, which)) / 1e9,
    ];
    // An event loop that stood still was never asked.
    if (delay.count > 0) last = { delays: new Map(Object.entries(statistics).map(read)), busy };
    delay.reset();
  }, window);
  timer.unref();

  const isStatistic = (name: string): name is Statistic => Object.hasOwn(statistics, name);
  for (const name of Object.keys(statistics).filter(isStatistic)) {
    gauge(meter, definitions[name], () => {
      const value = last?.delays.get(name);
      return value === undefined ? [] : [{ value, labels: {} }];
    });
  }
  gauge(meter, definitions.eventLoopUtilization, () =>
    last === undefined ? [] : [{ value: last.busy, labels: {} }],
  );
  for (const state of ['active', 'idle'] as const) {
    readCounter(
      meter,
      definitions.eventLoopTime,
      () => performance.eventLoopUtilization()[state] / 1_000,
      { 'nodejs.eventloop.state': state },
    );
  }
  return () => {
    clearInterval(timer);
    delay.disable();
  };
}

function ofHistogram(delay: ReturnType<typeof monitorEventLoopDelay>, which: string): number {
  switch (which) {
    case 'min':
      return delay.min;
    case 'max':
      return delay.max;
    case 'stddev':
      return delay.stddev;
    default:
      return delay.mean;
  }
}
