import type { Inventory } from '../inventory/index.ts';
import type { Agent, Collector, Ingest, MetricsCluster, Service } from '../kubernetes/index.ts';
import { contains, controllerOf, labelOf } from '../kubernetes/index.ts';

/** A resource that an operator makes a receiver of OTLP of. */
export type Receiver = Agent | MetricsCluster | Collector;

/** The ports and addresses of a receiver, by the Service that its operator makes for it. */
export interface Address {
  /** Its Service: `vmagent-main`. */
  readonly service: string;
  readonly namespace: string;
  readonly port: number;
  /** For `otlpEndpoint` and `OTEL_EXPORTER_OTLP_ENDPOINT`, to which `/v1/metrics` is added; undefined: none leads there. */
  readonly base: string | undefined;
  /** For `otlpMetricsEndpoint` and `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`, which is used as it is. */
  readonly metrics: string;
}

/** What the operator calls the programs of each resource: in names of Services, and in their labels. */
const programs = {
  VMAgent: { prefix: 'vmagent', others: [] },
  VMSingle: { prefix: 'vmsingle', others: [] },
  VMCluster: { prefix: 'vminsert', others: ['vmselect', 'vmstorage'] },
} as const;

/**
 * Returns the address by which a receiver takes metrics over HTTP: the one place that knows it. Undefined where it takes
 * none, or where its configuration can't be read.
 *
 * VictoriaMetrics: `/opentelemetry/v1/metrics` since v1.99 (also v1.93.13 and v1.97.3), in a cluster below
 * `/insert/<tenant>` (https://docs.victoriametrics.com/victoriametrics/integrations/opentelemetry/); before that
 * `/opentelemetry/api/v1/push` alone, which no base address leads to. OpenTelemetry Collector: as its receiver says.
 */
export function addressOf(receiver: Receiver): Address | undefined {
  const { namespace, name } = receiver;
  if (receiver.kind === 'OpenTelemetryCollector') {
    const { intake, mode } = receiver;
    if (mode === 'sidecar' || intake?.http === undefined || !intake.hasMetrics) return undefined;
    const { port, tls } = intake.http;
    const host = `${name}-collector.${namespace}.svc:${port}`;
    const root = `${tls ? 'https' : 'http'}://${host}`;
    const base = intake.path.endsWith('/v1/metrics') ? root + intake.path.slice(0, -11) : undefined;
    return { service: `${name}-collector`, namespace, port, base, metrics: root + intake.path };
  }
  const ingest = ingestOf(receiver);
  if (ingest === undefined) return undefined;
  const service = serviceName(receiver);
  const scheme = flagOf(ingest, 'tls') === 'true' ? 'https' : 'http';
  const tenant = receiver.kind === 'VMCluster' ? '/insert/0' : '';
  const base = `${scheme}://${service}.${namespace}.svc:${ingest.port}${pathPrefix(ingest)}${tenant}/opentelemetry`;
  const place = { service, namespace, port: ingest.port };
  return takesStandardPath(ingest.version)
    ? { ...place, base, metrics: `${base}/v1/metrics` }
    : { ...place, base: undefined, metrics: `${base}/api/v1/push` };
}

/** `VMAgent monitoring/main`. */
export function receiverName({ kind, namespace, name }: Receiver): string {
  return `${kind} ${namespace}/${name}`;
}

/** How the program that takes metrics is started; undefined for a collector, and a VMCluster without vminsert. */
export function ingestOf(receiver: Receiver): Ingest | undefined {
  switch (receiver.kind) {
    case 'VMAgent':
    case 'VMSingle':
      return receiver.ingest;
    case 'VMCluster':
      return receiver.insert;
    case 'OpenTelemetryCollector':
      return undefined;
  }
}

/** A flag's value; empty where it is not set. */
export function flagOf({ flags }: Ingest, name: string): string {
  return labelOf(flags, name) ?? '';
}

