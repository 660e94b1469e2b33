import { expect, test } from '@jest/globals';
import { timeToAnswer } from '../../../src/server/deadline.ts';

test.each([
  ['timeout=2s', 1_900],
  ['timeout=1s', 900],
  ['timeout=500ms', 450],
  ['a=b&timeout=2s', 1_900],
  ['timeout=2s&a=b', 1_900],
  ['timeout=%32s', 1_900],
])('of ?%s a share is kept for the way back: %d ms are left', (query, milliseconds) => {
  expect(timeToAnswer(query, 10_000)).toBe(milliseconds);
});

test.each([
  '',
  'timeout=',
  'timeout=0s',
  'timeout=-2s',
  'timeout=2',
  'timeout=soon',
  'time=2s',
  '%',
])('?%s leaves the usual time', (query) => {
  expect(timeToAnswer(query, 10_000)).toBe(9_900);
});

test('never is more given than a registration can ask for', () => {
  expect(timeToAnswer('timeout=999h', 10_000)).toBe(29_900);
  expect(timeToAnswer(`timeout=${'9'.repeat(100_000)}s`, 10_000)).toBe(9_900);
});
