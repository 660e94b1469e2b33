import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Respond } from '../../../src/server/index.ts';
import { ask, everything, open, path, type Site, startSite } from '../../support/site.ts';

const sites: Site[] = [];
afterEach(async () => {
  for (const site of sites.splice(0)) await site.stop();
});

async function site(...options: Parameters<typeof startSite>): Promise<Site> {
  const started = await startSite(...options);
  sites.push(started);
  return started;
}

/** What a client is told when its request is turned away: a Status, as API servers read them. */
function status(code: number, reason: string, message: string): string {
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `autoscrape: ${message}`,
    reason,
    code,
  });
}

describe('a review', () => {
  test('is answered as JSON, over a connection that is kept', async () => {
    const served = await site();
    const first = await ask(served, { body: '{"a":"ä"}', url: `${path}?timeout=2s` });
    const second = await ask(served, { body: '[1]' });
    const { date, ...headers } = first.headers;
    expect([first.status, first.body, headers]).toEqual([
      200,
      '{"a":"ä"}',
      {
        'content-type': 'application/json',
        'content-length': '10',
        connection: 'keep-alive',
        'keep-alive': 'timeout=115',
      },
    ]);
    expect(Date.parse(date ?? '')).not.toBeNaN();
    expect([second.status, second.body]).toEqual([200, '[1]']);
    expect([Object.values(served.agent.freeSockets).flat().length, served.heard]).toEqual([1, []]);
  });

  test('may come in parts, cut within a letter, and without its length', async () => {
    const served = await site();
    const socket = await open(served);
    const body = Buffer.from('{"a":"ä€😀"}');
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`,
    );
    for (const byte of body) {
      socket.write(Buffer.concat([Buffer.from('1\r\n'), Buffer.from([byte]), Buffer.from('\r\n')]));
    }
    socket.write('0\r\n\r\n');
    expect(await everything(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\{"a":"ä€😀"\}$/);
  });

  test.each([
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'Application/JSON',
  ])('may be of type %s', async (type) => {
    const got = await ask(await site(), { body: '1', headers: { 'Content-Type': type } });
    expect([got.status, got.body]).toEqual([200, '1']);
  });

  test('knows whether its time has run out', async () => {
    const answers: boolean[] = [];
    const respond: Respond = (body, late) => {
      const before = late();
      const until = performance.now() + Number(body);
      while (performance.now() < until);
      answers.push(before, late());
      return { answer: '{}', afterwards: () => {} };
    };
    const served = await site({ respond });
    await ask(served, { body: '30', url: `${path}?timeout=20ms` });
    await ask(served, { body: '0', url: `${path}?timeout=29s` });
    expect(answers.slice(1)).toEqual([true, false, false]);
  });

  test('is followed by what is left to do, with the time that it took', async () => {
    const took: number[] = [];
    const respond: Respond = () => ({ answer: '{}', afterwards: (seconds) => took.push(seconds) });
    await ask(await site({ respond }), { body: '{}' });
    expect(took).toEqual([expect.any(Number)]);
    expect(took[0]).toBeGreaterThan(0);
  });

  test('has its answer even if what is left to do breaks', async () => {
    const respond: Respond = () => ({
      answer: '{"fine":true}',
      afterwards: () => {
        throw new Error('disk full');
      },
    });
    const served = await site({ respond });
    const got = await ask(served, { body: '{}' });
    expect([got.status, got.body, served.heard]).toEqual([
      200,
      '{"fine":true}',
      [`broke ${path}: Error: disk full`],
    ]);
  });

  test('at which the answering function throws is a failed call, which API servers admit', async () => {
    const respond: Respond = () => {
      throw new Error('impossible');
    };
    const served = await site({ respond });
    const got = await ask(served, { body: '{}' });
    expect([got.status, got.body, served.heard]).toEqual([
      500,
      status(500, 'InternalError', 'the request could not be answered'),
      [`refused ${path} internal: Error: impossible`],
    ]);
  });
});

describe('a request is turned away, in JSON and with the reason,', () => {
  const json = 'application/json';

  test.each([
    ['that is empty', '', 'it is empty'],
    ['that is no JSON', '{"a":', 'Expected double-quoted property name'],
    [
      'that is half of it',
      '{"a":1',
      "Expected ',' or '}' after property value in JSON at position 6",
    ],
    ['that is HTML', '<html>', `Unexpected token '<', "<html>" is not valid JSON`],
    ['that is not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'it is not UTF-8'],
    ['that is UTF-16', Buffer.from('{}', 'utf16le'), 'Expected property name'],
  ])('a body %s', async (_name, body, because) => {
    const served = await site();
    const { status: code, headers, body: text } = await ask(served, { body });
    const { message, ...rest } = JSON.parse(text);
    expect([code, headers['content-type'], headers.connection, rest]).toEqual([
      400,
      json,
      'keep-alive',
      {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        reason: 'BadRequest',
        code: 400,
      },
    ]);
    expect(message.startsWith("autoscrape: the body can't be read as JSON: ")).toBe(true);
    expect(message.length).toBeLessThan(300);
    if (because.startsWith('it is')) expect(message).toContain(because);
    expect(served.heard).toEqual([`refused ${path} not-json`]);
  });

  test.each([
    ['GET', {}, 405, 'MethodNotAllowed', 'the method is GET, expected POST', 'method-not-allowed'],
    ['PUT', {}, 405, 'MethodNotAllowed', 'the method is PUT, expected POST', 'method-not-allowed'],
    [
      'POST',
      { 'Content-Type': 'text/plain' },
      415,
      'UnsupportedMediaType',
      'Content-Type is "text/plain", expected application/json',
      'wrong-media-type',
    ],
    [
      'POST',
      { 'Content-Type': `application/json-${'x'.repeat(99)}` },
      415,
      'UnsupportedMediaType',
      `Content-Type is "application/json-${'x'.repeat(43)}", expected application/json`,
      'wrong-media-type',
    ],
    [
      'POST',
      { 'Content-Encoding': 'gzip' },
      415,
      'UnsupportedMediaType',
      'Content-Encoding is "gzip", expected none',
      'wrong-media-type',
    ],
  ])('of method %s with headers %j', async (method, headers, code, reason, message, told) => {
    const served = await site();
    const got = await ask(served, { method, headers });
    expect([got.status, got.body, got.headers.allow, served.heard]).toEqual([
      code,
      status(code, reason, message),
      code === 405 ? 'POST' : undefined,
      [`refused ${path} ${told}`],
    ]);
  });

  test('without a Content-Type', async () => {
    const served = await site();
    const socket = await open(served);
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    );
    expect(await everything(socket)).toContain(
      status(415, 'UnsupportedMediaType', 'Content-Type is missing, expected application/json'),
    );
  });

  test('that the answering function does not take for a review', async () => {
    const respond: Respond = () => ({ code: 'not-a-review', message: 'kind is absent' });
    const served = await site({ respond });
    const got = await ask(served, { body: '{}' });
    expect([got.status, got.body, served.heard]).toEqual([
      400,
      status(400, 'BadRequest', 'kind is absent'),
      [`refused ${path} not-a-review`],
    ]);
  });
});

describe('a body that is too large', () => {
  const settings = { bodyLimit: 70_000 };
  const refusal = (bytes: number) =>
    status(
      413,
      'RequestEntityTooLarge',
      `the body has ${bytes} bytes or more, expected at most 70000 (server.bodyLimit)`,
    );

  test('is refused by its announced length, before any of it came', async () => {
    const served = await site({ settings });
    const socket = await open(served);
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 70001\r\n\r\n`,
    );
    const text = await everything(socket);
    expect(text).toMatch(/^HTTP\/1\.1 413 Payload Too Large\r\n/);
    expect(text).toContain('\r\nConnection: close\r\n');
    expect(text.endsWith(refusal(70_001))).toBe(true);
  });

  test('is refused when it turns out to be, and its sender gets to read that', async () => {
    const served = await site({ settings });
    const socket = await open(served);
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const chunk = `${(16_384).toString(16)}\r\n${'x'.repeat(16_384)}\r\n`;
    // More than the buffers between us hold: it goes on sending while it is refused.
    for (let sent = 0; sent < 40; sent += 1) socket.write(chunk);
    const text = await everything(socket);
    expect(text).toMatch(/^HTTP\/1\.1 413 Payload Too Large\r\n/);
    expect(text).toMatch(/the body has \d+ bytes or more, expected at most 70000/);
    await served.traffic.idle();
    expect([served.heard, served.traffic.buffered]).toEqual([
      [`refused ${path} body-too-large`],
      0,
    ]);
  });

  test('begins one byte above the limit', async () => {
    const served = await site({ settings });
    const fits = JSON.stringify('x'.repeat(69_998));
    const got = await ask(served, { body: fits });
    expect([fits.length, got.status, got.body]).toEqual([70_000, 200, fits]);
    const over = await ask(served, { body: `${fits} ` });
    expect([over.status, over.body]).toEqual([413, refusal(70_001)]);
  });
});

