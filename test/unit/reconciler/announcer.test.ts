import { expect, test } from '@jest/globals';
import { noLog } from '../../../src/ground/log.ts';
import { parseService, type Service } from '../../../src/kubernetes/index.ts';
import { Announcer } from '../../../src/reconciler/announcer.ts';
import type { Announcement } from '../../../src/reconciler/words.ts';
import { type Answer, fakeClient, refused } from '../../support/fake-client.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { at } from '../../support/reconciling.ts';

function service(name: string): Service {
  const parsed = parseService({
    metadata: { namespace: 'ns', name, uid: `uid-${name}`, resourceVersion: '5' },
  });
  if (parsed === undefined) throw new Error('no Service');
  return parsed;
}

const created = (note: string): Announcement => ({ type: 'Normal', reason: 'ScrapeCreated', note });

function announcer(answer: Answer = () => ({ ok: true, value: {} })) {
  const clock = manualClock();
  const { client, calls } = fakeClient(answer);
  const told: string[] = [];
  let idle = true;
  return {
    announcer: new Announcer({
      client,
      clock,
      log: noLog,
      instance: 'pod-1',
      idle: () => idle,
      told: (_, outcome) => told.push(outcome),
    }),
    clock,
    calls,
    told,
    busy: (value: boolean) => {
      idle = !value;
    },
  };
}

test('an Event says what, of which Service, and who says it', async () => {
  const { announcer: one, clock, calls } = announcer();
  one.tell(service('gw'), created('made'));
  await clock.advance(10);
  expect(calls).toHaveLength(1);
  expect(calls[0]?.body).toEqual({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: expect.stringMatching(/^gw\.[0-9a-f]{16}$/), namespace: 'ns' },
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'autoscrape.multigres.com',
    reportingInstance: 'pod-1',
    action: 'Reconcile',
    type: 'Normal',
    reason: 'ScrapeCreated',
    note: 'made',
    regarding: {
      apiVersion: 'v1',
      kind: 'Service',
      namespace: 'ns',
      name: 'gw',
      uid: 'uid-gw',
      resourceVersion: '5',
    },
  });
});

test('what was said is not said again: not by this process, and another finds its name taken', async () => {
  const { announcer: one, clock, calls, told } = announcer();
  const {
    announcer: another,
    clock: other,
    calls: theirs,
    told: theirTold,
  } = announcer(() => refused(409, 'AlreadyExists'));
  for (let time = 0; time < 5; time += 1) one.tell(service('gw'), created('made'));
  another.tell(service('gw'), created('made'));
  await clock.advance(1_000);
  await other.advance(1_000);
  expect([told, theirTold]).toEqual([['sent'], ['known']]);
  expect(at(theirs[0]?.body, 'metadata', 'name')).toBe(at(calls[0]?.body, 'metadata', 'name'));
});

test('one Service gets ten at once, and then one in five minutes', async () => {
  const { announcer: one, clock, told } = announcer();
  for (let time = 0; time < 30; time += 1) one.tell(service('gw'), created(`note ${time}`));
  await clock.advance(60_000);
  expect(told.filter((outcome) => outcome === 'sent')).toHaveLength(10);
  await clock.advance(240_000);
  one.tell(service('gw'), created('late'));
  one.tell(service('gw'), created('later'));
  await clock.advance(1_000);
  expect(told.filter((outcome) => outcome === 'sent')).toHaveLength(11);
});

test('all Services together get fifty at once, then ten a second, and what is too much is dropped', async () => {
  const { announcer: one, clock, told } = announcer();
  for (let index = 0; index < 1_500; index += 1) one.tell(service(`s${index}`), created('made'));
  expect(told.filter((outcome) => outcome === 'dropped')).toHaveLength(500);
  await clock.advance(10);
  const sent = () => told.filter((outcome) => outcome === 'sent').length;
  expect(sent()).toBe(50);
  await clock.advance(10_000);
  expect([sent() > 130, sent() <= 151]).toEqual([true, true]);
});

test('Events wait while there is more urgent work, but not for ever', async () => {
  const { announcer: one, clock, calls, busy } = announcer();
  busy(true);
  one.tell(service('gw'), created('made'));
  await clock.advance(5_000);
  expect(calls).toEqual([]);
  busy(false);
  await clock.advance(200);
  expect(calls).toHaveLength(1);
  busy(true);
  one.tell(service('gw'), created('more'));
  await clock.advance(9_000);
  expect(calls).toHaveLength(1);
  await clock.advance(1_500);
  expect(calls).toHaveLength(2);
});

test('when Events may not be written they are left alone for ten minutes', async () => {
  const { announcer: one, clock, calls } = announcer(() => refused(403, 'Forbidden'));
  for (let index = 0; index < 20; index += 1) one.tell(service(`s${index}`), created('made'));
  await clock.advance(60_000);
  expect(calls).toHaveLength(1);
  await clock.advance(600_000);
  one.tell(service('new'), created('made'));
  await clock.advance(1_000);
  expect(calls).toHaveLength(2);
});

test('nothing is sent after the end', async () => {
  const { announcer: one, clock, calls } = announcer();
  one.tell(service('gw'), created('made'));
  one.stop();
  one.tell(service('gw'), created('again'));
  await clock.advance(10_000);
  expect([calls, clock.pending()]).toEqual([[], 0]);
});
