import { expect, test } from '@jest/globals';
import { nearest } from '../../../src/ground/nearest.ts';

const known = ['port', 'metricsPort', 'host', 'multigateway', 'multiorch'];

test.each([
  ['prot', 'port'],
  ['Port', 'port'],
  ['metricsport', 'metricsPort'],
  ['metrcsPort', 'metricsPort'],
  ['multigatway', 'multigateway'],
  ['multiorc', 'multiorch'],
])('%s was probably meant as %s', (word, meant) => {
  expect(nearest(word, known)).toBe(meant);
});

test.each(['', 'x', 'replicas', 'portability', 'm'.repeat(10_000)])(
  '%j is near to none of them',
  (word) => {
    expect(nearest(word, known)).toBeUndefined();
  },
);

test('of two that are equally near the first is meant', () => {
  expect(nearest('bat', ['cat', 'rat'])).toBe('cat');
});
