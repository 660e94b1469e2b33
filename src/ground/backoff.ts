/** How waits between attempts grow. */
export interface BackoffOptions {
  /** The first wait, in milliseconds. */
  readonly first: number;
  /** The longest wait, in milliseconds. */
  readonly most: number;
}

/**
 * The wait before attempt `failures + 1`, in milliseconds: it doubles with each failure, up to `most`, and jitter
 * takes up to half of it away, so that those who failed together do not come back together.
 *
 * @param failures how many attempts have failed in a row, from 1
 * @param random a number of [0, 1)
 */
export function backoff(failures: number, options: BackoffOptions, random: () => number): number {
  const exponent = Math.min(Math.max(failures, 1) - 1, 30);
  const whole = Math.min(options.first * 2 ** exponent, options.most);
  return whole * (1 - random() / 2);
}
