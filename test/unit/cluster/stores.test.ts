import { describe, expect, test } from '@jest/globals';
import { builtInCatalogue, componentSelectors } from '../../../src/catalogue/index.ts';
import { AppliedFieldsReader } from '../../../src/cluster/watch/applied-fields.ts';
import { podSink, scrapeSink, serviceSink } from '../../../src/cluster/watch/feeds.ts';
import type { Change } from '../../../src/cluster/watch/index.ts';
import { Union } from '../../../src/cluster/watch/union.ts';
import { isOlder } from '../../../src/cluster/watch/versions.ts';
import { Inventory } from '../../../src/inventory/index.ts';

function told() {
  const changes: string[] = [];
  const listen = ({ kind, before, after }: Change): void => {
    const version = (object: object | undefined) =>
      object === undefined ? '-' : String(Reflect.get(object, 'resourceVersion'));
    changes.push(`${kind} ${version(before)} ${version(after)}`);
  };
  return { changes, listen };
}

const service = (resourceVersion: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'ns', name: 's', uid: 'u', resourceVersion, ...more },
  spec: { ports: [] },
});

describe('what a watch brings', () => {
  test('is told with what was there before, and not at all when nothing has changed', () => {
    const inventory = new Inventory();
    const { changes, listen } = told();
    const sink = serviceSink(inventory, listen);
    sink.put(service('1'));
    sink.put(service('1'));
    sink.put(service('2'));
    sink.put(service('2', { uid: 'other' }));
    sink.remove('ns', 's', '3');
    sink.remove('ns', 's', '3');
    expect(changes).toEqual(['Service - 1', 'Service 1 2', 'Service 2 2', 'Service 2 -']);
    expect(inventory.size('Service')).toBe(0);
  });
});

describe('the scrapes', () => {
  const scrape = (resourceVersion: string, name = 's') => ({
    metadata: { namespace: 'ns', name, uid: 'u', resourceVersion, managedFields: [] },
    spec: { endpoints: [] },
  });
  const setUp = () => {
    const inventory = new Inventory();
    const { changes, listen } = told();
    const sink = scrapeSink(inventory, new AppliedFieldsReader('autoscrape'), listen);
    const version = (name = 's') => inventory.scrape('ns', name)?.resourceVersion;
    return { inventory, changes, sink, version };
  };

  test('have what we wrote at once, and earlier events do not bring back what was before', () => {
    const { changes, sink, version } = setUp();
    sink.put(scrape('5'));
    sink.wrote(scrape('9'));
    sink.put(scrape('6'));
    sink.remove('ns', 's', '7');
    sink.put(scrape('8'));
    expect(version()).toBe('9');
    sink.put(scrape('9'));
    sink.put(scrape('10'));
    expect(changes).toEqual(['VMServiceScrape - 5', 'VMServiceScrape 5 9', 'VMServiceScrape 9 10']);
  });

  test('lose what was deleted after we wrote it', () => {
    const { sink, version } = setUp();
    sink.wrote(scrape('9'));
    sink.remove('ns', 's', '12');
    expect(version()).toBeUndefined();
  });

  test('keep what we wrote while a list is read that began before', () => {
    const { sink, version } = setUp();
    sink.begin?.();
    sink.wrote(scrape('9'));
    sink.remove('ns', 's', undefined);
    sink.end?.();
    expect(version()).toBe('9');
  });

  test('lose what we wrote before a list that does not bring it, even if no watch ever saw it', () => {
    const { sink, version } = setUp();
    sink.wrote(scrape('9'));
    sink.wrote(scrape('9', 'stays'));
    sink.begin?.();
    sink.put(scrape('9', 'stays'));
    sink.end?.();
    expect([version(), version('stays')]).toEqual([undefined, '9']);
  });

  test('believe a list whatever its versions: etcd may have been restored', () => {
    const { sink, version } = setUp();
    sink.wrote(scrape('900'));
    sink.begin?.();
    sink.put(scrape('100'));
    sink.end?.();
    expect(version()).toBe('100');
  });

  test('are not set back by an answer that is late', () => {
    const { sink, version } = setUp();
    sink.put(scrape('12'));
    sink.wrote(scrape('9'));
    expect(version()).toBe('12');
  });

  test('know what we have applied', () => {
    const { sink } = setUp();
    const fieldsV1 = {
      'f:metadata': {
        'f:labels': { 'f:a/b.c': {} },
        'f:ownerReferences': { 'k:{"uid":"u1"}': { '.': {}, 'f:kind': {} } },
      },
      'f:spec': { 'f:selector': { '.': {}, 'f:matchLabels': { 'f:x': {} } }, 'f:endpoints': {} },
    };
    const managed = (manager: string, operation: string, more: object = {}) => ({
      manager,
      operation,
      fieldsV1,
      ...more,
    });
    const object = {
      ...scrape('1'),
      metadata: {
        ...scrape('1').metadata,
        managedFields: [
          managed('autoscrape', 'Update'),
          managed('autoscrape', 'Apply', { time: '2026-01-01T00:00:09Z' }),
          managed('kubectl', 'Update', { time: '2026-01-01T00:00:05Z' }),
          managed('earlier', 'Update', { time: '2026-01-01T00:00:01Z' }),
          managed('operator', 'Update', { time: '2026-01-01T00:00:07Z', subresource: 'status' }),
        ],
      },
    };
    sink.put(object);
    expect(sink.applied('ns', 's')).toEqual({
      paths: [
        ['metadata', 'labels', 'a/b.c'],
        ['spec', 'selector'],
        ['spec', 'selector', 'matchLabels', 'x'],
        ['spec', 'endpoints'],
      ],
      owners: ['u1'],
      lastOther: 'kubectl',
    });
    // Nearly all have the same: these two are told apart from it.
    const copy = (name: string, managedFields: object[]) => ({
      ...object,
      metadata: { ...object.metadata, name, managedFields },
    });
    sink.put(copy('same', object.metadata.managedFields));
    sink.put(copy('updated', [managed('autoscrape', 'Update')]));
    sink.put(copy('foreign', [managed('kubectl', 'Apply')]));
    expect(sink.applied('ns', 'same')).toBe(sink.applied('ns', 's'));
    expect([sink.applied('ns', 'updated'), sink.applied('ns', 'foreign')]).toEqual([
      undefined,
      undefined,
    ]);
    sink.put(copy('updated', object.metadata.managedFields));
    sink.remove('ns', 's', '2');
    expect(sink.applied('ns', 's')).toBeUndefined();
  });
});

