import type { Finding, Surroundings } from '../findings/index.ts';
import type { Coverage, PlanContext } from '../planning/index.ts';
import type { JobConfig } from '../reading/index.ts';

/** One link of a chain of reasoning. */
export interface Step {
  /** What is concluded, one sentence without a full stop. */
  readonly title: string;
  /** What that is concluded from. */
  readonly lines: readonly string[];
  /** What vmagent gets, where the step is about that. */
  readonly jobs: readonly JobConfig[];
  /** `broken`: no metrics come this way, though they should. */
  readonly outcome: 'holds' | 'broken';
}

/** Everything that follows for one object, from what it is to what vmagent does. */
export interface Explanation {
  /** `Service shop/orders-etcd`. */
  readonly subject: string;
  readonly steps: readonly Step[];
}

export function step(title: string, lines: readonly string[] = []): Step {
  return { title, lines, jobs: [], outcome: 'holds' };
}

export function broken(title: string, lines: readonly string[] = []): Step {
  return { title, lines, jobs: [], outcome: 'broken' };
}

/** What an explanation looks at. */
export interface ExplainContext extends PlanContext {
  readonly surroundings: Surroundings;
  /** The states that the review of the same input came to. */
  readonly coverage: readonly Coverage[];
  /** Its findings, with fixes that were tried. */
  readonly findings: readonly Omit<Finding, 'ways' | 'otherwise'>[];
}
