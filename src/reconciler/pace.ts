import type { Clock } from '../ground/clock.ts';

export interface PaceOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** Writes at once: as many as a burst of creates comes with. */
  readonly most: number;
  /** Writes at once while Services keep coming. */
  readonly whileComing: number;
  /** Milliseconds without a new one after which they do not keep coming. */
  readonly quiet: number;
}

export const paceDefaults = { most: 16, whileComing: 4, quiet: 50 };

/** How many writes may be under way. */
export interface Pace {
  /** A new Service has come. */
  came(): void;
  atOnce(): number;
}

/**
 * An API server shares its time out among the requests that it has. While somebody creates Services those go first,
 * with few of our writes beside them: metrics do not slow the database down. Then come as many as there were creates
 * (docs/performance.md has what each takes).
 */
export function pace({ clock, most, whileComing, quiet }: PaceOptions): Pace {
  let last = Number.NEGATIVE_INFINITY;
  return {
    came: () => {
      last = clock.now();
    },
    atOnce: () => (clock.now() - last < quiet ? whileComing : most),
  };
}
