import { expect, test } from '@jest/globals';
import { rarely } from '../../../src/telemetry/index.ts';

test('something is said once in an interval for each key, with how often it was not', () => {
  let time = 0;
  const said: string[] = [];
  const say = rarely(100, () => time);
  const at = (now: number, key: string) => {
    time = now;
    say(key, (untold) => said.push(`${now} ${key} ${untold}`));
  };
  at(0, 'a');
  at(1, 'a');
  at(2, 'b');
  at(99, 'a');
  at(100, 'a');
  at(150, 'a');
  at(900, 'a');
  expect(said).toEqual(['0 a 0', '2 b 0', '100 a 2', '900 a 1']);
});

test('of endless keys a bounded number is told apart', () => {
  let said = 0;
  const say = rarely(100, () => 0);
  for (let key = 0; key < 100_000; key += 1) {
    say(String(key), () => {
      said += 1;
    });
  }
  expect(said).toBe(256);
});
