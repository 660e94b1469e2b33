import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as plainRequest,
} from 'node:http';
import { request as secureRequest } from 'node:https';
import type { Clock } from '../../ground/clock.ts';
import { reasonOf } from '../../ground/reason.ts';
import { hostOf } from './connection-agents.ts';
import { type ApiError, type ApiResult, failure, refusal } from './errors.ts';

/**
 * How each verb of the Kubernetes API is sent
 * (https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb). RBAC calls `apply`
 * a `patch`; the API server's own metrics call it `apply`, and so do we.
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
export interface ApiCall {
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

/** What a request came to, with the status of its answer. */
export type ExchangeResult<T> = ApiResult<{ readonly status: number; readonly body: T }>;

const defaultTimeout = 15_000;
/** A page of 500 of the largest objects that etcd takes (1.5 MB) would be more: such a list is refused, not loaded. */
const mostBody = 256 * 1024 * 1024;

const words = {
  timeout: 'no answer in time',
  aborted: 'it was given up',
  closed: 'the way to the API server was closed',
} as const;

/** The end of a request before its answer: its time is over, its caller gave it up, or the transport was closed. */
export class Limit {
  readonly #request: ApiCall;
  readonly #cancel: () => void;
  #why: keyof typeof words | undefined;
  #stop = (): void => {};

  constructor(request: ApiCall, clock: Clock) {
    const { signal, timeout = defaultTimeout } = request;
    this.#request = request;
    this.#cancel = clock.after(timeout, () => this.end('timeout'));
    signal?.addEventListener('abort', this.#abort, { once: true });
    if (signal?.aborted === true) this.#why = 'aborted';
  }

  readonly #abort = (): void => this.end('aborted');

  get why(): keyof typeof words | undefined {
    return this.#why;
  }

  /** Calls `stop` when the limit is reached, in place of what was to be called before. */
  onEnd(stop: () => void): void {
    this.#stop = stop;
  }

  end(why: keyof typeof words): void {
    this.#why ??= why;
    this.#stop();
  }

  /** The answer is there: the limit is not reached any more. */
  lift(): void {
    this.#cancel();
    this.#request.signal?.removeEventListener('abort', this.#abort);
    this.#stop = () => {};
  }

  /** Returns what a request came to that has failed, by this limit or by an error. */
  errorOf(error: Error | undefined): ApiError {
    const { verb, resource } = this.#request;
    const why = this.#why;
    const code = why === 'timeout' || why === 'aborted' ? why : 'unreachable';
    const because = why === undefined ? wordsOf(error) : words[why];
    return failure(code, `${verb} ${resource}: ${because}`);
  }
}

/** Where a request goes, and with which headers. */
export interface Sending {
  readonly server: URL;
  readonly agent: Agent;
  readonly headers: OutgoingHttpHeaders;
}

/** Returns what is made of an answer of success: at its end, or at its beginning. */
export type BodyReader<T> = (answer: IncomingMessage) => T | Promise<T>;

/**
 * Sends a request on one connection.
 *
 * @param left told once the connection is free for another request, or closed; not where the request was `stale`
 * @returns `stale` where a kept connection was reset before anything of an answer came
 */
export function exchange<T>(
  { server, agent, headers }: Sending,
  { verb, path, body }: ApiCall,
  limit: Limit,
  read: BodyReader<T>,
  left: () => void,
): Promise<ExchangeResult<T> | 'stale'> {
  return new Promise((resolve) => {
    const send = server.protocol === 'https:' ? secureRequest : plainRequest;
    const root = server.pathname.replace(/\/$/, '');
    const sent = send({
      agent,
      method: methods[verb],
      host: hostOf(server),
      port: server.port,
      path: root + path,
      headers,
    });
    const failed = (error: Error | undefined): void =>
      resolve({ ok: false, error: limit.errorOf(error) });
    limit.onEnd(() => {
      sent.destroy();
      // The request itself says so only once it has a connection, and a proxy may take its time.
      failed(undefined);
    });
    let begun = false;
    let stale = false;
    sent.once('response', (answer) => {
      begun = true;
      // Errors of a stream that nobody reads yet.
      answer.on('error', () => {});
      bodyOf(answer, read).then((result) => {
        endEarly(sent);
        resolve(result);
      }, failed);
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const reset = error.code === 'ECONNRESET' || error.code === 'EPIPE';
      stale = sent.reusedSocket && reset && !begun && limit.why === undefined;
      if (stale) resolve('stale');
      else if (!begun) failed(error);
    });
    sent.once('close', () => {
      if (!begun) failed(undefined);
      if (!stale) left();
    });
    sent.end(body);
  });
}

async function bodyOf<T>(answer: IncomingMessage, read: BodyReader<T>): Promise<ExchangeResult<T>> {
  const status = answer.statusCode ?? 0;
  if (status >= 200 && status < 300)
    return { ok: true, value: { status, body: await read(answer) } };
  const error = refusal(status, await wholeBody(answer), answer.headers['retry-after']);
  return { ok: false, error };
}

/** Reads the whole body, as text. */
export function wholeBody(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    answer.on('data', (piece: Buffer) => {
      size += piece.length;
      pieces.push(piece);
      if (size > mostBody) answer.destroy(new Error(`an answer of more than ${mostBody} bytes`));
    });
    answer.once('end', () => resolve(Buffer.concat(pieces).toString('utf8')));
    answer.once('error', reject);
    answer.once('close', () => reject(new Error('the answer was cut off')));
  });
}

/** Ends the connection of a request that was answered before it was sent: its rest would be read as the next request. */
function endEarly(sent: ClientRequest): void {
  if (!sent.writableFinished) sent.destroy();
}

/** Returns an error in words. What is no HTTP is told by how it begins: the port of something else is a usual mistake. */
function wordsOf(
  error: (Error & { code?: unknown; rawPacket?: unknown; errors?: unknown }) | undefined,
): string {
  const closed = ['aborted', 'socket hang up'];
  if (error === undefined || closed.includes(error.message)) return 'the connection was closed';
  if (error.code === 'HPE_INVALID_CONSTANT' && Buffer.isBuffer(error.rawPacket)) {
    const [line = ''] = error.rawPacket.toString('latin1', 0, 60).split(/\r?\n/);
    return `no HTTP: ${JSON.stringify(line)}`;
  }
  // One for each address of the host.
  if (Array.isArray(error.errors)) return error.errors.map(reasonOf).join('; ');
  return error.message;
}
