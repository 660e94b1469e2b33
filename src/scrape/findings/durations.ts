import { child, text } from '../../kubernetes/index.ts';
import type { Check } from './check.ts';
import { clipped, type Found, quoted } from './found.ts';

/** Milliseconds of each unit. */
const units: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
  ['y', 31_536_000_000],
  // Steps of a query, which a scrape has none of.
  ['i', 0],
]);

/** A capital M is a million, not minutes. */
const onePart = /^(-?)(\d+(?:\.\d*)?|(?<=-)\.\d+)([mM][sS]|[sShHdDwWyYiI]|m)/;
const plainNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/**
 * A duration as vmagent reads it, in milliseconds; undefined where it can't (a bare number is seconds).
 * Source: VictoriaMetrics metricsql, DurationValue.
 */
export function durationOf(duration: string): number | undefined {
  if (plainNumber.test(duration) && Number.isFinite(Number(duration)))
    return Number(duration) * 1000;
  if (duration.length > 100) return undefined;
  let rest = duration;
  let sum = 0;
  let negative = false;
  while (rest !== '') {
    if (rest === '$__interval') return sum;
    const part = onePart.exec(rest);
    const [whole = '', minus, number = '', unit = ''] = part ?? [];
    if (part === null || /^m[ib]/i.test(rest.slice(whole.length - unit.length))) return undefined;
    negative ||= minus === '-';
    sum += Number(number) * (units.get(unit.toLowerCase()) ?? 0) * (negative ? -1 : 1);
    rest = rest.slice(whole.length);
  }
  return duration === '' ? undefined : sum;
}

/** What was probably meant by a duration that vmagent can't read. */
function meant(duration: string, fallback: string): string {
  const spelled = duration
    .toLowerCase()
    .replaceAll(/[\s,_"']/g, '')
    .replaceAll(/(?:milliseconds?|millis|msecs?)/g, 'ms')
    .replaceAll(/(?:seconds?|secs?)/g, 's')
    .replaceAll(/(?:minutes?|mins?)/g, 'm')
    .replaceAll(/(?:hours?|hrs?)/g, 'h')
    .replaceAll(/(?:days?)/g, 'd');
  const value = spelled.length > 20 ? undefined : durationOf(spelled);
  return value !== undefined && value > 0 ? spelled : fallback;
}

/** Durations that vmagent can't read, and timeouts longer than the interval. */
export function durationFindings({ scrape, endpoints }: Check): Found[] {
  const found: Found[] = [];
  for (const [index, endpoint] of scrape.endpoints.entries()) {
    const field = `endpoints[${index}]`;
    // The operator takes scrape_interval where it is there, and looks at interval only where it is not.
    const intervalKey = endpoint.scrapeInterval ? 'scrape_interval' : 'interval';
    const interval = endpoint.scrapeInterval || endpoint.interval;
    const parameters = child(endpoints[index], 'vm_scrape_params');
    const durations: [key: string, value: string | undefined, fallback: string][] = [
      [intervalKey, interval, '30s'],
      ['scrapeTimeout', endpoint.scrapeTimeout, timeoutFor(interval)],
      ...['scrape_align_interval', 'scrape_offset'].map(
        (key): [string, string | undefined, string] => [
          `vm_scrape_params.${key}`,
          text(parameters, key),
          '30s',
        ],
      ),
    ];
    for (const [key, value, fallback] of durations) {
      if (value && durationOf(value) === undefined) {
        found.push(unreadable(`${field}.${key}`, value, fallback));
      }
    }
    const timeout = endpoint.scrapeTimeout;
    if (interval && timeout && isLonger(timeout, interval)) {
      found.push({
        code: 'timeout-above-interval',
        field: `${field}.scrapeTimeout`,
        message: `${quoted(timeout)} is longer than the interval of ${quoted(interval)}, and is cut to it`,
        fix: `write scrapeTimeout: ${clipped(interval, 130)}`,
      });
    }
  }
  return found;
}

function unreadable(field: string, value: string, fallback: string): Found {
  const key = field.slice(field.lastIndexOf('.') + 1);
  return {
    code: 'bad-duration',
    field,
    message: `${quoted(value)} is no duration: vmagent refuses its whole configuration because of it`,
    fix: `write ${key}: ${meant(value, fallback)}`,
  };
}

/** vmagent's own default, unless the interval is shorter. */
function timeoutFor(interval: string | undefined): string {
  const value = interval === undefined ? undefined : durationOf(interval);
  return interval !== undefined && value !== undefined && value > 0 && value < 10_000
    ? interval
    : '10s';
}

/** Zero and negative durations are taken for absent. */
function isLonger(timeout: string, interval: string): boolean {
  const [long = 0, short = 0] = [durationOf(timeout), durationOf(interval)];
  return short > 0 && long > short;
}
