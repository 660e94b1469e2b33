import { destination, pino, stdTimeFunctions } from 'pino';
import type { LogSettings } from '../settings/index.ts';

/** Where lines go: fields first, then the sentence, as pino takes them. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface StartedLog {
  readonly log: Log;
  /** How many lines were dropped, or could not be written. */
  readonly dropped: () => number;
  /** Resolves when what was said so far is written, or after a second. */
  readonly flush: () => Promise<void>;
  /** Writes what is left before it returns: for the last breath. */
  readonly flushNow: () => void;
}

/** Lines are written together, when there is this much of them or this much time has gone by. */
const together = 8_192;
const atLatest = 100;

/** Lines that wait because nobody reads them; beyond that they are dropped. */
const mostWaiting = 4 * 1_048_576;

const longestFlush = 1_000;

/**
 * The log: JSON lines. They are written in the background and never hold up an answer: when the reader of our output
 * stands still, lines are dropped and counted.
 *
 * @param output a file descriptor, or a file's path
 */
export function startLog(
  settings: Pick<LogSettings, 'level'>,
  output: number | string,
): StartedLog {
  let dropped = 0;
  const drop = () => {
    dropped++;
  };
  const stream = destination({
    dest: output,
    sync: false,
    minLength: together,
    periodicFlush: atLatest,
    maxLength: mostWaiting,
  });
  stream.on('drop', drop);
  // Nobody reads our output any more: that is no reason to stop answering.
  stream.on('error', drop);
  const log = pino(
    {
      level: settings.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
  return {
    log,
    dropped: () => dropped,
    flush: () =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, longestFlush);
        stream.flush(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
    flushNow: () => {
      try {
        stream.flushSync();
      } catch {
        // The output is gone; there is nobody left to tell.
      }
    },
  };
}
