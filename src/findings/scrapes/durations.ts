import { child, durationOf, text } from '../../kubernetes/index.ts';
import type { Check } from './check.ts';
import { type Found, quoted } from './found.ts';
import { writing } from './remedy.ts';

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
        ...writing(`${field}.scrapeTimeout`, interval),
      });
    }
  }
  return found;
}

function unreadable(field: string, value: string, fallback: string): Found {
  return {
    code: 'bad-duration',
    field,
    message: `${quoted(value)} is no duration: vmagent refuses its whole configuration because of it`,
    ...writing(field, meant(value, fallback)),
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
