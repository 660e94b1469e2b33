import { Background } from '../ground/background.ts';
import type { Clock } from '../ground/clock.ts';
import {
  type CoverageState,
  coverageOfUnit,
  eachUnit,
  namespacesOf,
  type PlanContext,
  stateOrder,
} from '../planning/index.ts';

/** How many sets of pods that hold a component are in one state. */
export interface CoverageCount {
  readonly component: string;
  readonly state: CoverageState;
  readonly count: number;
}

/** Counts that are kept up to date. */
export interface CountedCoverage {
  /** The last ones: every state of each component that was ever seen. Empty until the first are there. */
  readonly counts: () => readonly CoverageCount[];
  readonly stop: () => void;
}

export interface CoverageOptions {
  /** What is planned with, another object when catalogue or settings are others; undefined while the stores are not filled. */
  readonly context: () => PlanContext | undefined;
  readonly clock: Clock;
  /** In whose time is counted; one of its own if not said. */
  readonly background?: Background;
  /** Whether scrapes are being made: a count waits for those, up to {@link mostBusy}. */
  readonly busy?: () => boolean;
  /** Milliseconds from the end of a count to the next one, at least. */
  readonly every?: number;
}

/** How long scrapes that are being made may hold up a count, in milliseconds. */
const mostBusy = 60_000;

/** How often is looked whether that is over, and whether there is anything to count at first. */
const lookAgain = 1_000;

/** Time from one count to the next, in durations of the last: so that counting takes 2 % of a processor at most. */
const rest = 50;

/**
 * Counts coverage in the background, when something has changed since the last count. Reading the counts costs nothing:
 * whoever reads metrics, however often, starts no work.
 */
export function countCoverage({
  context,
  clock,
  background = new Background(clock),
  busy = () => false,
  every = 15_000,
}: CoverageOptions): CountedCoverage {
  const seen = new Set<string>();
  let counts: readonly CoverageCount[] = [];
  let counted: { readonly context: PlanContext; readonly version: number } | undefined;
  let stopped = false;
  let cancel = (): void => {};
  let due = clock.now();

  const look = async (): Promise<number> => {
    const now = context();
    if (now === undefined) return 0;
    const { version } = now.inventory;
    if (counted?.context === now && counted.version === version) return 0;
    const steps = counting(now, () => stopped);
    const { result: found, worked } = await background.through(steps);
    for (const component of found.keys()) seen.add(component);
    counts = [...seen].sort().flatMap((component) =>
      stateOrder.map((state) => ({
        component,
        state,
        count: found.get(component)?.get(state) ?? 0,
      })),
    );
    counted = { context: now, version };
    return worked;
  };
  const again = (wait: number): void => {
    cancel = clock.after(wait, async () => {
      if (busy() && clock.now() - due < mostBusy) {
        again(lookAgain);
        return;
      }
      const worked = await look();
      const pause = counted === undefined ? lookAgain : Math.max(every, worked * rest);
      due = clock.now() + pause;
      if (!stopped) again(pause);
    });
  };
  again(Math.min(every, lookAgain));
  return {
    counts: () => counts,
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}

type StateCounts = ReadonlyMap<string, ReadonlyMap<CoverageState, number>>;

/** Counts, one set of pods a step. */
function* counting(context: PlanContext, stopped: () => boolean): Generator<void, StateCounts> {
  const found = new Map<string, Map<CoverageState, number>>();
  for (const namespace of namespacesOf(context.inventory)) {
    for (const unit of eachUnit(context, namespace)) {
      if (stopped()) return found;
      for (const { component, state } of coverageOfUnit(unit, context)) {
        const ofComponent = found.get(component) ?? new Map<CoverageState, number>();
        ofComponent.set(state, (ofComponent.get(state) ?? 0) + 1);
        found.set(component, ofComponent);
      }
      yield;
    }
    yield;
  }
  return found;
}
