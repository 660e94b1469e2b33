import type { ReadinessCheck } from '../ground/check.ts';

/** What is said at `/readyz`. */
export interface Readiness {
  /** True where every check holds. */
  readonly ready: boolean;
  /** Without these no answer is right: the certificate, the catalogue, not being told to stop. */
  readonly checks: readonly ReadinessCheck[];
  /** Answers are right without these; findings and scrapes wait for them. */
  readonly waiting: readonly ReadinessCheck[];
}

/** Readiness from its checks; `waiting` keeps those that do not hold. */
export function readiness(
  checks: readonly ReadinessCheck[],
  later: readonly ReadinessCheck[],
): Readiness {
  return {
    ready: checks.every((check) => check.ok),
    checks,
    waiting: later.filter((check) => !check.ok),
  };
}
