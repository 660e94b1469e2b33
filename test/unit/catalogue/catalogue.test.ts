import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { builtInCatalogue, parseCatalogue } from '../../../src/catalogue/index.ts';
import { multigres } from '../../../src/catalogue/multigres.embedded.ts';
import { problemText } from '../../../src/yaml/index.ts';

const folder = new URL('../../../src/catalogue/', import.meta.url);

/** A catalogue that is right, for a line of it to be changed. */
const shop = `partOf: shop
dialects:
  - name: v1
    ownerGroups: [shop.example.com]
    sharedOwnerKinds: [Shop]
    entries:
      - labels: { name: shop, component: cache }
        aliases: [memory]
        owners: [{ kind: Cache, scrapeSuffix: cache }]
        images: [shop-cache]
        facets:
          - component: cache
            serves: scrape
            port: { name: metrics, number: 9121 }
`;

function problems(text: string): string[] {
  const checked = parseCatalogue(text, 'shop.yaml');
  return 'problems' in checked ? checked.problems.map(problemText) : [];
}

describe('the built-in catalogue', () => {
  test('is what its YAML says', async () => {
    const yaml = await readFile(new URL('multigres.yaml', folder), 'utf8');
    const checked = parseCatalogue(yaml, 'multigres.yaml');
    expect('value' in checked ? checked.value : checked.problems).toEqual(builtInCatalogue());
  });

  test('gives a scrape the name that the draft does', () => {
    const suffixes = multigres.dialects.flatMap((dialect) =>
      dialect.entries.flatMap((entry) =>
        entry.owners.map((owner) => [dialect.name, owner.kind, owner.scrapeSuffix]),
      ),
    );
    expect(suffixes).toEqual([
      ['draft', 'Etcd', 'etcd'],
      ['draft', 'MultiGateway', 'gateway'],
      ['draft', 'MultiOrch', 'orch'],
      ['draft', 'MultiPooler', 'pooler'],
      ['operator-2025-11', 'Etcd', 'etcd'],
      ['operator-2025-11', 'MultiGateway', 'gateway'],
      ['operator-2025-11', 'MultiOrch', 'orch'],
      ['operator-2025-11', 'MultiPooler', 'pooler'],
      ['operator', 'TopoServer', undefined],
    ]);
  });
});

