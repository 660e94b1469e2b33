import { expect, test } from '@jest/globals';
import { totalsOf } from '../../../tools/totals.ts';

const report = {
  numPassedTests: 12,
  numFailedTests: 0,
  numPendingTests: 1,
  numTodoTests: 1,
  numRuntimeErrorTestSuites: 0,
};

test.each([
  ['what passed and what did not run', report, '12 passed, 0 failed, 2 skipped', true],
  ['what failed', { ...report, numFailedTests: 3 }, '12 passed, 3 failed, 2 skipped', false],
  [
    'a suite that could not run as one that failed',
    { ...report, numRuntimeErrorTestSuites: 1 },
    '12 passed, 1 failed, 2 skipped',
    false,
  ],
  [
    'a run without tests as no success',
    { ...report, numPassedTests: 0 },
    '0 passed, 0 failed, 2 skipped',
    false,
  ],
])('the totals count %s', (_what, json, text, good) => {
  expect(totalsOf(JSON.stringify(json))).toEqual({ text, good });
});

test('the totals of a run that left no report are no success', () => {
  expect(totalsOf('')).toEqual({ text: '0 passed, 0 failed, 0 skipped', good: false });
});
