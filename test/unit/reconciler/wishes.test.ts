import { expect, test } from '@jest/globals';
import type { WantedScrape } from '../../../src/planning/index.ts';
import { Claims } from '../../../src/reconciler/claims.ts';
import { Wishes } from '../../../src/reconciler/wishes.ts';

/** The scrape of a name that a Service wants: of the same name, if not said. */
function wanted(
  name: string,
  matchLabels: Record<string, string>,
  { namespace = 'ns', service = name } = {},
): WantedScrape {
  return {
    namespace,
    name,
    service,
    component: 'etcd',
    manifest: {
      apiVersion: 'operator.victoriametrics.com/v1beta1',
      kind: 'VMServiceScrape',
      metadata: { name, namespace, labels: {}, annotations: {}, ownerReferences: [] },
      spec: { selector: { matchLabels }, endpoints: [] },
    },
  };
}

test('those whose selector selects an object with some labels are found, whatever pair they are kept by', () => {
  const wishes = new Wishes();
  wishes.set('ns/one', wanted('one', { app: 'etcd', instance: 'one' }));
  wishes.set('ns/two', wanted('two', { app: 'etcd', instance: 'two' }));
  wishes.set('ns/broad', wanted('broad', { app: 'etcd' }));
  wishes.set('ns/all', wanted('all', {}));
  wishes.set('other/one', wanted('one', { app: 'etcd', instance: 'one' }, { namespace: 'other' }));
  const found = (labels: Record<string, string>) => wishes.selecting('ns', labels).sort();
  expect(found({ app: 'etcd', instance: 'one', tier: 'x' })).toEqual([
    'ns/all',
    'ns/broad',
    'ns/one',
  ]);
  expect(found({ app: 'etcd' })).toEqual(['ns/all', 'ns/broad']);
  expect(found({ instance: 'one' })).toEqual(['ns/all']);
  wishes.set('ns/twin', wanted('twin', { app: 'twin', tier: 'twin' }));
  expect(found({ app: 'twin', tier: 'twin' })).toEqual(['ns/all', 'ns/twin']);
  wishes.set('ns/one', wanted('one', { app: 'gateway' }));
  wishes.set('ns/broad', undefined);
  expect(found({ app: 'etcd', instance: 'one' })).toEqual(['ns/all']);
  expect(found({ app: 'gateway' })).toEqual(['ns/all', 'ns/one']);
});

test('a name belongs to who wants it, until that one wants another', () => {
  const wishes = new Wishes();
  wishes.set('ns/one', wanted('shared', {}, { service: 'one' }));
  expect(wishes.claimant('ns', 'shared')).toBe('ns/one');
  wishes.set('ns/one', wanted('own', {}, { service: 'one' }));
  expect([wishes.claimant('ns', 'shared'), wishes.claimant('ns', 'own')]).toEqual([
    undefined,
    'ns/one',
  ]);
});

test('one who wanted a name is asked whether it still does', () => {
  const wishes = new Wishes();
  wishes.set('ns/one', wanted('shared', {}, { service: 'one' }));
  let mind: WantedScrape | undefined = wanted('shared', {}, { service: 'one' });
  const changed: string[] = [];
  const claims = new Claims(
    wishes,
    () => mind,
    (service) => changed.push(service),
  );
  expect([
    claims.isTaken('ns', 'shared', 'ns/two'),
    claims.isTaken('ns', 'shared', 'ns/one'),
  ]).toEqual([true, false]);
  mind = undefined;
  expect(claims.isTaken('ns', 'shared', 'ns/two')).toBe(false);
  expect([changed, wishes.claimant('ns', 'shared')]).toEqual([['ns/one'], undefined]);
});
