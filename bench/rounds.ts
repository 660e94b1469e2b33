/**
 * The order of programs in a round: each round begins with the next one, so that none is always first (when the
 * machine is cold) or always after the same neighbour.
 */
export function rotated<T>(programs: readonly T[], round: number): T[] {
  const first = programs.length === 0 ? 0 : round % programs.length;
  return [...programs.slice(first), ...programs.slice(0, first)];
}
