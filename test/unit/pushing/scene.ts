import { type KubernetesObject, type PodShape, parsePod } from '../../../src/kubernetes/index.ts';
import { type PushState, pushState } from '../../../src/pushing/index.ts';
import { inventoryOf } from '../inventory/build.ts';
import { made, service } from '../planning/plan.ts';

/** Senders and receivers as a judge of pushing sees them. */

export const endpoint = 'OTEL_EXPORTER_OTLP_ENDPOINT';
export const metricsEndpoint = 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT';
export const protocol = 'OTEL_EXPORTER_OTLP_PROTOCOL';
export const temporality = 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE';

type Plain = Readonly<Record<string, unknown>>;

/** A pod whose one container has these variables; `undefined` removes one of the usual. */
export function shape(
  env: Readonly<Record<string, string | undefined>>,
  more: readonly Plain[] = [],
  container: Plain = {},
): PodShape {
  const all: Record<string, string | undefined> = { OTEL_METRICS_EXPORTER: 'otlp', ...env };
  const variables = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value }],
  );
  const parsed = parsePod({
    spec: {
      containers: [{ name: 'multiorch', image: 'x', env: variables, ...container }, ...more],
    },
  });
  if (parsed === undefined) throw new Error('the pod of a test does not parse');
  return parsed.shape;
}

export function receiver(kind: string, spec: Plain = {}, name = 'main') {
  const isCollector = kind === 'OpenTelemetryCollector';
  return made({
    apiVersion: isCollector ? 'opentelemetry.io/v1beta1' : 'operator.victoriametrics.com/v1beta1',
    kind,
    metadata: { namespace: 'monitoring', name },
    spec,
  });
}

export function front(name: string, port: number, spec: Plain = {}) {
  return service(name, {
    namespace: 'monitoring',
    spec: { ports: [{ name: 'http', port }], ...spec },
  });
}

const collector = {
  config: {
    receivers: { otlp: { protocols: { grpc: null, http: { endpoint: '0.0.0.0:4318' } } } },
    service: { pipelines: { metrics: { receivers: ['otlp'], exporters: ['x'] } } },
  },
};

/** One receiver of each kind, as their operators make them, and two Services of programs that nobody knows. */
export const monitoring = [
  made({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }),
  made({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'monitoring' } }),
  receiver('VMAgent', { image: { tag: 'v1.150.0' } }),
  receiver('VMSingle', { image: { tag: 'v1.150.0' } }),
  receiver('VMCluster', { vminsert: { image: { tag: 'v1.140.0-cluster' } } }),
  receiver('OpenTelemetryCollector', collector),
  front('vmagent-main', 8429),
  front('vmsingle-main', 8429),
  front('vminsert-main', 8480),
  front('vmselect-main', 8481),
  front('main-collector', 0, {
    ports: [
      { name: 'otlp-grpc', port: 4317 },
      { name: 'otlp-http', port: 4318 },
    ],
  }),
  front('own', 8080),
  front('away', 8429, { type: 'ExternalName', selector: undefined }),
];

/** What is said of a multiorch in namespace `shop` with these variables. */
export function judged(
  env: Readonly<Record<string, string | undefined>>,
  objects: readonly KubernetesObject[] = monitoring,
): PushState {
  const inventory = inventoryOf(...objects);
  return pushState('multiorch', [shape(env)], 'shop', inventory);
}

/** The same in one line. */
export function said(
  env: Readonly<Record<string, string | undefined>>,
  objects?: readonly KubernetesObject[],
): string {
  const { state, link, because } = judged(env, objects);
  return `${state} ${link === '' ? '' : `[${link}] `}${because}`;
}
