import { describe, expect, test } from '@jest/globals';
import { rawServer } from '../../support/raw-server.ts';

const lines = (...all: readonly string[]) => all.map((line) => `${line}\r\n`).join('');

describe('an answer ends', () => {
  test.each<[string, string, { readonly body: string; readonly connections: number }]>([
    [
      'at its length',
      `${lines('HTTP/1.1 200 OK', 'Content-Length: 4', '')}body`,
      { body: 'body', connections: 1 },
    ],
    [
      'at once without a body',
      lines('HTTP/1.1 200 OK', 'Content-Length: 0', ''),
      { body: '', connections: 1 },
    ],
    ['at its head with 204', lines('HTTP/1.1 204 No Content', ''), { body: '', connections: 1 }],
    [
      'after the last chunk',
      lines(
        ...['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', ''],
        ...['4', 'body', 'A;x=y', ' in chunks', '0', ''],
      ),
      { body: 'body in chunks', connections: 1 },
    ],
    [
      'after trailers',
      lines(
        ...['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', ''],
        ...['2', 'ab', '0', 'Expires: 0', 'X: y', ''],
      ),
      { body: 'ab', connections: 1 },
    ],
    [
      'at its length, and with it the connection, where the server says so',
      `${lines('HTTP/1.1 200 OK', 'Content-Length: 2', 'Connection: Close', '')}ok`,
      { body: 'ok', connections: 2 },
    ],
    [
      'the same in HTTP/1.0',
      `${lines('HTTP/1.0 200 OK', 'Content-Length: 2', '')}ok`,
      { body: 'ok', connections: 2 },
    ],
    [
      'after what is passed over',
      `${lines('HTTP/1.1 100 Continue', '', 'HTTP/1.1 103 Early Hints', 'Link: x', '')}${lines('HTTP/1.1 201 Created', 'Content-Length: 2', '')}ok`,
      { body: 'ok', connections: 1 },
    ],
  ])('%s, whole or in pieces of a byte', async (_, text, expected) => {
    for (const size of [text.length, 1]) {
      await using server = await rawServer(async (socket) => {
        for (let at = 0; at < text.length; at += size) {
          socket.write(text.slice(at, at + size));
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
      const get = () => server.transport.send({ verb: 'get', path: '/x', resource: 'things' });
      const answers = [await get(), await get()];
      expect({ answers, connections: server.connections.length }).toEqual({
        answers: answers.map(() => ({ ok: true, value: expected.body })),
        connections: expected.connections,
      });
    }
  });

  test('with the connection, where it has no length; and is none where it has one', async () => {
    for (const [head, ok] of [
      ['HTTP/1.1 200 OK', true],
      ['HTTP/1.1 200 OK\r\nContent-Length: 100', false],
    ]) {
      await using server = await rawServer((socket) => socket.end(`${head}\r\n\r\nbody`));
      const result = await server.transport.send({ verb: 'get', path: '/x', resource: 'things' });
      expect(result.ok).toBe(ok);
    }
  });

  test('never where a chunk is missing', async () => {
    await using server = await rawServer((socket) =>
      socket.write(lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '4', 'body')),
    );
    const request = { verb: 'get', path: '/x', resource: 'things', timeout: 100 } as const;
    expect(await server.transport.send(request)).toMatchObject({ error: { code: 'timeout' } });
  });
});

test.each<[string, string]>([
  ['is another HTTP', 'HTTP/2 200\r\n\r\n'],
  ['has a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['has a field without a colon', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n'],
  ['has a space before the colon', 'HTTP/1.1 200 OK\r\nA : b\r\n\r\n'],
  ['has a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
  ['has two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
  ['has a chunk without a size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n'],
  [
    'has a chunk that is longer than it says',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n',
  ],
  ['has a head without an end', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(20_000)}`],
])('an answer that %s is none', async (_, text) => {
  await using server = await rawServer((socket) => socket.write(text));
  const result = await server.transport.send({ verb: 'get', path: '/x', resource: 'things' });
  expect(result).toMatchObject({ ok: false, error: { code: 'unreachable' } });
});

test('an answer that wants another protocol is a refusal', async () => {
  await using server = await rawServer((socket) =>
    socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
  );
  const result = await server.transport.send({ verb: 'get', path: '/x', resource: 'things' });
  expect(result).toMatchObject({ ok: false, error: { code: 'refused', status: 101 } });
});
