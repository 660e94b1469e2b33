import { describe, expect, test } from '@jest/globals';
import { KeyedQueue, type QueueOptions } from '../../../src/reconciler/queue.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';

function queue(more: Partial<QueueOptions> = {}): { queue: KeyedQueue; clock: ManualClock } {
  const clock = manualClock();
  return {
    clock,
    queue: new KeyedQueue({
      clock,
      random: () => 0,
      ready: () => {},
      most: 100,
      firstRetry: 100,
      mostRetry: 1_000,
      retriesPerSecond: 1_000,
      retriesAtOnce: 1_000,
      ...more,
    }),
  };
}

/** Takes everything that waits, and is done with it. */
function drain(waiting: KeyedQueue): string[] {
  const keys: string[] = [];
  for (let taken = waiting.take(); taken !== undefined; taken = waiting.take()) {
    keys.push(taken.key);
    waiting.done(taken.key);
  }
  return keys;
}

describe('a queue of keys', () => {
  test('gives each key once, in the order in which they came', () => {
    const { queue: waiting } = queue();
    for (const key of ['a', 'b', 'a', 'c', 'b']) waiting.add(key, 'live');
    expect(drain(waiting)).toEqual(['a', 'b', 'c']);
    expect(waiting.counts).toEqual({ adds: 3, duplicates: 2, retries: 0, refused: 0 });
  });

  test('gives what has just changed before what may wait', () => {
    const { queue: waiting } = queue();
    waiting.add('old', 'later');
    waiting.add('raised', 'later');
    waiting.add('new', 'live');
    waiting.add('raised', 'live');
    expect(drain(waiting)).toEqual(['new', 'raised', 'old']);
  });

  test('does not lower a key that is live', () => {
    const { queue: waiting } = queue();
    waiting.add('a', 'live');
    waiting.add('b', 'live');
    waiting.add('a', 'later');
    expect(drain(waiting)).toEqual(['a', 'b']);
  });

  test('gives a key to one worker at a time, and again when it was added meanwhile', () => {
    const { queue: waiting } = queue();
    waiting.add('a', 'live');
    expect(waiting.take()?.key).toBe('a');
    waiting.add('a', 'later');
    waiting.add('a', 'live');
    expect([waiting.take(), waiting.taken, waiting.depth]).toEqual([undefined, 1, 0]);
    waiting.done('a');
    expect(drain(waiting)).toEqual(['a']);
    expect(waiting.taken).toBe(0);
  });

  test('tells how long a key waited', async () => {
    const { queue: waiting, clock } = queue();
    waiting.add('a', 'live');
    await clock.advance(30);
    waiting.add('a', 'live');
    await clock.advance(10);
    expect(waiting.take()).toEqual({ key: 'a', waited: 40 });
  });

  test('gives a delayed key when its time has come, or when it is added before', async () => {
    const { queue: waiting, clock } = queue();
    waiting.addAfter('a', 100);
    waiting.addAfter('b', 100);
    expect([waiting.depth, waiting.delayed]).toEqual([0, 2]);
    waiting.add('b', 'live');
    expect(drain(waiting)).toEqual(['b']);
    await clock.advance(99);
    expect(drain(waiting)).toEqual([]);
    await clock.advance(1);
    expect(drain(waiting)).toEqual(['a']);
    await clock.advance(1_000);
    expect([drain(waiting), clock.pending()]).toEqual([[], 0]);
  });

  test('keeps the shorter of two delays', async () => {
    const { queue: waiting, clock } = queue();
    waiting.addAfter('a', 100);
    waiting.addAfter('a', 500);
    waiting.addAfter('b', 500);
    waiting.addAfter('b', 100);
    await clock.advance(100);
    expect(drain(waiting).sort()).toEqual(['a', 'b']);
    expect(clock.pending()).toBe(0);
  });

  test('waits longer after each failure, and from the first again after a success', async () => {
    const { queue: waiting, clock } = queue();
    const waits: number[] = [];
    const fail = async (): Promise<void> => {
      waiting.retry('a');
      const began = clock.now();
      while (waiting.depth === 0) await clock.advance(10);
      waits.push(clock.now() - began);
      drain(waiting);
    };
    for (let time = 0; time < 6; time += 1) await fail();
    waiting.forget('a');
    await fail();
    expect(waits).toEqual([100, 200, 400, 800, 1_000, 1_000, 100]);
  });

  test('spreads what failed together by up to half', async () => {
    const { queue: waiting, clock } = queue({ random: () => 0.999 });
    waiting.retry('a');
    await clock.advance(51);
    expect(drain(waiting)).toEqual(['a']);
  });

  test('waits at least as long as was asked for', async () => {
    const { queue: waiting, clock } = queue();
    waiting.retry('a', 700);
    await clock.advance(699);
    expect(drain(waiting)).toEqual([]);
    await clock.advance(1);
    expect(drain(waiting)).toEqual(['a']);
  });

  test('bounds the rate of all retries together', async () => {
    const { queue: waiting, clock } = queue({
      retriesPerSecond: 10,
      retriesAtOnce: 5,
      firstRetry: 1,
    });
    for (let index = 0; index < 15; index += 1) waiting.retry(`key${index}`);
    await clock.advance(20);
    expect(drain(waiting)).toHaveLength(5);
    await clock.advance(500);
    expect(drain(waiting)).toHaveLength(5);
  });

  test('is bounded: what does not fit is refused and counted', () => {
    const { queue: waiting } = queue({ most: 3 });
    waiting.addAfter('delayed', 100);
    expect(['a', 'b', 'c', 'a'].map((key) => waiting.add(key, 'live'))).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(waiting.counts.refused).toBe(1);
    expect(drain(waiting)).toEqual(['a', 'b']);
  });

  test('takes nothing after its end, and leaves no timer', async () => {
    const { queue: waiting, clock } = queue();
    waiting.add('a', 'live');
    waiting.addAfter('b', 100);
    waiting.close();
    expect([waiting.add('c', 'live'), drain(waiting), clock.pending()]).toEqual([false, [], 0]);
  });
});
