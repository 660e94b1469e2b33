import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { inTurns } from '../../../src/server/turns.ts';

interface Item {
  readonly name: string;
  readonly weight: number;
}

/** What was done in which turn. */
function recorded(bounds: { readonly items: number; readonly weight: number }) {
  const done: string[] = [];
  const step = (name: string) => (item: Item) => {
    done.push(`${name} ${item.name}`);
  };
  const take = inTurns<Item>([step('read'), step('answer')], bounds);
  const since = (): string => done.splice(0).join(', ');
  return { since, put: (name: string, weight = 1) => take({ name, weight }) };
}

const ample = { items: 10, weight: 100 };

test('nothing is done at once, and each step is done for all before the next one', async () => {
  const { put, since } = recorded(ample);
  put('a');
  put('b');
  expect(since()).toBe('');
  await nextTurn();
  expect(since()).toBe('read a, read b, answer a, answer b');
  put('c');
  await nextTurn();
  expect(since()).toBe('read c, answer c');
});

test('what is over the number has the next turn, after what others wait for', async () => {
  const { put, since } = recorded({ items: 2, weight: 100 });
  for (const name of ['a', 'b', 'c', 'd', 'e']) put(name);
  const turns: string[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    await nextTurn();
    turns.push(since());
  }
  expect(turns).toEqual([
    'read a, read b, answer a, answer b',
    'read c, read d, answer c, answer d',
    'read e, answer e',
    '',
  ]);
});

test('a heavy one goes alone', async () => {
  const { put, since } = recorded({ items: 10, weight: 100 });
  put('light', 60);
  put('heavy', 1_000);
  put('last', 40);
  put('fits', 60);
  const turns: string[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    await nextTurn();
    turns.push(since());
  }
  expect(turns).toEqual([
    'read light, answer light',
    'read heavy, answer heavy',
    'read last, read fits, answer last, answer fits',
  ]);
});

test('what comes while others are worked on has a turn of its own', async () => {
  const done: string[] = [];
  const take = inTurns<Item>(
    [
      ({ name }) => {
        done.push(name);
        if (name === 'a') take({ name: 'b', weight: 1 });
      },
    ],
    ample,
  );
  take({ name: 'a', weight: 1 });
  await nextTurn();
  expect(done).toEqual(['a']);
  await nextTurn();
  expect(done).toEqual(['a', 'b']);
});
