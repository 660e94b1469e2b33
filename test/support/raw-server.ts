import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createSecureServer, type TlsOptions } from 'node:tls';
import type { Tls } from '../../src/cluster/api/access.ts';
import { noClusterInstruments, Transport } from '../../src/cluster/api/index.ts';
import { type Clock, systemClock } from '../../src/ground/clock.ts';
import { type Log, noLog } from '../../src/ground/log.ts';

/** What a server does with bytes that come on one of its connections. */
export type Reply = (socket: Socket, asked: string) => void;

/** To connect with, where nothing is special. */
export const plainTls: Tls = {
  ca: undefined,
  cert: undefined,
  key: undefined,
  servername: undefined,
  verify: true,
};

/** An answer that is right. */
export const goodAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A server of bytes on 127.0.0.1, and a transport that asks it. */
export interface RawServer {
  /** In the order in which they came. */
  readonly connections: readonly Socket[];
  readonly port: number;
  readonly transport: Transport;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts one.
 *
 * @param host by which it is asked
 * @param secure with TLS, as these options say
 * @param tls what the transport connects with
 * @param proxy what it is to go through
 */
export async function rawServer(
  reply: Reply,
  {
    host = '127.0.0.1',
    secure,
    tls = () => plainTls,
    proxy,
    clock = systemClock,
    log = noLog,
  }: {
    readonly host?: string;
    readonly secure?: TlsOptions;
    readonly tls?: () => Tls;
    readonly proxy?: URL | undefined;
    readonly clock?: Clock;
    readonly log?: Log;
  } = {},
): Promise<RawServer> {
  const connections: Socket[] = [];
  const accept = (socket: Socket): void => {
    connections.push(socket);
    socket.on('error', () => {});
    socket.on('data', (piece) => reply(socket, piece.toString()));
  };
  const server: Server =
    secure === undefined ? createServer(accept) : createSecureServer(secure, accept);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const transport = new Transport({
    access: {
      server: new URL(`${secure === undefined ? 'http' : 'https'}://${host}:${port}`),
      proxy,
      namespace: '',
      credentials: async () => ({ tls: tls(), headers: {} }),
    },
    clock,
    log,
    random: () => 0,
    instruments: noClusterInstruments,
    userAgent: 'test',
  });
  return {
    connections,
    port,
    transport,
    async [Symbol.asyncDispose]() {
      transport.close();
      for (const connection of connections) connection.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
