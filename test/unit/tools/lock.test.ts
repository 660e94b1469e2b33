import { existsSync } from 'node:fs';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { locked } from '../../../tools/lock.ts';

const timing = { poll: 5, beat: 20, stale: 60_000 };

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'autoscrape-unit-'));
  path = join(folder, 'below', 'lock');
});
afterEach(() => rm(folder, { recursive: true }));

test('works one after the other', async () => {
  const said: string[] = [];
  const work = (name: string) => async () => {
    said.push(`${name} begins`);
    await sleep(20);
    said.push(`${name} ends`);
    return name;
  };
  const results = await Promise.all(
    ['a', 'b', 'c'].map((name) => locked(path, work(name), timing)),
  );
  expect(results).toEqual(['a', 'b', 'c']);
  for (let at = 0; at < said.length; at += 2) {
    expect(said[at]?.replace('begins', 'ends')).toBe(said[at + 1]);
  }
  expect(existsSync(path)).toBe(false);
});

test('the lock is gone after a failure', async () => {
  const failing = locked(path, () => Promise.reject(new Error('on purpose')), timing);
  await expect(failing).rejects.toThrow('on purpose');
  expect(existsSync(path)).toBe(false);
});

test('a lock whose holder is dead is taken over', async () => {
  await locked(path, async () => {}, timing);
  // Above the largest process id that Linux gives (4194304).
  await writeFile(path, '99999999');
  expect(await locked(path, async () => 'done', timing)).toBe('done');
});

test('a lock without a sign of life is taken over, whoever has its number now', async () => {
  await locked(path, async () => {}, timing);
  await writeFile(path, String(process.pid));
  const before = new Date(Date.now() - 61_000);
  await utimes(path, before, before);
  expect(await locked(path, async () => 'done', timing)).toBe('done');
});

test('a holder gives signs of life', async () => {
  const short = { poll: 5, beat: 20, stale: 400 };
  const order: string[] = [];
  await Promise.all([
    locked(path, () => sleep(1_000).then(() => order.push('first')), short),
    sleep(50).then(() => locked(path, async () => order.push('second'), short)),
  ]);
  expect(order).toEqual(['first', 'second']);
});
