import type { Coverage, CoverageState } from '../../planning/index.ts';

/** Says in a few words what each state means, for people who read the page for the first time. */
export const meanings: Readonly<Record<CoverageState, string>> = {
  covered: 'read once',
  pushed: 'sends its metrics by OTLP',
  silent: 'sends none as configured',
  uncovered: 'serves metrics, and no scrape is there',
  unread: 'a scrape is there, and a link breaks',
  unknown: "whether it is read can't be told",
  duplicated: 'read more than once',
  'opted-out': 'left alone, as asked',
};

/** `1 component`, `2 components`. */
export function counted(count: number, thing: string): string {
  return `${count.toLocaleString('en')} ${thing}${count === 1 ? '' : 's'}`;
}

/** The workload, and the Services in front of it. */
export function placeOf({ workload, services }: Coverage): string {
  const shown = services.slice(0, mostServices).join(', ');
  const more = services.length > mostServices ? ` and ${services.length - mostServices} more` : '';
  const behind =
    services.length === 0
      ? ''
      : `${services.length === 1 ? 'Service' : 'Services'} ${shown}${more}`;
  return [workload, behind].filter((part) => part !== '').join(' · ');
}

/** Services of one component that are named. */
const mostServices = 5;

/** How many of each state. */
export type Tally = Readonly<Record<CoverageState, number>>;

/** Counts the states. */
export function tally(coverage: readonly Coverage[]): Tally {
  const found = {
    uncovered: 0,
    unread: 0,
    unknown: 0,
    duplicated: 0,
    silent: 0,
    'opted-out': 0,
    pushed: 0,
    covered: 0,
  };
  for (const { state } of coverage) found[state]++;
  return found;
}
