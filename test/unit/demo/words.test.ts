import { expect, test } from '@jest/globals';
import { additions, count, time } from '../../../demo/words.ts';

test('a patch in words has the labels of one place in one line', () => {
  const patch = [
    { op: 'add', path: '/metadata/labels/app.kubernetes.io~1name', value: 'etcd' },
    { op: 'add', path: '/spec/ports/0/name', value: 'grpc' },
    { op: 'add', path: '/metadata/labels/app.kubernetes.io~1part-of', value: 'multigres' },
    { op: 'add', path: '/spec/template/metadata/labels', value: { plain: 'a', 'b/c': 'd' } },
  ];
  expect(additions(patch)).toEqual([
    'labels app.kubernetes.io/{name=etcd, part-of=multigres}',
    'pod template: labels plain=a, b/c=d',
    'name of port 0: grpc',
  ]);
});

test.each([
  [
    'a port',
    { path: '/spec/ports/-', value: { name: 'http', port: 8080 } },
    ['port name http, port 8080'],
  ],
  [
    'the first ports of a container',
    { path: '/spec/template/spec/containers/0/ports', value: [{ name: 'a' }, { name: 'b' }] },
    ['pod template: port name a', 'pod template: port name b'],
  ],
  ['anything else', { path: '/spec/x~0y', value: [1, { a: true }] }, ['spec.x~y: [1,{"a":true}]']],
])('a patch in words names %s', (_what, operation, words) => {
  expect(additions([{ op: 'add', ...operation }])).toEqual(words);
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
