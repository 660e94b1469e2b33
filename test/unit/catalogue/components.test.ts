import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { builtInCatalogue } from '../../../src/catalogue/index.ts';
import {
  componentAlerts,
  componentsDocument,
  keyMetrics,
} from '../../../tools/generate/components.ts';

const { dialects } = builtInCatalogue();
const facets = dialects.flatMap(({ name, entries }) =>
  entries.flatMap((entry) => entry.facets.map((facet) => ({ dialect: name, ...facet }))),
);

test('docs/components.md is what the catalogue says (npm run generate renews it)', () => {
  const file = join(import.meta.dirname, '../../../docs/components.md');
  expect(readFileSync(file, 'utf8')).toBe(componentsDocument());
});

describe('the metrics worth watching', () => {
  const known = keyMetrics();

  test('are named for everything that has metrics, but for what the draft never named', () => {
    const without = facets.filter(
      ({ dialect, component }) => (known.get(dialect)?.get(component) ?? []).length === 0,
    );
    expect(without.map(({ dialect, component }) => `${dialect} ${component}`)).toEqual([
      'draft multigateway',
      'draft multiorch',
      'draft multipooler',
      'operator multiadmin-web',
    ]);
  });

  test('are named once in a list', () => {
    for (const [dialect, components] of known) {
      for (const [component, metrics] of components) {
        expect([dialect, component, metrics]).toEqual([dialect, component, [...new Set(metrics)]]);
      }
    }
  });

  test.each([
    ['etcd', 'etcd'],
    ['pg', 'postgres-exporter'],
    ['mg_gateway', 'multigateway'],
    ['multigateway', 'multigateway'],
    ['multiorch', 'multiorch'],
    ['mg_pooler', 'multipooler'],
    ['pgbackrest', 'multipooler'],
  ])('%s_…: what an alert asks for is one of those of %s', (prefix, component) => {
    const asked = componentAlerts().flatMap(({ expr }) =>
      [...expr.matchAll(new RegExp(`\\b${prefix}_\\w+`, 'g'))].map(([name]) => name),
    );
    const lists = [...known.values()].flatMap((components) => components.get(component) ?? []);
    const series = lists.flatMap((metric) =>
      ['', '_bucket', '_count', '_sum'].map((suffix) => metric + suffix),
    );
    expect(series).toEqual(expect.arrayContaining(asked));
  });

  test('of etcd are those of the three alerts about it, in every dialect', () => {
    const asked = ['etcd_server_has_leader', 'etcd_server_leader_changes_seen_total'];
    for (const [, components] of known) {
      expect(components.get('etcd')).toEqual(
        expect.arrayContaining([...asked, 'etcd_disk_wal_fsync_duration_seconds']),
      );
    }
    const document = componentsDocument();
    for (const { alert, expr } of componentAlerts().filter((it) => it.expr.includes('etcd_'))) {
      const link = `, alert [${alert}](runbook.md#${alert.toLowerCase()})`;
      const metrics = document.split('\n').filter((line) => line.endsWith(link));
      expect(metrics).not.toEqual([]);
      for (const line of metrics) expect(expr).toContain(/^- `(\w+)`/.exec(line)?.[1]);
    }
  });
});

test('each row says where the metrics are: none without its port, none scraped or pushed without a format', () => {
  const rows = componentsDocument()
    .split('\n')
    .filter((line) => /^\| [a-z-]+ +\| `/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  expect(rows).toHaveLength(facets.length);
  for (const [index, { component, serves, port, setting }] of facets.entries()) {
    const [, name, , how, format, endpoint, push] = rows[index] ?? [];
    expect([name, push]).toEqual([component, setting ?? '']);
    expect(endpoint).toContain(`\`${port.name}\` ${port.number}`);
    expect([how?.split(',')[0], format]).toEqual(
      {
        scrape: ['scraped', 'Prometheus text'],
        otlp: ['pushed', 'OTLP over HTTP'],
        nothing: ['nothing', ''],
      }[serves],
    );
  }
});
