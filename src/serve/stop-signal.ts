import type { Shell } from '../cli/command.ts';

/** Why a process that serves ends. */
export interface End {
  /** `SIGTERM`, `SIGINT`, or `exception`. */
  readonly because: string;
  /** The exit code. */
  readonly code: number;
}

const signals = { SIGTERM: 143, SIGINT: 130 } as const;

/**
 * Resolves when the process is told to end, or has to. A second signal ends it at once.
 *
 * An exception that nobody caught leaves things in a state that nobody thought of: the process ends, but as it does
 * when it is told to, so that no review is lost by it. A promise that nobody waits for leaves nothing half done: it
 * is told, and life goes on. Both are bugs, and are counted.
 *
 * @param unexpected told of what nobody expected
 * @param last done before the process is ended at once
 */
export function untilTold(
  process: Shell['process'],
  unexpected: (kind: 'exception' | 'rejection', thrown: unknown) => void,
  last: () => void,
): Promise<End> {
  return new Promise((resolve) => {
    let told = false;
    const tell = (end: End) => {
      told = true;
      resolve(end);
    };
    for (const [signal, code] of Object.entries(signals)) {
      process.on(signal, () => {
        if (!told) {
          tell({ because: signal, code: 0 });
          return;
        }
        last();
        process.exit(code);
      });
    }
    process.on('uncaughtException', (error) => {
      unexpected('exception', error);
      tell({ because: 'exception', code: 1 });
    });
    process.on('unhandledRejection', (reason) => unexpected('rejection', reason));
  });
}
