import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Inventory } from '../../../src/inventory/inventory.ts';
import {
  type Labels,
  type Pod,
  parseScrape,
  parseService,
  type Scrape,
  type Service,
} from '../../../src/kubernetes/index.ts';
import { selectionOf } from '../../../src/selection/selection.ts';
import { inventoryOf, pod, scrape, service, statefulSet } from './build.ts';

const names = (objects: Iterable<{ namespace: string; name: string }>) =>
  [...objects].map((one) => `${one.namespace}/${one.name}`);

describe('an inventory', () => {
  test('gives back what was put, the latest version of it', () => {
    const inventory = new Inventory();
    inventory.put(service('db', { labels: { app: 'db' } }));
    const later = service('db', { labels: { app: 'db2' }, ports: [{ port: 1 }] });
    inventory.put(later);
    expect(inventory.service('shop', 'db')).toEqual(later);
    expect(inventory.size('Service')).toBe(1);
    expect(names(inventory.servicesSelectedBy(scrape('s', matching({ app: 'db' }))))).toEqual([]);
    expect(names(inventory.servicesSelectedBy(scrape('s', matching({ app: 'db2' }))))).toEqual([
      'shop/db',
    ]);
  });

  test('forgets what is removed, in every index', () => {
    const db = service('db', { labels: { app: 'db' }, selector: { app: 'db' } });
    const inventory = inventoryOf(db, scrape('s', matching({ app: 'db' })), pod('db-0'));
    expect(inventory.remove('Service', 'shop', 'db')).toBe(true);
    expect(inventory.remove('Service', 'shop', 'db')).toBe(false);
    expect(inventory.remove('VMServiceScrape', 'shop', 's')).toBe(true);
    expect(inventory.remove('Pod', 'shop', 'db-0')).toBe(true);
    expect(inventory.service('shop', 'db')).toBeUndefined();
    expect(inventory.servicesSelecting('shop', { app: 'db' })).toEqual([]);
    expect(inventory.scrapesSelecting(db)).toEqual([]);
    expect([...inventory.pods()]).toEqual([]);
  });

  test('knows a kind once it is told so, until it may have missed something; in some namespaces or in all', () => {
    const inventory = new Inventory();
    inventory.put(service('db'));
    expect(inventory.knows('Service')).toBe(false);
    inventory.markKnown('Service');
    expect(inventory.knows('Service')).toBe(true);
    expect(inventory.knows('Pod')).toBe(false);
    inventory.markUnknown('Service');
    expect(inventory.knows('Service')).toBe(false);
    expect(inventory.size('Service')).toBe(1);
    inventory.markKnown('Service', ['shop']);
    expect(inventory.knows('Service')).toBe(false);
    expect(inventory.knows('Service', 'shop')).toBe(true);
    expect(inventory.knows('Service', 'bank')).toBe(false);
  });

  test('changes its version with every change, and only then', () => {
    const inventory = new Inventory();
    const versions = [inventory.version];
    inventory.put(service('db'));
    versions.push(inventory.version);
    inventory.markKnown('Service');
    versions.push(inventory.version);
    inventory.remove('Service', 'shop', 'db');
    versions.push(inventory.version);
    expect(new Set(versions).size).toBe(4);
    inventory.remove('Service', 'shop', 'db');
    inventory.markKnown('Service');
    expect(inventory.version).toBe(versions[3]);
  });

  test('lists by namespace or all', () => {
    const inventory = inventoryOf(service('a'), service('b', { namespace: 'lab' }));
    expect(names(inventory.services())).toEqual(['shop/a', 'lab/b']);
    expect(names(inventory.services('lab'))).toEqual(['lab/b']);
    expect(names(inventory.services('none'))).toEqual([]);
  });

  test('finds the Services in front of the same pods, more of them or fewer', () => {
    const selector = { app: 'gateway', cell: 'a' };
    const cell = service('cell', { selector });
    const inventory = inventoryOf(
      cell,
      service('cell-headless', { selector }),
      service('all-cells', { selector: { app: 'gateway' } }),
      service('one-pod', { selector: { ...selector, pod: '0' } }),
      service('other-cell', { selector: { app: 'gateway', cell: 'b' } }),
      service('no-selector'),
      service('elsewhere', { selector, namespace: 'lab' }),
    );
    expect(names(inventory.comparableServices(cell))).toEqual([
      'shop/all-cells',
      'shop/cell-headless',
      'shop/one-pod',
    ]);
  });

  test('takes shapes of workloads before those of pods, each once, and no ended pods', () => {
    const labels = { app: 'db' };
    const ports = [['client', 2379]] as const;
    const inventory = inventoryOf(
      service('db', { selector: labels }),
      pod('db-0', { labels: { ...labels, pod: '0' }, ports }),
      pod('db-1', { labels: { ...labels, pod: '1' }, ports }),
      pod('old', { labels, ports: [['client', 1]], phase: 'Failed' }),
      pod('new', { labels, ports: [['client', 2]], phase: 'Running' }),
      statefulSet('db', { labels, ports }),
    );
    const db = service('db', { selector: labels });
    expect(names(inventory.podsBehind(db))).toEqual(['shop/db-0', 'shop/db-1', 'shop/new']);
    expect(names(inventory.workloadsBehind(db))).toEqual(['shop/db']);
    const numbers = inventory
      .podShapesBehind(db)
      .map((shape) => shape.containers.flatMap((one) => one.ports.map((port) => port.number)));
    expect(numbers).toEqual([[2379], [2]]);
  });

  test('shares the shape among pods that are alike', () => {
    const inventory = inventoryOf(
      pod('a', { labels: { app: 'db' }, ports: [1] }),
      pod('b', { labels: { app: 'db' }, ports: [1] }),
    );
    expect(inventory.pod('shop', 'a')?.shape).toBe(inventory.pod('shop', 'b')?.shape);
  });

  test('takes labels called __proto__ for what they are', () => {
    const labels = JSON.parse('{"__proto__": "x", "app": "db"}');
    const inventory = inventoryOf(service('db', { labels, selector: labels }));
    expect(inventory.service('shop', 'db')?.labels).toEqual(labels);
    expect(names(inventory.servicesSelectedBy(scrape('s', matching(labels))))).toEqual(['shop/db']);
    expect(names(inventory.servicesSelecting('shop', labels))).toEqual(['shop/db']);
    expect(names(inventory.servicesSelecting('shop', { app: 'db' }))).toEqual([]);
  });

  test('tells Services apart that have the same labels, by a rule that keeps one by its name', () => {
    const labels = { app: 'db' };
    const inventory = inventoryOf(
      service('db', { labels }),
      service('db-headless', { labels }),
      scrape('s', {
        ...matching(labels),
        endpoints: [
          {
            port: 'client',
            relabelConfigs: [
              {
                action: 'keep',
                sourceLabels: ['__meta_kubernetes_service_name'],
                regex: 'db-headless',
              },
            ],
          },
        ],
      }),
    );
    expect(names(inventory.scrapesSelecting(service('db', { labels })))).toEqual([]);
    expect(names(inventory.scrapesSelecting(service('db-headless', { labels })))).toEqual([
      'shop/s',
    ]);
  });
});

