import type { Check } from '../ground/check.ts';

/** What is said at `/readyz`. */
export interface Readiness {
  /** True where every check holds. */
  readonly ready: boolean;
  /** Without these no answer is right: the certificate, the catalogue, not being told to stop. */
  readonly checks: readonly Check[];
  /** Answers are right without these; findings and scrapes wait for them. */
  readonly waiting: readonly Check[];
}

/** Readiness from its checks; `waiting` keeps those that do not hold. */
export function readiness(checks: readonly Check[], later: readonly Check[]): Readiness {
  return {
    ready: checks.every((check) => check.ok),
    checks,
    waiting: later.filter((check) => !check.ok),
  };
}
