import type { Environment } from '../ground/environment.ts';

/** What decides about colours. */
export interface Stream {
  readonly isTTY?: boolean;
  /** Columns of the terminal. */
  readonly columns?: number;
}

/**
 * Whether to write colours: on a terminal, unless NO_COLOR is set to anything (https://no-color.org) or the terminal
 * calls itself dumb.
 */
export function hasColours(stream: Stream, environment: Environment): boolean {
  return stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';
}

/** Columns that texts are broken at: those of a terminal, and at least 60; undefined where it is none. */
export function widthOf({ isTTY, columns }: Stream): number | undefined {
  return isTTY === true && columns !== undefined ? Math.max(60, columns) : undefined;
}
