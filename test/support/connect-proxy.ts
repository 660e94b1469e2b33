import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';

/** A proxy for CONNECT on 127.0.0.1. */
export interface ConnectProxy {
  readonly url: URL;
  /** What it was asked for, and with which words to log in. */
  readonly asked: readonly (readonly [string, string | undefined])[];
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts one that connects to the port that it is asked for, on 127.0.0.1, whatever the host.
 *
 * @param refusal what it answers instead; empty: nothing
 */
export async function connectProxy(refusal?: string): Promise<ConnectProxy> {
  const asked: [string, string | undefined][] = [];
  const sockets = new Set<Socket>();
  const server = createServer().on('connect', (request, socket) => {
    asked.push([request.url ?? '', request.headers['proxy-authorization']]);
    if (refusal !== undefined) {
      socket.write(refusal);
      return;
    }
    const [, port] = (request.url ?? '').split(/:(?=\d+$)/);
    const onward = connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    sockets.add(onward);
    for (const one of [onward, socket]) one.on('error', () => onward.destroy());
  });
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: new URL(`http://127.0.0.1:${port}`),
    asked,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}
