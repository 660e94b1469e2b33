import type { Environment } from '../ground/environment.ts';

/** What decides about colours. */
export interface Stream {
  readonly isTTY?: boolean;
}

/**
 * Whether to write colours: on a terminal, unless NO_COLOR is set to anything (https://no-color.org) or the terminal
 * calls itself dumb.
 */
export function hasColours(stream: Stream, environment: Environment): boolean {
  return stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';
}
