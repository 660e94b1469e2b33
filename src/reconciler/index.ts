export { type CountedCoverage, type CoverageCount, countCoverage } from './coverage.ts';
export type { Outcome } from './decide.ts';
export {
  noReconcilerInstruments,
  type Observation,
  type ReconcileResult,
  type ReconcilerInstruments,
} from './instruments.ts';
export type { LeaseTiming } from './lease.ts';
export {
  type Reconciler,
  type ReconcilerOptions,
  type ReconcilerStatus,
  startReconciler,
  type Tuning,
} from './reconciler.ts';
export type { DoubtedRemovals } from './removals.ts';