describe('several watches of one resource', () => {
  const pod = (resourceVersion: string) => ({
    metadata: { namespace: 'ns', name: 'p', uid: 'u', resourceVersion },
  });
  const setUp = () => {
    const inventory = new Inventory();
    const { changes, listen } = told();
    const union = new Union(podSink(inventory, listen));
    const parts = [union.part(), union.part()].flatMap((part) =>
      part === undefined ? [] : [part.sink],
    );
    const [one, two] = parts;
    if (one === undefined || two === undefined) throw new Error('no parts');
    return { inventory, changes, one, two, union };
  };

  test('keep an object until the last of them has lost it', () => {
    const { inventory, one, two } = setUp();
    one.put(pod('1'));
    two.put(pod('1'));
    one.remove('ns', 'p', '2');
    expect(inventory.size('Pod')).toBe(1);
    two.remove('ns', 'p', '2');
    expect(inventory.size('Pod')).toBe(0);
  });

  test('have the newer state, whichever brings it', () => {
    const { changes, one, two } = setUp();
    one.put(pod('9'));
    two.put(pod('8'));
    two.put(pod('10'));
    one.put(pod('10'));
    expect(changes).toEqual(['Pod - 9', 'Pod 9 10']);
  });

  test('are 31 at most, and a place that was given back is had again', () => {
    const { union } = setUp();
    const more = Array.from({ length: 29 }, () => union.part());
    expect(union.part()).toBeUndefined();
    more[0]?.release();
    expect(union.part()).toBeDefined();
  });
});

test('resource versions are compared as numbers of any length, and others not at all', () => {
  expect([
    isOlder('9', '10'),
    isOlder('10', '9'),
    isOlder('10', '10'),
    isOlder('99999999999999999999', '100000000000000000000'),
    isOlder('abc', '10'),
  ]).toEqual([true, false, false, true, false]);
});

test('components are asked for by what the catalogue says of their labels', () => {
  expect(componentSelectors(builtInCatalogue())).toEqual([
    'app.kubernetes.io/part-of=multigres',
    'app.kubernetes.io/name in (etcd,multigateway,multiorch,multipooler),app.kubernetes.io/component in (etcd,gateway,orch,pooler)',
  ]);
  expect(componentSelectors({ partOf: 'other', dialects: [] })).toEqual([
    'app.kubernetes.io/part-of=other',
  ]);
});