/** A spec that selects by labels. */
function matching(matchLabels: unknown) {
  return { selector: { matchLabels }, endpoints: [] };
}

// The questions again, answered by looking at every object: what the indexes must agree with.

const keys = ['app', 'part-of', 'part.of', 'tier', '__proto__'];
const values = ['x', 'y', 'x.y', 'xzy', 'v1', ''];
const spaces = ['one', 'two', 'three'];

function sanitise(key: string): string {
  return key.replaceAll(/[^a-zA-Z0-9_]/g, '_');
}

/** What discovery makes of labels: the later of two keys that become one wins. */
function seen(labels: Labels): Map<string, string> {
  return new Map(
    Object.entries(labels)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [sanitise(key), value]),
  );
}

function selectsSlowly(one: Scrape, other: Service): boolean {
  const spaces = one.namespaceSelector?.any
    ? [other.namespace]
    : one.namespaceSelector?.matchNames.length
      ? one.namespaceSelector.matchNames
      : [one.namespace];
  if (!spaces.includes(other.namespace)) return false;
  const labels = seen(other.labels);
  const matches = (key: string, regex: string) =>
    new RegExp(`^(?:${regex})$`).test(labels.get(sanitise(key)) ?? '');
  for (const [key, value] of Object.entries(one.matchLabels ?? {})) {
    if (!matches(key, value)) return false;
  }
  for (const { key, operator, values } of one.matchExpressions) {
    const wantsValues = operator === 'In' || operator === 'NotIn';
    if (wantsValues !== values.length > 0) return false;
    const present = labels.has(sanitise(key));
    if (operator === 'In' && !matches(key, values.join('|'))) return false;
    if (operator === 'NotIn' && matches(key, values.join('|'))) return false;
    if (operator === 'Exists' && !present) return false;
    if (operator === 'DoesNotExist' && present) return false;
    if (!['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(operator)) return false;
  }
  const kept = one.endpoints.map((endpoint) => endpoint.relabelRules[0]?.regex);
  if (kept.length === 0 || kept.includes(undefined)) return true;
  return kept.some((regex) => regex?.split('|').includes(other.name));
}

const labelsOf = (max: number) =>
  fc
    .uniqueArray(fc.tuple(fc.constantFrom(...keys), fc.constantFrom(...values)), {
      selector: ([key]) => key,
      maxLength: max,
    })
    .map((entries) =>
      JSON.parse(
        `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join()}}`,
      ),
    );

const serviceName = fc.integer({ min: 0, max: 25 }).map((number) => `s${number}`);

const anyService = fc
  .record({
    namespace: fc.constantFrom(...spaces),
    name: serviceName,
    labels: labelsOf(4),
    selector: fc.option(labelsOf(3), { nil: undefined }),
  })
  .map(({ name, ...parts }) => service(name, parts));

const requirement = fc.record({
  key: fc.constantFrom(...keys),
  operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist', 'Near'),
  values: fc.oneof(
    fc.constant([]),
    fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 3 }),
  ),
});

