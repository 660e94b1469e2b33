import { expect, test } from '@jest/globals';
import { parseDuration } from '../../../src/settings/index.ts';

test.each([
  ['0', 0],
  ['2s', 2_000],
  ['500ms', 500],
  ['1m30s', 90_000],
  ['1.5h', 5_400_000],
  ['1.s', 1_000],
  ['1us', 0.001],
  ['1µs', 0.001],
  ['250ns', 0.000_25],
])('%s is %d milliseconds, as Go reads it', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each(['', '2', 's', '-2s', '+2s', '2 s', '2S', '2d', '.5s', '1s2', '1e3s', '٢s', 'Infinitys'])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test('a long text is refused without being read part by part', () => {
  expect(parseDuration('1s'.repeat(100_000))).toBeUndefined();
  expect(parseDuration(`${'1'.repeat(100_000)}s`)).toBeUndefined();
});
