import { expect, test } from '@jest/globals';
import { pace } from '../../../src/reconciler/pace.ts';

test('few write while Services keep coming, and all once none has come for a moment', () => {
  let now = 1_000;
  const { came, atOnce } = pace({
    clock: { now: () => now },
    most: 16,
    whileComing: 4,
    quiet: 50,
  });
  const seen = [atOnce()];
  for (const step of [0, 40, 40]) {
    now += step;
    came();
    seen.push(atOnce());
  }
  now += 49;
  seen.push(atOnce());
  now += 1;
  seen.push(atOnce());
  expect(seen).toEqual([16, 4, 4, 4, 4, 16]);
});
