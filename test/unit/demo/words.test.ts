import { describe, expect, test } from '@jest/globals';
import { added, count, time } from '../../../demo/words.ts';

describe('an operation of a patch', () => {
  test.each([
    [
      'a label',
      { path: '/metadata/labels/app.kubernetes.io~1part-of', value: 'multigres' },
      ['label app.kubernetes.io/part-of: multigres'],
    ],
    [
      'all labels at once',
      { path: '/metadata/labels', value: { a: 'b', 'c/d': 'e' } },
      ['label a: b', 'label c/d: e'],
    ],
    [
      'a label of the pod template',
      { path: '/spec/template/metadata/labels/a', value: 'b' },
      ['label a: b (pod template)'],
    ],
    [
      'all labels of the pod template',
      { path: '/spec/template/metadata/labels', value: { a: 'b' } },
      ['label a: b (pod template)'],
    ],
    [
      'a port',
      { path: '/spec/ports/-', value: { name: 'http', port: 8080, protocol: 'TCP' } },
      ['port name http, port 8080, protocol TCP'],
    ],
    ["a port's name", { path: '/spec/ports/0/name', value: 'grpc' }, ['name of port 0: grpc']],
    [
      'anything else',
      { path: '/spec/x~0y', value: [1, { a: true }] },
      ['spec.x~y: [1,{"a":true}]'],
    ],
  ])('that adds %s', (_what, operation, words) => {
    expect(added({ op: 'add', ...operation })).toEqual(words);
  });
});

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
