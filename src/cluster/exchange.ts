import { Readable } from 'node:stream';
import type { AnswerHead } from './answer-reader.ts';
import type { Clock } from './clock.ts';
import type { Connection, Destination, Receiver } from './connection.ts';
import type { Connections } from './connections.ts';
import { type ApiError, type ApiResult, failure, refusal } from './errors.ts';

/**
 * How each verb of the Kubernetes API is sent
 * (https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb); `apply`, which is
 * a `patch` to who authorises it, has the name that the API server's own metrics give it.
 */
export const methods = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  apply: 'PATCH',
  create: 'POST',
  update: 'PUT',
  delete: 'DELETE',
} as const;

/** What a request asks the API server to do. */
export type Verb = keyof typeof methods;

/** One request to the API server. */
export interface Request {
  readonly verb: Verb;
  /** Path and query. */
  readonly path: string;
  /** Plural name of the resource, for the instruments. */
  readonly resource: string;
  /** JSON. */
  readonly body?: string;
  readonly contentType?: string;
  readonly accept?: string;
  /** Milliseconds for one attempt, until the whole answer is there (of {@link Transport.open}: until it begins). */
  readonly timeout?: number;
  /** How often a refusal for being busy (429, 502, 503, 504) is tried again before it is given back; 2 if not said. */
  readonly retries?: number;
  readonly signal?: AbortSignal;
}

/** What a request came to, with how its answer began. */
export type Answered<T> = ApiResult<{ readonly head: AnswerHead; readonly body: T }>;

const defaultTimeout = 15_000;
/** A page of 500 of the largest objects that etcd takes (1.5 MB) would be more: such a list is refused, not loaded. */
const mostBody = 256 * 1024 * 1024;

/** What is made of the body of an answer of success: told of each piece, and of its end. */
export interface Body<T> {
  /** What is given back as soon as the answer begins; undefined: at its end. */
  readonly early: T | undefined;
  data(piece: Buffer): void;
  end(): T;
  fail(error: Error): void;
}

export type BodyOf<T> = (connection: Connection) => Body<T>;

/** The whole body, as text. */
export function wholeBody(): Body<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  return {
    early: undefined,
    data: (piece) => {
      size += piece.length;
      if (size > mostBody) throw new Error(`an answer of more than ${mostBody} bytes`);
      pieces.push(piece);
    },
    end: () => {
      const [first] = pieces;
      const whole = pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
      return whole.toString('utf8');
    },
    fail: () => {},
  };
}

/** The body as a stream: where nobody reads it, no more is taken from the network. */
export function streamedBody(connection: Connection): Body<Readable> {
  // After its end the connection may be somebody else's.
  let ended = false;
  const stream = new Readable({
    read: () => {
      if (!ended) connection.resume();
    },
    destroy: (error, done) => {
      if (!ended) connection.destroy();
      done(error);
    },
  });
  return {
    early: stream,
    data: (piece) => {
      if (!stream.push(piece)) connection.pause();
    },
    end: () => {
      ended = true;
      stream.push(null);
      return stream;
    },
    fail: (error) => stream.destroy(error),
  };
}

/** One request on one connection, until its answer is there, its time is over, or its signal says so. */
export class Exchange<T> {
  readonly #request: Request;
  readonly #clock: Clock;
  readonly #resolve: (answered: Answered<T>) => void;
  readonly #bodyOf: BodyOf<T>;
  readonly #again: (stale: boolean) => boolean;
  #connection: Connection | undefined;
  #takeBack = (): void => {};
  #cancelTimeout = (): void => {};
  #reached: 'timeout' | 'aborted' | undefined;
  #over = false;

  /** @param again told whether the connection was stale; true where the request is sent once more */
  constructor(
    request: Request,
    clock: Clock,
    resolve: (answered: Answered<T>) => void,
    bodyOf: BodyOf<T>,
    again: (stale: boolean) => boolean,
  ) {
    this.#request = request;
    this.#clock = clock;
    this.#resolve = resolve;
    this.#bodyOf = bodyOf;
    this.#again = again;
  }

  /** @param fresh on a connection that was not used before */
  begin(connections: Connections, destination: Destination, fresh: boolean, text: string): void {
    const { signal, timeout = defaultTimeout } = this.#request;
    if (signal?.aborted === true) {
      this.#giveUp('aborted');
      return;
    }
    signal?.addEventListener('abort', this.#abort, { once: true });
    this.#cancelTimeout = this.#clock.after(timeout, () => {
      this.#giveUp('timeout');
      // Where the network swallows what is sent, it does so with each of them, and each would cost somebody this time.
      connections.closeIdle();
    });
    this.#takeBack = connections.take(
      destination,
      fresh,
      (connection) => {
        this.#connection = connection;
        connection.send(text, this.#receiver(connection, connections));
      },
      ({ message }) => this.#finish({ ok: false, error: this.#errorOf(message) }),
    );
  }

  readonly #abort = (): void => this.#giveUp('aborted');

  #giveUp(reason: 'timeout' | 'aborted'): void {
    this.#reached = reason;
    this.#takeBack();
    if (this.#connection === undefined) this.#finish({ ok: false, error: this.#errorOf('') });
    else this.#connection.destroy(new Error('given up'));
  }

  #receiver(connection: Connection, connections: Connections): Receiver {
    const used = connection.used;
    let head: AnswerHead | undefined;
    let body: Body<T> | undefined;
    /** Of an answer that refuses. */
    const words = wholeBody();
    return {
      head: (begun) => {
        head = begun;
        if (begun.status < 200 || begun.status >= 300) return;
        body = this.#bodyOf(connection);
        if (body.early === undefined) return;
        this.#finish({ ok: true, value: { head: begun, body: body.early } });
      },
      data: (piece) => (body ?? words).data(piece),
      end: () => {
        const whole = body?.end();
        connections.release(connection);
        if (head === undefined) return;
        if (whole !== undefined) {
          this.#finish({ ok: true, value: { head, body: whole } });
          return;
        }
        const error = refusal(head.status, words.end(), head.headers.get('retry-after'));
        this.#finish({ ok: false, error });
      },
      fail: (error, heard) => {
        body?.fail(error);
        const reset = error.code === 'ECONNRESET' || error.code === 'EPIPE';
        const stale = used && reset && !heard && this.#reached === undefined;
        if (this.#over) return;
        this.#letGo();
        if (!this.#again(stale)) this.#resolve({ ok: false, error: this.#errorOf(error.message) });
      },
    };
  }

  #finish(answered: Answered<T>): void {
    if (this.#over) return;
    this.#letGo();
    this.#resolve(answered);
  }

  #letGo(): void {
    this.#over = true;
    this.#cancelTimeout();
    this.#request.signal?.removeEventListener('abort', this.#abort);
  }

  #errorOf(because: string): ApiError {
    const { verb, resource } = this.#request;
    const message =
      this.#reached === 'timeout'
        ? 'no answer in time'
        : this.#reached === 'aborted'
          ? 'it was given up'
          : because;
    return failure(this.#reached ?? 'unreachable', `${verb} ${resource}: ${message}`);
  }
}
