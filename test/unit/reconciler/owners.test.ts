import { describe, expect, test } from '@jest/globals';
import { Owners } from '../../../src/reconciler/owners.ts';
import { type Answer, fakeClient, refused, unreachable } from '../../support/fake-client.ts';
import { manualClock } from '../../support/manual-clock.ts';

const owner = { apiVersion: 'multigres.com/v1alpha1', kind: 'Etcd', name: 'topo', uid: 'u1' };
const kinds = [
  { plural: 'etcds', kind: 'Etcd', namespaced: true },
  { plural: 'fleets', kind: 'Fleet', namespaced: false },
];
const discovery = { ok: true, value: kinds } as const;

function owners(answer: Answer) {
  const clock = manualClock();
  const { client, calls } = fakeClient(answer);
  return { owners: new Owners(client, clock), calls, clock };
}

/** The API server has the Etcd with this uid; undefined: it has none. */
const has =
  (uid: string | undefined): Answer =>
  ({ verb }) => {
    if (verb === 'discover') return discovery;
    return uid === undefined ? undefined : { ok: true, value: { metadata: { uid } } };
  };

describe('an owner', () => {
  test('of a known kind is fit without being looked at; the kind is asked for once', async () => {
    const { owners: known, calls } = owners(has('u1'));
    expect(known.needsLook(owner, false)).toBe(true);
    expect(await known.look(owner, 'ns', false)).toBe('fit');
    expect(known.needsLook({ ...owner, uid: 'u2' }, false)).toBe(false);
    expect(calls.map(({ verb, of }) => `${verb} ${of}`)).toEqual([
      'discover multigres.com/v1alpha1',
    ]);
  });

  test('that is a Service is never asked for', () => {
    const { owners: known } = owners(has(undefined));
    expect(known.needsLook({ apiVersion: 'v1', kind: 'Service', name: 'x', uid: 'y' }, true)).toBe(
      false,
    );
  });

  test('is looked at when a scrape of it has vanished, and trusted again when it is there', async () => {
    const { owners: known } = owners(has('u1'));
    await known.look(owner, 'ns', false);
    known.suspect('u1');
    expect(known.needsLook(owner, false)).toBe(true);
    expect(await known.look(owner, 'ns', false)).toBe('fit');
    expect([known.needsLook(owner, false), known.isGone('u1')]).toEqual([false, false]);
  });

  test.each([
    ['is gone', undefined],
    ['is another object by now', 'u2'],
  ])('that %s is unfit', async (_, uid) => {
    const { owners: known } = owners(has(uid));
    known.suspect('u1');
    expect([await known.look(owner, 'ns', false), known.isGone('u1')]).toEqual(['unfit', true]);
  });

  test('that a scrape would change to is looked at first', async () => {
    const { owners: known } = owners(has(undefined));
    await known.look(owner, 'ns', false);
    expect(known.needsLook(owner, true)).toBe(true);
    expect(await known.look(owner, 'ns', true)).toBe('unfit');
  });

  test.each([
    ['is cluster-scoped', { ...owner, kind: 'Fleet' }],
    ['is of an unknown kind', { ...owner, kind: 'Nothing' }],
  ])('that %s is unfit', async (_, one) => {
    const { owners: known } = owners(has('u1'));
    expect(await known.look(one, 'ns', false)).toBe('unfit');
  });

  test('of a group that is not served is unfit, and asked for again after a minute', async () => {
    const groups = [{ name: 'apps', versions: ['v1'] }];
    const {
      owners: known,
      calls,
      clock,
    } = owners(({ of }) => (of === 'groups' ? { ok: true, value: groups } : undefined));
    expect(await known.look(owner, 'ns', false)).toBe('unfit');
    expect(known.needsLook({ ...owner, uid: 'u2' }, false)).toBe(false);
    await clock.advance(61_000);
    expect(known.needsLook({ ...owner, uid: 'u2' }, false)).toBe(true);
    await known.look({ ...owner, uid: 'u2' }, 'ns', false);
    expect(calls.map(({ of }) => of)).toEqual([
      'multigres.com/v1alpha1',
      'groups',
      'multigres.com/v1alpha1',
      'groups',
    ]);
  });

  test.each<[string, Answer]>([
    ['404 to everything', () => refused(404, 'NotFound')],
    ['500 to everything', () => refused(500, 'InternalError')],
    [
      '404 for the object',
      ({ verb }) => (verb === 'discover' ? discovery : refused(404, 'NotFound')),
    ],
    [
      'JSON of something else',
      ({ verb }) => (verb === 'discover' ? discovery : { ok: true, value: { kind: 'Status' } }),
    ],
  ])('stays as it is known where something in between answers %s', async (_, answer) => {
    let broken = true;
    const { owners: known } = owners((call) => (broken ? answer(call) : has('u1')(call)));
    known.suspect('u1');
    expect(await known.look(owner, 'ns', true)).toBe('unknown');
    broken = false;
    expect([await known.look(owner, 'ns', true), known.isGone('u1')]).toEqual(['fit', false]);
  });

  test.each([
    ['may not be read', refused(403, 'Forbidden')],
    ["can't be asked for", unreachable],
  ])('that %s is given up when its scrape vanished twice', async (_, answer) => {
    const { owners: known } = owners(({ verb }) => (verb === 'discover' ? discovery : answer));
    known.suspect('u1');
    expect(await known.look(owner, 'ns', false)).toBe('unknown');
    known.suspect('u1');
    expect(await known.look(owner, 'ns', false)).toBe('unfit');
  });
});
