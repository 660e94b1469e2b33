import type { Facet } from '../catalogue/index.ts';
import { labelOf } from '../kubernetes/index.ts';
import {
  clusterChange,
  type PushState,
  proposalIn,
  proposalOf,
  pushState,
} from '../pushing/index.ts';
import type { PlanContext } from './context.ts';
import type { Coverage } from './types.ts';
import type { Unit } from './units.ts';

/** What becomes of metrics that a component sends by OTLP, and what to change where they do not arrive. */
export type Sent = Pick<Coverage, 'state' | 'link' | 'because' | 'fix' | 'toldBy'>;

/** Says whether the metrics that the pods of a unit send by OTLP arrive; `silent` where they send none. */
export function sent(facet: Facet, unit: Unit, context: PlanContext): Sent {
  const { shapes, namespace } = unit;
  if (shapes.length === 0) {
    const because = `nothing shows that it sends metrics${settingText(facet)}`;
    return { state: 'silent', link: '', because };
  }
  const judged = pushState(facet.component, shapes, namespace, context.inventory);
  const { state, link } = judged;
  if (state === 'pushed') return { state, link, because: judged.because };
  const because = state === 'silent' ? `${judged.because}${settingText(facet)}` : judged.because;
  return { state, link, because, ...change(facet, unit, judged, context) };
}

function settingText({ setting }: Facet): string {
  return setting === undefined ? '' : `; to make it send metrics set ${setting}`;
}

/** The receiver that the pods mean is proposed before any other. */
function change(
  facet: Facet,
  unit: Unit,
  { receiver }: PushState,
  { inventory }: PlanContext,
): Pick<Coverage, 'fix' | 'toldBy'> {
  const meant = receiver === undefined ? undefined : proposalOf(receiver);
  const proposal = meant ?? proposalIn(inventory);
  const cluster = clusterOf(unit);
  if (facet.resource === undefined || cluster === '') {
    return { fix: environmentChange(facet, proposal?.address.metrics) };
  }
  return {
    fix: clusterChange(unit.namespace, cluster, proposal),
    toldBy: `${facet.resource}/${cluster}`,
  };
}

/** The operator's labels of pods; a gateway's have the instance alone. */
function clusterOf({ labels }: Unit): string {
  return (
    labelOf(labels, 'multigres.com/cluster') ?? labelOf(labels, 'app.kubernetes.io/instance') ?? ''
  );
}

function environmentChange({ setting, resource }: Facet, metrics: string | undefined): string {
  const where = metrics ?? 'the address of a receiver, of which none was found: docs/receivers.md';
  const set = `OTEL_METRICS_EXPORTER=otlp, OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf and OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=${where}`;
  if (resource === undefined && setting !== undefined) {
    return `${set} have to be in its containers, for which this version of its operator has no setting: v0.1.0 and newer have spec.observability`;
  }
  return `set ${set} in its containers`;
}
