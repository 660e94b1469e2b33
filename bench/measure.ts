import type { Cores } from './cores.ts';
import type { Result } from './result.ts';

/** How long a benchmark takes: `quick` to see that it works, `usual`, and `full` for figures to publish. */
export type Length = 'quick' | 'usual' | 'full';

/** What a benchmark gets. */
export interface Context {
  readonly length: Length;
  readonly cores: Cores;
  /** A folder of its own, which goes away. */
  readonly folder: string;
  /** Names of programs to run with; all that the benchmark knows where empty. */
  readonly only: readonly string[];
  /** Says how far it is, one line at a time. */
  readonly say: (line: string) => void;
}

/** A benchmark. */
export interface Measure {
  readonly name: string;
  readonly title: string;
  run(context: Context): Promise<Result>;
}

/** The value for this length. */
export function byLength<T>(length: Length, values: Readonly<Record<Length, T>>): T {
  return values[length];
}
