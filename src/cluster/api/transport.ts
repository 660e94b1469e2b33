import {
  type Agent,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  validateHeaderValue,
} from 'node:http';
import type { Readable } from 'node:stream';
import { backoff } from '../../ground/backoff.ts';
import { type Clock, pause } from '../../ground/clock.ts';
import { type Log, noLog } from '../../ground/log.ts';
import { Slots } from '../../ground/slots.ts';
import { type Access, AccessError, type Credentials, type Tls } from './access.ts';
import { agentOf, closeIdle, retire } from './connection-agents.ts';
import { type ApiError, type ApiResult, failure } from './errors.ts';
import {
  type ApiCall,
  type BodyReader,
  type ExchangeResult,
  exchange,
  Limit,
  wholeBody,
} from './exchange.ts';
import { Heartbeat } from './heartbeat.ts';
import type { ClusterInstruments } from './instruments.ts';

export interface TransportOptions {
  readonly access: Access;
  readonly clock: Clock;
  readonly random: () => number;
  readonly instruments: ClusterInstruments;
  /** `User-Agent`, as `autoscrape/1.2.3`: the API server's audit log tells it. */
  readonly userAgent: string;
  /** Told of an API server that stops answering; nothing if not said. */
  readonly log?: Log;
}

/** Connections for requests; watches have connections of their own. */
const mostConnections = 24;
const mostWatches = 1_024;
/** Longest time that we wait because an answer says `Retry-After`. */
const mostRetryAfter = 10_000;

const busy = new Set([429, 502, 503, 504]);
/** Refusals that say for sure that nothing was done: a gateway's 502 and 504 don't. */
const refusedUndone = new Set([429, 503]);

/** How a request goes out, and what is made of its answer. */
interface RequestKind<T> {
  readonly slots: Slots;
  readonly read: BodyReader<T>;
}

/**
 * Requests over HTTP/1.1 with kept connections, at most 24 at once. No request waits for ever, none is repeated for
 * ever, and an error is a value.
 *
 * Repeated is what may be done twice: reads, applies, and deletes and updates, which name the state that they are about.
 * A create is repeated only where it was refused, not where it may have been done.
 */
