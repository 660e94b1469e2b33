import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent as HttpAgent, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import { type Access, AccessError, type Credentials, type Tls } from './access.ts';
import { backoff } from './backoff.ts';
import { type Clock, pause } from './clock.ts';
import { type ApiError, type ApiResult, failure, refusal } from './errors.ts';
import type { ClusterInstruments } from './instruments.ts';

/** One request to the API server. */
export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
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
/** The API server closes what was idle for 90 s (net/http's IdleTimeout in its generic server); we are earlier. */
const idleConnection = 60_000;
const defaultTimeout = 15_000;
/** Longest time that we wait because an answer says `Retry-After`. */
const mostRetryAfter = 10_000;
/** A page of 500 of the largest objects that etcd takes (1.5 MB) would be more: such a list is refused, not loaded. */
const mostBody = 256 * 1024 * 1024;

const busy = new Set([429, 502, 503, 504]);

/**
 * Requests over HTTP/1.1 with kept connections, at most 24 at once. No request waits for ever, none is repeated for
 * ever, and an error is a value. Everything that goes through here may be sent twice: reads, applies, deletes and
 * updates with a precondition, and creates under a name that we chose.
 */
export class Transport {
  readonly #options: TransportOptions;
  readonly #requests: Agents;
  readonly #watches: Agents;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#requests = new Agents(options.access.server, true);
    this.#watches = new Agents(options.access.server, false);
  }

  /** Sends a request and reads the whole answer. */
  async send(request: Request): Promise<ApiResult<string>> {
    const { clock, random } = this.#options;
    const retries = request.retries ?? 2;
    for (let attempt = 1; ; attempt += 1) {
      const result = await this.#timed(request);
      if (result.ok || attempt > retries || !busy.has(result.error.status)) return result;
      const wait = result.error.retryAfter ?? backoff(attempt, { first: 200, most: 5000 }, random);
      await pause(clock, Math.min(wait, mostRetryAfter), request.signal);
      if (request.signal?.aborted === true) return result;
    }
  }

  /** Sends a request and gives the answer's body as a stream; its reader destroys it. For watches. */
  async open(request: Request): Promise<ApiResult<IncomingMessage>> {
    const started = this.#options.clock.now();
    const opened = await this.#begin(request, this.#watches);
    if (opened.ok) {
      opened.value.limit.end();
      this.#count(request, String(opened.value.response.statusCode), started);
      return { ok: true, value: opened.value.response };
    }
    this.#count(request, outcomeOf(opened.error), started);
    return opened;
  }

  /** Closes every connection. Requests under way fail. */
  close(): void {
    this.#requests.destroy();
    this.#watches.destroy();
  }

  async #timed(request: Request): Promise<ApiResult<string>> {
    const started = this.#options.clock.now();
    const result = await this.#whole(request);
    this.#count(request, result.ok ? '200' : outcomeOf(result.error), started);
    return result;
  }

  #count(request: Request, outcome: string, started: number): void {
    const { clock, instruments } = this.#options;
    const seconds = (clock.now() - started) / 1000;
    instruments.answered(request.method, request.resource, outcome, seconds);
  }

  async #whole(request: Request): Promise<ApiResult<string>> {
    const begun = await this.#begin(request, this.#requests);
    if (!begun.ok) return begun;
    const { response, limit } = begun.value;
    return readWhole(response, request, limit);
  }

  /** An answer of 2xx that has begun; anything else is read to its end and is an error. */
  async #begin(request: Request, agents: Agents): Promise<ApiResult<Begun>> {
    const first = await this.#attempt(request, agents, false);
    if (first.ok || first.error.status !== 401) return first;
    return this.#attempt(request, agents, true);
  }

  async #attempt(request: Request, agents: Agents, refused: boolean): Promise<ApiResult<Begun>> {
    let credentials: Credentials;
    try {
      credentials = await this.#options.access.credentials(refused);
    } catch (error) {
      if (!(error instanceof AccessError)) throw error;
      return { ok: false, error: failure('credentials', error.message) };
    }
    const agent = agents.for(credentials.tls);
    if (agent === undefined) {
      const error = failure('credentials', 'the certificates to connect with are no valid PEM');
      return { ok: false, error };
    }
    const sent = await this.#exchange(request, agent, credentials);
    // The server closed a kept connection at the moment at which we took it: nobody has read our request.
    const begun = sent.stale ? await this.#exchange(request, agent, credentials) : sent;
    if (!begun.result.ok) return begun.result;
    const { response, limit } = begun.result.value;
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return begun.result;
    const body = await readWhole(response, request, limit);
    if (!body.ok) return body;
    return { ok: false, error: refusal(status, body.value, response.headers['retry-after']) };
  }

  #exchange(request: Request, agent: HttpAgent, credentials: Credentials): Promise<Exchanged> {
    const { access, clock, userAgent } = this.#options;
    const { server } = access;
    const { body, signal, timeout = defaultTimeout } = request;
    return new Promise((resolve) => {
      if (signal?.aborted === true) {
        const error = failure('aborted', `${request.method} ${request.resource} was given up`);
        resolve({ result: { ok: false, error }, stale: false });
        return;
      }
      const send = server.protocol === 'https:' ? requestHttps : requestHttp;
      const sent = send({
        agent,
        protocol: server.protocol,
        host: server.hostname.replace(/^\[(.*)\]$/, '$1'),
        port: server.port,
        method: request.method,
        path: `${server.pathname === '/' ? '' : server.pathname.replace(/\/$/, '')}${request.path}`,
        headers: {
          ...credentials.headers,
          accept: request.accept ?? 'application/json',
          'user-agent': userAgent,
          ...(body === undefined
            ? {}
            : {
                'content-type': request.contentType ?? 'application/json',
                'content-length': Buffer.byteLength(body),
              }),
        },
      });
      const limit = limited(sent, request, timeout, clock);
      sent.on('error', (error: NodeJS.ErrnoException) => {
        limit.end();
        const stale = sent.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        const reason = connectionError(error, request, limit);
        resolve({ result: { ok: false, error: reason }, stale: stale && !limit.reached() });
      });
      sent.once('response', (response) => {
        resolve({ result: { ok: true, value: { response, limit } }, stale: false });
      });
      sent.end(body);
    });
  }
}

