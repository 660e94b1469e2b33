import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import * as v from 'valibot';
import { parse } from 'yaml';
import { definitions, prometheusName } from '../../../src/telemetry/index.ts';

const root = join(import.meta.dirname, '../../..');
const text = (path: string): string => readFileSync(join(root, path), 'utf8');

const alertSchema = v.object({
  alert: v.string(),
  expr: v.string(),
  labels: v.object({ severity: v.picklist(['warning', 'critical']) }),
  annotations: v.object({ summary: v.string(), runbook: v.string() }),
});
const ruleSchema = v.object({
  spec: v.object({ groups: v.array(v.object({ rules: v.array(alertSchema) })) }),
});

const alerts = v
  .parse(ruleSchema, parse(text('deploy/samples/vmrule.yaml')))
  .spec.groups.flatMap(({ rules }) => rules);

test('each alert has a section of the runbook, and names it', () => {
  const sections = [...text('docs/runbook.md').matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
  expect(sections).toEqual(alerts.map(({ alert }) => alert));
  expect(alerts.map(({ annotations }) => annotations.runbook)).toEqual(
    alerts.map(({ alert }) => `docs/runbook.md#${alert.toLowerCase()}`),
  );
});

test('each alert has a test in which it fires', () => {
  const tests = readdirSync(join(root, 'test/alerts')).map((file) => text(`test/alerts/${file}`));
  const fired = new Set(
    [...tests.join('\n').matchAll(/ALERTS\{alertname="(\w+)"/g)].map(([, name]) => name),
  );
  expect([...fired].sort()).toEqual(alerts.map(({ alert }) => alert).sort());
});

test('alerts ask for metrics that are documented, or that etcd and agents have', () => {
  const documented = new Set(Object.values(definitions).map(prometheusName));
  const others = new Set([
    'etcd_server_has_leader',
    'etcd_server_leader_changes_seen_total',
    'etcd_disk_wal_fsync_duration_seconds',
    'up',
  ]);
  const asked = alerts.flatMap(({ expr }) =>
    [
      ...expr
        .replace(/\{[^}]*\}|by \([^)]*\)/g, '')
        .matchAll(/\b(?:up|[a-z]+(?:_[a-z0-9]+)+)\b(?!\()/g),
    ].map(([name]) => name.replace(/_(?:bucket|count|sum)$/, '')),
  );
  expect(asked.length).toBeGreaterThanOrEqual(alerts.length);
  expect(asked.filter((name) => !documented.has(name) && !others.has(name))).toEqual([]);
});

test('in the tests of the alerts each metric of ours comes on both roads at once', () => {
  const testsSchema = v.object({
    tests: v.array(
      v.object({ name: v.string(), input_series: v.array(v.object({ series: v.string() })) }),
    ),
  });
  const { tests } = v.parse(testsSchema, parse(text('test/alerts/autoscrape.yaml')));
  const road = (series: readonly { series: string }[], label: string) =>
    [
      ...new Set(
        series
          .filter((one) => one.series.includes(label))
          .map((one) => one.series.replace(/\{.*$/, ''))
          // What fails to be sent arrives by scrape alone.
          .filter((name) => name !== 'autoscrape_otlp_export_failures_total'),
      ),
    ].sort();
  const apart = tests.filter(({ input_series: series }) => {
    const [scraped, sent] = [road(series, 'job="'), road(series, 'service_name="')];
    return scraped.join() !== sent.join();
  });
  expect([apart.map(({ name }) => name), tests.length > 10]).toEqual([[], true]);
});
