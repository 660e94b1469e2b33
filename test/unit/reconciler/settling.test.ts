import { expect, test } from '@jest/globals';
import { Settling } from '../../../src/reconciler/settling.ts';
import { manualClock } from '../../support/manual-clock.ts';

function settling() {
  const clock = manualClock();
  const again: [string, number][] = [];
  const all = new Settling({
    clock,
    hold: 120_000,
    again: (service, after) => again.push([service, after]),
  });
  const settle = (verdict: 'displaced' | 'needed' | 'undecided', basis = 'a') =>
    all.settle('shop/etcd', 'etcd', verdict, basis);
  return { clock, again, settle, all };
}

test('the first verdict on a Service and its scrapes counts at once', () => {
  const { settle, again } = settling();
  expect(settle('needed')).toBe('needed');
  expect(settle('displaced', 'another scrape')).toBe('displaced');
  expect(settle('undecided', 'another scrape')).toBe('undecided');
  expect(settle('needed', 'a third one')).toBe('needed');
  expect(again).toEqual([]);
});

test('one that an agent changes has to hold for two minutes, and is looked at again then', async () => {
  const { settle, again, clock } = settling();
  expect(settle('needed')).toBe('needed');
  expect(settle('displaced')).toBe('undecided');
  await clock.advance(60_000);
  expect(settle('displaced')).toBe('undecided');
  expect(again).toEqual([
    ['shop/etcd', 120_000],
    ['shop/etcd', 60_000],
  ]);
  await clock.advance(60_000);
  expect(settle('displaced')).toBe('displaced');
  expect(settle('displaced')).toBe('displaced');
});

test('an agent that is deleted and made again within that time changes nothing', async () => {
  const { settle, clock } = settling();
  expect(settle('displaced')).toBe('displaced');
  expect(settle('undecided')).toBe('undecided');
  expect(settle('needed')).toBe('undecided');
  await clock.advance(119_000);
  expect(settle('undecided')).toBe('undecided');
  await clock.advance(60_000);
  expect(settle('needed')).toBe('undecided');
  expect(settle('displaced')).toBe('displaced');
  await clock.advance(600_000);
  expect(settle('displaced')).toBe('displaced');
});

test('what nobody asks for is forgotten', async () => {
  const { settle, all, clock } = settling();
  expect(settle('needed')).toBe('needed');
  await clock.advance(1_000);
  all.sweep(500);
  expect(settle('displaced')).toBe('displaced');
});