describe('a large body', () => {
  test('of as many values as no review has is refused before it is parsed', async () => {
    const served = await site();
    const body = `[${'{},'.repeat(360_000)}{}]`;
    const got = await ask(served, { body });
    expect([got.status, got.body, served.heard]).toEqual([
      413,
      status(
        413,
        'RequestEntityTooLarge',
        'the body has more than 700000 values, expected an AdmissionReview',
      ),
      [`refused ${path} too-many-values`],
    ]);
  });

  test.each([
    ['brackets', `${'['.repeat(690_000)}${']'.repeat(690_000)}`],
    ['objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
  ])('nested deeper than any object is refused before it is parsed: %s', async (_, body) => {
    const served = await site();
    const got = await ask(served, { body });
    expect([got.status, got.body, served.heard]).toEqual([
      400,
      status(
        400,
        'BadRequest',
        'the body is nested deeper than 500 levels, expected an AdmissionReview',
      ),
      [`refused ${path} too-deep`],
    ]);
  });

  test('with brackets in its texts is nested no deeper for it', async () => {
    const respond: Respond = () => ({ answer: 'read', afterwards: () => {} });
    const served = await site({ respond });
    const text = JSON.stringify(`"\\${'['.repeat(20_000)}`);
    const got = await ask(served, { body: `{"text":${text}}` });
    expect([got.status, got.body]).toEqual([200, 'read']);
  });

  test('as dense as real reviews are is read up to the limit', async () => {
    const respond: Respond = (body) => ({
      answer: String(Array.isArray(body) && body.length),
      afterwards: () => {},
    });
    const served = await site({ respond });
    // One value in 14 bytes, which is as in the densest of the recorded reviews.
    const value = '"f:namespace"';
    const count = Math.floor(7_340_030 / (value.length + 1));
    const body = `[${Array.from({ length: count }, () => value).join(',')}]`;
    const got = await ask(served, { body });
    expect([body.length > 7_339_000, got.status, got.body]).toEqual([true, 200, String(count)]);
  });
});

test('bodies that together are too much are told to come later, and the memory is given back', async () => {
  const served = await site({ settings: { bufferLimit: 100_000, bodyLimit: 90_000 } });
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 80000\r\n\r\n`;
  const slow = await open(served);
  slow.write(head + ' '.repeat(60_000));
  while (served.traffic.buffered < 60_000) await new Promise((done) => setTimeout(done, 5));
  const refused = await ask(served, { body: ' '.repeat(79_999).concat('1'), agent: false });
  expect([refused.status, refused.headers['retry-after'], refused.body]).toEqual([
    503,
    '1',
    status(503, 'ServiceUnavailable', 'too many large requests at a time, come again'),
  ]);
  expect(served.traffic.buffered).toBe(60_000);
  slow.destroy();
  await served.traffic.idle();
  expect(served.traffic.buffered).toBe(0);
  const got = await ask(served, { body: ' '.repeat(79_999).concat('1') });
  expect([got.status, got.body]).toEqual([200, '1']);
  expect(served.heard).toEqual([
    `refused ${path} overloaded`,
    'broken HPE_INVALID_EOF_STATE',
    `abandoned ${path}`,
  ]);
});

test('each request is timed by its path, with the status that it got, or none where its caller went away', async () => {
  const timed: unknown[] = [];
  const served = await site({
    ended: (request, response, route, began) => {
      const status = response.writableFinished ? response.statusCode : 0;
      timed.push([request.method, route, status, began <= performance.now()]);
    },
  });
  await ask(served, { body: '1' });
  await ask(served, { body: 'no JSON' });
  const gone = await open(served);
  gone.write(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
  );
  while (served.traffic.inFlight === 0) await sleep(5);
  gone.destroy();
  await served.traffic.idle();
  expect(timed).toEqual([
    ['POST', path, 200, true],
    ['POST', path, 400, true],
    ['POST', path, 0, true],
  ]);
});

describe('a slow client', () => {
  const timeouts = {
    handshake: 1_000,
    headers: 1_000,
    request: 1_500,
    answer: 10_000,
    keepAlive: 115_000,
  };

  test('that never ends its headers, or its body, is sent away, and others are answered meanwhile', async () => {
    const served = await site({ settings: { timeouts } });
    const headers = await open(served);
    headers.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nX-Slow: `);
    const body = await open(served);
    body.write(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
    );
    expect((await ask(served, { body: '1' })).status).toBe(200);
    const [first, second] = await Promise.all([everything(headers), everything(body)]);
    expect(first).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(second).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    await served.traffic.idle();
    expect([served.heard.toSorted(), served.traffic.buffered]).toEqual([
      [`abandoned ${path}`, 'broken ERR_HTTP_REQUEST_TIMEOUT', 'broken ERR_HTTP_REQUEST_TIMEOUT'],
      0,
    ]);
  });

  test('that says nothing at all is sent away too', async () => {
    const served = await site({ settings: { timeouts } });
    expect(await everything(await open(served))).toMatch(/^(HTTP\/1\.1 408 |$)/);
  });
});

