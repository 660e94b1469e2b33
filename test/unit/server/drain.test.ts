import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { drain, Traffic } from '../../../src/server/index.ts';
import { ask, everything, open, path, type Site, startSite } from '../../support/site.ts';

const post = (length: number) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

describe('a server that is told to stop', () => {
  let site: Site;
  beforeEach(async () => {
    site = await startSite();
  });
  afterEach(() => site.stop());

  const stop = (propagation: number, deadline: number) =>
    drain([site.listening], site.traffic, { propagation, deadline }, (milliseconds) =>
      sleep(milliseconds, undefined, { ref: false }),
    );

  test('goes on answering, also new connections, and each answer is the last of its connection', async () => {
    expect((await ask(site, { body: '1' })).headers.connection).toBe('keep-alive');
    const stopped = stop(500, 5_000);
    const kept = await ask(site, { body: '2' });
    const fresh = await ask(site, { body: '3', agent: false });
    const wrong = await ask(site, { method: 'GET', agent: false });
    expect(
      [kept, fresh, wrong].map(({ status, headers, body }) => [
        status,
        headers.connection,
        body.length,
      ]),
    ).toEqual([
      [200, 'close', 1],
      [200, 'close', 1],
      [405, 'close', wrong.body.length],
    ]);
    expect(await stopped).toEqual({ cut: 0 });
    await expect(ask(site, { body: '4', agent: false })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });

  test('finishes the request that is under way when no new ones are taken any more', async () => {
    const socket = await open(site);
    socket.write(`${post(2)}1`);
    while (site.traffic.buffered === 0) await sleep(5);
    const stopped = stop(50, 10_000);
    while ((await ask(site, { body: '1', agent: false }).catch(() => undefined)) !== undefined);
    socket.write('2');
    const answer = await everything(socket);
    expect(answer).toMatch(
      /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nConnection: close\r\n[\s\S]*\r\n\r\n12$/,
    );
    expect(await stopped).toEqual({ cut: 0 });
  });

  test('is not held up by connections without a request', async () => {
    const idle = await open(site);
    const used = await ask(site, { body: '1' });
    expect(used.status).toBe(200);
    const closed = once(idle, 'close');
    expect(await stop(0, 60_000)).toEqual({ cut: 0 });
    await closed;
  });

  test('cuts off at the deadline what is not done by then', async () => {
    const socket = await open(site);
    socket.write(`${post(100)}1`);
    while (site.traffic.buffered === 0) await sleep(5);
    const closed = everything(socket);
    expect(await stop(10, 200)).toEqual({ cut: 1 });
    expect(await closed).toBe('');
    await site.traffic.idle();
    expect([site.heard.at(-1), site.traffic.buffered]).toEqual([`abandoned ${path}`, 0]);
  });
});

test('traffic is idle when the last of its requests has ended', async () => {
  const traffic = new Traffic();
  traffic.begin();
  traffic.begin();
  const told: string[] = [];
  const idle = Promise.all([traffic.idle(), traffic.idle()]).then(() => told.push('idle'));
  traffic.end();
  await Promise.resolve();
  told.push('one left');
  traffic.end();
  await idle;
  expect([told, await traffic.idle()]).toEqual([['one left', 'idle'], undefined]);
});
