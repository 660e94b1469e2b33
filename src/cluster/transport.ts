import type { Readable } from 'node:stream';
import { type Access, AccessError, type Credentials } from './access.ts';
import { backoff } from './backoff.ts';
import { type Clock, pause } from './clock.ts';
import { Connections } from './connections.ts';
import { type ApiError, type ApiResult, failure } from './errors.ts';
import {
  type Answered,
  type BodyOf,
  Exchange,
  methods,
  type Request,
  streamedBody,
  wholeBody,
} from './exchange.ts';
import type { ClusterInstruments } from './instruments.ts';

export interface TransportOptions {
  readonly access: Access;
  readonly clock: Clock;
  readonly random: () => number;
  readonly instruments: ClusterInstruments;
  /** `User-Agent`, as `autoscrape/1.2.3`: the API server's audit log tells it. */
  readonly userAgent: string;
}

/** Connections for requests; watches have connections of their own. */
const mostConnections = 24;
const mostWatches = 1_024;
/** Longest time that we wait because an answer says `Retry-After`. */
const mostRetryAfter = 10_000;

const busy = new Set([429, 502, 503, 504]);

/** How a request goes out, and what is made of its answer. */
interface Way<T> {
  readonly connections: Connections;
  readonly bodyOf: BodyOf<T>;
}

/**
 * Requests over HTTP/1.1 with kept connections, at most 24 at once. No request waits for ever, none is repeated for
 * ever, and an error is a value. Everything that goes through here may be sent twice: reads, applies, deletes and
 * updates with a precondition, and creates under a name that we chose.
 */
export class Transport {
  readonly #options: TransportOptions;
  readonly #requests: Way<string>;
  readonly #watches: Way<Readable>;
  #beginning: { readonly of: Credentials; readonly text: string | undefined } | undefined;

  constructor(options: TransportOptions) {
    const { access, clock } = options;
    this.#options = options;
    const { server } = access;
    this.#requests = {
      connections: new Connections(server, mostConnections, clock),
      bodyOf: wholeBody,
    };
    this.#watches = {
      connections: new Connections(server, mostWatches, clock),
      bodyOf: streamedBody,
    };
  }

  /** Sends a request and reads the whole answer. */
  async send(request: Request): Promise<ApiResult<string>> {
    const { clock, random } = this.#options;
    const retries = request.retries ?? 2;
    for (let attempt = 1; ; attempt += 1) {
      const result = await this.#counted(request, this.#requests);
      if (result.ok || attempt > retries || !busy.has(result.error.status)) return result;
      const wait = result.error.retryAfter ?? backoff(attempt, { first: 200, most: 5000 }, random);
      await pause(clock, Math.min(wait, mostRetryAfter), request.signal);
      if (request.signal?.aborted === true) return result;
    }
  }

  /** Sends a request and gives the answer's body as a stream; its reader destroys it. For watches. */
  open(request: Request): Promise<ApiResult<Readable>> {
    return this.#counted(request, this.#watches);
  }

  /** Closes every connection. Requests under way fail. */
  close(): void {
    this.#requests.connections.close();
    this.#watches.connections.close();
  }

  async #counted<T>(request: Request, way: Way<T>): Promise<ApiResult<T>> {
    const { clock, instruments } = this.#options;
    const started = clock.now();
    const result = await this.#authorised(request, way);
    const outcome = result.ok ? String(result.value.head.status) : outcomeOf(result.error);
    const seconds = (clock.now() - started) / 1000;
    instruments.answered(request.verb, request.resource, outcome, seconds);
    return result.ok ? { ok: true, value: result.value.body } : result;
  }

  /** Once more with new credentials where the API server does not know us. */
  async #authorised<T>(request: Request, way: Way<T>): Promise<Answered<T>> {
    const first = await this.#attempt(request, way, false);
    if (first.ok || first.error.status !== 401) return first;
    return this.#attempt(request, way, true);
  }

  async #attempt<T>(request: Request, way: Way<T>, refused: boolean): Promise<Answered<T>> {
    let credentials: Credentials;
    try {
      credentials = await this.#options.access.credentials(refused);
    } catch (error) {
      if (!(error instanceof AccessError)) throw error;
      return { ok: false, error: failure('credentials', error.message) };
    }
    const text = this.#textOf(request, credentials);
    if (text === undefined) {
      const error = failure('credentials', 'what to log in with has characters that no header has');
      return { ok: false, error };
    }
    return this.#exchange(request, text, credentials, way);
  }

  #exchange<T>(
    request: Request,
    text: string,
    { tls }: Credentials,
    { connections, bodyOf }: Way<T>,
  ): Promise<Answered<T>> {
    const destination = connections.destination(tls);
    if (destination === undefined) {
      const error = failure('credentials', 'the certificates to connect with are no valid PEM');
      return Promise.resolve({ ok: false, error });
    }
    return new Promise((resolve) => {
      const attempt = (fresh: boolean): void => {
        const exchange = new Exchange(request, this.#options.clock, resolve, bodyOf, (stale) => {
          // The server closed a kept connection at the moment at which we took it: nobody has read our request.
          if (stale && !fresh) attempt(true);
          return stale && !fresh;
        });
        exchange.begin(connections, destination, fresh, text);
      };
      attempt(false);
    });
  }

  /** The request as it is sent; undefined where that can't be. */
  #textOf({ verb, path, body, contentType, accept }: Request, credentials: Credentials) {
    if (this.#beginning?.of.headers !== credentials.headers) {
      this.#beginning = { of: credentials, text: this.#headersOf(credentials) };
    }
    const { text: common } = this.#beginning;
    const { pathname } = this.#options.access.server;
    if (common === undefined) return undefined;
    // Paths are made of encoded parts: anything else in them is a mistake of ours.
    if (!/^[\x21-\x7e]+$/.test(path)) throw new TypeError(`no path: ${JSON.stringify(path)}`);
    const root = pathname === '/' ? '' : pathname.replace(/\/$/, '');
    const head = `${methods[verb]} ${root}${path} HTTP/1.1\r\n${common}Accept: ${accept ?? 'application/json'}\r\n`;
    if (body === undefined) return `${head}\r\n`;
    return `${head}Content-Type: ${contentType ?? 'application/json'}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  }

  /** What every request of these credentials begins with; undefined where a value is none of a header (RFC 9110, section 5.5). */
  #headersOf({ headers }: Credentials): string | undefined {
    const { access, userAgent } = this.#options;
    const all = Object.entries({ Host: access.server.host, 'User-Agent': userAgent, ...headers });
    if (all.some(([, value]) => !/^[\t\x20-\x7e]*$/.test(value))) return undefined;
    return all.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  }
}

function outcomeOf(error: ApiError): string {
  return error.code === 'refused' ? String(error.status) : error.code;
}
