import type { Inventory } from '../inventory/index.ts';
import {
  type Address,
  addressOf,
  flagOf,
  ingestOf,
  type Receiver,
  receiverName,
  receiversIn,
} from './receivers.ts';

/** A receiver and the address that it takes metrics at. */
export interface Proposal {
  readonly receiver: Receiver;
  readonly address: Address;
}

/**
 * Returns the receiver to send metrics to: one whose names are those that alerts and docs/components.md have
 * (`-opentelemetry.usePrometheusNaming`) before others, then a VMAgent, which keeps on disk what a store does not take at
 * once, a VMSingle, a VMCluster, a collector. Undefined where none is at hand.
 */
export function proposalIn(inventory: Inventory): Proposal | undefined {
  const all = receiversIn(inventory).flatMap((one) => proposalOf(one) ?? []);
  return all.reduce<Proposal | undefined>(
    (best, one) => (best === undefined || rank(one) < rank(best) ? one : best),
    undefined,
  );
}

/** A receiver as a proposal; undefined where it takes no metrics over HTTP without a password. */
export function proposalOf(receiver: Receiver): Proposal | undefined {
  const address = addressOf(receiver);
  const ingest = ingestOf(receiver);
  const asks = ingest !== undefined && flagOf(ingest, 'httpAuth.username') !== '';
  return address === undefined || asks ? undefined : { receiver, address };
}

const kinds: readonly Receiver['kind'][] = [
  'VMAgent',
  'VMSingle',
  'VMCluster',
  'OpenTelemetryCollector',
];

function rank({ receiver, address }: Proposal): number {
  const older = address.base === undefined ? 100 : 0;
  return older + (hasPrometheusNames(receiver) ? 0 : 10) + kinds.indexOf(receiver.kind);
}

/** Whether names get the form that Prometheus has; undefined flags of a collector say nothing. */
function hasPrometheusNames(receiver: Receiver): boolean {
  const ingest = ingestOf(receiver);
  return ingest !== undefined && flagOf(ingest, 'opentelemetry.usePrometheusNaming') === 'true';
}

/** The fields of `spec.observability` of a MultigresCluster that make it send metrics to an address of metrics. */
export function observability(metrics: string): Readonly<Record<string, string>> {
  return {
    otlpMetricsEndpoint: metrics,
    metricsExporter: 'otlp',
    otlpProtocol: 'http/protobuf',
    metricsTemporality: 'cumulative',
  };
}

/** Stands for an address where no receiver is at hand. */
const anyAddress = 'http://RECEIVER/opentelemetry/v1/metrics';

/**
 * Says how to make the components of a MultigresCluster send their metrics where they are taken: the fields, the command
 * that sets them, and what that does to the pods.
 *
 * @param proposal undefined where no receiver is at hand
 */
export function clusterChange(
  namespace: string,
  name: string,
  proposal: Proposal | undefined,
): string {
  const fields = observability(proposal?.address.metrics ?? anyAddress);
  const snippet = Object.entries(fields)
    .map(([key, value]) => `${key}: ${value.includes(':') ? JSON.stringify(value) : value}`)
    .join(', ');
  const patch = JSON.stringify({ spec: { observability: fields } });
  return [
    `set spec.observability: {${snippet}} in MultigresCluster ${namespace}/${name}${receiverText(proposal)}`,
    `kubectl patch multigrescluster ${name} -n ${namespace} --type merge -p '${patch}'`,
    'it rolls the pods',
    olderText(proposal),
  ].join('; ');
}

function receiverText(proposal: Proposal | undefined): string {
  if (proposal === undefined) {
    return ', with the address of a receiver, of which none was found: docs/receivers.md has the forms';
  }
  const { receiver } = proposal;
  const dots =
    ingestOf(receiver) !== undefined && !hasPrometheusNames(receiver)
      ? ', which keeps the dots of names unless spec.extraArgs has opentelemetry.usePrometheusNaming: "true"'
      : '';
  return `, the address of ${receiverName(receiver)}${dots}`;
}

/** `otlpMetricsEndpoint` came with the operator's v0.11.0; before, the API server drops it. */
function olderText(proposal: Proposal | undefined): string {
  const base = proposal?.address.base;
  const instead = base === undefined ? '' : `: there it is otlpEndpoint: ${JSON.stringify(base)}`;
  return `operators before v0.11 have no otlpMetricsEndpoint${instead}`;
}