const keepByName = fc
  .array(serviceName, { minLength: 1, maxLength: 2 })
  .map((kept) => [
    { action: 'keep', sourceLabels: ['__meta_kubernetes_service_name'], regex: kept.join('|') },
  ]);

const anyScrape = fc
  .record({
    namespace: fc.constantFrom(...spaces),
    name: fc.integer({ min: 0, max: 12 }).map((number) => `scrape${number}`),
    spec: fc.record({
      selector: fc.record({
        matchLabels: fc.option(labelsOf(2), { nil: undefined }),
        matchExpressions: fc.option(fc.array(requirement, { maxLength: 2 }), { nil: undefined }),
      }),
      namespaceSelector: fc.oneof(
        fc.constant(undefined),
        fc.record({
          any: fc.boolean(),
          matchNames: fc.array(fc.constantFrom(...spaces), { maxLength: 3 }),
        }),
      ),
      endpoints: fc.array(fc.record({ relabelConfigs: fc.oneof(fc.constant([]), keepByName) }), {
        maxLength: 2,
      }),
    }),
  })
  .map(({ name, namespace, spec }) => scrape(name, spec, { namespace }));

const anyPod = fc
  .record({
    namespace: fc.constantFrom(...spaces),
    name: fc.integer({ min: 0, max: 12 }).map((number) => `pod${number}`),
    labels: labelsOf(4),
  })
  .map(({ name, ...parts }) => pod(name, parts));

