import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { connect } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { requestTimer, timedRequests } from '../../../src/server/index.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function serving(listener: RequestListener) {
  const told: unknown[][] = [];
  let time = 0;
  const now = () => (time += 250);
  const timer = requestTimer('http', (...values) => told.push(values), now);
  const timed = timedRequests(listener, new Set(['/known']), timer, now);
  const server = createServer(timed).listen(0, '127.0.0.1');
  ends.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  await once(server, 'listening');
  const address = server.address();
  return { told, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

/** Sends a text, and waits until the other side has closed, or closes as soon as `until` comes. */
async function say(port: number, text: string, until?: Promise<unknown>): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.write(text);
  socket.resume();
  if (until !== undefined) {
    await until;
    socket.destroy();
  }
  await once(socket, 'close');
}

test('a request is told with its method, path and status, and what callers could make up is folded', async () => {
  const { told, port } = await serving((_request, response) => {
    response.statusCode = 204;
    response.end();
  });
  const request = (method: string, path: string) =>
    say(port, `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  await request('POST', '/known?timeout=2s');
  await request('PROPFIND', '/made/up');
  expect(told).toEqual([
    ['POST', 'http', '/known', 204, 0.25],
    ['_OTHER', 'http', '', 204, 0.25],
  ]);
});

test('a request whose caller goes away is told without a status', async () => {
  let come = (): void => {};
  let gone = (): void => {};
  const came = new Promise<void>((resolve) => {
    come = resolve;
  });
  const left = new Promise<void>((resolve) => {
    gone = resolve;
  });
  const { told, port } = await serving((_request, response) => {
    response.once('close', () => gone());
    come();
  });
  await say(port, 'GET /known HTTP/1.1\r\nHost: a\r\n\r\n', came);
  await left;
  expect(told).toEqual([['GET', 'http', '/known', 0, 0.25]]);
});
