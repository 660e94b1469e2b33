import { expect, test } from '@jest/globals';
import { count, time } from '../../../demo/words.ts';

test.each([
  [0.4, '0 ms'],
  [999.4, '999 ms'],
  [1_000, '1.0 s'],
  [61_049, '61.0 s'],
])('%d ms are %s', (milliseconds, words) => {
  expect(time(milliseconds)).toBe(words);
});

test.each([
  [0, '0 scrapes'],
  [1, '1 scrape'],
  [2, '2 scrapes'],
])('%d of them are %s', (number, words) => {
  expect(count(number, 'scrape')).toBe(words);
});
