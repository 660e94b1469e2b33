import { connect as connectPlainly, isIP, type Socket } from 'node:net';
import { connect as connectSecurely, createSecureContext, type SecureContext } from 'node:tls';
import type { Tls } from './access.ts';
import { type AnswerHead, AnswerReader } from './answer-reader.ts';

/** Who hears of the answer to one request. After `end` or `fail` nothing more comes. */
export interface Receiver {
  head(head: AnswerHead): void;
  data(piece: Buffer): void;
  end(): void;
  /** @param heard whether anything of an answer had come */
  fail(error: NodeJS.ErrnoException, heard: boolean): void;
}

/** Where connections go, and what is known of the way there. */
export interface Destination {
  readonly server: URL;
  readonly tls: Tls;
  /** Undefined for plain HTTP. */
  readonly context: SecureContext | undefined;
  /** Of the connection before: the next handshake takes half as long with it (RFC 8446, section 2.2). */
  session: Buffer | undefined;
}

/** How long a connection is silent before TCP asks whether the other side is there, in milliseconds. */
const keepAlive = 30_000;

/**
 * A destination; undefined where the certificates can't be read. One context serves all of its connections: the
 * certificates are parsed once.
 */
export function destinationOf(server: URL, tls: Tls): Destination | undefined {
  if (server.protocol !== 'https:') return { server, tls, context: undefined, session: undefined };
  const { ca, cert, key } = tls;
  try {
    const context = createSecureContext({
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    });
    return { server, tls, context, session: undefined };
  } catch {
    return undefined;
  }
}

/**
 * One connection to the API server, for one request at a time.
 *
 * It is here because each scrape waits for it: Node's own client takes three times the processor's time for the same
 * request, and undici, which would have to be loaded first, twice (docs/performance.md).
 */
export class Connection {
  readonly destination: Destination;
  readonly #socket: Socket;
  readonly #closed: (connection: Connection) => void;
  #receiver: Receiver | undefined;
  #reader: AnswerReader | undefined;
  #heard = false;
  #error: NodeJS.ErrnoException | undefined;
  #reusable = false;
  /** Whether the other side said that it sends no more. */
  #ended = false;
  /** Whether a request before this one was answered. */
  used = false;

  /** @param closed told once, when the connection is no more */
  constructor(destination: Destination, closed: (connection: Connection) => void) {
    this.destination = destination;
    this.#closed = closed;
    this.#socket = socketTo(destination);
    this.#socket.setNoDelay(true);
    this.#socket.setKeepAlive(true, keepAlive);
    this.#socket.on('data', (piece: Buffer) => this.#take(piece));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#error ??= error;
    });
    this.#socket.once('end', () => {
      this.#ended = true;
    });
    this.#socket.once('close', () => this.#over());
  }

  /** Whether the next request may go here, once the one before has ended. */
  get isReusable(): boolean {
    return this.#reusable && !this.#socket.destroyed;
  }

  /**
   * Sends a request.
   *
   * @param text its head and body
   */
  send(text: string, receiver: Receiver): void {
    this.#receiver = receiver;
    this.#heard = false;
    this.#reusable = false;
    this.#socket.ref();
    this.#reader = new AnswerReader({
      head: (head) => receiver.head(head),
      data: (piece) => receiver.data(piece),
      end: (reusable) => this.#answered(reusable),
    });
    this.#socket.write(text);
  }

  /** Takes no more of the answer from the network until {@link resume}. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends the connection; a request that is under way fails with this error. */
  destroy(error?: Error): void {
    this.#error ??= error;
    this.#socket.destroy();
  }

  #take(piece: Buffer): void {
    this.#heard = true;
    try {
      if (this.#reader === undefined) throw new Error('an answer without a request');
      this.#reader.push(piece);
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #answered(reusable: boolean): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    this.#reader = undefined;
    this.used = true;
    // An answer that came before all of the request was sent: what is left of it would be read as the next one.
    const keep = reusable && this.#socket.writableLength === 0;
    this.#reusable = keep;
    // An idle connection keeps no process alive, and hears what is said to it: whoever read the answer may have left it
    // paused.
    this.#socket.unref();
    if (keep) this.#socket.resume();
    // The next request may be sent from in there.
    receiver?.end();
    if (!keep) this.#socket.destroy();
  }

  #over(): void {
    this.#reusable = false;
    const receiver = this.#receiver;
    const ended = this.#ended && this.#error === undefined;
    if (receiver !== undefined && ended && this.#reader?.close() === true) {
      this.#closed(this);
      return;
    }
    this.#receiver = undefined;
    this.#closed(this);
    receiver?.fail(this.#error ?? hungUp(), this.#heard);
  }
}

function hungUp(): NodeJS.ErrnoException {
  return Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' });
}

/** What a server that has several certificates is asked for: names only, and without the last dot (RFC 6066, section 3). */
function nameIn(host: string): string | undefined {
  return isIP(host) === 0 ? host.replace(/\.$/, '') : undefined;
}

function socketTo(destination: Destination): Socket {
  const { server, tls, context, session } = destination;
  const secure = context !== undefined;
  const host = server.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(server.port || (secure ? 443 : 80));
  if (!secure) return connectPlainly({ host, port });
  const { servername = nameIn(host) } = tls;
  const socket = connectSecurely({
    host,
    port,
    secureContext: context,
    ...(servername === undefined ? {} : { servername }),
    rejectUnauthorized: tls.verify,
    ALPNProtocols: ['http/1.1'],
    ...(session === undefined ? {} : { session }),
  });
  socket.on('session', (next) => {
    destination.session = next;
  });
  return socket;
}
