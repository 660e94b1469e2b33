import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { noLog } from '../../../src/ground/log.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { goodAnswer, rawServer } from '../../support/raw-server.ts';

/** Waits until something is so, for five seconds at most. */
async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo() && tries < 500; tries += 1) await sleep(10);
  expect(isSo()).toBe(true);
}

const begun = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n';

/** A server with a watch that has begun, and what it is asked beside it. */
async function watching(answers: (path: string) => boolean) {
  const clock = manualClock();
  const told: unknown[] = [];
  const asked: string[] = [];
  const server = await rawServer(
    (socket, text) => {
      const path = text.split(' ')[1] ?? '';
      if (path === '/watch') {
        socket.write(begun);
        return;
      }
      asked.push(path);
      if (answers(path)) socket.write(goodAnswer);
    },
    {
      clock,
      log: { ...noLog, warn: (fields, message) => told.push([clock.now(), message, fields]) },
    },
  );
  const open = await server.transport.open({ verb: 'watch', path: '/watch', resource: 'things' });
  if (!open.ok) throw new Error(open.error.message);
  let ended = false;
  open.value
    .on('error', () => {})
    .on('close', () => {
      ended = true;
    });
  open.value.resume();
  await until(() => open.value.readableDidRead);
  /** Lets seconds pass, one after the other; what is asked is answered in between. */
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      await clock.advance(1_000);
      await sleep(5);
    }
  };
  return { server, asked, told, pass, ended: () => ended };
}

describe('a watch that hears nothing', () => {
  test('ends within 30 s where nothing answers, and that is told', async () => {
    const { server, asked, told, pass, ended } = await watching(() => false);
    await using _ = server;
    await pass(25);
    expect({ asked, told, ended: ended() }).toEqual({ asked: ['/livez'], told: [], ended: false });
    await pass(4);
    expect({ told, ended: ended() }).toEqual({
      told: [[26_000, 'the API server answers nothing: the watches begin anew', { watches: 1 }]],
      ended: true,
    });
  });

  test('goes on where the API server answers, whatever it says', async () => {
    const { server, asked, told, pass, ended } = await watching(() => true);
    await using _ = server;
    await pass(60);
    expect({ told, ended: ended() }).toEqual({ told: [], ended: false });
    expect(new Set(asked)).toEqual(new Set(['/livez']));
  });

  test('causes no question where other requests are answered', async () => {
    const { server, asked, pass, ended } = await watching(() => true);
    await using _ = server;
    for (let times = 0; times < 20; times += 1) {
      await pass(2);
      await server.transport.send({ verb: 'get', path: '/lease', resource: 'leases' });
    }
    expect({ asked: [...new Set(asked)], ended: ended() }).toEqual({
      asked: ['/lease'],
      ended: false,
    });
  });
});

test('nothing is asked where nothing is watched', async () => {
  const clock = manualClock();
  await using server = await rawServer((socket) => socket.write(goodAnswer), { clock });
  await server.transport.send({ verb: 'get', path: '/x', resource: 'things' });
  expect(clock.pending()).toBe(0);
});
