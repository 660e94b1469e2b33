import { expect, test } from '@jest/globals';
import { systemClock } from '../../../src/ground/clock.ts';
import { noReconcilerInstruments, type ReconcileResult } from '../../../src/reconciler/index.ts';
import { KeyedQueue } from '../../../src/reconciler/queue.ts';
import { Workers } from '../../../src/reconciler/workers.ts';

function workers(
  work: (key: string) => ReconcileResult | Promise<ReconcileResult>,
  concurrency = 2,
) {
  const crashes: string[] = [];
  const queue: KeyedQueue = new KeyedQueue({
    clock: systemClock,
    random: () => 0,
    ready: () => running.wake(),
    most: 10_000,
    firstRetry: 5,
    mostRetry: 5,
    retriesPerSecond: 1_000,
    retriesAtOnce: 1_000,
  });
  const running = new Workers({
    queue,
    clock: systemClock,
    instruments: noReconcilerInstruments,
    concurrency: () => concurrency,
    work,
    crashed: (key, error) => crashes.push(`${key}: ${error}`),
  });
  return { queue, running, crashes };
}

const later = () => new Promise<void>((resolve) => setImmediate(resolve));

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await later();
}

test('so many keys are worked on at once, and no more', async () => {
  let active = 0;
  let most = 0;
  let done = 0;
  const { queue } = workers(async (): Promise<ReconcileResult> => {
    active += 1;
    most = Math.max(most, active);
    await later();
    active -= 1;
    done += 1;
    return 'wrote';
  }, 3);
  for (let index = 0; index < 20; index += 1) queue.add(`key${index}`, 'live');
  await until(() => done === 20);
  expect([most, queue.taken]).toEqual([3, 0]);
});

test('nothing spins while all workers wait', async () => {
  let asked = 0;
  const now = (): number => {
    asked += 1;
    return systemClock.now();
  };
  const clock = { ...systemClock, now };
  let release = (): void => {};
  const blocked = new Promise<void>((resolve) => {
    release = resolve;
  });
  const queue: KeyedQueue = new KeyedQueue({
    clock: systemClock,
    random: () => 0,
    ready: () => running.wake(),
    most: 10,
    firstRetry: 5,
    mostRetry: 5,
    retriesPerSecond: 10,
    retriesAtOnce: 10,
  });
  const running = new Workers({
    queue,
    clock,
    instruments: noReconcilerInstruments,
    concurrency: () => 1,
    work: async (): Promise<ReconcileResult> => {
      await blocked;
      return 'wrote';
    },
    crashed: () => {},
  });
  queue.add('a', 'live');
  queue.add('b', 'live');
  for (let turn = 0; turn < 10; turn += 1) await later();
  const before = asked;
  for (let turn = 0; turn < 200; turn += 1) await later();
  expect(asked).toBe(before);
  release();
  await running.idle();
  await until(() => queue.depth === 0);
});

test('long work without waiting leaves the event loop to others', async () => {
  let done = 0;
  const { queue } = workers((): ReconcileResult => {
    const until = performance.now() + 1;
    while (performance.now() < until);
    done += 1;
    return 'unchanged';
  });
  for (let index = 0; index < 50; index += 1) queue.add(`key${index}`, 'live');
  const seen: number[] = [];
  while (done < 50) {
    await later();
    seen.push(done);
  }
  // Fifty milliseconds of work were not one piece.
  expect(seen.length).toBeGreaterThan(3);
});

test('a mistake is told, and the key is tried again', async () => {
  let times = 0;
  const { queue, crashes } = workers((key) => {
    times += 1;
    if (times === 1) throw new Error('at once');
    if (times === 2) return Promise.reject(new Error('later'));
    return key === 'a' ? 'unchanged' : 'failed';
  });
  queue.add('a', 'live');
  await until(() => times === 3);
  expect(crashes).toEqual(['a: Error: at once', 'a: Error: later']);
  expect([queue.failures('a'), queue.taken]).toEqual([0, 0]);
});
