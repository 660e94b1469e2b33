import { expect, test } from '@jest/globals';
import { builtInCatalogue } from '../../../src/catalogue/index.ts';
import { noLog } from '../../../src/ground/log.ts';
import { defaultRegistration, registration } from '../../../src/registration/index.ts';
import { watchRegistration } from '../../../src/serve/registration-watch.ts';
import {
  type Answer,
  fakeClient,
  noSuch,
  refused,
  unreachable,
} from '../../support/fake-client.ts';
import { manualClock } from '../../support/manual-clock.ts';

const catalogue = builtInCatalogue();
const right = { ok: true, value: registration(catalogue, defaultRegistration).mutating } as const;
const none = noSuch('autoscrape');
const fits = [
  { value: 0, labels: { webhook: 'strong.autoscrape.multigres.com' } },
  { value: 0, labels: { webhook: 'inject.autoscrape.multigres.com' } },
];
const misfit = fits.map((one) => ({ ...one, value: 1 }));

/** A watch of a registration that is as `answer` says at the time, and what it logs. */
function watched(first: ReturnType<Answer>) {
  const now = { answer: first };
  const { client, calls } = fakeClient(() => now.answer);
  const clock = manualClock();
  const lines: string[] = [];
  const line = (_fields: object, message: string): void => {
    lines.push(message);
  };
  const watch = watchRegistration({
    client: () => client,
    catalogue: () => catalogue,
    name: 'autoscrape',
    clock,
    log: { ...noLog, info: line, warn: line },
  });
  return { now, calls, clock, lines, watch };
}

test('a registration that fits is looked at once in ten minutes, and nothing is said', async () => {
  const { calls, clock, lines, watch } = watched(right);
  expect(watch.values()).toEqual([]);
  await clock.advance(3_000);
  expect(watch.values()).toEqual(fits);
  await clock.advance(599_000);
  expect(calls).toHaveLength(1);
  await clock.advance(1_000);
  expect(calls.map(({ verb, of }) => `${verb} ${of}`)).toEqual([
    'get mutatingwebhookconfigurations//autoscrape',
    'get mutatingwebhookconfigurations//autoscrape',
  ]);
  expect(lines).toEqual([]);
});

test('one that does not fit is told of when it is still so 10 s later: once, and once when it fits again', async () => {
  const { clock, lines, now, watch } = watched(none);
  await clock.advance(3_000);
  expect(watch.values()).toEqual(misfit);
  expect(lines).toEqual([]);
  await clock.advance(60_000);
  const once = ['the registration does not fit', 'the registration does not fit'];
  expect(lines).toEqual(once);
  now.answer = right;
  await clock.advance(10_000);
  expect(watch.values()).toEqual(fits);
  expect(lines).toEqual([...once, 'the registration fits the catalogue']);
});

test('one that is applied a moment after the start is no news', async () => {
  const { clock, lines, now, watch } = watched(none);
  await clock.advance(3_000);
  now.answer = right;
  await clock.advance(10_000);
  expect(watch.values()).toEqual(fits);
  expect(lines).toEqual([]);
});

test.each<[string, ReturnType<Answer>]>([
  ['away', unreachable],
  ['behind something that answers 404', refused(404, 'NotFound')],
  ['behind something that answers with other JSON', { ok: true, value: { kind: 'Status' } }],
])('an API server that is %s changes nothing of what is known', async (_, answer) => {
  const { calls, clock, lines, now, watch } = watched(right);
  await clock.advance(3_000);
  now.answer = answer;
  watch.again();
  await clock.advance(30_000);
  expect(calls).toHaveLength(5);
  expect([watch.values(), lines]).toEqual([fits, []]);
});

test('without the right to read, nothing is known', async () => {
  const forbidden = watched(refused(403, 'Forbidden'));
  await forbidden.clock.advance(599_000);
  expect(forbidden.calls).toHaveLength(1);
  expect(forbidden.watch.values()).toEqual([]);
});

test('after its end it asks no more', async () => {
  const { calls, clock, watch } = watched(right);
  watch.stop();
  await clock.advance(3_600_000);
  expect(calls).toEqual([]);
  expect(clock.pending()).toBe(0);
});