/** `-http.pathPrefix`, which stands before every path. */
export function pathPrefix(ingest: Ingest): string {
  return flagOf(ingest, 'http.pathPrefix').replace(/\/$/, '');
}

/** Every receiver of an inventory that is not being deleted, sorted by kind, namespace and name. */
export function receiversIn(inventory: Inventory): Receiver[] {
  const all = [...inventory.agents(), ...inventory.metricsClusters(), ...inventory.collectors()];
  return all
    .filter((one) => !one.deleting)
    .sort((a, b) => (receiverName(a) < receiverName(b) ? -1 : 1));
}

/** A receiver behind a Service, and whether the program there is one that takes metrics. */
export interface Behind {
  readonly receiver: Receiver;
  /** False for a vmselect or vmstorage. */
  readonly takes: boolean;
}

/**
 * Returns the receiver that a Service leads to: by the operator's name for it, by its owner, or because it selects the
 * receiver's pods. The Service itself need not be at hand.
 */
export function receiverBehind(
  namespace: string,
  name: string,
  inventory: Inventory,
): Behind | undefined {
  const service = inventory.service(namespace, name);
  const near = [
    ...[...inventory.agents()].filter((one) => one.namespace === namespace),
    ...inventory.metricsClusters(namespace),
    ...inventory.collectors(namespace),
  ].filter((one) => !one.deleting);
  for (const receiver of near) {
    const takes = leadsTo(receiver, name, service);
    if (takes !== undefined) return { receiver, takes };
  }
  return undefined;
}

/** Whether a Service leads to the program of a receiver that takes metrics; undefined where to none of it. */
function leadsTo(
  receiver: Receiver,
  name: string,
  service: Service | undefined,
): boolean | undefined {
  if (receiver.kind === 'OpenTelemetryCollector') {
    const own = [`${receiver.name}-collector`, `${receiver.name}-collector-headless`];
    return own.includes(name) ? true : undefined;
  }
  const { prefix, others } = programs[receiver.kind];
  if (name === `${prefix}-${receiver.name}`) return true;
  if (others.some((other) => name === `${other}-${receiver.name}`)) return false;
  if (service === undefined) return undefined;
  const owner = controllerOf(service);
  const isOwned = owner?.kind === receiver.kind && owner.name === receiver.name;
  if (isOwned && receiver.kind !== 'VMCluster') return true;
  // The operator's labels of the pods (its `api/operator/v1beta1`, SelectorLabels).
  const selects = (program: string) =>
    contains(
      { 'app.kubernetes.io/name': program, 'app.kubernetes.io/instance': receiver.name },
      service.selector ?? {},
    );
  if (selects(prefix)) return true;
  return others.some(selects) ? false : undefined;
}

function serviceName(receiver: Agent | MetricsCluster): string {
  return `${programs[receiver.kind].prefix}-${receiver.name}`;
}

/** `[1, 99, 0]` of `v1.99.0-cluster`; undefined for any other text. */
function numbersOf(version: string): readonly [number, number, number] | undefined {
  const [, major, minor, patch] = /^v?(\d+)\.(\d+)\.(\d+)(?:[-.]|$)/.exec(version) ?? [];
  if (major === undefined || minor === undefined || patch === undefined) return undefined;
  return [Number(major), Number(minor), Number(patch)];
}

/** Whether a version of VictoriaMetrics is one or newer; undefined where that can't be told. */
export function isAtLeast(version: string, minor: number): boolean | undefined {
  const numbers = numbersOf(version);
  if (numbers === undefined) return undefined;
  return numbers[0] > 1 || numbers[1] >= minor;
}

/** Whether a version takes `/opentelemetry/v1/metrics`; one that is not known is taken to be new. */
export function takesStandardPath(version: string): boolean {
  const numbers = numbersOf(version);
  if (numbers === undefined) return true;
  const [major, minor, patch] = numbers;
  if (major > 1 || minor >= 99) return true;
  return (minor === 93 && patch >= 13) || (minor === 97 && patch >= 3);
}
