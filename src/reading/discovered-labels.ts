import { controllerOf, type LabelSelector, type Labels } from '../kubernetes/index.ts';
import {
  podLabelPrefix,
  podPresentPrefix,
  sanitisedValue,
  selectsLabels,
  serviceLabelPrefix,
  servicePresentPrefix,
} from '../selection/index.ts';
import type { FoundPort, Seat, Target } from './discovery.ts';
import type { Role } from './job.ts';
import type { LabelReader } from './labelling.ts';

/** `pod`: pods by themselves, as for a VMPodScrape. */
export type DiscoveryRole = Role | 'pod';

/** Decides, with the target, which labels discovery gives it. */
export interface DiscoveryView {
  readonly role: DiscoveryRole;
  /** The address of a pod whose own is not known; see {@link sampleAddresses}. */
  readonly sampleAddress: string;
  /** With `enableKubernetesAPISelectors`: pods that this does not select are not seen, but for their address. */
  readonly apiSelector: LabelSelector | undefined;
  /** True where the agent sees endpoints without their Service. */
  readonly hidesService: boolean;
}

/** Says whether an answer depends on what pods behind one Service may differ in. */
export interface LabelsAsked {
  /** A label of the pod itself was read: its name, labels, address, node. */
  pod: boolean;
  /** The address of a pod was read that is not known. */
  sample: boolean;
}

/** Addresses that stand for one that is not known: what holds for all of them holds for any, as far as people write rules. */
export const sampleAddresses = ['10.1.2.3', '198.51.100.254', '[2001:db8::5]'] as const;

const meta = '__meta_kubernetes_';
const servicePrefix = `${meta}service_`;
const podPrefix = `${meta}pod_`;

/**
 * Reads what is known of the labels of a target when a job's rules see it.
 * Source: VictoriaMetrics lib/promscrape/discovery/kubernetes (endpoints.go, endpointslice.go, service.go, pod.go).
 */
export function discoveredLabels(
  target: Target,
  view: DiscoveryView,
  asked: LabelsAsked,
): LabelReader {
  const { service, seat } = target;
  const isSeen = podIsSeen(seat, view);
  const isServiceSeen = view.role !== 'pod' && !view.hidesService;
  return (name) => {
    if (!name.startsWith('__')) return '';
    if (name === '__address__') return addressOf(target, view, asked);
    if (!isServiceSeen && name.startsWith(servicePrefix)) return '';
    if (name.startsWith(serviceLabelPrefix)) {
      return sanitisedValue(service.labels, name.slice(serviceLabelPrefix.length)) ?? '';
    }
    if (name.startsWith(servicePresentPrefix)) {
      return present(sanitisedValue(service.labels, name.slice(servicePresentPrefix.length)));
    }
    if (name.startsWith(podPrefix)) {
      if (view.role === 'service' || isSeen === false) return '';
      const value = podLabel(name, target, view, asked);
      return isSeen === undefined ? undefined : value;
    }
    if (!name.startsWith(meta)) return name.startsWith('__meta_') ? undefined : '';
    return otherLabel(name.slice(meta.length), target, view.role, asked);
  };
}

/** Says whether the agent sees the pod itself, and not only its address; undefined where its labels are not known. */
export function podIsSeen(seat: Seat, { apiSelector }: DiscoveryView): boolean | undefined {
  if (apiSelector === undefined) return true;
  if (seat.is === 'unknown') return undefined;
  const answer = selectsLabels(apiSelector, seat.shape.labels, seat.is === 'pod');
  return answer === 'perhaps' ? undefined : answer === 'yes';
}

function addressOf(
  target: Target,
  { role, sampleAddress }: DiscoveryView,
  asked: LabelsAsked,
): string {
  const { service, servicePort, seat, podPort } = target;
  if (role === 'service') return `${service.name}.${service.namespace}.svc:${servicePort?.port}`;
  asked.pod = true;
  if (seat.is === 'pod' && seat.pod.ip !== '') {
    const host = seat.pod.ip.includes(':') ? `[${seat.pod.ip}]` : seat.pod.ip;
    return `${host}:${podPort}`;
  }
  asked.sample = true;
  return `${sampleAddress}:${podPort}`;
}

function present(value: string | undefined): string {
  return value === undefined ? '' : 'true';
}

/** A label `__meta_kubernetes_pod_*`. */
function podLabel(
  name: string,
  target: Target,
  view: DiscoveryView,
  asked: LabelsAsked,
): string | undefined {
  const { seat, containerPort } = target;
  if (name.startsWith(podLabelPrefix)) {
    return labelOfPod(name.slice(podLabelPrefix.length), target, asked);
  }
  if (name.startsWith(podPresentPrefix)) {
    const value = labelOfPod(name.slice(podPresentPrefix.length), target, asked);
    // A label without a value is there as well.
    return value === undefined ? undefined : present(value || shownOf(target, name));
  }
  if (name.startsWith(annotationPrefix)) {
    asked.pod = true;
    return annotation(name.slice(annotationPrefix.length), seat);
  }
  const field = name.slice(podPrefix.length);
  switch (field) {
    case 'container_port_name':
      return ofContainer(containerPort, (port) => port.name);
    case 'container_port_number':
      return ofContainer(containerPort, (port) => port.number?.toString());
    case 'container_port_protocol':
      return ofContainer(containerPort, (port) => port.protocol);
    case 'container_name':
      return ofContainer(containerPort, (port) => port.container);
    case 'container_image':
      return ofContainer(containerPort, (port) => port.image);
    case 'container_init':
      return ofContainer(containerPort, (port) => port.sidecar?.toString());
    default:
      return fieldOfPod(field, seat, view, asked);
  }
}

