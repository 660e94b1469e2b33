import type { CoverageState } from './types.ts';

/** A state of coverage, for people. */
export interface StateEntry {
  /** Ends the sentence "this component …": what the page and the documentation say. */
  readonly meaning: string;
  /** Whether somebody has to look at it: a broken chain of `explain`, a red mark in reports. */
  readonly needsAttention: boolean;
  /** The finding that `audit` makes of it, which decides the exit code; empty for none. */
  readonly finding: string;
  /** The alert of `deploy/samples/vmrule.yaml`; empty for none. */
  readonly alert: string;
}

/**
 * The states of coverage, those that need attention first. Where several could be said of one component, the first
 * in the order of precedence is: opted-out, pushed, silent, duplicated, covered, unknown, unread, uncovered.
 * `docs/states.md` is made from this.
 */
export const states: Readonly<Record<CoverageState, StateEntry>> = {
  uncovered: {
    meaning: 'serves metrics, and no scrape is there that reads them',
    needsAttention: true,
    finding: 'component-uncovered',
    alert: 'AutoscrapeComponentUncovered',
  },
  unread: {
    meaning: 'has a scrape, and a link between its pods and an agent breaks',
    needsAttention: true,
    finding: 'component-unread',
    alert: 'AutoscrapeComponentUnread',
  },
  duplicated: {
    meaning: 'is read more than once into the same store',
    needsAttention: true,
    finding: 'component-duplicated',
    alert: 'AutoscrapeComponentDuplicated',
  },
  unknown: {
    meaning: 'has a scrape, and whether that reads it cannot be told',
    needsAttention: true,
    finding: 'component-unknown',
    alert: '',
  },
  silent: {
    meaning: 'sends no metrics as it is configured',
    needsAttention: false,
    finding: '',
    alert: '',
  },
  'opted-out': {
    meaning: 'is left alone, as labels or settings ask',
    needsAttention: false,
    finding: '',
    alert: '',
  },
  pushed: {
    meaning: 'sends its metrics by OTLP',
    needsAttention: false,
    finding: '',
    alert: '',
  },
  covered: {
    meaning: 'is read once, as far as can be known',
    needsAttention: false,
    finding: '',
    alert: '',
  },
};

/** The states in the order in which reports have them. */
export const stateOrder: readonly CoverageState[] = [
  'uncovered',
  'unread',
  'duplicated',
  'unknown',
  'silent',
  'opted-out',
  'pushed',
  'covered',
];
