import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AnswerReader } from '../../../src/cluster/answer-reader.ts';

interface Read {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Undefined: the answer has not ended. */
  readonly reusable: boolean | undefined;
}

/** Reads an answer that comes in these pieces; `closed`: then the connection is closed. */
function read(pieces: readonly (string | Buffer)[], closed = false): Read {
  let status: number | undefined;
  let headers: Record<string, string> = {};
  const body: Buffer[] = [];
  let reusable: boolean | undefined;
  const reader = new AnswerReader({
    head: (head) => {
      status = head.status;
      headers = Object.fromEntries([...head.headers].filter(([name]) => !name.startsWith(':')));
    },
    data: (piece) => body.push(piece),
    end: (can) => {
      reusable = can;
    },
  });
  for (const piece of pieces) reader.push(Buffer.from(piece));
  if (closed) reader.close();
  return { status, headers, body: Buffer.concat(body).toString(), reusable };
}

const lines = (...all: readonly string[]) => all.map((line) => `${line}\r\n`).join('');

describe('where an answer ends', () => {
  test.each<[string, string, Pick<Read, 'body' | 'reusable'>]>([
    [
      'at its length',
      `${lines('HTTP/1.1 200 OK', 'Content-Length: 4', '')}body`,
      { body: 'body', reusable: true },
    ],
    [
      'at once without a body',
      lines('HTTP/1.1 200 OK', 'Content-Length: 0', ''),
      { body: '', reusable: true },
    ],
    ['at its head with 204', lines('HTTP/1.1 204 No Content', ''), { body: '', reusable: true }],
    [
      'after the last chunk',
      lines(
        'HTTP/1.1 200 OK',
        'Transfer-Encoding: chunked',
        '',
        '4',
        'body',
        'A;x=y',
        ' in chunks',
        '0',
        '',
      ),
      { body: 'body in chunks', reusable: true },
    ],
    [
      'after trailers',
      lines(
        'HTTP/1.1 200 OK',
        'transfer-encoding: Chunked',
        '',
        '2',
        'ab',
        '0',
        'Expires: 0',
        'X: y',
        '',
      ),
      { body: 'ab', reusable: true },
    ],
    [
      'nowhere yet where a chunk is missing',
      lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '4', 'body'),
      { body: 'body', reusable: undefined },
    ],
    [
      'nowhere yet without a length',
      `${lines('HTTP/1.1 200 OK', '')}body`,
      { body: 'body', reusable: undefined },
    ],
    [
      'at its length, and with it the connection, where the server says so',
      `${lines('HTTP/1.1 200 OK', 'Content-Length: 2', 'Connection: Close', '')}ok`,
      { body: 'ok', reusable: false },
    ],
    [
      'the same in HTTP/1.0',
      `${lines('HTTP/1.0 200 OK', 'Content-Length: 2', '')}ok`,
      { body: 'ok', reusable: false },
    ],
    [
      'after the last chunk where it has a length too, and the connection is not trusted any more',
      lines(
        'HTTP/1.1 200 OK',
        'Content-Length: 3',
        'Transfer-Encoding: chunked',
        '',
        '2',
        'ok',
        '0',
        '',
      ),
      { body: 'ok', reusable: false },
    ],
    [
      'after what is passed over',
      `${lines('HTTP/1.1 100 Continue', '', 'HTTP/1.1 103 Early Hints', 'Link: x', '')}${lines('HTTP/1.1 201 Created', 'Content-Length: 2', '')}ok`,
      { body: 'ok', reusable: true },
    ],
    [
      'at line feeds alone',
      'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
      { body: 'ok', reusable: true },
    ],
  ])('%s', (_, text, expected) => {
    const { body, reusable } = read([text]);
    expect({ body, reusable }).toEqual(expected);
  });

  test('with the connection, where it has no length; and not where it has one', () => {
    const endless = `${lines('HTTP/1.1 200 OK', '')}body`;
    const cut = `${lines('HTTP/1.1 200 OK', 'Content-Length: 100', '')}body`;
    expect([read([endless], true).reusable, read([cut], true).reusable]).toEqual([
      false,
      undefined,
    ]);
  });
});

test('a head says its status and its fields, several of one name joined', () => {
  const { status, headers } = read([
    lines(
      'HTTP/1.1 429',
      'Retry-After:  3 ',
      'X-A: 1',
      'Content-Length: 0',
      'x-a: 2',
      'Empty:',
      '',
    ),
  ]);
  expect([status, headers]).toEqual([
    429,
    { 'retry-after': '3', 'x-a': '1, 2', 'content-length': '0', empty: '' },
  ]);
});

test.each<[string, string]>([
  ['is no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
  ['is another HTTP', 'HTTP/2 200\r\n\r\n'],
  ['has a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['wants another protocol', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['has a field without a colon', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n'],
  ['has a field that goes on in the next line', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'],
  ['has a space before the colon', 'HTTP/1.1 200 OK\r\nA : b\r\n\r\n'],
  ['has a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
  ['has two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
  ['has a chunk without a size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n'],
  [
    'has a chunk that is longer than it says',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n',
  ],
  ['has a head without an end', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(20_000)}`],
  [
    'has the size of a chunk without an end',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(10_000)}`,
  ],
])('what %s is refused', (_, text) => {
  expect(() => read([text])).toThrow(expect.objectContaining({ name: 'AnswerError' }));
});

test('an answer that more comes with ends its connection, and what comes later is refused', () => {
  const whole = 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na';
  expect(read([`${whole}b`])).toMatchObject({ body: 'a', reusable: false });
  expect(() => read([whole, 'b'])).toThrow('more came than the answer');
});

test('the same one length several times is one', () => {
  expect(read(['HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok'])).toMatchObject({
    body: 'ok',
    reusable: true,
  });
});

test('an answer reads the same in whatever pieces it comes', () => {
  const chunks = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), {
    maxLength: 6,
  });
  const coded = fc.boolean();
  const cuts = fc.array(fc.nat(400), { maxLength: 12 });
  fc.assert(
    fc.property(chunks, coded, cuts, (parts, chunked, at) => {
      const bodies = parts.map((part) => Buffer.from(part));
      const body = Buffer.concat(bodies);
      const whole = chunked
        ? Buffer.concat([
            Buffer.from(lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '')),
            ...bodies.flatMap((part) => [
              Buffer.from(`${part.length.toString(16)}\r\n`),
              part,
              Buffer.from('\r\n'),
            ]),
            Buffer.from('0\r\n\r\n'),
          ])
        : Buffer.concat([
            Buffer.from(lines('HTTP/1.1 200 OK', `Content-Length: ${body.length}`, '')),
            body,
          ]);
      const places = [
        0,
        ...at.filter((one) => one < whole.length).sort((a, b) => a - b),
        whole.length,
      ];
      const pieces = places.slice(1).map((end, index) => whole.subarray(places[index], end));
      expect(read(pieces)).toEqual(read([whole]));
      expect(read(pieces)).toMatchObject({ body: body.toString(), reusable: true });
    }),
  );
});
