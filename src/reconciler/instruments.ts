import type { Outcome } from './decide.ts';

/** The reason why removals wait for a second list. */
export type Doubt = 'many' | 'restart' | 'unseen';

/** What became of one reconciliation. */
export type ReconcileResult = 'unchanged' | 'wrote' | 'damped' | 'waiting' | 'failed' | 'follows';

/** What the reconciler counts and times. */
export interface ReconcilerInstruments {
  /** A Service was reconciled. `component`: what its scrape reads; empty where it is to have none. */
  reconciled(result: ReconcileResult, seconds: number, component: string): void;
  /** How long a key waited in the queue before a worker took it. */
  waited(seconds: number): void;
  /** A key is tried again after a failure. */
  retried(): void;
  /** A scrape was written, or refused: `created`, `updated`, `removed`. `component` is empty for one that is not wanted. */
  wrote(
    what: 'created' | 'updated' | 'removed',
    outcome: 'ok' | 'conflict' | 'failed',
    component: string,
  ): void;
  /** An Event was sent, was there already, was dropped by the limit, or failed. */
  told(reason: string, outcome: 'sent' | 'known' | 'dropped' | 'failed'): void;
  /** Counts scrapes whose removal has to wait until a second list agrees. */
  doubted(because: Doubt, scrapes: number): void;
  /** Counts those of them that go because a second list agreed, and those that stay. */
  judged(outcome: 'removed' | 'kept', scrapes: number): void;
  /** Leadership was won or lost. */
  led(leads: boolean): void;
}

/** Counts nothing. */
export const noReconcilerInstruments: ReconcilerInstruments = {
  reconciled: () => {},
  waited: () => {},
  retried: () => {},
  wrote: () => {},
  told: () => {},
  doubted: () => {},
  judged: () => {},
  led: () => {},
};

/** What is known of a Service after it was reconciled. Given to whoever keeps coverage. */
export interface Observation {
  readonly namespace: string;
  readonly name: string;
  readonly outcome: Outcome;
}
