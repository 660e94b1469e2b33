import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { admitFor, applied, routes } from '../../../src/admission/index.ts';
import type { Json } from '../../../src/kubernetes/index.ts';
import { type ClusterFields, fieldsOf, newestFields } from '../../../src/pushing/index.ts';
import { answerTo, overTheWire, patchOf, pipelineWith, reviewOf } from './reviews.ts';

const endpoint = 'http://vmagent-main.monitoring.svc:8429/opentelemetry/v1/metrics';
const annotation = 'autoscrape.multigres.com/pushed';
const added = {
  otlpMetricsEndpoint: endpoint,
  metricsExporter: 'otlp',
  otlpProtocol: 'http/protobuf',
  metricsTemporality: 'cumulative',
  metricExportInterval: '30000',
};

function definition(version: string): ClusterFields | undefined {
  const file = join(import.meta.dirname, `../../fixtures/crds/multigrescluster-${version}.yaml`);
  return fieldsOf(parse(readFileSync(file, 'utf8')));
}

interface Told {
  readonly object: Json;
  readonly outcome: string;
  readonly warnings: readonly string[];
}

/** What becomes of a MultigresCluster that is written, with the operations applied. */
function written(
  object: Json,
  options: {
    readonly before?: Json;
    readonly fields?: ClusterFields | undefined;
    readonly to?: string | undefined;
  } = {},
): Told {
  const { before } = options;
  const fields = 'fields' in options ? options.fields : newestFields;
  const to = 'to' in options ? options.to : endpoint;
  const pipeline = pipelineWith({
    push: { silent: 'warning', overInherited: false, endpoint: to },
  });
  const admit = admitFor(
    routes.clusters,
    pipeline,
    () => [],
    () => fields,
  );
  const sent = before === undefined ? { object } : { object, before };
  const answered = answerTo(admit, reviewOf('MultigresCluster', sent));
  const { outcome, because } = answered.record;
  return {
    object: applied(overTheWire(object), patchOf(answered)),
    outcome: `${outcome} ${because}`,
    warnings: answered.answer.response.warnings ?? [],
  };
}

function cluster(spec: Json = {}, metadata: Json = {}): Json {
  return { metadata: { name: 'orders', ...metadata }, spec: { cells: [], ...spec } };
}

const record = (fields: object) => ({ annotations: { [annotation]: JSON.stringify(fields) } });

describe('a MultigresCluster that is made', () => {
  test('gets what it lacks, with a record of it, and its author is told', () => {
    const { object, outcome, warnings } = written(cluster());
    expect(outcome).toBe('patched completed');
    expect(object).toEqual(cluster({ observability: added }, record(added)));
    expect(warnings).toEqual([
      `autoscrape: spec.observability was completed: metrics are sent to ${endpoint}; metricsExporter: none, or the label autoscrape.multigres.com/push: "false", prevents that`,
    ]);
  });

  test('keeps what else it says, and its annotations', () => {
    const given = cluster(
      { observability: { tracesSampler: 'always_off', metricExportInterval: '10000' } },
      { annotations: { team: 'shop' } },
    );
    const { metricExportInterval: _, ...fewer } = added;
    expect(written(given).object).toEqual(
      cluster(
        { observability: { tracesSampler: 'always_off', metricExportInterval: '10000', ...fewer } },
        { annotations: { team: 'shop', [annotation]: JSON.stringify(fewer) } },
      ),
    );
  });

  test('a second time gets nothing more', () => {
    const once = written(cluster()).object;
    expect(written(once)).toMatchObject({ object: once, outcome: 'unchanged said', warnings: [] });
  });

  test.each([
    { observability: null },
    { observability: {} },
    { observability: { otlpEndpoint: '' } },
  ])('gets it where it has %j', (spec) => {
    const { outcome, object } = written(cluster(spec));
    expect(outcome).toBe('patched completed');
    expect(object.spec).toMatchObject({ observability: added });
  });

  test('with an older definition gets the address of all signals, which leads to the same', () => {
    const fields = definition('v0.10');
    const { otlpMetricsEndpoint: _, ...others } = added;
    const base = 'http://vmagent-main.monitoring.svc:8429/opentelemetry';
    expect(written(cluster(), { fields }).object.spec).toEqual({
      cells: [],
      observability: { otlpEndpoint: base, ...others },
    });
    const push = 'http://vmagent-main.monitoring.svc:8429/opentelemetry/api/v1/push';
    expect(written(cluster(), { fields, to: push })).toMatchObject({
      object: cluster(),
      outcome: 'unchanged fields-missing',
      warnings: [
        'autoscrape: this version of MultigresCluster has otlpEndpoint alone, and push.endpoint does not end in /v1/metrics: nothing is added',
      ],
    });
    expect(written(cluster(), { fields: definition('2026-11'), to: push }).outcome).toBe(
      'patched completed',
    );
  });

  test.each<[string, Json, string]>([
    [
      'traces of its own',
      { otlpEndpoint: 'http://otel:4318', tracesExporter: 'otlp' },
      `spec.observability sets otlpEndpoint, tracesExporter, so that nothing is added: for metrics write metricsExporter: otlp and otlpMetricsEndpoint: ${endpoint}`,
    ],
    [
      'an exporter without an address',
      { metricsExporter: 'otlp' },
      `spec.observability sets metricsExporter, so that nothing is added: for metrics write otlpMetricsEndpoint: ${endpoint}`,
    ],
    [
      'a protocol alone',
      { otlpProtocol: 'grpc' },
      `spec.observability sets otlpProtocol, so that nothing is added: for metrics write metricsExporter: otlp and otlpMetricsEndpoint: ${endpoint}`,
    ],
    ['metrics of its own', { metricsExporter: 'otlp', otlpMetricsEndpoint: 'http://a/b' }, ''],
    ['a refusal', { metricsExporter: 'none' }, ''],
    ['everything off', { otlpEndpoint: 'disabled' }, ''],
  ])('gets nothing where it has %s', (_, observability, advice) => {
    const given = cluster({ observability });
    expect(written(given)).toEqual({
      object: given,
      outcome: 'unchanged said',
      warnings: advice === '' ? [] : [`autoscrape: ${advice}`],
    });
  });

  test('gets nothing where no address is set, where it opts out, or where its fields are not known', () => {
    const given = cluster();
    expect(written(given, { to: undefined }).outcome).toBe('ignored push-off');
    for (const label of ['push', 'scrape']) {
      const out = cluster({}, { labels: { [`autoscrape.multigres.com/${label}`]: 'false' } });
      expect(written(out)).toEqual({ object: out, outcome: 'ignored opted-out', warnings: [] });
    }
    expect(written(given, { fields: undefined })).toEqual({
      object: given,
      outcome: 'error fields-unknown',
      warnings: [
        'autoscrape: which fields spec.observability has is not known, so that nothing is added',
      ],
    });
    expect(written(given, { fields: new Map() }).outcome).toBe('unchanged fields-missing');
  });

  test('is admitted as it is where the patch would not apply', () => {
    const odd = { metadata: { name: 'orders' } };
    expect(written(odd)).toMatchObject({ object: odd, outcome: 'error patch-does-not-apply' });
  });
});

