import { child, isJson, type Json, objects, strings, text } from '../kubernetes/index.ts';
import { observability } from './change.ts';

/** The fields of `spec.observability` that the API server keeps, each with its allowed values; undefined: any. */
export type ClusterFields = ReadonlyMap<string, readonly string[] | undefined>;

const exporters = ['otlp', 'none', 'console'];

/** Those of the newest MultigresCluster that is known: the operator's of November 2026. */
export const newestFields: ClusterFields = new Map([
  ['otlpEndpoint', undefined],
  ['otlpMetricsEndpoint', undefined],
  ['otlpProtocol', ['http/protobuf', 'grpc']],
  ['metricsExporter', exporters],
  ['metricsTemporality', ['cumulative', 'delta']],
  ['metricExportInterval', undefined],
  ['tracesExporter', exporters],
  ['logsExporter', exporters],
]);

/**
 * Reads from the definition of MultigresClusters which fields of `spec.observability` the API server keeps: of others it
 * drops what is written (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning).
 *
 * @returns undefined where its schema does not say which fields there are; empty where it has no such member
 */
export function fieldsOf(definition: unknown): ClusterFields | undefined {
  if (!isJson(definition)) return undefined;
  const versions = objects(child(definition, 'spec'), 'versions');
  const version = versions.find((one) => text(one, 'name') === 'v1alpha1' && one.served === true);
  const root = child(child(version, 'schema'), 'openAPIV3Schema');
  const spec = property(root, 'spec');
  const properties = child(spec, 'properties');
  if (properties === undefined) return undefined;
  const known = child(property(spec, 'observability'), 'properties') ?? {};
  return new Map(
    Object.entries(known).flatMap(([name, schema]): [string, readonly string[] | undefined][] => {
      if (!isJson(schema) || text(schema, 'type') !== 'string') return [];
      const allowed = strings(schema, 'enum');
      return [[name, allowed.length === 0 ? undefined : allowed]];
    }),
  );
}

function property(schema: Json | undefined, name: string): Json | undefined {
  return child(child(schema, 'properties'), name);
}

/** Whether the API server keeps a field with this value. */
export function keeps(fields: ClusterFields, name: string, value: string): boolean {
  if (!fields.has(name)) return false;
  return fields.get(name)?.includes(value) ?? true;
}

/** What a MultigresCluster lacks to send its metrics to an address, or why nothing is to be added. */
export type ClusterCompletion =
  | { readonly is: 'wanted'; readonly fields: Readonly<Record<string, string>> }
  | {
      readonly is: 'left';
      readonly because: 'said' | 'fields-unknown' | 'fields-missing';
      /** What to write, a clause; empty where there is nothing to say. */
      readonly advice: string;
    };

/**
 * The fields that decide where anything is sent, and how. Whoever sets one of them has a plan of their own: another one
 * beside it could divert traces, or make metrics go where they are not taken.
 */
const deciding = [
  'otlpEndpoint',
  'otlpMetricsEndpoint',
  'otlpProtocol',
  'metricsExporter',
  'tracesExporter',
  'logsExporter',
] as const;

/** Which of the deciding fields a resource sets. */
export function decidingFields(observed: Json | undefined): string[] {
  return deciding.filter((name) => isSet(observed, name));
}

function isSet(observed: Json | undefined, name: string): boolean {
  return (text(observed, name) ?? '') !== '';
}

/** Milliseconds between exports, as `OTEL_METRIC_EXPORT_INTERVAL` has them. */
const interval = '30000';

/**
 * Returns the fields that make a MultigresCluster send its metrics to an address, where it says nothing of its own about
 * that, and where the API server keeps all that it takes.
 *
 * @param observed its `spec.observability`; undefined where that is absent
 * @param endpoint the whole address of metrics
 * @param fields undefined where they are not known
 */
export function completionOf(
  observed: Json | undefined,
  endpoint: string,
  fields: ClusterFields | undefined,
): ClusterCompletion {
  const said = decidingFields(observed);
  if (said.length > 0) {
    return { is: 'left', because: 'said', advice: adviceFor(observed, said, endpoint) };
  }
  if (fields === undefined) {
    const advice = 'which fields spec.observability has is not known, so that nothing is added';
    return { is: 'left', because: 'fields-unknown', advice };
  }
  const { otlpMetricsEndpoint: _, metricsTemporality, ...needed } = observability(endpoint);
  const address = addressFields(endpoint, fields);
  const wanted = Object.entries({ ...address, ...needed });
  if (address === undefined || !wanted.every(([name, value]) => keeps(fields, name, value))) {
    return { is: 'left', because: 'fields-missing', advice: missingText(endpoint, fields) };
  }
  const wished = Object.entries({ metricsTemporality, metricExportInterval: interval }).filter(
    (one): one is [string, string] =>
      one[1] !== undefined && !isSet(observed, one[0]) && keeps(fields, one[0], one[1]),
  );
  return { is: 'wanted', fields: Object.fromEntries([...wanted, ...wished]) };
}

const added = '/v1/metrics';

/** Before v0.11 there is only the address of all signals, to which the SDK adds `/v1/metrics`. */
function addressFields(
  endpoint: string,
  fields: ClusterFields,
): Readonly<Record<string, string>> | undefined {
  if (fields.has('otlpMetricsEndpoint')) return { otlpMetricsEndpoint: endpoint };
  if (!endpoint.endsWith(added)) return undefined;
  return { otlpEndpoint: endpoint.slice(0, -added.length) };
}

function missingText(endpoint: string, fields: ClusterFields): string {
  if (!fields.has('otlpEndpoint')) {
    return 'this version of MultigresCluster has no spec.observability that sends metrics, so that nothing is added';
  }
  return endpoint.endsWith(added)
    ? 'this version of MultigresCluster does not keep what would be added'
    : `this version of MultigresCluster has otlpEndpoint alone, and push.endpoint does not end in ${added}: nothing is added`;
}

/** What a resource that says something lacks; empty where it sends metrics, or asks not to. */
function adviceFor(observed: Json | undefined, said: readonly string[], endpoint: string): string {
  const exporter = text(observed, 'metricsExporter') ?? '';
  const hasAddress = said.includes('otlpEndpoint') || said.includes('otlpMetricsEndpoint');
  if (text(observed, 'otlpEndpoint') === 'disabled') return '';
  if (exporter === 'otlp' ? hasAddress : exporter !== '') return '';
  const lacks = [
    ...(exporter === '' ? ['metricsExporter: otlp'] : []),
    ...(said.includes('otlpMetricsEndpoint') ? [] : [`otlpMetricsEndpoint: ${endpoint}`]),
  ];
  return `spec.observability sets ${said.join(', ')}, so that nothing is added: for metrics write ${lacks.join(' and ')}`;
}