describe('what is no HTTP', () => {
  test('is answered in a line, and the server lives', async () => {
    const served = await site();
    const socket = await open(served);
    socket.write('HELLO\r\n\r\n');
    expect(await everything(socket)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect((await ask(served, { body: '1' })).status).toBe(200);
    expect(served.heard).toEqual([expect.stringMatching(/^broken HPE_/)]);
  });

  test('is refused when its headers are endless', async () => {
    const served = await site();
    const socket = await open(served);
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}`);
    expect(await everything(socket)).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('of any bytes leaves the server as it was', async () => {
    const served = await site({ settings: { bodyLimit: 65_536 } });
    const request = fc.constantFrom(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n`,
      `POST ${path}?timeout=1s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`,
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      '',
    );
    await fc.assert(
      fc.asyncProperty(request, fc.uint8Array({ maxLength: 500 }), async (head, bytes) => {
        const socket = await open(served);
        socket.write(head);
        socket.end(bytes);
        await everything(socket);
      }),
      { numRuns: 100 },
    );
    expect((await ask(served, { body: '1', agent: false })).body).toBe('1');
    await served.traffic.idle();
    expect(served.traffic.buffered).toBe(0);
  });
});

test('any JSON comes back as it is', async () => {
  const served = await site();
  await fc.assert(
    fc.asyncProperty(fc.json(), async (json) => {
      const got = await ask(served, { body: json });
      expect([got.status, JSON.parse(got.body)]).toEqual([200, JSON.parse(json)]);
    }),
    { numRuns: 100 },
  );
});

test('more connections than allowed are closed at once, and told of', async () => {
  const served = await site({ settings: { connections: 2 } });
  const first = await open(served);
  const second = await open(served);
  const third = await open(served).then(
    () => 'open',
    () => 'closed',
  );
  expect([third, served.heard]).toEqual(['closed', ['dropped']]);
  first.destroy();
  second.destroy();
  await Promise.all([first, second].map((socket) => (socket.closed ? [] : once(socket, 'close'))));
  while (
    (await ask(served, { body: '1', agent: false }).catch(() => ({ status: 0 }))).status !== 200
  );
});

test('HTTP/1.1 alone is spoken, by TLS 1.2 or newer', async () => {
  const { connect } = await import('node:tls');
  const served = await site();
  const options = { host: '127.0.0.1', port: served.listening.port, ca: served.ca };
  const socket = connect({ ...options, ALPNProtocols: ['h2', 'http/1.1'] });
  await once(socket, 'secureConnect');
  expect(socket.alpnProtocol).toBe('http/1.1');
  socket.destroy();
  const old = connect({ ...options, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' });
  const [error] = await once(old, 'error');
  expect(error.code).toMatch(/^(?:ERR_SSL_|ECONNRESET)/);
});