describe('a catalogue of a file', () => {
  test('has defaults for what it leaves out, and the look-ups', () => {
    const checked = parseCatalogue(shop, 'shop.yaml');
    if ('problems' in checked) throw new Error(problems(shop).join('\n'));
    const [entry] = checked.value.dialects[0]?.entries ?? [];
    expect(entry).toEqual({
      dialect: 'v1',
      component: 'cache',
      labels: { name: 'shop', component: 'cache' },
      aliases: ['memory'],
      pairIsStrong: false,
      owners: [{ kind: 'Cache', scrapeSuffix: 'cache' }],
      images: ['shop-cache'],
      facets: [
        {
          component: 'cache',
          serves: 'scrape',
          port: { name: 'metrics', number: 9121 },
          addPort: false,
          optional: false,
          path: '/metrics',
          interval: '30s',
          instead: undefined,
          setting: undefined,
          heartbeat: undefined,
        },
      ],
    });
    const { byOwner, byComponentLabel, byComponent, byPort, byImage } = checked.value;
    expect([...byOwner.keys()]).toEqual(['shop.example.com Shop', 'shop.example.com Cache']);
    expect([...byComponentLabel]).toEqual([
      ['cache', [entry]],
      ['memory', [entry]],
    ]);
    expect([...byComponent.keys(), ...byPort.keys(), ...byImage.keys()]).toEqual([
      'cache',
      9121,
      'shop-cache',
    ]);
  });

  test.each([
    [
      'component: cache }',
      'component: "-x" }',
      "7:42: dialects[0].entries[0].labels.component: \"-x\" is no label value: at most 63 letters, digits, '-', '_' or '.', with a letter or digit at both ends",
    ],
    [
      'number: 9121',
      'number: 99999',
      '14:44: dialects[0].entries[0].facets[0].port.number: a port is at most 65535',
    ],
    [
      'number: 9121',
      'number: 91.5',
      '14:44: dialects[0].entries[0].facets[0].port.number: must be a whole number',
    ],
    [
      'name: metrics,',
      'name: metrics-of-the-cache,',
      '14:27: dialects[0].entries[0].facets[0].port.name: "metrics-of-the-cache" is no port name: at most 15 lower-case letters, digits or \'-\', with at least one letter (RFC 6335)',
    ],
    [
      '- component: cache',
      '- component: Cache',
      '12:24: dialects[0].entries[0].facets[0].component: "Cache" is no component name: at most 32 lower-case letters, digits or \'-\', starting with a letter',
    ],
  ])('%s as %s is refused with its line and path', (right, wrong, problem) => {
    expect(problems(shop.replace(right, wrong))).toEqual([`shop.yaml:${problem}`]);
  });

  test.each([
    [
      'an interval that vmagent does not read',
      'serves: scrape',
      'serves: scrape\n            interval: 1M',
      '14:23: dialects[0].entries[0].facets[0].interval: "1M" is no duration: write 30s, 1m or 500ms',
    ],
    [
      'a path without its slash',
      'serves: scrape',
      'serves: scrape\n            path: metrics',
      '14:19: dialects[0].entries[0].facets[0].path: must start with /',
    ],
    [
      'a key metric by its name at the source',
      'serves: scrape',
      'serves: scrape\n            keyMetrics: [cache_hits_total, cache.misses]',
      "14:44: dialects[0].entries[0].facets[0].keyMetrics[1]: \"cache.misses\" is no metric name: letters, digits, '_' or ':', not starting with a digit",
    ],
    [
      'a key metric that is none',
      'serves: scrape',
      'serves: scrape\n            keyMetrics: [""]',
      "14:26: dialects[0].entries[0].facets[0].keyMetrics[0]: \"\" is no metric name: letters, digits, '_' or ':', not starting with a digit",
    ],
    [
      'one key metric without a list',
      'serves: scrape',
      'serves: scrape\n            keyMetrics: cache_hits_total',
      '14:25: dialects[0].entries[0].facets[0].keyMetrics: Invalid type: Expected Array but received "cache_hits_total"',
    ],
  ])('%s is refused', (_what, right, wrong, problem) => {
    expect(problems(shop.replace(right, wrong))).toEqual([`shop.yaml:${problem}`]);
  });

  test('key metrics are for people: the catalogue in memory does not carry them', () => {
    const watched = shop.replace(
      'serves: scrape',
      'serves: scrape\n            keyMetrics: [cache_hits_total, cache:misses:rate5m]',
    );
    expect(parseCatalogue(watched, 'shop.yaml')).toEqual(parseCatalogue(shop, 'shop.yaml'));
  });

  test('every problem is told at once', () => {
    const wrong = shop
      .replace('partOf: shop', 'partof: shop')
      .replace('serves: scrape', 'serves: prometheus')
      .replace('images: [shop-cache]', 'images: shop-cache');
    expect(
      problems(wrong).map((problem) =>
        problem.replace(/^(shop\.yaml:\d+):\d+: ([\w.[\]]+): .*$/, '$1 $2'),
      ),
    ).toEqual([
      'shop.yaml:1 partOf',
      'shop.yaml:10 dialects[0].entries[0].images',
      'shop.yaml:13 dialects[0].entries[0].facets[0].serves',
      'shop.yaml:1 partof',
    ]);
  });

  test('an owner that means two things is refused', () => {
    const twice = shop.replace('sharedOwnerKinds: [Shop]', 'sharedOwnerKinds: [Shop, Cache]');
    expect(problems(twice)).toEqual([
      "shop.yaml:1:1: Cache of shop.example.com is named twice, in v1 and in v1: an owner's kind means one thing",
    ]);
  });

  test('two dialects of one name are refused', () => {
    const two = `${shop}${shop.slice(shop.indexOf('  - name: v1')).replace('shop.example.com', 'other.example.com')}`;
    expect(problems(two)).toEqual(['shop.yaml:1:1: two dialects are called "v1"']);
  });

  test.each([
    ['', 1],
    ['partOf: [', 1],
    ['- a list', 1],
  ])('%j is refused, not thrown', (text, line) => {
    const [problem] = problems(text);
    expect(problem).toMatch(new RegExp(`^shop\\.yaml:${line}:`));
  });
});
