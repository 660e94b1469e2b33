import { describe, expect, test } from '@jest/globals';
import type { ApiResult, Client } from '../../../src/cluster/api/index.ts';
import { noLog } from '../../../src/ground/log.ts';
import { Leadership } from '../../../src/reconciler/lease.ts';
import { fakeClient, refused, unreachable } from '../../support/fake-client.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { at } from '../../support/reconciling.ts';

/** A Lease as an API server keeps it, for several candidates, each with a connection that can be cut. */
function leaseServer() {
  let lease: object | undefined;
  let fault: ApiResult<unknown> | undefined;
  let version = 0;
  const cut = new Set<string>();
  const connect = (who: string): Client =>
    fakeClient(({ verb, body }) => {
      if (cut.has(who)) return unreachable;
      if (fault !== undefined) return fault;
      if (verb === 'get') return lease === undefined ? undefined : { ok: true, value: lease };
      const expected = at(body, 'metadata', 'resourceVersion');
      if (verb === 'create' && lease !== undefined) return refused(409, 'AlreadyExists');
      if (verb === 'update' && expected !== at(lease, 'metadata', 'resourceVersion')) {
        return refused(409, 'Conflict');
      }
      version += 1;
      const metadata = { name: 'autoscrape', resourceVersion: String(version) };
      lease = { kind: 'Lease', metadata, spec: at(body, 'spec') };
      return { ok: true, value: lease };
    }).client;
  return {
    connect,
    cut,
    spec: () => at(lease, 'spec'),
    take: () => {
      lease = undefined;
    },
    /** Something in between answers everything so from now on; undefined: no more. */
    answer: (from: ApiResult<unknown> | undefined) => {
      fault = from;
    },
  };
}

interface Candidate {
  readonly leadership: Leadership;
  readonly changes: string[];
}

function candidate(
  server: ReturnType<typeof leaseServer>,
  identity: string,
  clock: ManualClock,
  skew = 0,
): Candidate {
  const changes: string[] = [];
  const leadership = new Leadership({
    client: server.connect(identity),
    namespace: 'ns',
    name: 'autoscrape',
    identity,
    clock: { ...clock, wall: () => clock.wall() + skew },
    random: () => 0,
    log: noLog,
    changed: (leads) => changes.push(`${clock.now()} ${leads}`),
  });
  leadership.start();
  return { leadership, changes };
}

/** Who leads, asked every 50 ms for a while; fails should two lead at once. */
async function watch(clock: ManualClock, ms: number, ...all: Leadership[]): Promise<number[]> {
  const leaders: number[] = [];
  for (let time = 0; time < ms; time += 50) {
    await clock.advance(50);
    const leading = all.flatMap((one, index) => (one.leads ? [index] : []));
    if (leading.length > 1) throw new Error(`${leading.length} lead at ${clock.now()}`);
    const [leader = -1] = leading;
    if (leaders.at(-1) !== leader) leaders.push(leader);
  }
  return leaders;
}

describe('leadership', () => {
  test('goes to the first who asks, and stays there', async () => {
    const clock = manualClock();
    const server = leaseServer();
    const a = candidate(server, 'a', clock);
    await clock.advance(10);
    const b = candidate(server, 'b', clock);
    expect(await watch(clock, 60_000, a.leadership, b.leadership)).toEqual([0]);
    expect([a.leadership.leader, b.leadership.leader, b.changes]).toEqual(['a', 'a', []]);
    expect(at(server.spec(), 'leaseTransitions')).toBe(0);
  });

  test('goes over within its time when the leader is cut off, and never to two at once', async () => {
    const clock = manualClock();
    const server = leaseServer();
    const a = candidate(server, 'a', clock);
    await clock.advance(10);
    const b = candidate(server, 'b', clock);
    await watch(clock, 10_000, a.leadership, b.leadership);
    server.cut.add('a');
    expect(await watch(clock, 7_000, a.leadership, b.leadership)).toEqual([0, -1, 1]);
    server.cut.delete('a');
    expect(await watch(clock, 20_000, a.leadership, b.leadership)).toEqual([1]);
    expect(a.changes.map((change) => change.split(' ')[1])).toEqual(['true', 'false']);
    expect(at(server.spec(), 'leaseTransitions')).toBe(1);
  });

  test('goes over at the next look when it is given back', async () => {
    const clock = manualClock();
    const server = leaseServer();
    const a = candidate(server, 'a', clock);
    await clock.advance(10);
    const b = candidate(server, 'b', clock);
    await watch(clock, 3_000, a.leadership, b.leadership);
    await a.leadership.stop();
    expect([a.leadership.leads, at(server.spec(), 'holderIdentity')]).toEqual([false, '']);
    expect(await watch(clock, 1_500, b.leadership)).toContain(0);
  });

  test('does not depend on what time others believe it is', async () => {
    const clock = manualClock();
    const server = leaseServer();
    const hour = 3_600_000;
    const a = candidate(server, 'a', clock, -hour);
    await clock.advance(10);
    const b = candidate(server, 'b', clock, hour);
    expect(await watch(clock, 60_000, a.leadership, b.leadership)).toEqual([0]);
  });

  test('is not held by the clock of a machine that slept', async () => {
    const clock = manualClock();
    const server = leaseServer();
    let slept = 0;
    const asleep: ManualClock = { ...clock, wall: () => clock.wall() + slept };
    const a = candidate(server, 'a', asleep);
    await clock.advance(100);
    expect(a.leadership.leads).toBe(true);
    // The monotonic clock stood still; the other did not.
    slept = 60_000;
    expect([a.leadership.leads, a.leadership.holds]).toEqual([false, true]);
    await watch(clock, 2_000, a.leadership);
    expect(a.leadership.leads).toBe(true);
  });

  test('returns to one whose Lease was deleted', async () => {
    const clock = manualClock();
    const server = leaseServer();
    const a = candidate(server, 'a', clock);
    await clock.advance(100);
    server.take();
    await watch(clock, 5_000, a.leadership);
    expect([a.leadership.leads, at(server.spec(), 'holderIdentity')]).toEqual([true, 'a']);
  });

  test.each<[string, ApiResult<unknown>]>([
    ['a 404 of something in between', refused(404, 'NotFound')],
    ['JSON of something else', { ok: true, value: { kind: 'Status' } }],
  ])('is neither lost at once nor kept for ever by %s', async (_, answer) => {
    const server = leaseServer();
    const clock = manualClock();
    const a = candidate(server, 'a', clock);
    await watch(clock, 3_000, a.leadership);
    server.answer(answer);
    // As where nothing answers at all.
    expect(await watch(clock, 10_000, a.leadership)).toEqual([0, -1]);
    server.answer(undefined);
    expect(await watch(clock, 5_000, a.leadership)).toEqual([-1, 0]);
    expect(a.changes.map((change) => change.split(' ')[1])).toEqual(['true', 'false', 'true']);
  });

  test('is never had by two of many whose connections come and go', async () => {
    let seed = 7;
    const random = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const clock = manualClock();
    const server = leaseServer();
    const all = ['a', 'b', 'c'].map((identity) => candidate(server, identity, clock).leadership);
    let led = 0;
    for (let round = 0; round < 60; round += 1) {
      for (const identity of ['a', 'b', 'c']) {
        if (random() < 0.4) server.cut.add(identity);
        else server.cut.delete(identity);
      }
      const leaders = await watch(clock, Math.ceil(random() * 6_000), ...all);
      if (leaders.some((leader) => leader >= 0)) led += 1;
    }
    expect(led).toBeGreaterThan(20);
  });
});
