import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import type { Definition } from './definitions.ts';

/** UCUM units in Prometheus' words, as VictoriaMetrics and the OpenTelemetry Collector have them. */
const units: ReadonlyMap<string, string> = new Map([
  ['d', 'days'],
  ['h', 'hours'],
  ['min', 'minutes'],
  ['s', 'seconds'],
  ['ms', 'milliseconds'],
  ['us', 'microseconds'],
  ['ns', 'nanoseconds'],
  ['By', 'bytes'],
  ['KiBy', 'kibibytes'],
  ['MiBy', 'mebibytes'],
  ['GiBy', 'gibibytes'],
  ['%', 'percent'],
  ['1', ''],
]);

const perUnits: ReadonlyMap<string, string> = new Map([
  ['s', 'second'],
  ['m', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
]);

/**
 * What Prometheus calls a metric: letters, digits and underscores, with the unit and `total` or `ratio` in the end, as
 * the OpenTelemetry specification translates names
 * (https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#otlp-metric-points-to-prometheus)
 * and VictoriaMetrics does on its side. The exporter for Prometheus leaves the unit out.
 */
export function prometheusName({ name, unit, kind }: MetricIdentity): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const [main = '', per = ''] = unit.split('/', 2).map((part) => part.trim());
  const mainWord = plain(main) ? (units.get(main) ?? main) : '';
  if (mainWord !== '' && !words.includes(mainWord)) words.push(mainWord);
  const perWord = plain(per) ? (perUnits.get(per) ?? per) : '';
  if (perWord !== '' && !words.includes(perWord)) words.push('per', perWord);
  if (kind === 'counter') return ended(words, 'total');
  if (kind === 'gauge' && unit === '1') return ended(words, 'ratio');
  return words.join('_');
}

/** What decides a metric's name. `other` is a sum that may fall. */
export interface MetricIdentity {
  readonly name: string;
  readonly unit: string;
  readonly kind: Definition['kind'] | 'other';
}

/** What decides the name of a metric that the SDK has collected. */
export function namedOf(metric: MetricData): MetricIdentity {
  const { name, unit } = metric.descriptor;
  return { name, unit, kind: kindOf(metric) };
}

function kindOf(metric: MetricData): MetricIdentity['kind'] {
  switch (metric.dataPointType) {
    case DataPointType.SUM:
      return metric.isMonotonic ? 'counter' : 'other';
    case DataPointType.GAUGE:
      return 'gauge';
    default:
      return 'histogram';
  }
}

/** What a label is called on both roads: `http.route` is `http_route`. */
export function prometheusLabel(label: string): string {
  return label.replace(/[^A-Za-z0-9_]/g, '_');
}

/** Units in braces are remarks. */
function plain(unit: string): boolean {
  return !/[{}]/.test(unit);
}

function ended(words: readonly string[], last: string): string {
  return [...words.filter((word) => word !== last), last].join('_');
}
