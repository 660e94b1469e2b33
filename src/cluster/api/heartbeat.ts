import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../ground/clock.ts';
import type { Log } from '../../ground/log.ts';
import type { ApiCall } from './exchange.ts';

export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Sends a request; false where nothing answers it. */
  readonly ask: (request: ApiCall) => Promise<boolean>;
}

/** One watch whose connection is looked after. */
interface Watched {
  readonly resource: string;
  readonly body: IncomingMessage;
  /** Bytes that had come on its connection when we last looked. */
  read: number;
}

/** Milliseconds between two looks. */
const interval = 8_000;

/**
 * A question that every API server answers to everybody, outside its queues for priority and fairness. Two intervals and
 * this time are 26 s: nobody waits for longer.
 */
const question: ApiCall = {
  verb: 'get',
  path: '/livez',
  resource: 'livez',
  timeout: 10_000,
  retries: 0,
};

/**
 * Notices within 30 s that watches hear nothing because nobody is there.
 *
 * Silence alone says nothing: an API server sends a bookmark about once a minute. Two things can be behind it. The other
 * side of the connection is gone, without a word: the kernel notices that by TCP's keep-alive (agents.ts), and the
 * connection fails with ETIMEDOUT after 25 s. Or something still acknowledges what comes (the kernel of a server that
 * hangs, a proxy or load balancer in between) and nothing answers: only an answer can tell that from quiet. So while
 * watches are silent and no other request is answered either, one is asked for; where it stays away, the silent watches
 * are ended, and begin anew from where they were.
 *
 * What neither notices is a load balancer that lost the one server behind a connection and has others: that watch waits
 * for the bookmark that doesn't come (`idle` in reflector.ts).
 */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #watches = new Set<Watched>();
  #cancel: (() => void) | undefined;
  /** Whether any request was answered since we last looked. */
  #heard = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Looks after a watch until its connection is closed. */
  watch(resource: string, body: IncomingMessage): void {
    const { socket } = body;
    if (body.destroyed || socket === null) return;
    const watched = { resource, body, read: socket.bytesRead };
    this.#watches.add(watched);
    const vanished = (error: NodeJS.ErrnoException): void => {
      if (error.code !== 'ETIMEDOUT') return;
      const { log } = this.#options;
      log.warn({ resource }, 'the other side of a watch is gone without a word: it begins anew');
    };
    socket.once('error', vanished);
    body.once('close', () => {
      this.#watches.delete(watched);
      // Left to the next request of this connection, where there is one.
      setImmediate(() => socket.off('error', vanished));
    });
    this.#cancel ??= this.#options.clock.after(interval, () => this.#look());
  }

  /** A request was answered: the API server is there. */
  heard(): void {
    this.#heard = true;
  }

  /** Ends all watches. */
  stop(): void {
    this.#cancel?.();
    for (const { body } of this.#watches) body.destroy();
    this.#watches.clear();
  }

  async #look(): Promise<void> {
    this.#cancel = undefined;
    const silent = this.#silent();
    const heard = this.#heard;
    this.#heard = false;
    if (silent.length > 0 && !heard) await this.#askFor(silent);
    if (this.#watches.size === 0) return;
    this.#cancel ??= this.#options.clock.after(interval, () => this.#look());
  }

  async #askFor(silent: readonly Watched[]): Promise<void> {
    if (await this.#options.ask(question)) return;
    const still = this.#silent().filter((watched) => silent.includes(watched));
    if (still.length === 0) return;
    this.#options.log.warn(
      { watches: still.length },
      'the API server answers nothing: the watches begin anew',
    );
    for (const { body } of still) body.destroy(new Error('the API server answers nothing'));
  }

  /** The watches that heard nothing since the last look. */
  #silent(): Watched[] {
    return [...this.#watches].filter((watched) => {
      const { bytesRead } = watched.body.socket;
      const isSilent = bytesRead === watched.read;
      watched.read = bytesRead;
      return isSilent;
    });
  }
}
