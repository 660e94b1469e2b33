import { describe, expect, test } from '@jest/globals';
import { durationOf } from '../../../src/kubernetes/duration.ts';

// What vmagent's own parser (VictoriaMetrics metricsql v0.84.6, DurationValue) makes of them.
describe('a duration', () => {
  test.each([
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['500ms', 500],
    ['500MS', 500],
    ['1H', 3_600_000],
    ['1d', 86_400_000],
    ['1w', 604_800_000],
    ['1y', 31_536_000_000],
    ['1.5h', 5_400_000],
    ['1.s', 1_000],
    ['30', 30_000],
    ['1.5', 1_500],
    ['+5', 5_000],
    ['1e2', 100_000],
    ['-5s', -5_000],
    ['1h-5m', 3_300_000],
    ['-1h5m', -3_900_000],
    ['-.5s', -500],
    ['0', 0],
    ['5i', 0],
    ['1s$__interval', 1_000],
  ])('%s is %d ms', (text, milliseconds) => {
    expect(durationOf(text)).toBe(milliseconds);
  });

  test.each([
    '',
    '1M',
    '1Mi',
    '5mb',
    '30 s',
    '1h30',
    '.5s',
    's',
    '-',
    '1min',
    'often',
    '1e999',
    '5s ',
    '٣s',
  ])('%j is none', (text) => {
    expect(durationOf(text)).toBeUndefined();
  });

  test('is not looked for in long texts', () => {
    expect(durationOf('1s'.repeat(100_000))).toBeUndefined();
  });
});
