import { destination, levels, stdSerializers } from 'pino';
import type { Log } from '../ground/log.ts';
import type { LogSettings } from '../settings/index.ts';

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

/** Bytes of lines that wait because nobody reads them; beyond that they are dropped. */
const mostWaiting = 4 * 1_048_576;

const longestFlush = 1_000;

/**
 * The log: JSON lines. They are written in the background and never hold up an answer: when the reader of our output
 * stands still, lines are dropped and counted.
 *
 * @param output a file descriptor, or a file's path
 * @param most bytes that may wait to be read
 */
export function startLog(
  settings: Pick<LogSettings, 'level'>,
  output: number | string,
  most = mostWaiting,
): StartedLog {
  let dropped = 0;
  const stream = destination({
    dest: output,
    sync: false,
    minLength: together,
    maxLength: most,
  });
  // The stream's own flushing wakes the process ten times a second, whether or not there is anything to write.
  let unwritten = 0;
  let flushing: NodeJS.Timeout | undefined;
  const flushSoon = (): void => {
    flushing ??= setTimeout(() => {
      flushing = undefined;
      stream.flush();
      if (unwritten > 0) flushSoon();
    }, atLatest).unref();
  };
  stream.on('write', (bytes: number) => {
    unwritten -= bytes;
  });
  stream.on('drop', (text: string) => {
    dropped++;
    unwritten -= Buffer.byteLength(text);
  });
  // Nobody reads our output any more: that is no reason to stop answering.
  stream.on('error', () => {
    dropped++;
  });
  stream.on('close', () => clearTimeout(flushing));
  const write = (level: 'debug' | 'info' | 'warn' | 'error') => {
    const wanted = (levels.values[level] ?? 0) >= (levels.values[settings.level] ?? Infinity);
    if (!wanted) return () => {};
    const time = clock();
    return (fields: object, message: string): void => {
      const text = line(level, time(), fields, message);
      unwritten += Buffer.byteLength(text);
      stream.write(text);
      flushSoon();
    };
  };
  const log: Log = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
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

/**
 * A line. A logger's own way there, key by key, takes twice as long, and a line is written for each admission.
 * Errors under `err` are written as pino writes them.
 */
function line(level: string, time: string, fields: object, message: string): string {
  const text = textOf('err' in fields ? { ...fields, err: readable(fields.err) } : fields);
  const more = text === '{}' ? '' : `${text.slice(1, -1)},`;
  return `{"level":"${level}","time":"${time}",${more}"msg":${JSON.stringify(message)}}\n`;
}

function readable(error: unknown): unknown {
  return error instanceof Error ? stdSerializers.err(error) : String(error);
}

/** JSON of an object; of one that has none, why. */
function textOf(fields: object): string {
  try {
    return JSON.stringify(fields);
  } catch (error) {
    return JSON.stringify({ unprintable: String(error) });
  }
}

/** The time as text, made once in a millisecond. */
function clock(): () => string {
  let last = Number.NaN;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== last) {
      last = now;
      text = new Date(now).toISOString();
    }
    return text;
  };
}
