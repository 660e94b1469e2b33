/** How much is done in one go. */
export interface TurnBounds {
  readonly items: number;
  /** In the unit of the weights; one that weighs more goes alone. */
  readonly weight: number;
}

/**
 * Takes items as they come, and once in a turn of the event loop does the first step for all that have come, then the
 * second one for all, and so on. Done one item after the other, each step would find the processor's caches filled with
 * code and data of the others: a review would take half as much again of a core (docs/performance.md). What is over the
 * bounds has to wait for the next turn, so that everybody else's events come in between.
 *
 * @param steps none of them may throw
 * @returns takes an item
 */
export function inTurns<T extends { readonly weight: number }>(
  steps: readonly ((item: T) => void)[],
  bounds: TurnBounds,
): (item: T) => void {
  let waiting: T[] = [];

  const turn = (): void => {
    const count = fitting(waiting, bounds);
    const items = waiting.slice(0, count);
    waiting = waiting.slice(count);
    if (waiting.length > 0) setImmediate(turn);
    for (const step of steps) for (const item of items) step(item);
  };
  return (item) => {
    waiting.push(item);
    if (waiting.length === 1) setImmediate(turn);
  };
}

/** How many of the first items may go together: one at least. */
function fitting<T extends { readonly weight: number }>(
  items: readonly T[],
  bounds: TurnBounds,
): number {
  let weight = 0;
  let count = 0;
  for (const item of items) {
    weight += item.weight;
    if (count > 0 && (count === bounds.items || weight > bounds.weight)) break;
    count += 1;
  }
  return count;
}
