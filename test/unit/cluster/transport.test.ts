import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { resources } from '../../../src/cluster/api/index.ts';
import {
  type Behave,
  json,
  type Misbehaving,
  misbehaving,
  status,
} from '../../support/misbehaving-server.ts';
import { goodAnswer as good, rawServer } from '../../support/raw-server.ts';

let server: Misbehaving;

afterEach(() => server.stop());

async function serve(behave: Behave, credentials?: () => string): Promise<Misbehaving> {
  server = await misbehaving(behave, credentials);
  return server;
}

describe('a call', () => {
  test('sends what the API asks for', async () => {
    const { client, asked } = await serve((_, response) => json(response, 200, { kind: 'Thing' }));
    const precondition = { uid: 'u', resourceVersion: '7' };
    await client.get(resources.scrapes, 'ns', 'a/b', { metadataOnly: true });
    await client.apply(resources.scrapes, 'ns', 'a', { spec: {} }, true);
    await client.remove(resources.scrapes, 'ns', 'a', precondition);
    await client.create(resources.events, 'ns', { metadata: { name: 'e' } });
    await client.update(resources.leases, 'ns', 'l', { spec: {} });
    expect(
      asked.map(({ method, path, query, body, headers }) => [
        `${method} ${path}`,
        Object.fromEntries(query),
        headers['content-type'] ?? headers.accept,
        body,
      ]),
    ).toEqual([
      [
        'GET /apis/operator.victoriametrics.com/v1beta1/namespaces/ns/vmservicescrapes/a%2Fb',
        {},
        'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
        '',
      ],
      [
        'PATCH /apis/operator.victoriametrics.com/v1beta1/namespaces/ns/vmservicescrapes/a',
        { fieldManager: 'autoscrape', force: 'true' },
        'application/apply-patch+yaml',
        '{"spec":{}}',
      ],
      [
        'DELETE /apis/operator.victoriametrics.com/v1beta1/namespaces/ns/vmservicescrapes/a',
        {},
        'application/json',
        '{"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"uid":"u","resourceVersion":"7"},"propagationPolicy":"Background"}',
      ],
      [
        'POST /apis/events.k8s.io/v1/namespaces/ns/events',
        { fieldManager: 'autoscrape' },
        'application/json',
        '{"metadata":{"name":"e"}}',
      ],
      [
        'PUT /apis/coordination.k8s.io/v1/namespaces/ns/leases/l',
        { fieldManager: 'autoscrape' },
        'application/json',
        '{"spec":{}}',
      ],
    ]);
  });

  test('gives a refusal as the API server words it', async () => {
    const { client } = await serve((_, response) =>
      json(response, 409, status(409, 'Conflict', 'it has changed')),
    );
    expect(await client.get(resources.services, 'ns', 'a')).toEqual({
      ok: false,
      error: {
        code: 'refused',
        status: 409,
        reason: 'Conflict',
        message: 'it has changed',
        retryAfter: undefined,
      },
    });
  });

  test('gives a refusal of somebody in between as the words it has', async () => {
    const { client } = await serve((_, response) => {
      response.writeHead(413);
      response.end('<html>too large</html>');
    });
    expect(await client.get(resources.services, 'ns', 'a')).toMatchObject({
      error: { code: 'refused', status: 413, reason: '', message: '<html>too large</html>' },
    });
  });

  test.each([429, 502, 503, 504])('is repeated after a %d, twice and no more', async (code) => {
    const { client, asked } = await serve((_, response) =>
      json(response, code, status(code, 'Busy'), { 'retry-after': '0' }),
    );
    expect(await client.get(resources.services, 'ns', 'a')).toMatchObject({
      error: { status: code },
    });
    expect(asked).toHaveLength(3);
  });

  test.each([400, 403, 404, 409, 410, 422, 500])('is not repeated after a %d', async (code) => {
    const { client, asked } = await serve((_, response) =>
      json(response, code, status(code, 'No')),
    );
    await client.get(resources.services, 'ns', 'a');
    expect(asked).toHaveLength(1);
  });

  test('is repeated once with new credentials after a 401', async () => {
    let token = 'old';
    const { client, asked } = await serve(
      ({ headers }, response) =>
        headers.authorization === 'new'
          ? json(response, 200, {})
          : json(response, 401, status(401, 'Unauthorized')),
      () => {
        const now = token;
        token = 'new';
        return now;
      },
    );
    expect(await client.get(resources.services, 'ns', 'a')).toEqual({ ok: true, value: {} });
    expect(asked.map(({ headers }) => headers.authorization)).toEqual(['old', 'new']);
  });

  test('that is not answered in time is given up', async () => {
    const { client } = await serve(() => {});
    expect(await client.get(resources.services, 'ns', 'a', { timeout: 30 })).toMatchObject({
      error: { code: 'timeout', message: 'get services: no answer in time' },
    });
  });

  test('whose answer stops in the middle is given up', async () => {
    const { client } = await serve((_, response) => {
      response.writeHead(200);
      response.write('{"half":');
    });
    expect(await client.get(resources.services, 'ns', 'a', { timeout: 60 })).toMatchObject({
      error: { code: 'timeout' },
    });
  });

  test('whose answer is cut off is no success', async () => {
    const { client } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{}');
      setTimeout(() => response.destroy(), 10);
    });
    expect(await client.get(resources.services, 'ns', 'a')).toMatchObject({
      error: { code: 'unreachable' },
    });
  });

  test('whose answer is no JSON is no success', async () => {
    const { client } = await serve((_, response) => {
      response.writeHead(200);
      response.end('<html>');
    });
    expect(await client.get(resources.services, 'ns', 'a')).toMatchObject({
      error: { code: 'unreadable' },
    });
  });

  test('ends when it is told to', async () => {
    const { client } = await serve(() => {});
    const controller = new AbortController();
    const result = client.get(resources.services, 'ns', 'a', { signal: controller.signal });
    setTimeout(() => controller.abort(), 10);
    expect(await result).toMatchObject({ error: { code: 'aborted' } });
    const late = await client.get(resources.services, 'ns', 'a', { signal: controller.signal });
    expect(late).toMatchObject({ error: { code: 'aborted' } });
  });

  test('to nobody is an error, not an exception', async () => {
    const { client, server: listening } = await serve(() => {});
    listening.close();
    await once(listening, 'close');
    expect(await client.get(resources.services, 'ns', 'a')).toMatchObject({
      error: { code: 'unreachable', message: expect.stringContaining('ECONNREFUSED') },
    });
  });
});

