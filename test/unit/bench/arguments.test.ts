import { expect, test } from '@jest/globals';
import { readArguments } from '../../../bench/arguments.ts';

const known = ['admission', 'idle'];

test('without arguments all benchmarks run at their usual length, with every program', () => {
  expect(readArguments([], known)).toEqual({ names: [], length: 'usual', only: [] });
});

test('benchmarks, length and programs are taken as they are named', () => {
  expect(readArguments(['idle', '--quick', '--only=go,floor', 'admission'], known)).toEqual({
    names: ['idle', 'admission'],
    length: 'quick',
    only: ['go', 'floor'],
  });
  expect(readArguments(['--full'], known)).toEqual({ names: [], length: 'full', only: [] });
});

test('what is not known is said', () => {
  expect([
    readArguments(['idle', 'admision'], known),
    readArguments(['--quick', '--full'], known),
    readArguments(['--fast'], known),
  ]).toEqual([
    'unknown: admision. Known are: admission, idle',
    'either --quick or --full',
    expect.stringContaining("Unknown option '--fast'"),
  ]);
});
