import { describe, expect, jest, test } from '@jest/globals';
import { duration, progress, progressLine } from '../../../tools/progress.ts';

const step = { index: 1, of: 6, seconds: 310, after: 100 };

describe('a line of progress', () => {
  test('says which of how many, since when, and how long it can take', () => {
    expect(progressLine('kube-apiserver', step, 75.2)).toBe(
      'building kube-apiserver (2 of 6): 1 min 15 s, at most about 5 min 35 s left',
    );
  });

  test('never promises less than nothing', () => {
    expect(progressLine('kube-apiserver', { ...step, after: 0 }, 999)).toBe(
      'building kube-apiserver (2 of 6): 16 min 39 s, at most about 0 s left',
    );
  });
});

test.each([
  [0.4, '0 s'],
  [59.4, '59 s'],
  [59.6, '1 min 0 s'],
  [3_725, '62 min 5 s'],
])('%d seconds are %s', (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});

describe('progress', () => {
  function shown(isTTY: boolean, milliseconds: number): string {
    jest.useFakeTimers();
    let text = '';
    const screen = { isTTY, write: (more: string) => (text += more) };
    const bar = progress(screen);
    bar.step('etcd', { index: 0, of: 1, seconds: 40, after: 0 });
    jest.advanceTimersByTime(milliseconds);
    bar.end();
    bar.end();
    jest.advanceTimersByTime(milliseconds);
    jest.useRealTimers();
    return text;
  }

  test('is a line every 15 s in a log', () => {
    expect(shown(false, 31_000)).toBe(
      'building etcd (1 of 1): 0 s, at most about 40 s left\n' +
        'building etcd (1 of 1): 15 s, at most about 25 s left\n' +
        'building etcd (1 of 1): 30 s, at most about 10 s left\n',
    );
  });

  test('is one line that changes on a terminal', () => {
    expect(shown(true, 1_500)).toBe(
      '\r\u001b[Kbuilding etcd (1 of 1): 0 s, at most about 40 s left' +
        '\r\u001b[Kbuilding etcd (1 of 1): 1 s, at most about 39 s left\n',
    );
  });
});