describe('connections', () => {
  test('are kept, and no more than 24 at once', async () => {
    let open = 0;
    let most = 0;
    let allOpen = (): void => {};
    const full = new Promise<void>((resolve) => {
      allOpen = resolve;
    });
    const sockets = new Set<Socket>();
    const { client, server: listening } = await serve(async (_, response) => {
      open += 1;
      most = Math.max(most, open);
      if (open === 24) allOpen();
      await full;
      open -= 1;
      json(response, 200, {});
    });
    listening.on('connection', (socket) => sockets.add(socket));
    const calls = Array.from({ length: 80 }, () => client.get(resources.services, 'ns', 'a'));
    const results = await Promise.all(calls);
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect([most, sockets.size]).toEqual([24, 24]);
  });

  test('that the server closes just as they are used cost one repetition', async () => {
    let count = 0;
    const {
      client,
      asked,
      server: listening,
    } = await serve((_, response) => json(response, 200, { count }));
    await client.get(resources.services, 'ns', 'a');
    // The next request meets a connection that is reset before it is read.
    listening.prependListener('request', (request) => {
      count += 1;
      if (count === 1) request.socket.destroy();
    });
    expect(await client.get(resources.services, 'ns', 'a')).toMatchObject({ ok: true });
    expect(asked.length).toBeGreaterThanOrEqual(2);
  });
});

