import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { routes } from '../../../src/admission/index.ts';
import {
  clusterInstruments,
  type Definition,
  definitions,
  prometheusLabel,
  prometheusName,
  reconcilerInstruments,
  type Telemetry,
} from '../../../src/telemetry/index.ts';
import { metricsDocument } from '../../../tools/generate/metrics.ts';
import { samplesOf } from '../../support/metrics-page.ts';
import { recordedTelemetry } from '../../support/telemetry.ts';

test('docs/metrics.md is what the definitions say (npm run generate renews it)', () => {
  const file = join(import.meta.dirname, '../../../docs/metrics.md');
  expect(readFileSync(file, 'utf8')).toBe(metricsDocument());
});

describe('the page', () => {
  let telemetry: Telemetry;
  beforeEach(async () => {
    telemetry = await recordedTelemetry({});
  });
  afterEach(() => telemetry.stop(1_000));

  test('has every metric once each instrument was used, with the labels that are documented', async () => {
    useAll(telemetry);
    const samples = samplesOf(await telemetry.page());
    // Told of windows of 10 seconds and of collections of garbage: the end-to-end test looks for those.
    const later = /^(?:nodejs\.eventloop\.(?:delay|utilization)|v8js\.gc)/;
    const all: readonly Definition[] = Object.values(definitions);
    const expected = all.filter(({ name }) => !later.test(name));
    const found = expected.map((definition) => {
      const series = prometheusName(definition);
      const name = definition.kind === 'histogram' ? `${series}_count` : series;
      const sample = samples.findLast((one) => one.name === name);
      return { name, labels: sample === undefined ? undefined : Object.keys(sample.labels).sort() };
    });
    expect(found).toEqual(
      expected.map((definition) => ({
        name: prometheusName(definition) + (definition.kind === 'histogram' ? '_count' : ''),
        labels: definition.labels.map(prometheusLabel).sort(),
      })),
    );
  });

  test('has no metric that is not documented', async () => {
    useAll(telemetry);
    const page = await telemetry.page();
    const types = [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [
      name,
      type,
    ]);
    const known = new Map<unknown, unknown>(
      Object.values(definitions).map((one) => [prometheusName(one), one.kind]),
    );
    expect(types.filter(([name, type]) => known.get(name) !== type)).toEqual([
      ['target_info', 'gauge'],
    ]);
  });

  test('counts what is rare from 0, so that a first time is an increase', async () => {
    reconcilerInstruments(telemetry, () => ({
      depth: 0,
      later: 0,
      adds: 0,
      leads: false,
      removals: 0,
      forbidden: new Map(),
    }));
    clusterInstruments(telemetry, 'api:443');
    const samples = samplesOf(await telemetry.page());
    const zero = (name: string) =>
      samples.filter((one) => one.name === name).map(({ labels, value }) => ({ ...labels, value }));
    const webhooks = Object.values(routes).map(({ webhook }) => webhook);
    const reasons = ['exception', 'patch-does-not-apply', 'patch-not-idempotent', 'late'];
    expect({
      admissions: zero('autoscrape_admission_errors_total'),
      results: zero('controller_runtime_reconcile_total'),
      reconcile: zero('controller_runtime_reconcile_errors_total'),
      unexpected: zero('autoscrape_unexpected_errors_total'),
      dropped: zero('autoscrape_otlp_export_failures_total'),
      watches: zero('autoscrape_watch_restarts_total').slice(0, 2),
    }).toEqual({
      admissions: webhooks.flatMap((webhook) =>
        reasons.map((because) => ({ webhook, because, value: 0 })),
      ),
      results: ['success', 'error', 'requeue', 'requeue_after'].map((result) => ({
        controller: 'vmservicescrape',
        result,
        value: 0,
      })),
      reconcile: [{ controller: 'vmservicescrape', value: 0 }],
      unexpected: [
        { kind: 'exception', value: 0 },
        { kind: 'rejection', value: 0 },
        { kind: 'request', value: 0 },
      ],
      dropped: [{ value: 0 }],
      watches: [
        { how: 'resume', resource: 'services', value: 0 },
        { how: 'relist', resource: 'services', value: 0 },
      ],
    });
  });

  test('has the same values for several readers', async () => {
    useAll(telemetry);
    const own = /^(?:autoscrape|controller|workqueue|rest_client|leader|http)_/;
    const read = async () =>
      samplesOf(await telemetry.page()).filter((sample) => own.test(sample.name));
    expect(await read()).toEqual(await read());
  });
});

/** Uses each instrument once, as the running program does in its time. */
function useAll(telemetry: Telemetry): void {
  const { admission, server, gauge } = telemetry;
  admission.answered(
    {
      webhook: 'strong',
      kind: 'Service',
      operation: 'CREATE',
      component: 'etcd',
      outcome: 'error',
      because: 'exception',
      findings: [{ code: 'a-code', severity: 'warning' }],
    },
    0.001,
  );
  server.requested('POST', 'https', '/mutate', 500, 0.001);
  server.refused('/mutate', 'not-json');
  server.abandoned('/mutate');
  server.broken('HPE_INVALID_METHOD');
  server.dropped();
  server.certificateChanged('served');
  server.configurationChanged('applied');
  server.unexpected('exception');
  gauge('admissionsInFlight', () => [{ value: 1, labels: {} }]);
  gauge('certificateExpiry', () => [{ value: 1e9, labels: {} }]);
  gauge('registrationMisfit', () => [{ value: 0, labels: { webhook: 'strong' } }]);
  gauge('webhookReached', () => [{ value: 1, labels: {} }]);
  gauge('coverage', () => [{ value: 1, labels: { component: 'etcd', state: 'covered' } }]);
  const cluster = clusterInstruments(telemetry, 'api:443');
  cluster.answered('list', 'services', '200', 0.01);
  cluster.watched('services');
  cluster.reconnected('services', 'resume', 'closed');
  const reconciler = reconcilerInstruments(telemetry, () => ({
    depth: 2,
    later: 1,
    adds: 5,
    leads: true,
    removals: 3,
    forbidden: new Map([['pods', true]]),
  }));
  reconciler.reconciled('failed', 0.01, 'etcd');
  reconciler.waited(0.01);
  reconciler.retried();
  reconciler.wrote('created', 'ok', 'etcd');
  reconciler.told('ScrapeCreated', 'sent');
  reconciler.doubted('many', 3);
  reconciler.judged('kept', 3);
}
