import { parseArgs } from 'node:util';
import type { Length } from './measure.ts';

/** What was asked for on the command line. */
export interface Asked {
  /** Names of benchmarks; all where empty. */
  readonly names: readonly string[];
  readonly length: Length;
  /** Names of programs to compare; all where empty. */
  readonly only: readonly string[];
}

/**
 * Reads `[NAME…] [--quick|--full] [--only=PROGRAM,…]`.
 *
 * @returns what is wrong with it, as a text, where it can't be read
 */
export function readArguments(args: readonly string[], known: readonly string[]): Asked | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        full: { type: 'boolean', default: false },
        only: { type: 'string', default: '' },
      },
    });
    const unknown = positionals.filter((name) => !known.includes(name));
    if (unknown.length > 0) return `unknown: ${unknown.join(', ')}. Known are: ${known.join(', ')}`;
    if (values.quick && values.full) return 'either --quick or --full';
    return {
      names: positionals,
      length: values.full ? 'full' : values.quick ? 'quick' : 'usual',
      only: values.only.split(',').filter((name) => name !== ''),
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
