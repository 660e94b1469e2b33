import { existsSync } from 'node:fs';
import { stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { locked } from '../../../tools/lock.ts';
import { type TemporaryFolder, temporaryFolder } from '../../../tools/processes.ts';
import { until } from '../../support/processes.ts';

const timing = { poll: 5, beat: 20, stale: 60_000 };

let temporary: TemporaryFolder;
let folder: string;
let path: string;
beforeEach(async () => {
  temporary = await temporaryFolder('unit');
  folder = temporary.path;
  path = join(folder, 'below', 'lock');
});
afterEach(() => temporary.remove());

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
  const before = new Date(Date.now() - 3_600_000);
  const seen = await locked(
    path,
    async () => {
      await utimes(path, before, before);
      await until(async () => (await stat(path)).mtimeMs > before.getTime() + 60_000);
      return 'alive';
    },
    timing,
  );
  expect(seen).toBe('alive');
});