type Change =
  | { readonly put: Service | Scrape | Pod }
  | { readonly drop: 'Service' | 'VMServiceScrape'; namespace: string; name: string };

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 6, arbitrary: anyService.map((put) => ({ put })) },
  { weight: 3, arbitrary: anyScrape.map((put) => ({ put })) },
  { weight: 2, arbitrary: anyPod.map((put) => ({ put })) },
  {
    weight: 1,
    arbitrary: fc.record({
      drop: fc.constant('Service' as const),
      namespace: fc.constantFrom(...spaces),
      name: serviceName,
    }),
  },
);

describe('the indexes of an inventory', () => {
  test('answer as if every object had been looked at', () => {
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 120, size: 'max' }),
        fc.array(anyScrape, { maxLength: 5 }),
        fc.array(anyService, { maxLength: 3 }),
        (changes, asked, newcomers) => {
          const inventory = new Inventory();
          const services = new Map<string, Service>();
          const scrapes = new Map<string, Scrape>();
          const pods = new Map<string, Pod>();
          for (const one of changes) {
            if ('drop' in one) {
              const key = `${one.namespace}/${one.name}`;
              expect(inventory.remove(one.drop, one.namespace, one.name)).toBe(
                services.delete(key),
              );
              continue;
            }
            inventory.put(one.put);
            const key = `${one.put.namespace}/${one.put.name}`;
            if (one.put.kind === 'Service') services.set(key, one.put);
            else if (one.put.kind === 'Pod') pods.set(key, one.put);
            else scrapes.set(key, one.put);
          }
          const sorted = (found: readonly (Service | Scrape | Pod)[]) => names(found).sort();
          const all = [...services.values()];
          for (const one of [...scrapes.values(), ...asked]) {
            const wanted = all.filter((other) => selectsSlowly(one, other));
            expect(names(inventory.servicesSelectedBy(one)).sort()).toEqual(sorted(wanted));
            const few = names(inventory.servicesSelectedBy(one, 2));
            expect(few.length).toBe(Math.min(2, wanted.length));
            expect(sorted(wanted)).toEqual(expect.arrayContaining(few));
          }
          for (const one of [...all, ...newcomers]) {
            const wanted = [...scrapes.values()].filter((other) => selectsSlowly(other, one));
            expect(names(inventory.scrapesSelecting(one)).sort()).toEqual(sorted(wanted));
            expect(names(inventory.podsBehind(one))).toEqual(
              sorted(
                [...pods.values()].filter(
                  (other) =>
                    other.namespace === one.namespace && within(one.selector ?? {}, other.labels),
                ),
              ),
            );
            expect(names(inventory.comparableServices(one))).toEqual(
              sorted(all.filter((other) => areComparable(one, other))),
            );
            expect(names(inventory.servicesSelecting(one.namespace, one.labels))).toEqual(
              sorted(
                all.filter(
                  (other) =>
                    other.namespace === one.namespace && within(other.selector ?? {}, one.labels),
                ),
              ),
            );
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test('agree with a walk in a crowd that shares most labels', () => {
    const inventory = new Inventory();
    const crowd: Service[] = [];
    for (let number = 0; number < 60; number += 1) {
      const labels = { partOf: 'm', instance: `i${number >> 1}`, pair: `p${number % 7}` };
      const one = service(`s${number}`, { labels, selector: labels, namespace: `n${number % 2}` });
      crowd.push(one);
      inventory.put(one);
    }
    const pairs = scrape('s', {
      namespaceSelector: { any: true },
      selector: { matchLabels: { partOf: 'm', pair: 'p3' } },
      endpoints: [],
    });
    const wanted = crowd.filter((one) => one.labels.pair === 'p3');
    expect(names(inventory.servicesSelectedBy(pairs)).sort()).toEqual(names(wanted).sort());
    for (const one of crowd.slice(10)) inventory.remove('Service', one.namespace, one.name);
    expect(names(inventory.servicesSelectedBy(pairs))).toEqual(['n1/s3']);
  });

  test('find scrapes of all namespaces and of some in a crowd of others', () => {
    const inventory = new Inventory();
    const selector = { matchLabels: { app: 'x' } };
    const spaces = [{ any: true }, { matchNames: ['shop', 'lab'] }, undefined];
    for (let number = 0; number < 30; number += 1) {
      const spec = { selector, namespaceSelector: spaces[number % 3], endpoints: [] };
      const namespace = number % 2 === 0 ? 'shop' : 'far';
      inventory.put(scrape(`s${String(number).padStart(2, '0')}`, spec, { namespace }));
    }
    const selecting = (namespace: string) =>
      inventory
        .scrapesSelecting(service('a', { namespace, labels: { app: 'x' } }))
        .map((one) => Number(one.name.slice(1)));
    const numbers = Array.from({ length: 30 }, (_, number) => number);
    const byPlace = (chosen: (number: number) => boolean) => [
      ...numbers.filter((number) => number % 2 === 1 && chosen(number)),
      ...numbers.filter((number) => number % 2 === 0 && chosen(number)),
    ];
    expect(selecting('shop')).toEqual(byPlace((number) => number % 3 < 2 || number % 2 === 0));
    expect(selecting('lab')).toEqual(byPlace((number) => number % 3 < 2));
    expect(selecting('none')).toEqual(byPlace((number) => number % 3 === 0));
    for (const number of numbers.slice(3)) {
      const namespace = number % 2 === 0 ? 'shop' : 'far';
      inventory.remove('VMServiceScrape', namespace, `s${String(number).padStart(2, '0')}`);
    }
    expect(selecting('shop')).toEqual([1, 0, 2]);
    expect(selecting('far')).toEqual([0]);
  });

  test('say when they have not looked at all', () => {
    const inventory = new Inventory();
    for (let number = 0; number < 600; number += 1) {
      inventory.put(service(`s${number}`, { labels: { app: 'x', pair: `p${number >> 1}` } }));
    }
    const some = (spec: unknown, limit: number) => {
      const { services, complete } = inventory.someServices(selectionOf(scrape('s', spec)), limit);
      return { found: services.map((one) => one.name), complete };
    };
    expect(some(matching({ pair: 'p7' }), 5)).toEqual({ found: ['s14', 's15'], complete: true });
    expect(some(matching({ pair: 'p7' }), 1)).toEqual({ found: ['s14'], complete: false });
    expect(some(matching({ pair: 'none' }), 5)).toEqual({ found: [], complete: true });
    const others = { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['x'] }] };
    expect(some({ selector: others, endpoints: [] }, 5)).toEqual({ found: [], complete: false });
  });

  test('hold whatever JSON the parsers let through', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.json({ maxDepth: 6 }), (one, other) => {
        const inventory = new Inventory();
        const someService = parseService(JSON.parse(one)) ?? service('s');
        const someScrape = parseScrape({ spec: JSON.parse(other) }) ?? scrape('s', {});
        inventory.put(someService);
        inventory.put(someScrape);
        inventory.servicesSelectedBy(someScrape);
        inventory.scrapesSelecting(someService);
        expect(inventory.remove('Service', someService.namespace, someService.name)).toBe(true);
      }),
    );
  });
});

function within(selector: Labels, labels: Labels): boolean {
  const entries = Object.entries(selector);
  return entries.length > 0 && entries.every(([key, value]) => seenValue(labels, key) === value);
}

function seenValue(labels: Labels, key: string): string | undefined {
  return new Map(Object.entries(labels)).get(key);
}

function areComparable(one: Service, other: Service): boolean {
  if (one.namespace !== other.namespace || one.name === other.name) return false;
  const [mine, theirs] = [one.selector ?? {}, other.selector ?? {}];
  if (Object.keys(mine).length === 0 || Object.keys(theirs).length === 0) return false;
  return within(mine, theirs) || within(theirs, mine);
}
