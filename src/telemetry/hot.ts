import { type Attributes, ValueType } from '@opentelemetry/api';
import { hrTime } from '@opentelemetry/core';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type HistogramMetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { Definition } from './definitions.ts';

/** A histogram for what happens with every request. */
export interface HotHistogram {
  /** @param labels their values, in the definition's order */
  readonly record: (value: number, ...labels: readonly string[]) => void;
}

/** Histograms that are kept here, and read by the SDK's readers like any others. */
export interface HotHistograms {
  readonly histogram: (definition: Definition) => HotHistogram;
  readonly producer: MetricProducer;
}

type HrTime = ReturnType<typeof hrTime>;

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
 * Histograms with their sums kept in plain numbers. The SDK's own sort and serialise the labels anew for each
 * measurement, which costs more than a twentieth of what a whole review does (docs/performance.md); a metric producer is
 * the way that it has for sums that others keep
 * (https://opentelemetry.io/docs/specs/otel/metrics/sdk/#metricproducer).
 */
export function hotHistograms(scope: string, version: string): HotHistograms {
  const made: { readonly definition: Definition; readonly cells: Map<string, Cell> }[] = [];
  return {
    histogram: (definition) => {
      const cells = new Map<string, Cell>();
      made.push({ definition, cells });
      return { record: recorder(definition, cells) };
    },
    producer: {
      collect: async () => {
        const metrics = made.map(({ definition, cells }) => metricOf(definition, cells));
        const recorded = metrics.filter(({ dataPoints }) => dataPoints.length > 0);
        const scopeMetrics = [{ scope: { name: scope, version }, metrics: recorded }];
        return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [] };
      },
    },
  };
}

/** Records nothing. */
export const noHotHistograms: HotHistograms = {
  histogram: () => ({ record: () => {} }),
  producer: {
    collect: async () => ({
      resourceMetrics: { resource: emptyResource(), scopeMetrics: [] },
      errors: [],
    }),
  },
};

function recorder({ labels: names, buckets = [] }: Definition, cells: Map<string, Cell>) {
  return (value: number, ...labels: readonly string[]): void => {
    const key = labels.join('\n');
    const cell = cells.get(key) ?? newCell(cells, key, names, labels, buckets.length);
    let bucket = 0;
    // A bucket holds what is at most its bound.
    while (bucket < buckets.length && value > (buckets[bucket] ?? value)) bucket += 1;
    cell.counts[bucket] = (cell.counts[bucket] ?? 0) + 1;
    cell.sum += value;
    cell.count += 1;
  };
}

function newCell(
  cells: Map<string, Cell>,
  key: string,
  names: readonly string[],
  values: readonly string[],
  bounds: number,
): Cell {
  const full = cells.size >= mostCells - 1;
  const place = full ? 'overflow' : key;
  const known = cells.get(place);
  if (known !== undefined) return known;
  const named = Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
  const cell: Cell = {
    attributes: full ? overflow : named,
    start: hrTime(),
    counts: new Array<number>(bounds + 1).fill(0),
    sum: 0,
    count: 0,
  };
  cells.set(place, cell);
  return cell;
}

function metricOf(definition: Definition, cells: ReadonlyMap<string, Cell>): HistogramMetricData {
  const { name, description, unit, buckets = [] } = definition;
  const endTime = hrTime();
  return {
    descriptor: { name, description, unit, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: [...cells.values()].map(({ attributes, start, counts, sum, count }) => ({
      attributes,
      startTime: start,
      endTime,
      // Copies: an export may still be under way when the next request is recorded.
      value: { buckets: { boundaries: [...buckets], counts: [...counts] }, sum, count },
    })),
  };
}
