import { describe, expect, test } from '@jest/globals';
import { coresIn, roomyCores } from '../../../bench/cores.ts';
import { counted, requestsFor } from '../../../bench/counters.ts';
import { isReached, knownRatios, ratioOf, type Sample } from '../../../bench/result.ts';
import { rotated } from '../../../bench/rounds.ts';
import { median, quantile, summaryOf } from '../../../bench/statistics.ts';

describe('a quantile', () => {
  test('lies between its neighbours, as far as it is from each', () => {
    expect([0, 0.25, 0.5, 0.9, 1].map((at) => quantile([4, 1, 3, 2], at))).toEqual([
      1, 1.75, 2.5, 3.7, 4,
    ]);
  });

  test('of nothing is none', () => {
    expect(quantile([], 0.5)).toBeNaN();
  });

  test('of one value is that value', () => {
    expect(summaryOf([7])).toEqual({ median: 7, least: 7, most: 7, count: 1 });
  });

  test('leaves the values in their order', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('a ratio', () => {
  const samples: readonly Sample[] = [
    // Something else slowed the second round down for both.
    { metric: 'm', program: 'ours', round: 0, value: 200 },
    { metric: 'm', program: 'theirs', round: 0, value: 100 },
    { metric: 'm', program: 'ours', round: 1, value: 20 },
    { metric: 'm', program: 'theirs', round: 1, value: 10 },
    { metric: 'm', program: 'ours', round: 2, value: 300 },
    { metric: 'm', program: 'theirs', round: 2, value: 100 },
    { metric: 'm', program: 'ours', round: 3, value: 1_000 },
    { metric: 'other', program: 'theirs', round: 3, value: 1 },
  ];

  test('is the median of those of rounds in which both were measured', () => {
    expect(ratioOf(samples, 'm', 'ours', 'theirs')).toBe(2);
  });

  test('to a program that was not measured is none, and is left out of the results', () => {
    const ratio = ratioOf(samples, 'm', 'ours', 'nobody');
    expect(ratio).toBeNaN();
    expect(knownRatios({ nobody: ratio, theirs: 2.346 })).toEqual({ theirs: 2.35 });
  });
});

test('an aim is reached at its bound, on the better side of it', () => {
  const aim = { text: '', measured: 2, bound: 2 };
  expect([
    isReached({ ...aim, better: 'more' }),
    isReached({ ...aim, better: 'less' }),
    isReached({ ...aim, measured: 1, better: 'more' }),
    isReached({ ...aim, measured: 3, better: 'less' }),
  ]).toEqual([true, true, false, false]);
});

test('each round begins with the next program', () => {
  expect([0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''))).toEqual([
    'abc',
    'bca',
    'cab',
    'abc',
  ]);
  expect(rotated([], 4)).toEqual([]);
});

test('cores are read as the kernel lists them', () => {
  expect(['0-2,5', '3', ''].map(coresIn)).toEqual([[0, 1, 2, 5], [3], []]);
});

describe('a counter on a page', () => {
  const page = [
    '# TYPE apiserver_request_total counter',
    'apiserver_request_total{code="200",resource="services",verb="GET"} 1000',
    'apiserver_request_total{code="200",resource="vmservicescrapes",verb="APPLY"} 3',
    'apiserver_request_total{code="201",resource="vmservicescrapes",verb="APPLY"} 1.5e+02',
    'apiserver_request_total{code="200",resource="vmservicescrapes",verb="LIST"} 7',
    'apiserver_request_total_more{resource="vmservicescrapes",verb="APPLY"} 9',
    'up 1',
  ].join('\n');

  test('is summed over its series with the labels', () => {
    expect([
      counted(page, 'apiserver_request_total', ['resource="vmservicescrapes"']),
      counted(page, 'up', []),
      counted(page, 'absent', []),
    ]).toEqual([160, 1, 0]);
  });

  test('of requests is summed over verbs', () => {
    expect(requestsFor(page, 'vmservicescrapes', ['APPLY', 'POST'])).toBe(153);
  });
});

test('what goes through an API server is bound to cores only where there are four', () => {
  const unbound = { server: undefined, others: undefined };
  const four = { server: '0', others: '1,2,3' };
  expect([roomyCores({ server: '0', others: '1' }), roomyCores(unbound), roomyCores(four)]).toEqual(
    [unbound, unbound, four],
  );
});
