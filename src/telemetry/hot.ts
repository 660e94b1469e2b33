import { type Attributes, ValueType } from '@opentelemetry/api';
import { hrTime } from '@opentelemetry/core';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type HistogramMetricData,
  type MetricProducer,
  type SumMetricData,
} from '@opentelemetry/sdk-metrics';
import type { Definition } from './definitions.ts';

/** A histogram for what happens with every request. */
export interface HotHistogram {
  /** @param labels their values, in the definition's order */
  readonly record: (value: number, ...labels: readonly string[]) => void;
}

/** A counter for what happens with every request. */
export interface HotCounter {
  /** @param labels their values, in the definition's order */
  readonly add: (value: number, ...labels: readonly string[]) => void;
}

/** Instruments that are kept here, and read by the SDK's readers like any others. */
export interface HotInstruments {
  readonly histogram: (definition: Definition) => HotHistogram;
  readonly counter: (definition: Definition) => HotCounter;
  readonly producer: MetricProducer;
}

type HrTime = ReturnType<typeof hrTime>;

/** What is kept for one combination of labels: of a counter there is only the sum. */
interface Cell {
  readonly attributes: Attributes;
  readonly start: HrTime;
  readonly counts: number[];
  sum: number;
  count: number;
}

/** As the SDK has it: further combinations of labels are one, so marked. */
const mostCells = 2_000;
const overflow: Attributes = { 'otel.metric.overflow': true };

/**
 * Histograms and counters with their sums kept in plain numbers. The SDK's own sort and serialise the labels anew for
 * each measurement, which costs more than a twentieth of what a whole review does, and as much of a scrape's
 * (docs/performance.md); a metric producer is the way that it has for sums that others keep
 * (https://opentelemetry.io/docs/specs/otel/metrics/sdk/#metricproducer).
 */
export function hotInstruments(scope: string, version: string): HotInstruments {
  const made: (() => HistogramMetricData | SumMetricData)[] = [];
  return {
    histogram: (definition) => {
      const cells: Cell[] = [];
      made.push(() => histogramOf(definition, cells));
      return { record: recorder(definition, cells) };
    },
    counter: (definition) => {
      const cells: Cell[] = [];
      made.push(() => sumOf(definition, cells));
      return { add: recorder(definition, cells) };
    },
    producer: {
      collect: async () => {
        const metrics = made.map((read) => read());
        const recorded = metrics.filter(({ dataPoints }) => dataPoints.length > 0);
        const scopeMetrics = [{ scope: { name: scope, version }, metrics: recorded }];
        return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] };
      },
    },
  };
}

/** Records nothing. */
export const noHotInstruments: HotInstruments = {
  histogram: () => ({ record: () => {} }),
  counter: () => ({ add: () => {} }),
  producer: {
    collect: async () => ({
      resourceMetrics: { resource: emptyResource(), scopeMetrics: [] },
      errors: [],
    }),
  },
};

/** Cells by the values of their labels, one level for each: no text is put together to find one. */
type Level = Map<string, Level | Cell>;

function recorder({ labels: names, buckets = [] }: Definition, cells: Cell[]) {
  const root: Level = new Map();
  return (value: number, ...labels: readonly string[]): void => {
    const cell = find(root, labels) ?? newCell(cells, root, names, labels, buckets.length);
    let bucket = 0;
    // A bucket holds what is at most its bound.
    while (bucket < buckets.length && value > (buckets[bucket] ?? value)) bucket += 1;
    cell.counts[bucket] = (cell.counts[bucket] ?? 0) + 1;
    cell.sum += value;
    cell.count += 1;
  };
}

function find(root: Level, labels: readonly string[]): Cell | undefined {
  let found: Level | Cell | undefined = root;
  for (const label of labels) {
    if (!(found instanceof Map)) return undefined;
    found = found.get(label);
  }
  return found instanceof Map ? undefined : found;
}

function newCell(
  cells: Cell[],
  root: Level,
  names: readonly string[],
  values: readonly string[],
  bounds: number,
): Cell {
  const last = cells.at(-1);
  if (last !== undefined && cells.length === mostCells) return last;
  const full = cells.length === mostCells - 1;
  // What is empty is no label, as Prometheus has it.
  const named = Object.fromEntries(
    names.map((name, index) => [name, values[index] ?? '']).filter(([, value]) => value !== ''),
  );
  const cell: Cell = {
    attributes: full ? overflow : named,
    start: hrTime(),
    counts: new Array<number>(bounds + 1).fill(0),
    sum: 0,
    count: 0,
  };
  cells.push(cell);
  // The one of all further combinations has no place of its own.
  if (!full) place(root, values, cell);
  return cell;
}

function place(root: Level, values: readonly string[], cell: Cell): void {
  let level = root;
  for (const value of values.slice(0, -1)) {
    const known = level.get(value);
    const next: Level = known instanceof Map ? known : new Map();
    level.set(value, next);
    level = next;
  }
  level.set(values.at(-1) ?? '', cell);
}

function sumOf(definition: Definition, cells: readonly Cell[]): SumMetricData {
  const endTime = hrTime();
  return {
    descriptor: descriptorOf(definition),
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.SUM,
    isMonotonic: true,
    dataPoints: cells.map(({ attributes, start, sum }) => ({
      attributes,
      startTime: start,
      endTime,
      value: sum,
    })),
  };
}

function descriptorOf({ name, description, unit }: Definition) {
  return { name, description, unit, valueType: ValueType.DOUBLE };
}

function histogramOf(definition: Definition, cells: readonly Cell[]): HistogramMetricData {
  const { buckets = [] } = definition;
  const endTime = hrTime();
  return {
    descriptor: descriptorOf(definition),
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: cells.map(({ attributes, start, counts, sum, count }) => ({
      attributes,
      startTime: start,
      endTime,
      // Copies: an export may still be under way when the next request is recorded.
      value: { buckets: { boundaries: [...buckets], counts: [...counts] }, sum, count },
    })),
  };
}
