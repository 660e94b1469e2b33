/** What many values of one kind come to. */
export interface Summary {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly count: number;
}

/**
 * The value below which the share `at` of `values` lies, by linear interpolation between the two nearest.
 *
 * @param at from 0 to 1
 * @returns NaN where there are no values
 */
export function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * at;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** The middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Median and spread. */
export function summaryOf(values: readonly number[]): Summary {
  return {
    median: median(values),
    least: quantile(values, 0),
    most: quantile(values, 1),
    count: values.length,
  };
}
