import { median, summaryOf } from './statistics.ts';

/** One thing that is measured, the same for every program. */
export interface Metric {
  readonly key: string;
  readonly title: string;
  /** `/s`, `ms`, `µs`, `MB`, `s`, `%`. */
  readonly unit: string;
  readonly better: 'more' | 'less';
}

/** One value of one program in one round. */
export interface Sample {
  readonly metric: string;
  readonly program: string;
  readonly round: number;
  readonly value: number;
}

/** What we want to reach, and where we are. */
export interface Aim {
  /** In words, with its unit: `≥ 0.65 × the floor`. */
  readonly text: string;
  readonly measured: number;
  readonly bound: number;
  readonly better: 'more' | 'less';
}

/** What came of one benchmark. */
export interface Result {
  readonly name: string;
  readonly title: string;
  /** What was done, in a few sentences. */
  readonly method: string;
  readonly metrics: readonly Metric[];
  readonly samples: readonly Sample[];
  /** Ours against others or against ourselves: the figures that mean something on a noisy machine. */
  readonly ratios: Readonly<Record<string, number>>;
  readonly aims: readonly Aim[];
  /** What a reader should know: a program that could not be had, errors that were seen. */
  readonly notes: readonly string[];
}

/** Whether an aim is reached. */
export function isReached({ measured, bound, better }: Aim): boolean {
  return better === 'more' ? measured >= bound : measured <= bound;
}

/** The values of one metric of one program, by round. */
export function valuesOf(
  samples: readonly Sample[],
  metric: string,
  program: string,
): readonly number[] {
  return samples
    .filter((sample) => sample.metric === metric && sample.program === program)
    .map((sample) => sample.value);
}

/** The median of one metric of one program; NaN where it was not measured. */
export function medianOf(samples: readonly Sample[], metric: string, program: string): number {
  return summaryOf(valuesOf(samples, metric, program)).median;
}

/**
 * How one program's metric stands to another's: the median of the ratios of each round. What slows a whole round
 * down (another program on the machine) slows both, and is not in the ratio.
 *
 * @returns NaN where there is no round in which both were measured
 */
export function ratioOf(
  samples: readonly Sample[],
  metric: string,
  program: string,
  other: string,
): number {
  const others = new Map(
    samples
      .filter((sample) => sample.metric === metric && sample.program === other)
      .map((sample) => [sample.round, sample.value]),
  );
  return median(
    samples
      .filter((sample) => sample.metric === metric && sample.program === program)
      .flatMap(({ round, value }) => {
        const theirs = others.get(round);
        return theirs === undefined || theirs === 0 ? [] : [value / theirs];
      }),
  );
}

/** The programs that were measured, in the order in which they first were. */
export function programsIn(samples: readonly Sample[]): string[] {
  return [...new Set(samples.map((sample) => sample.program))];
}

/** Ratios without those of programs that were not measured, to two places. */
export function knownRatios(ratios: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(ratios)
      .filter(([, ratio]) => Number.isFinite(ratio))
      .map(([name, ratio]) => [name, Math.round(ratio * 100) / 100]),
  );
}

/** Aims without those whose figure was not measured. */
export function knownAims(aims: readonly Aim[]): Aim[] {
  return aims.filter((aim) => Number.isFinite(aim.measured));
}
