import type { Readable } from 'node:stream';
import type { Background } from '../../ground/background.ts';
import type { Clock } from '../../ground/clock.ts';
import { reasonOf } from '../../ground/reason.ts';
import { type ApiError, field, isNamed, watchError } from '../api/index.ts';
import { LineReader } from './lines.ts';

/** One line of a watch (metav1.WatchEvent); errors are told apart before it gets here. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: unknown;
}

/** Why a watch is over. */
export type WatchEnd =
  /** The API server ended it, as it does from time to time, or the connection broke. */
  | { readonly how: 'closed' }
  /** We ended it. */
  | { readonly how: 'aborted' }
  /** Nothing came for too long, not even a bookmark. */
  | { readonly how: 'stuck' }
  /** What came can't be read: events may be lost. */
  | { readonly how: 'garbled'; readonly message: string }
  /** An event of type ERROR. */
  | { readonly how: 'error'; readonly error: ApiError };

export interface WatchStreamOptions {
  readonly clock: Clock;
  /** Lines are read in its time: an initial list of 50,000 objects comes as one stream, and admission goes on beside it. */
  readonly background: Background;
  readonly signal: AbortSignal;
  /** Milliseconds without a byte after which the watch counts as stuck. */
  readonly idle: number;
}

/**
 * Reads a watch to its end and calls `take` for each event, in order. Nothing piles up: while the events that have
 * come are being read, no more are taken from the connection. What a cut-off last line began is left out.
 */
export function readWatch(
  body: Readable,
  take: (event: WatchEvent) => void,
  { clock, background, signal, idle }: WatchStreamOptions,
): Promise<WatchEnd> {
  return new Promise((resolve) => {
    const lines = new LineReader();
    let heard = clock.now();
    let over = false;
    let cancelIdle = (): void => {};

    const finish = (end: WatchEnd): void => {
      if (over) return;
      over = true;
      cancelIdle();
      signal.removeEventListener('abort', abort);
      body.destroy();
      resolve(end);
    };
    const abort = (): void => finish({ how: 'aborted' });

    const listen = (): void => {
      const silence = clock.now() - heard;
      if (silence >= idle) finish({ how: 'stuck' });
      else cancelIdle = clock.after(idle - silence, listen);
    };

    /** Reads lines while there is time; true when all that had come are read. */
    const readLines = (): boolean => {
      while (background.hasTime()) {
        const line = lines.next();
        if (line === undefined) return true;
        const end = readLine(line, take);
        if (end !== undefined) {
          finish(end);
          return false;
        }
        if (over) return false;
      }
      return false;
    };

    const goOn = (): void => {
      if (over) return;
      try {
        if (readLines()) body.resume();
        else if (!over) background.next(goOn);
      } catch (error) {
        finish({ how: 'garbled', message: reasonOf(error) });
      }
    };

    body.on('data', (chunk: Buffer) => {
      heard = clock.now();
      lines.push(chunk);
      body.pause();
      goOn();
    });
    body.on('error', () => finish({ how: 'closed' }));
    body.once('close', () => finish({ how: 'closed' }));
    if (signal.aborted) abort();
    else {
      signal.addEventListener('abort', abort, { once: true });
      listen();
    }
  });
}

/** Gives one line's event to `take`; the end that it means, if it does. */
function readLine(line: string, take: (event: WatchEvent) => void): WatchEnd | undefined {
  if (line === '') return undefined;
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return { how: 'garbled', message: 'a line is no JSON' };
  }
  const type = field(event, 'type');
  const object = field(event, 'object');
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      if (!isNamed(object)) return { how: 'garbled', message: `${type} of nothing with a name` };
      take({ type, object });
      return undefined;
    case 'BOOKMARK':
      take({ type, object });
      return undefined;
    case 'ERROR':
      return { how: 'error', error: watchError(object) };
    default:
      return { how: 'garbled', message: `an event of type ${JSON.stringify(type)}` };
  }
}
