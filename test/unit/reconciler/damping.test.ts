import { expect, test } from '@jest/globals';
import { Damping } from '../../../src/reconciler/damping.ts';
import { manualClock } from '../../support/manual-clock.ts';

const key = 'ns/service';

/** Writes as often as it may, each `every` milliseconds, with two causes in turn; the number of writes. */
async function flip(
  damping: Damping,
  clock: ReturnType<typeof manualClock>,
  times: number,
  every: number,
) {
  let writes = 0;
  for (let time = 0; time < times; time += 1) {
    if (damping.wait(key, time % 2 === 0 ? 'one' : 'two') === 0) {
      damping.spend(key);
      writes += 1;
    }
    await clock.advance(every);
  }
  return writes;
}

test('an hour of flipping every two seconds costs ten writes and then two a minute', async () => {
  const clock = manualClock();
  const damping = new Damping({ clock, writes: 10, every: 30_000 });
  const writes = await flip(damping, clock, 1_800, 2_000);
  expect([writes > 100, writes <= 10 + 120]).toEqual([true, true]);
  expect(damping.all()).toEqual([{ key, causes: ['one', 'two'] }]);
});

test('it is said to be unstable all the while, and until it has been quiet', async () => {
  const clock = manualClock();
  const damping = new Damping({ clock, writes: 4, every: 1_000 });
  await flip(damping, clock, 10, 100);
  for (let time = 0; time < 20; time += 1) {
    await flip(damping, clock, 5, 100);
    expect(damping.unstable(key)).toEqual(['one', 'two']);
  }
  await clock.advance(900);
  expect(damping.unstable(key)).toEqual(['one', 'two']);
  await clock.advance(1_100);
  expect(damping.unstable(key)).toBeUndefined();
});

test('the two last different causes are kept, and a cause that comes again is no new one', () => {
  const clock = manualClock();
  const damping = new Damping({ clock, writes: 1, every: 1_000 });
  damping.spend(key);
  for (const cause of ['a', 'b', 'b', 'c', 'b', 'c']) damping.wait(key, cause);
  expect(damping.unstable(key)).toEqual(['b', 'c']);
});

test('who writes rarely is never held up, and is forgotten', async () => {
  const clock = manualClock();
  const damping = new Damping({ clock, writes: 3, every: 1_000 });
  for (let time = 0; time < 100; time += 1) {
    expect(damping.wait(key, 'edited')).toBe(0);
    damping.spend(key);
    await clock.advance(1_000);
  }
  damping.sweep();
  expect(damping.all()).toEqual([]);
});
