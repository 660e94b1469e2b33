import { child, isJson, type Json, list, member, text } from './json.ts';
import type { Labels, Meta } from './objects.ts';
import { metaOf } from './parse.ts';

/** How a program of VictoriaMetrics that takes metrics is started, as far as its resource says. */
export interface Ingest {
  /** `image.tag`; empty where the operator chooses it. */
  readonly version: string;
  /** The port that takes HTTP: `spec.port`, or the operator's default. */
  readonly port: number;
  /** Those of `extraArgs` that decide what is taken, and how; never a password. */
  readonly flags: Labels;
}

/** A VMCluster: metrics are sent to its vminsert. */
export interface MetricsCluster extends Meta {
  readonly kind: 'VMCluster';
  /** Undefined where it has no vminsert. */
  readonly insert: Ingest | undefined;
}

/** One protocol of an OpenTelemetry Collector's OTLP receiver. */
export interface CollectorProtocol {
  readonly port: number;
  readonly tls: boolean;
}

/** What the configuration of an OpenTelemetry Collector says of the OTLP that it takes. */
export interface CollectorIntake {
  readonly http: CollectorProtocol | undefined;
  readonly grpc: CollectorProtocol | undefined;
  /** `metrics_url_path`, `/v1/metrics` where absent. */
  readonly path: string;
  /** Whether a pipeline for metrics begins with it. */
  readonly hasMetrics: boolean;
}

/** An OpenTelemetryCollector of opentelemetry.io. */
export interface Collector extends Meta {
  readonly kind: 'OpenTelemetryCollector';
  /** `deployment`, `daemonset`, `statefulset` or `sidecar`, which has no Service. */
  readonly mode: string;
  /** Undefined where it can't be read: v1alpha1 has it as a text. */
  readonly intake: CollectorIntake | undefined;
}

/** Flags of VictoriaMetrics that decide what is taken by OTLP (its `app/vmagent/main.go` and `lib/httpserver`). */
const telling: ReadonlySet<string> = new Set([
  'enableMultitenancyViaHeaders',
  'enableMultitenantHandlers',
  'http.pathPrefix',
  'opentelemetry.usePrometheusNaming',
  'tls',
]);

/**
 * Returns how a program is started by `spec` of its resource.
 *
 * @param port what the operator takes where `spec.port` is not set
 */
export function ingestOf(spec: Json, port: number): Ingest {
  const args = child(spec, 'extraArgs') ?? {};
  const flags = Object.entries(args).flatMap(([name, value]): [string, string][] => {
    const plain = name.replace(/^-+/, '');
    if (plain === 'httpAuth.username') return [[plain, 'set']];
    return telling.has(plain) ? [[plain, String(value)]] : [];
  });
  return {
    version: text(child(spec, 'image'), 'tag') ?? '',
    port: Number(text(spec, 'port')) || port,
    flags: Object.fromEntries(flags),
  };
}

/** A VMCluster; undefined where `value` is no JSON object. */
export function parseMetricsCluster(value: unknown): MetricsCluster | undefined {
  if (!isJson(value)) return undefined;
  const spec = child(value, 'spec') ?? {};
  const insert = child(spec, 'vminsert');
  const version = text(spec, 'clusterVersion') ?? '';
  const found = insert === undefined ? undefined : ingestOf(insert, 8480);
  return {
    kind: 'VMCluster',
    ...metaOf(value),
    insert: found === undefined ? undefined : { ...found, version: found.version || version },
  };
}

/** An OpenTelemetryCollector; undefined where `value` is no JSON object. */
export function parseCollector(value: unknown): Collector | undefined {
  if (!isJson(value)) return undefined;
  const spec = child(value, 'spec');
  return {
    kind: 'OpenTelemetryCollector',
    ...metaOf(value),
    mode: text(spec, 'mode') ?? 'deployment',
    intake: intakeOf(child(spec, 'config')),
  };
}

/** https://opentelemetry.io/docs/collector/configuration/: receivers, and the pipelines that begin with them. */
function intakeOf(config: Json | undefined): CollectorIntake | undefined {
  if (config === undefined) return undefined;
  const receivers = child(config, 'receivers') ?? {};
  const names = Object.keys(receivers).filter(
    (name) => name === 'otlp' || name.startsWith('otlp/'),
  );
  const [first = 'otlp'] = names;
  const protocols = child(child(receivers, first), 'protocols') ?? {};
  const http = child(protocols, 'http');
  const pipelines = Object.entries(child(child(config, 'service'), 'pipelines') ?? {});
  return {
    http: protocolOf(protocols, 'http', 4318),
    grpc: protocolOf(protocols, 'grpc', 4317),
    path: text(http, 'metrics_url_path') ?? '/v1/metrics',
    hasMetrics: pipelines.some(([name, pipeline]) => {
      if (name !== 'metrics' && !name.startsWith('metrics/')) return false;
      const from = isJson(pipeline) ? list(pipeline, 'receivers') : [];
      return from.some((one) => typeof one === 'string' && names.includes(one));
    }),
  };
}

/** A protocol that is named with nothing after it has its defaults. */
function protocolOf(protocols: Json, name: string, port: number): CollectorProtocol | undefined {
  if (member(protocols, name) === undefined) return undefined;
  const protocol = child(protocols, name);
  const written = /:(\d+)$/.exec(text(protocol, 'endpoint') ?? '')?.[1];
  return {
    port: written === undefined ? port : Number(written),
    tls: child(protocol, 'tls') !== undefined,
  };
}
