import { describe, expect, test } from '@jest/globals';
import { bounds } from '../../../src/kubernetes/bounds.ts';
import {
  parseAgent,
  parseObject,
  parsePod,
  parseScrape,
  parseService,
  parseWorkload,
} from '../../../src/kubernetes/index.ts';
import { hostileObjects } from '../../support/hostile.ts';

function scrape(spec: object, metadata: object = {}) {
  return parseScrape({ metadata: { namespace: 'shop', name: 'large', ...metadata }, spec });
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `v${index}`);
}

const values = (count: number) => ({
  selector: { matchExpressions: [{ key: 'app', operator: 'In', values: numbers(count) }] },
  endpoints: [{ port: 'metrics' }],
});

describe('a scrape that is too large to judge', () => {
  test.each([
    ['values', values(bounds.values), `it has more than ${bounds.values} values`],
    [
      'text',
      { selector: {}, endpoints: [{ path: `/${'a'.repeat(bounds.text)}` }] },
      `it has more than ${bounds.text} characters`,
    ],
    [
      'endpoints',
      { selector: {}, endpoints: numbers(bounds.endpoints + 1).map((port) => ({ port })) },
      `it has more than ${bounds.endpoints} endpoints`,
    ],
  ])('has too much of %s', (_, spec, because) => {
    expect(scrape(spec)?.tooLarge).toBe(because);
  });

  test('is nested too deep', () => {
    let inner: object = {};
    for (let level = 0; level <= bounds.depth; level += 1) inner = { inner };
    expect(scrape({ inner })?.tooLarge).toBe(`it is nested deeper than ${bounds.depth} levels`);
  });

  test('has too many labels', () => {
    const labels = Object.fromEntries(numbers(bounds.labels + 1).map((name) => [name, '']));
    const large = scrape(values(1), { labels });
    expect([large?.tooLarge, Object.keys(large?.labels ?? {}).length]).toEqual([
      `it has more than ${bounds.labels} labels`,
      bounds.labels,
    ]);
  });

  test('stands for one that selects all in its namespaces, by a rule that nobody knows', () => {
    const large = scrape({
      ...values(bounds.values),
      namespaceSelector: { matchNames: ['a', 'b'] },
    });
    expect(large).toMatchObject({
      matchLabels: undefined,
      matchExpressions: [],
      namespaceSelector: { any: false, matchNames: ['a', 'b'] },
      endpoints: [{ port: undefined, relabelRules: [{ action: 'keep', opaque: true }] }],
    });
  });

  test('looks into all namespaces where it names more than are kept', () => {
    const spec = { ...values(1), namespaceSelector: { matchNames: numbers(bounds.values) } };
    expect(scrape(spec)?.namespaceSelector?.any).toBe(true);
  });
});

test('the largest scrape that people write is judged whole', () => {
  const rule = {
    sourceLabels: ['__meta_kubernetes_pod_name'],
    targetLabel: 'pod',
    action: 'replace',
  };
  const spec = {
    selector: { matchLabels: { app: 'etcd' } },
    endpoints: numbers(32).map((port) => ({ port, relabelConfigs: Array(8).fill(rule) })),
  };
  expect([scrape(spec)?.tooLarge, scrape(spec)?.spec]).toEqual([undefined, spec]);
});

test('of an agent that is too large the selectors and rules are left out', () => {
  const template = numbers(bounds.values).map((targetLabel) => ({ targetLabel }));
  const spec = { serviceScrapeSelector: {}, serviceScrapeRelabelTemplate: template };
  const agent = parseAgent({ metadata: { namespace: 'vm', name: 'main' }, spec }, 'VMAgent');
  expect(agent).toMatchObject({
    tooLarge: `it has more than ${bounds.values} values`,
    serviceTemplate: [],
    choices: { serviceScrape: { selector: undefined } },
  });
});

test('what an agent has beside what is read may be of any size', () => {
  const spec = { inlineScrapeConfig: 'a'.repeat(1_000_000), selectAllByDefault: true };
  const agent = parseAgent({ metadata: {}, spec }, 'VMAgent');
  expect([agent?.tooLarge, agent?.takesAll]).toEqual([undefined, true]);
});

test('of a Service the first labels, ports and requirements are kept, and that there were more', () => {
  const service = parseService({
    metadata: { name: 'large' },
    spec: {
      ports: numbers(bounds.ports + 1).map((name) => ({ name, port: 1 })),
      selector: Object.fromEntries(numbers(bounds.requirements + 1).map((name) => [name, ''])),
    },
  });
  expect(service?.ports).toHaveLength(bounds.ports);
  expect(Object.keys(service?.selector ?? {})).toHaveLength(bounds.requirements);
  expect(service?.tooLarge).toBe(`it has more than ${bounds.requirements} labels in its selector`);
});

test('of pods and workloads the first containers, ports and labels are kept', () => {
  const template = {
    metadata: { labels: Object.fromEntries(numbers(bounds.labels + 1).map((name) => [name, ''])) },
    spec: {
      containers: numbers(bounds.containers + 1).map((name) => ({
        name,
        ports: numbers(bounds.ports + 1).map((port) => ({ name: port, containerPort: 1 })),
      })),
    },
  };
  const shapes = [
    parsePod(template)?.shape,
    parseWorkload({ spec: { template } }, 'StatefulSet')?.template,
  ];
  for (const shape of shapes) {
    expect(Object.keys(shape?.labels ?? {})).toHaveLength(bounds.labels);
    expect(shape?.containers).toHaveLength(bounds.containers);
    expect(shape?.containers[0]?.ports).toHaveLength(bounds.ports);
  }
});

test.each(hostileObjects('shop').map(({ name, object }) => [name, object]))(
  'the largest object of its kind is kept small: %s',
  (_, object) => {
    const kept = JSON.stringify(parseObject(object));
    expect(kept.length).toBeLessThan(100_000);
  },
);