export class Transport {
  readonly #options: TransportOptions;
  readonly #requests: RequestKind<string> = { slots: new Slots(mostConnections), read: wholeBody };
  readonly #watches: RequestKind<IncomingMessage> = {
    slots: new Slots(mostWatches),
    read: (answer) => answer,
  };
  readonly #heartbeat: Heartbeat;
  readonly #underWay = new Set<Limit>();
  #agent: { readonly tls: Tls; readonly agent: Agent } | undefined;
  #common: { readonly of: Credentials['headers']; readonly headers: Headers } | undefined;
  #closed = false;

  constructor(options: TransportOptions) {
    this.#options = options;
    const { clock, log = noLog } = options;
    this.#heartbeat = new Heartbeat({ clock, log, ask: (request) => this.#ask(request) });
  }

  /** Sends a request and reads the whole answer. */
  async send(request: ApiCall): Promise<ApiResult<string>> {
    const { clock, random } = this.#options;
    const retries = request.retries ?? 2;
    const passing = isRepeatable(request) ? busy : refusedUndone;
    for (let attempt = 1; ; attempt += 1) {
      const result = await this.#counted(request, this.#requests);
      if (result.ok || attempt > retries || !passing.has(result.error.status)) return result;
      const wait = result.error.retryAfter ?? backoff(attempt, { first: 200, most: 5000 }, random);
      await pause(clock, Math.min(wait, mostRetryAfter), request.signal);
      if (request.signal?.aborted === true) return result;
    }
  }

  /** Sends a request and gives the answer's body as a stream; its reader destroys it. For watches. */
  async open(request: ApiCall): Promise<ApiResult<Readable>> {
    const result = await this.#counted(request, this.#watches);
    if (result.ok) this.#heartbeat.watch(request.resource, result.value);
    return result;
  }

  /** Closes every connection, for good. Requests under way fail, and so do those that are still to come. */
  close(): void {
    this.#closed = true;
    for (const limit of this.#underWay) limit.end('closed');
    this.#heartbeat.stop();
    if (this.#agent === undefined) return;
    retire(this.#agent.agent);
    this.#agent.agent.destroy();
  }

  async #counted<T>(request: ApiCall, way: RequestKind<T>): Promise<ApiResult<T>> {
    const { clock, instruments } = this.#options;
    const started = clock.now();
    const result = await this.#authorised(request, way);
    const outcome = result.ok ? String(result.value.status) : outcomeOf(result.error);
    const seconds = (clock.now() - started) / 1000;
    if (result.ok || result.error.code === 'refused') this.#heartbeat.heard();
    instruments.answered(request.verb, request.resource, outcome, seconds);
    return result.ok ? { ok: true, value: result.value.body } : result;
  }

  /** Asks whether the API server answers at all, apart from the requests that may be waiting for it. */
  async #ask(request: ApiCall): Promise<boolean> {
    const result = await this.#attempt(request, { ...this.#requests, slots: new Slots(1) }, false);
    return result.ok || (result.error.code !== 'timeout' && result.error.code !== 'unreachable');
  }

  /** Once more with new credentials where the API server does not know us. */
  async #authorised<T>(request: ApiCall, way: RequestKind<T>): Promise<ExchangeResult<T>> {
    const first = await this.#attempt(request, way, false);
    if (first.ok || first.error.status !== 401) return first;
    return this.#attempt(request, way, true);
  }

  async #attempt<T>(
    request: ApiCall,
    way: RequestKind<T>,
    refused: boolean,
  ): Promise<ExchangeResult<T>> {
    let credentials: Credentials;
    try {
      credentials = await this.#options.access.credentials(refused);
    } catch (error) {
      if (!(error instanceof AccessError)) throw error;
      return { ok: false, error: failure('credentials', error.message) };
    }
    const headers = this.#headersOf(request, credentials);
    if (headers === undefined) {
      const error = failure('credentials', 'what to log in with has characters that no header has');
      return { ok: false, error };
    }
    const agent = this.#agentOf(credentials.tls);
    if (agent === undefined) {
      const error = failure('credentials', 'the certificates to connect with are no valid PEM');
      return { ok: false, error };
    }
    return this.#exchange(request, headers, agent, way);
  }

  async #exchange<T>(
    request: ApiCall,
    headers: OutgoingHttpHeaders,
    agent: Agent,
    { slots, read }: RequestKind<T>,
  ): Promise<ExchangeResult<T>> {
    const { access, clock } = this.#options;
    const limit = new Limit(request, clock);
    if (this.#closed) limit.end('closed');
    this.#underWay.add(limit);
    try {
      if (!(await hasPlace(slots, limit))) return { ok: false, error: limit.errorOf(undefined) };
      const sending = { server: access.server, agent, headers };
      const left = () => slots.leave();
      for (let attempt = 1; limit.why === undefined; attempt += 1) {
        const answered = await exchange(sending, request, limit, read, left);
        if (answered !== 'stale') return answered;
        // The server closed a kept connection at the moment at which we took it; it may do so with the others.
        closeIdle(agent);
        if (attempt > 1 || !isRepeatable(request)) break;
      }
      left();
      return { ok: false, error: limit.errorOf(undefined) };
    } finally {
      limit.lift();
      this.#underWay.delete(limit);
      // Where the network swallows what is sent, it does so with each of them, and each would cost somebody this time.
      if (limit.why === 'timeout') closeIdle(agent);
    }
  }

  /** Returns the agent of these certificates; undefined where they can't be read. */
  #agentOf(tls: Tls): Agent | undefined {
    if (this.#agent?.tls === tls) return this.#agent.agent;
    const { server, proxy } = this.#options.access;
    const agent = agentOf(server, tls, proxy);
    if (agent === undefined) return undefined;
    if (this.#agent !== undefined) retire(this.#agent.agent);
    this.#agent = { tls, agent };
    return agent;
  }

  /** Returns the headers of a request; undefined where a value of the credentials is none of a header. */
  #headersOf({ body, contentType, accept }: ApiCall, credentials: Credentials) {
    if (this.#common?.of !== credentials.headers) {
      const { access, userAgent } = this.#options;
      const headers = { host: access.server.host, 'user-agent': userAgent, ...credentials.headers };
      this.#common = areHeaders(headers) ? { of: credentials.headers, headers } : undefined;
    }
    if (this.#common === undefined) return undefined;
    const headers = { ...this.#common.headers, accept: accept ?? 'application/json' };
    if (body === undefined) return headers;
    return {
      ...headers,
      'content-type': contentType ?? 'application/json',
      'content-length': Buffer.byteLength(body),
    };
  }
}

type Headers = Readonly<Record<string, string | string[]>>;

function areHeaders(headers: Headers): boolean {
  try {
    for (const [name, value] of Object.entries(headers)) {
      for (const one of [value].flat()) validateHeaderValue(name, one);
    }
    return true;
  } catch {
    return false;
  }
}

/** Waits for a place. False where the limit is reached before there is one. */
function hasPlace(slots: Slots, limit: Limit): Promise<boolean> {
  if (limit.why !== undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const takeBack = slots.take(() => resolve(true));
    limit.onEnd(() => {
      if (takeBack()) resolve(false);
    });
  });
}

/** True where doing it twice does no more than doing it once. */
function isRepeatable({ verb }: ApiCall): boolean {
  return verb !== 'create';
}

function outcomeOf(error: ApiError): string {
  return error.code === 'refused' ? String(error.status) : error.code;
}
