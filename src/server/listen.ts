import { createServer as createPlainServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { CertificatePair } from '../certificates/index.ts';
import type { ServerSettings } from '../settings/index.ts';

/** A server that listens. */
export interface Listening {
  readonly host: string;
  readonly port: number;
  /** Takes no new connections, and resolves when the last one is closed. Idle ones are closed at once. */
  readonly close: () => Promise<void>;
  /** Closes every connection at once, also those with a request under way. */
  readonly cut: () => void;
}

/** An HTTPS server that has its certificate before it listens. */
export interface SecureServer {
  /** Serves a pair to new connections from now on; those that are open are not touched. Throws where OpenSSL refuses it. */
  readonly serve: (pair: CertificatePair) => void;
  readonly listen: (listener: RequestListener) => Promise<Listening>;
}

/** What is told of connections that never became a request. It must be cheap, and must not throw. */
export interface ConnectionWitness {
  /** A handshake failed, or what came was no HTTP; `code` is Node's, such as `ERR_SSL_NO_SHARED_CIPHER` or `HPE_INVALID_METHOD`. */
  readonly broken: (code: string) => void;
  /** There were too many connections. */
  readonly dropped: () => void;
}

/** How often connections are looked at that took too long. */
const checkEvery = 2_000;

/** What bounds a connection: see docs/settings.md for each. */
function bounds({ timeouts }: ServerSettings) {
  return {
    headersTimeout: timeouts.headers,
    requestTimeout: timeouts.request,
    keepAliveTimeout: timeouts.keepAlive,
    connectionsCheckingInterval: checkEvery,
  };
}

/**
 * An HTTPS server, HTTP/1.1 alone: API servers call webhooks by nothing else. Before the first certificate every
 * handshake fails.
 */
export function secureServer(settings: ServerSettings, witness: ConnectionWitness): SecureServer {
  // Failed handshakes come as `clientError` too, where nobody listens for `tlsClientError`.
  const server = createTlsServer({
    ...bounds(settings),
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: settings.timeouts.handshake,
    minVersion,
  });
  return {
    serve: ({ certificate, key }) =>
      server.setSecureContext({ cert: certificate, key, minVersion }),
    listen: (listener) => {
      server.on('request', listener);
      return started(server, settings, settings.port, witness);
    },
  };
}

/** What Kubernetes' own servers accept. */
const minVersion = 'TLSv1.2';

/** Listens by plain HTTP. */
export async function listenPlainly(
  settings: ServerSettings,
  listener: RequestListener,
  witness: ConnectionWitness,
): Promise<Listening> {
  const server = createPlainServer(bounds(settings), listener);
  return started(server, settings, settings.metricsPort, witness);
}

async function started(
  server: Server,
  settings: ServerSettings,
  port: number,
  witness: ConnectionWitness,
): Promise<Listening> {
  server.maxConnections = settings.connections;
  server.on('drop', () => witness.dropped());
  const broken = oncePerSocket(witness);
  server.on('clientError', (error, socket: Socket) => {
    broken(error, socket);
    answerBroken(error, socket);
  });
  const { address, port: taken } = await listening(server, settings.host, port);
  return {
    host: address,
    port: taken,
    close: () => new Promise((resolve) => server.close(() => resolve())),
    cut: () => server.closeAllConnections(),
  };
}

/** Tells of the first error of each connection: others follow from it. */
function oncePerSocket(witness: ConnectionWitness) {
  const told = new WeakSet<Socket>();
  return (error: Error, socket: Socket): void => {
    if (told.has(socket)) return;
    told.add(socket);
    witness.broken(codeOf(error));
  };
}

function listening(server: Server, host: string | undefined, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: 511 }, () => {
      server.off('error', reject);
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('no TCP address'));
      else resolve(address);
    });
  });
}

/** What came was no HTTP, or took too long: said in the one line that HTTP has for it (RFC 9112, section 2.2). */
function answerBroken(error: Error, socket: Socket): void {
  const code = codeOf(error);
  if (!socket.writable || /^(?:ECONNRESET$|ERR_SSL_|ERR_TLS_)/.test(code)) {
    socket.destroy();
    return;
  }
  const status = statusOfBroken.get(code) ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

const statusOfBroken: ReadonlyMap<string, string> = new Map([
  ['HPE_HEADER_OVERFLOW', '431 Request Header Fields Too Large'],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', '413 Payload Too Large'],
  ['ERR_HTTP_REQUEST_TIMEOUT', '408 Request Timeout'],
]);

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
