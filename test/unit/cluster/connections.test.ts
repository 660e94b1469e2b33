import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import { describe, expect, test } from '@jest/globals';
import { localCertificate } from '../../support/certificate.ts';
import { goodAnswer, plainTls, type RawServer, rawServer } from '../../support/raw-server.ts';

/** Connections for requests at a time, as the transport has them. */
const most = 24;

const get = ({ transport }: RawServer, path = '/x', timeout = 5_000) =>
  transport.send({ verb: 'get', path, resource: 'things', timeout });

const good = { ok: true, value: 'ok' };

/** Waits until something is so, for five seconds at most. */
async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo() && tries < 500; tries += 1) await sleep(10);
  expect(isSo()).toBe(true);
}

test('a server that has several certificates is told which name it is called by', async () => {
  const [named, other] = await Promise.all([
    localCertificate({ dns: ['localhost'], ips: [] }),
    localCertificate(),
  ]);
  const names: string[] = [];
  await using server = await rawServer((socket) => socket.write(goodAnswer), {
    host: 'localhost',
    secure: {
      cert: other.certificate,
      key: other.key,
      SNICallback: (name, done) => {
        names.push(name);
        done(null, createSecureContext({ cert: named.certificate, key: named.key }));
      },
    },
    tls: () => ({ ...plainTls, ca: named.ca }),
  });
  expect(await get(server)).toEqual(good);
  expect(names).toEqual(['localhost']);
});

describe('a transport that is closed', () => {
  test('sends nothing again, and nothing more', async () => {
    const asked: string[] = [];
    await using server = await rawServer((socket, text) => {
      asked.push(text.split(' ')[1] ?? '');
      if (asked.length === 1) socket.write(goodAnswer);
    });
    expect(await get(server, '/first')).toEqual(good);
    const underWay = get(server, '/second');
    await until(() => asked.length === 2);
    server.transport.close();
    expect(await underWay).toMatchObject({ ok: false, error: { code: 'unreachable' } });
    expect(await get(server, '/third')).toMatchObject({
      ok: false,
      error: { code: 'unreachable' },
    });
    await sleep(50);
    expect({ asked, connections: server.connections.length }).toEqual({
      asked: ['/first', '/second'],
      connections: 1,
    });
  });

  test('lets down those that wait for a connection', async () => {
    await using server = await rawServer(() => {});
    const all = Array.from({ length: most + 20 }, () => get(server));
    await until(() => server.connections.length === most);
    server.transport.close();
    expect((await Promise.all(all)).map(({ ok }) => ok)).toEqual(all.map(() => false));
    await sleep(50);
    expect(server.connections).toHaveLength(most);
  });

  test('takes half an answer for none', async () => {
    await using server = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n{"half":1}');
    });
    const underWay = get(server);
    await until(() => server.connections.length === 1);
    await sleep(50);
    server.transport.close();
    expect(await underWay).toMatchObject({ ok: false });
  });
});

test('what comes on a connection that its reader left paused is not the next answer', async () => {
  let asked = 0;
  await using server = await rawServer((socket) => {
    asked += 1;
    if (asked > 1) {
      socket.write(goodAnswer);
      return;
    }
    // The second piece is more than a stream holds that nobody reads: it pauses the connection, with all of it there.
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n${'x'.repeat(60_000)}`);
    setTimeout(() => socket.write('x'.repeat(10_000)), 50);
  });
  const open = async () => {
    const begun = await server.transport.open({ verb: 'watch', path: '/x', resource: 'things' });
    if (!begun.ok) throw new Error(begun.error.message);
    return begun.value;
  };
  const first = await open();
  await sleep(150);
  server.connections[0]?.write(goodAnswer.replace('ok', 'no'));
  await sleep(100);
  const second = await open();
  expect((await second.toArray()).join('')).toBe('ok');
  expect((await first.toArray()).join('')).toHaveLength(70_000);
});

test('who waits is served whatever the connections before were for', async () => {
  let tls = plainTls;
  const held: Socket[] = [];
  const kept: Socket[] = [];
  let dead = false;
  await using server = await rawServer(
    (socket, text) => {
      if (text.startsWith('GET /warm ')) {
        kept.push(socket);
        socket.write(goodAnswer);
      } else if (text.startsWith('GET /victim ')) {
        if (dead) socket.write(goodAnswer);
      } else held.push(socket);
    },
    { tls: () => tls },
  );
  await get(server, '/warm');
  const victim = get(server, '/victim', 3_000);
  await sleep(30);
  // The certificates change, and all connections are taken by others.
  tls = { ...plainTls };
  const others = Array.from({ length: most }, () => get(server));
  await until(() => held.length === most - 1);
  // The connection dies: the request is to go out once more, and has to wait.
  dead = true;
  for (const socket of kept) socket.destroy();
  await until(() => held.length === most);
  for (const socket of held) socket.write(goodAnswer);
  expect(await Promise.all(others)).toEqual(others.map(() => good));
  expect(await victim).toEqual(good);
});

test('an answer that more comes with costs nobody else theirs', async () => {
  const held: Socket[] = [];
  await using server = await rawServer((socket) => {
    held.push(socket);
    if (held.length > most) socket.write(goodAnswer);
  });
  const all = Array.from({ length: most + 1 }, () => get(server));
  await until(() => held.length === most);
  held[0]?.write(`${goodAnswer}\r\n`);
  expect(await all[0]).toEqual(good);
  expect(await all[most]).toEqual(good);
  for (const socket of held) socket.write(goodAnswer);
  expect(await Promise.all(all)).toEqual(all.map(() => good));
});

test('after a request that nobody answered no connection from before is taken', async () => {
  const answering = { now: true };
  await using server = await rawServer((socket) => {
    if (answering.now) socket.write(goodAnswer);
  });
  await Promise.all([get(server), get(server), get(server)]);
  expect(server.connections).toHaveLength(3);
  answering.now = false;
  expect(await get(server, '/x', 50)).toMatchObject({ error: { code: 'timeout' } });
  answering.now = true;
  expect(await get(server)).toEqual(good);
  expect(server.connections).toHaveLength(4);
});
