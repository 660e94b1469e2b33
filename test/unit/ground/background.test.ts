import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { Background } from '../../../src/ground/background.ts';
import { systemClock } from '../../../src/ground/clock.ts';
import { manualClock } from '../../support/manual-clock.ts';

/** Work of so many pieces, each of which takes half a millisecond, that goes on in later turns. */
function worker(
  name: string,
  pieces: number,
  done: string[],
  background: Background,
  took: () => void,
) {
  let left = pieces;
  const work = (): void => {
    while (left > 0 && background.hasTime()) {
      done.push(name);
      left -= 1;
      took();
    }
    if (left > 0) background.next(work);
  };
  return work;
}

test('all who work in the background have one budget in a turn, and take turns when it is over', async () => {
  let now = 0;
  const background = new Background({ ...manualClock(), now: () => now });
  const done: string[] = [];
  const took = (): void => {
    now += 0.5;
  };
  for (const name of ['a', 'b', 'c']) worker(name, 3, done, background, took)();
  const turns: string[] = [];
  for (let turn = 0; turn < 6; turn += 1) {
    turns.push(done.splice(0).join(''));
    await nextTurn();
  }
  expect(turns).toEqual(['aa', 'ab', 'cc', 'bb', 'c', '']);
});

test('others have the event loop between two turns', async () => {
  let now = 0;
  const background = new Background({ ...manualClock(), now: () => now });
  const done: string[] = [];
  const took = (): void => {
    now += 1;
  };
  worker('a', 3, done, background, took)();
  await nextTurn();
  done.push('review');
  await nextTurn();
  await nextTurn();
  expect(done.filter((one) => one === 'a')).toHaveLength(3);
  expect(done.indexOf('review')).toBeLessThan(done.lastIndexOf('a'));
});

test('steps are gone through some at a time, and what they come to is told with the work that it was', async () => {
  let now = 0;
  const clock = { ...systemClock, now: () => now };
  const background = new Background(clock);
  let turns = 0;
  const count = (): void => {
    turns += 1;
    if (turns < 100) setImmediate(count);
  };
  const turnOf: number[] = [];
  function* steps(): Generator<void, string> {
    for (let step = 0; step < 6; step += 1) {
      turnOf.push(turns);
      // Two of these are more than a turn has.
      now += 0.6;
      yield;
    }
    return 'all';
  }
  setImmediate(count);
  const { result, worked } = await background.through(steps());
  expect({ result, worked: Math.round(worked * 10) / 10, turns: new Set(turnOf).size }).toEqual({
    result: 'all',
    worked: 3.6,
    turns: 3,
  });
});

test('once it is stopped nothing goes on', async () => {
  let now = 0;
  const background = new Background({ ...manualClock(), now: () => now });
  const done: string[] = [];
  const took = (): void => {
    now += 1;
  };
  worker('a', 3, done, background, took)();
  background.stop();
  background.next(() => done.push('late'));
  for (let turn = 0; turn < 4; turn += 1) await nextTurn();
  expect(done).toEqual(['a']);
});
