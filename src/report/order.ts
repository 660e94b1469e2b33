import type { CoverageState, Severity } from '../scrape/index.ts';

/** What needs attention first. */
export const stateOrder = [
  'uncovered',
  'duplicated',
  'silent',
  'opted-out',
  'pushed',
  'covered',
] as const satisfies readonly CoverageState[];

/** The worst first. */
export const severityOrder = ['error', 'warning', 'info'] as const satisfies readonly Severity[];
