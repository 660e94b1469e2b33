import {
  podLabelPrefix,
  podPresentPrefix,
  sanitised,
  serviceLabelPrefix,
  servicePresentPrefix,
} from '../selection/index.ts';
import {
  type DiscoveryView,
  discoveredLabels,
  type LabelsAsked,
  podIsSeen,
} from './discovered-labels.ts';
import type { Target } from './discovery.ts';
import type { Listing, Unlisted } from './labelling.ts';

const meta = '__meta_kubernetes_';

/** Labels that discovery gives where they are not empty. */
const single = [
  'namespace',
  'service_name',
  'service_type',
  'service_port_name',
  'service_port_number',
  'service_port_protocol',
  'endpoints_name',
  'endpoint_port_name',
  'endpoint_port_protocol',
  'endpoint_address_target_kind',
  'endpoint_address_target_name',
  'endpointslice_port',
  'endpointslice_port_name',
  'endpointslice_port_protocol',
  'endpointslice_address_target_kind',
  'endpointslice_address_target_name',
  'pod_name',
  'pod_ip',
  'pod_phase',
  'pod_uid',
  'pod_controller_kind',
  'pod_controller_name',
  'pod_container_name',
  'pod_container_image',
  'pod_container_init',
  'pod_container_port_name',
  'pod_container_port_number',
  'pod_container_port_protocol',
].map((name) => meta + name);

/** Labels that discovery may give, and that no object at hand shows. */
const unseen: readonly Unlisted[] = [
  ...['service_annotation_', 'service_annotationpresent_', 'pod_annotation_']
    .concat('pod_annotationpresent_', 'endpoints_label_', 'endpoints_labelpresent_')
    .concat('endpoints_annotation_', 'endpoints_annotationpresent_', 'endpointslice_label_')
    .concat('endpointslice_labelpresent_', 'endpointslice_annotation_')
    .concat('endpointslice_annotationpresent_', 'node_label_', 'node_labelpresent_')
    .concat('node_annotation_', 'node_annotationpresent_', 'namespace_label_')
    .concat('namespace_labelpresent_', 'namespace_annotation_', 'namespace_annotationpresent_')
    .map((name) => ({ prefix: meta + name, rest: 'plain' }) as const),
  ...['service_cluster_ip', 'service_external_name', 'pod_ready', 'pod_node_name', 'pod_host_ip']
    .concat('pod_container_id', 'node_name', 'node_provider_id', 'endpoint_ready')
    .concat('endpoint_node_name', 'endpoint_hostname', 'endpointslice_name')
    .concat('endpointslice_address_type', 'endpointslice_port_app_protocol')
    .map((name) => ({ prefix: meta + name, rest: 'end' }) as const),
  { prefix: `${meta}endpointslice_endpoint_`, rest: 'plain' },
];

/** Returns the names of all labels that discovery gives a target. */
export function discoveredNames(target: Target, view: DiscoveryView): Listing {
  const { seat, service } = target;
  const asked: LabelsAsked = { pod: false, sample: false };
  const read = discoveredLabels(target, view, asked);
  const labels = (prefixes: readonly string[], of: Readonly<Record<string, string>>) =>
    Object.keys(of).flatMap((key) => prefixes.map((prefix) => prefix + sanitised(key)));
  const hasService = view.role !== 'pod' && !view.hidesService;
  const hasPod = view.role !== 'service' && podIsSeen(seat, view) !== false;
  const podLabels = seat.is === 'unknown' ? (service.selector ?? {}) : seat.shape.labels;
  return {
    names: [
      '__address__',
      ...single.filter((name) => read(name) !== ''),
      ...(hasService ? labels([serviceLabelPrefix, servicePresentPrefix], service.labels) : []),
      ...(hasPod ? labels([podLabelPrefix, podPresentPrefix], podLabels) : []),
    ],
    unlisted: hasPod && seat.is !== 'pod' ? [...unseen, ...unseenLabels] : unseen,
  };
}

/** Labels of pods that are not there yet. */
const unseenLabels: readonly Unlisted[] = [podLabelPrefix, podPresentPrefix].map((prefix) => ({
  prefix,
  rest: 'plain',
}));
