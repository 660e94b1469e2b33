import { expect, test } from '@jest/globals';
import type { PlanContext } from '../../../src/planning/index.ts';
import { countCoverage } from '../../../src/reconciler/index.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { contextOf, etcdLabels, made, reconciled } from '../planning/plan.ts';

const etcd = (namespace: string, name = 'db') =>
  made({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, uid: `${namespace}/${name}`, labels: etcdLabels },
    spec: { selector: { app: name }, ports: [{ name: 'client', port: 2379 }] },
  });

function counting(context: () => PlanContext | undefined, busy = () => false) {
  const clock = manualClock();
  const counted = countCoverage({ context, clock, busy });
  const there = () =>
    counted
      .counts()
      .filter(({ count }) => count > 0)
      .map(({ component, state, count }) => `${component} ${state} ${count}`);
  return { clock, counted, there };
}

test('coverage is counted by component and state, and every state of a component is told', async () => {
  const { clock, counted, there } = counting(() => contextOf([etcd('a'), etcd('b')]));
  await clock.advance(1_000);
  expect(there()).toEqual(['etcd uncovered 2']);
  expect(counted.counts()).toHaveLength(8);
});

test('what changes is counted again 15 seconds later, and a state that is over falls to 0', async () => {
  const context = contextOf([etcd('a')]);
  const { clock, counted, there } = counting(() => context);
  await clock.advance(1_000);
  reconciled(context);
  await clock.advance(14_000);
  expect(there()).toEqual(['etcd uncovered 1']);
  await clock.advance(1_000);
  expect(there()).toEqual(['etcd covered 1']);
  expect(counted.counts()).toContainEqual({ component: 'etcd', state: 'uncovered', count: 0 });
});

test('nothing is told until the stores are filled', async () => {
  let context: PlanContext | undefined;
  const { clock, there } = counting(() => context);
  await clock.advance(60_000);
  expect(there()).toEqual([]);
  context = contextOf([etcd('a')]);
  await clock.advance(15_000);
  expect(there()).toEqual(['etcd uncovered 1']);
});

test('while scrapes are made a count waits for them, but not for ever', async () => {
  let busy = true;
  const { clock, there } = counting(
    () => contextOf([etcd('a')]),
    () => busy,
  );
  await clock.advance(30_000);
  expect(there()).toEqual([]);
  busy = false;
  await clock.advance(1_000);
  expect(there()).toEqual(['etcd uncovered 1']);

  const always = counting(
    () => contextOf([etcd('a')]),
    () => true,
  );
  await always.clock.advance(59_000);
  expect(always.there()).toEqual([]);
  await always.clock.advance(2_000);
  expect(always.there()).toEqual(['etcd uncovered 1']);
});

test('it ends when it is told to', async () => {
  const { clock, counted } = counting(() => contextOf([etcd('a')]));
  counted.stop();
  await clock.advance(60_000);
  expect({ counts: counted.counts(), pending: clock.pending() }).toEqual({
    counts: [],
    pending: 0,
  });
});
