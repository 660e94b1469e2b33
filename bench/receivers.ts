import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { join } from 'node:path';
import type { Certificate } from './certificate.ts';

/** How a receiver of OTLP fails, or that it does not. */
export type Condition = 'healthy' | 'down' | 'slow' | 'refusing' | 'broken' | 'busy' | 'untrusted';

/** Receivers of OTLP by HTTP that run in this process, one in each condition. */
export interface Receivers extends AsyncDisposable {
  readonly url: Readonly<Record<Condition, string>>;
  /** Exports that came to the healthy one. */
  readonly received: () => number;
}

/** As long as a slow receiver takes, in milliseconds: longer than any export is waited for. */
const slowness = 30_000;

/** Starts one of each. */
export async function startReceivers(certificate: Certificate): Promise<Receivers> {
  let received = 0;
  const answering =
    (status: number, headers: Readonly<Record<string, string>> = {}): RequestListener =>
    (request, response) => {
      request.resume().once('end', () => response.writeHead(status, headers).end());
    };
  const [cert, key] = await Promise.all(
    ['tls.crt', 'tls.key'].map((name) => readFile(join(certificate.directory, name))),
  );
  const servers: Server[] = [];
  const listening = async (server: Server, scheme = 'http'): Promise<string> => {
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no TCP address');
    return `${scheme}://127.0.0.1:${address.port}/opentelemetry`;
  };
  const url = {
    healthy: await listening(
      createServer((request, response) => {
        received += 1;
        answering(200)(request, response);
      }),
    ),
    // The port is `discard`, which nobody serves any more.
    down: 'http://127.0.0.1:9/opentelemetry',
    slow: await listening(
      createServer((request, response) => {
        request.resume();
        setTimeout(() => response.end(), slowness).unref();
      }),
    ),
    refusing: await listening(createServer(answering(400))),
    broken: await listening(createServer(answering(500))),
    busy: await listening(createServer(answering(429, { 'Retry-After': '30' }))),
    untrusted: await listening(createSecureServer({ cert, key }, answering(200)), 'https'),
  };
  return {
    url,
    received: () => received,
    [Symbol.asyncDispose]: async () => {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}