describe('a MultigresCluster that is changed', () => {
  const before = written(cluster()).object;

  test('gets back what a write of the whole object drops, as it was', () => {
    const { object, outcome, warnings } = written(cluster({ cells: [{ name: 'a' }] }), { before });
    expect(outcome).toBe('patched restored');
    expect(object).toEqual(
      cluster({ cells: [{ name: 'a' }], observability: added }, record(added)),
    );
    expect(warnings).toHaveLength(1);
  });

  test('gets back the value that it had, not the one of today', () => {
    const to = 'http://elsewhere:8429/opentelemetry/v1/metrics';
    expect(written(cluster(), { before, to }).object).toEqual(before);
  });

  test.each<[string, Json]>([
    ['it keeps both', before],
    ['it keeps the annotation and drops a field', cluster({}, record(added))],
    ['it switches metrics off', cluster({ observability: { metricsExporter: 'none' } })],
    ['it names an address of its own', cluster({ observability: { otlpEndpoint: 'http://a' } })],
  ])('gets nothing where %s', (_, object) => {
    expect(written(object, { before })).toEqual({
      object,
      outcome: 'unchanged not-dropped',
      warnings: [],
    });
  });

  test('gets nothing where it never had any, or where somebody has changed it since', () => {
    const outcome = (stored: Json) => written(cluster(), { before: stored }).outcome;
    expect(outcome(cluster())).toBe('unchanged not-dropped');
    expect(outcome(cluster({ observability: added }))).toBe('unchanged not-dropped');
    const changed = { ...added, otlpMetricsEndpoint: 'http://theirs' };
    expect(outcome(cluster({ observability: changed }, record(added)))).toBe(
      'unchanged not-dropped',
    );
    expect(outcome(cluster({ observability: added }, { annotations: { [annotation]: '{' } }))).toBe(
      'unchanged not-dropped',
    );
  });

  test('loses it where it opts out, and where its fields are not known its author is told', () => {
    const out = cluster({}, { labels: { 'autoscrape.multigres.com/push': 'false' } });
    expect(written(out, { before }).outcome).toBe('ignored opted-out');
    const unknown = written(cluster(), { before, fields: undefined });
    expect(unknown.outcome).toBe('error fields-unknown');
    expect(unknown.warnings).toHaveLength(1);
  });
});

test('the fields of a definition are those of its served version, with their values', () => {
  expect(definition('2026-11')?.get('metricsExporter')).toEqual(['otlp', 'none', 'console']);
  expect(definition('2026-11')?.has('otlpMetricsEndpoint')).toBe(true);
  expect(definition('v0.10')?.has('otlpMetricsEndpoint')).toBe(false);
  for (const [name, allowed] of newestFields) {
    expect([name, definition('2026-11')?.get(name)]).toEqual([name, allowed]);
  }
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const open = { name: 'v1alpha1', served: true, schema: { openAPIV3Schema: anything } };
  expect(fieldsOf({ spec: { versions: [open] } })).toBeUndefined();
});
