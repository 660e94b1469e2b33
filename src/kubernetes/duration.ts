import { child, isJson, list, text } from './json.ts';
import type { Scrape } from './scrapes.ts';

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

/** A duration of a scrape that vmagent can't read: it refuses its whole configuration because of one. */
export interface UnreadableDuration {
  /** `endpoints[0].interval`. */
  readonly field: string;
  readonly value: string;
}

/** Returns the durations of a scrape's endpoints that vmagent can't read. */
export function unreadableDurations(scrape: Scrape): UnreadableDuration[] {
  return scrape.endpoints.flatMap((endpoint, index) => {
    const key = endpoint.scrapeInterval ? 'scrape_interval' : 'interval';
    const interval = endpoint.scrapeInterval || endpoint.interval;
    return [
      ...unreadable(`endpoints[${index}].${key}`, interval),
      ...unreadable(`endpoints[${index}].scrapeTimeout`, endpoint.scrapeTimeout),
      ...offsets(scrape, index),
    ];
  });
}

function offsets({ spec }: Scrape, index: number): UnreadableDuration[] {
  const endpoint = isJson(spec) ? list(spec, 'endpoints')[index] : undefined;
  const parameters = isJson(endpoint) ? child(endpoint, 'vm_scrape_params') : undefined;
  if (parameters === undefined) return [];
  return ['scrape_align_interval', 'scrape_offset'].flatMap((key) =>
    unreadable(`endpoints[${index}].vm_scrape_params.${key}`, text(parameters, key)),
  );
}

function unreadable(field: string, value: string | undefined): UnreadableDuration[] {
  return value && durationOf(value) === undefined ? [{ field, value }] : [];
}