describe('a request on a kept connection that is reset before an answer', () => {
  const send = async (verb: 'get' | 'apply' | 'update' | 'delete' | 'create') => {
    const asked: string[] = [];
    await using server = await rawServer((socket, text) => {
      asked.push(text.split(' ')[0] ?? '');
      if (asked.length === 2) socket.destroy();
      else socket.write(good);
    });
    await server.transport.send({ verb: 'get', path: '/warm', resource: 'things' });
    const body = verb === 'get' ? {} : { body: '{}' };
    const result = await server.transport.send({ verb, path: '/x', resource: 'things', ...body });
    return { asked, ok: result.ok, code: result.ok ? '' : result.error.code };
  };

  test.each([
    ['get', 'GET'],
    ['apply', 'PATCH'],
    ['update', 'PUT'],
    ['delete', 'DELETE'],
  ] as const)('is repeated where that does no harm: %s', async (verb, method) => {
    expect(await send(verb)).toEqual({ asked: ['GET', method, method], ok: true, code: '' });
  });

  test('is not repeated where it may have made something', async () => {
    expect(await send('create')).toEqual({
      asked: ['GET', 'POST'],
      ok: false,
      code: 'unreachable',
    });
  });
});

test.each([
  [429, 3],
  [503, 3],
  [502, 1],
  [504, 1],
])('a create that is answered with %d is sent %d times', async (code, times) => {
  const { client, asked } = await serve((_, response) =>
    json(response, code, status(code, 'Busy'), { 'retry-after': '0' }),
  );
  await client.create(resources.events, 'ns', { metadata: { name: 'e' } });
  expect(asked).toHaveLength(times);
});

describe('a server that is none', () => {
  /** Answers each request with these bytes, as they are. */
  async function raw(...answers: readonly string[]) {
    let asked = 0;
    const server = await rawServer((socket) => {
      socket.write(answers[Math.min(asked, answers.length - 1)] ?? '');
      asked += 1;
    });
    const get = () => server.transport.send({ verb: 'get', path: '/x', resource: 'things' });
    return { ...server, get };
  }

  test('is told by its first words', async () => {
    await using server = await raw('220 mail.example ESMTP\r\n\r\n');
    expect(await server.get()).toMatchObject({
      ok: false,
      error: {
        code: 'unreachable',
        message: 'get things: no HTTP: "220 mail.example ESMTP"',
      },
    });
  });

  test('and says more than was asked loses the connection, and the next request goes on another', async () => {
    await using server = await raw(`${good}more`, good);
    expect(await server.get()).toEqual({ ok: true, value: 'ok' });
    expect(await server.get()).toEqual({ ok: true, value: 'ok' });
    expect(server.connections).toHaveLength(2);
  });

  test('and speaks without being asked loses the connection', async () => {
    await using server = await raw(good);
    await server.get();
    server.connections[0]?.write('HTTP/1.1 200 OK\r\n');
    await new Promise((resolve) => server.connections[0]?.once('close', resolve));
    expect(await server.get()).toEqual({ ok: true, value: 'ok' });
  });

  test('and ends its connections is asked on a new one each time', async () => {
    const last = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';
    await using server = await raw(last);
    for (let time = 0; time < 3; time += 1) {
      expect(await server.get()).toEqual({ ok: true, value: 'ok' });
    }
    expect(server.connections).toHaveLength(3);
  });
});

test('what can not stand in a header is not sent', async () => {
  const { client, asked } = await serve(
    (_, response) => json(response, 200, {}),
    () => 'Bearer a\r\nX-Other: b',
  );
  expect(await client.get(resources.services, 'ns', 'a')).toMatchObject({
    error: { code: 'credentials' },
  });
  expect(asked).toEqual([]);
});

test('discovery tells what a group has', async () => {
  const { client } = await serve(({ path }, response) =>
    path === '/apis/example.org/v1'
      ? json(response, 200, {
          kind: 'APIResourceList',
          groupVersion: 'example.org/v1',
          resources: [
            { name: 'things', kind: 'Thing', namespaced: true },
            { name: 'things/status', kind: 'Thing', namespaced: true },
            { name: 'fleets', kind: 'Fleet', namespaced: false },
            { nonsense: true },
          ],
        })
      : json(response, 404, status(404, 'NotFound')),
  );
  expect(await client.discover('example.org', 'v1')).toEqual({
    ok: true,
    value: [
      { plural: 'things', kind: 'Thing', namespaced: true },
      { plural: 'fleets', kind: 'Fleet', namespaced: false },
    ],
  });
  expect(await client.discover('example.org', 'v2')).toMatchObject({ error: { status: 404 } });
});
