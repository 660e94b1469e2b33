import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startLog } from '../../../src/telemetry/index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'autoscrape-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function lines(file: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

test('lines are JSON with level, time and message, from the level on that is asked for', async () => {
  const file = join(folder, 'log');
  const { log, flush, dropped } = startLog({ level: 'info' }, file);
  log.debug({ a: 1 }, 'quiet');
  log.info({ a: 1, b: 'x\ny"' }, 'said');
  log.error({}, 'loud');
  await flush();
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect([await lines(file), dropped()]).toEqual([
    [
      { level: 'info', time, a: 1, b: 'x\ny"', msg: 'said' },
      { level: 'error', time, msg: 'loud' },
    ],
    0,
  ]);
});

test('an error is written with its type, message and stack, and what has no JSON says so', async () => {
  const file = join(folder, 'log');
  const { log, flush } = startLog({ level: 'debug' }, file);
  const circle: { again?: object } = {};
  circle.again = circle;
  log.warn({ err: new TypeError('no'), a: 1 }, 'one');
  log.debug({ err: 'text' }, 'two');
  log.error(circle, 'three');
  await flush();
  expect(await lines(file)).toMatchObject([
    {
      level: 'warn',
      err: {
        type: 'TypeError',
        message: 'no',
        stack: expect.stringMatching(/^TypeError: no\n {4}at/),
      },
      a: 1,
      msg: 'one',
    },
    { level: 'debug', err: 'text', msg: 'two' },
    { level: 'error', unprintable: expect.stringMatching(/^TypeError: .*circular/), msg: 'three' },
  ]);
});

test.each([
  ['debug', 4],
  ['info', 3],
  ['warn', 2],
  ['error', 1],
  ['fatal', 0],
  ['silent', 0],
] as const)('from %s on there are %d lines of one each', async (level, count) => {
  const file = join(folder, 'log');
  const { log, flush } = startLog({ level }, file);
  log.debug({}, '');
  log.info({}, '');
  log.warn({}, '');
  log.error({}, '');
  await flush();
  expect(await lines(file)).toHaveLength(count);
});

test('lines are written without being asked for', async () => {
  const file = join(folder, 'log');
  const { log } = startLog({ level: 'info' }, file);
  log.info({}, 'one');
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text !== '') break;
    await new Promise((done) => setTimeout(done, 10));
  }
  expect((await lines(file)).map(({ msg }) => msg)).toEqual(['one']);
});

test('the last lines are written before the process goes', async () => {
  const file = join(folder, 'log');
  const { log, flush, flushNow } = startLog({ level: 'info' }, file);
  await flush();
  log.info({}, 'last');
  flushNow();
  expect((await lines(file)).map(({ msg }) => msg)).toEqual(['last']);
});

test('a reader that stands still holds nothing up: lines are dropped, and counted', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  const { log, dropped } = startLog({ level: 'info' }, writer, 200_000);
  const line = 'x'.repeat(1_000);
  for (let count = 0; count < 1_000; count += 1) {
    log.info({ line }, 'said');
    if (count % 100 === 0) await new Promise((done) => setImmediate(done));
  }
  // 200 kB wait, and the pipe holds 64.
  expect(dropped()).toBeGreaterThan(600);
  expect(dropped()).toBeLessThan(850);
  // It reads again, and gets whole lines.
  const buffer = Buffer.alloc(1 << 16);
  let text = '';
  for (let empty = 0; empty < 30; ) {
    let size = 0;
    try {
      size = readSync(reader, buffer);
    } catch {
      // Nothing at this moment.
    }
    if (size === 0) {
      empty += 1;
      await new Promise((done) => setTimeout(done, 10));
    } else {
      empty = 0;
      text += buffer.toString('utf8', 0, size);
    }
  }
  const whole = text.split('\n').slice(0, -1);
  expect(whole.length + dropped()).toBe(1_000);
  for (const one of whole) expect(JSON.parse(one).msg).toBe('said');
  closeSync(reader);
});

test('a line is written soon by itself, and so is one that comes while others are being written', async () => {
  const file = join(folder, 'log');
  const { log } = startLog({ level: 'info' }, file);
  const said = async (count: number): Promise<void> => {
    while ((await readFile(file, 'utf8').catch(() => '')).split('\n').length <= count) {
      await sleep(10);
    }
  };
  log.info({}, 'first');
  await said(1);
  // More than is written in one go, and then a little that is not enough for the next one.
  for (let index = 0; index < 500; index += 1) log.info({ index, text: 'x'.repeat(100) }, 'many');
  log.info({}, 'last');
  await said(502);
  expect((await lines(file)).map(({ msg }) => msg)).toEqual([
    'first',
    ...Array.from({ length: 500 }, () => 'many'),
    'last',
  ]);
});