interface Begun {
  readonly response: IncomingMessage;
  readonly limit: Limit;
}

interface Exchanged {
  readonly result: ApiResult<Begun>;
  /** The request went out on a kept connection that the server had just closed. */
  readonly stale: boolean;
}

/** What ends a request from our side: its time is over, or its signal says so. */
interface Limit {
  /** No longer: the answer is there. */
  end(): void;
  /** Which of the two has ended it. */
  reached(): 'timeout' | 'aborted' | undefined;
}

function limited(sent: ClientRequest, request: Request, timeout: number, clock: Clock): Limit {
  let reached: ReturnType<Limit['reached']>;
  const giveUp = (reason: 'timeout' | 'aborted'): void => {
    reached = reason;
    sent.destroy(new Error(reason === 'timeout' ? `no answer within ${timeout} ms` : 'given up'));
  };
  const abort = (): void => giveUp('aborted');
  const cancel = clock.after(timeout, () => giveUp('timeout'));
  request.signal?.addEventListener('abort', abort, { once: true });
  return {
    end: () => {
      cancel();
      request.signal?.removeEventListener('abort', abort);
    },
    reached: () => reached,
  };
}

function connectionError(error: Error, request: Request, limit: Limit): ApiError {
  const reached = limit.reached();
  const message = reached === 'timeout' ? 'no answer in time' : error.message;
  return failure(reached ?? 'unreachable', `${request.method} ${request.resource}: ${message}`);
}

function outcomeOf(error: ApiError): string {
  return error.code === 'refused' ? String(error.status) : error.code;
}

/** The body of an answer as text. */
function readWhole(
  response: IncomingMessage,
  request: Request,
  limit: Limit,
): Promise<ApiResult<string>> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const fail = (error: Error): void => {
      limit.end();
      resolve({ ok: false, error: connectionError(error, request, limit) });
    };
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > mostBody) response.destroy(new Error(`an answer of more than ${mostBody} bytes`));
      else chunks.push(chunk);
    });
    response.once('end', () => {
      limit.end();
      resolve({ ok: true, value: Buffer.concat(chunks, size).toString('utf8') });
    });
    response.on('error', fail);
    response.once('close', () => fail(new Error('the answer was cut off')));
  });
}

/** The agent that fits the credentials: a new one when the certificates have changed. */
class Agents {
  readonly #secure: boolean;
  readonly #keep: boolean;
  #current: { readonly tls: Tls; readonly agent: HttpAgent } | undefined;

  constructor(server: URL, keep: boolean) {
    this.#secure = server.protocol === 'https:';
    this.#keep = keep;
  }

  /** Undefined where the certificates can't be read. */
  for(tls: Tls): HttpAgent | undefined {
    if (this.#current?.tls === tls) return this.#current.agent;
    const agent = this.#make(tls);
    if (agent === undefined) return undefined;
    const earlier = this.#current?.agent;
    this.#current = { tls, agent };
    // Requests under way keep their connections; the idle ones go.
    for (const sockets of Object.values(earlier?.freeSockets ?? {})) {
      for (const socket of sockets ?? []) socket.destroy();
    }
    return agent;
  }

  destroy(): void {
    this.#current?.agent.destroy();
  }

  #make(tls: Tls): HttpAgent | undefined {
    const pool = this.#keep
      ? { keepAlive: true, maxSockets: mostConnections, timeout: idleConnection }
      : { keepAlive: false };
    if (!this.#secure) return new HttpAgent(pool);
    const secureContext = contextOf(tls);
    if (secureContext === undefined) return undefined;
    return new HttpsAgent({
      ...pool,
      // One context for all connections: the certificates are parsed once.
      secureContext,
      ...(tls.servername === undefined ? {} : { servername: tls.servername }),
      rejectUnauthorized: tls.verify,
      ALPNProtocols: ['http/1.1'],
    });
  }
}

function contextOf({ ca, cert, key }: Tls): SecureContext | undefined {
  try {
    return createSecureContext({
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
  } catch {
    return undefined;
  }
}