/** The value of a pod's label that is asked for by its presence; undefined where the pod shows no such label. */
function shownOf({ seat, service }: Target, name: string): string | undefined {
  const labels = seat.is === 'unknown' ? (service.selector ?? {}) : seat.shape.labels;
  return sanitisedValue(labels, name.slice(podPresentPrefix.length));
}

const annotationPrefix = `${meta}pod_annotation_`;

/** Of a pod's annotations only `prometheus.io/*` are known. */
function annotation(name: string, seat: Seat): string | undefined {
  if (seat.is === 'unknown' || !name.startsWith('prometheus_io_')) return undefined;
  return sanitisedValue(seat.shape.annotations, name) ?? '';
}

function ofContainer(
  port: FoundPort | undefined | 'none',
  label: (port: FoundPort) => string | undefined,
): string | undefined {
  if (port === undefined) return undefined;
  return port === 'none' ? '' : label(port);
}

/** Labels that Kubernetes' controllers add to a template's. */
const addedByControllers =
  /^(?:controller_revision_hash|pod_template_(?:hash|generation)|statefulset_kubernetes_io_pod_name|apps_kubernetes_io_pod_index)$/;

/** A pod's label by its sanitised key. Of a template's pods the controllers' labels are not known. */
function labelOfPod(
  label: string,
  { seat, service }: Target,
  asked: LabelsAsked,
): string | undefined {
  asked.pod = true;
  switch (seat.is) {
    case 'pod':
      return sanitisedValue(seat.shape.labels, label) ?? '';
    case 'template':
      return (
        sanitisedValue(seat.shape.labels, label) ??
        (addedByControllers.test(label) ? undefined : '')
      );
    case 'unknown':
      // Every pod behind the Service has the labels that it selects by. Of others, pods may differ.
      return sanitisedValue(service.selector ?? {}, label);
  }
}

function fieldOfPod(
  field: string,
  seat: Seat,
  { sampleAddress }: DiscoveryView,
  asked: LabelsAsked,
): string | undefined {
  asked.pod = true;
  if (seat.is !== 'pod') {
    if (field !== 'ip') return undefined;
    asked.sample = true;
    return sampleAddress;
  }
  const { pod } = seat;
  switch (field) {
    case 'name':
      return pod.name;
    case 'ip':
      return pod.ip;
    case 'phase':
      return pod.phase;
    case 'uid':
      return pod.uid;
    case 'controller_kind':
      return controllerOf(pod)?.kind ?? '';
    case 'controller_name':
      return controllerOf(pod)?.name ?? '';
    default:
      return undefined;
  }
}

/** A label that begins with `__meta_kubernetes_` and is not the pod's, by the rest of its name. */
function otherLabel(
  name: string,
  { service, servicePort, seat }: Target,
  role: DiscoveryRole,
  asked: LabelsAsked,
): string | undefined {
  const portName = servicePort?.name ?? '';
  const protocol = servicePort?.protocol ?? '';
  switch (name) {
    case 'namespace':
      return service.namespace;
    case 'service_name':
      return service.name;
    case 'service_type':
      return service.type;
    case 'service_port_name':
      return role === 'service' ? portName : '';
    case 'service_port_number':
      return role === 'service' ? String(servicePort?.port ?? '') : '';
    case 'service_port_protocol':
      return role === 'service' ? protocol : '';
    case 'endpoints_name':
      return role === 'endpoints' ? service.name : '';
    case 'endpoint_port_name':
      return role === 'endpoints' ? portName : '';
    case 'endpoint_port_protocol':
      return role === 'endpoints' ? protocol : '';
    case 'endpointslice_port_name':
      return role === 'endpointslices' ? portName : '';
    case 'endpointslice_port_protocol':
      return role === 'endpointslices' ? protocol : '';
    case 'endpoint_address_target_kind':
      return role === 'endpoints' ? 'Pod' : '';
    case 'endpointslice_address_target_kind':
      return role === 'endpointslices' ? 'Pod' : '';
    case 'endpoint_address_target_name':
      return role === 'endpoints' ? nameOfPod(seat, asked) : '';
    case 'endpointslice_address_target_name':
      return role === 'endpointslices' ? nameOfPod(seat, asked) : '';
    default:
      return labelElsewhere(name, service.labels, role);
  }
}

function nameOfPod(seat: Seat, asked: LabelsAsked): string | undefined {
  asked.pod = true;
  return seat.is === 'pod' ? seat.pod.name : undefined;
}

/** Endpoints and EndpointSlices carry the labels of their Service; what else they carry is not known. */
function labelElsewhere(name: string, labels: Labels, role: DiscoveryRole): string | undefined {
  const own = role === 'endpoints' ? 'endpoints_label_' : 'endpointslice_label_';
  if (!name.startsWith(own)) return undefined;
  return sanitisedValue(labels, name.slice(own.length)) || undefined;
}
