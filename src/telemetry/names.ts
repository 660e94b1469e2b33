import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';

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
export function prometheusName(metric: MetricData): string {
  const { name, unit } = metric.descriptor;
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const [main = '', per = ''] = unit.split('/', 2).map((part) => part.trim());
  const mainWord = plain(main) ? (units.get(main) ?? main) : '';
  if (mainWord !== '' && !words.includes(mainWord)) words.push(mainWord);
  const perWord = plain(per) ? (perUnits.get(per) ?? per) : '';
  if (perWord !== '' && !words.includes(perWord)) words.push('per', perWord);
  if (metric.dataPointType === DataPointType.SUM && metric.isMonotonic)
    return ended(words, 'total');
  if (metric.dataPointType === DataPointType.GAUGE && unit === '1') return ended(words, 'ratio');
  return words.join('_');
}

/** Units in braces are remarks. */
function plain(unit: string): boolean {
  return !/[{}]/.test(unit);
}

function ended(words: readonly string[], last: string): string {
  return [...words.filter((word) => word !== last), last].join('_');
}
