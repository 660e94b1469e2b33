import {
  type ContainerPort,
  type PodShape,
  type Scrape,
  type Service,
  type ServicePort,
  selects,
} from '../kubernetes/index.ts';
import type { LabelReader } from './relabel.ts';
import {
  podLabelPrefix,
  podPresentPrefix,
  sanitisedValue,
  serviceLabelPrefix,
  serviceNameLabel,
  servicePresentPrefix,
} from './target-labels.ts';

/** One port that discovery finds on the pods behind a Service. */
export interface Target {
  /** A number, or a container port's name where no pod tells the number. */
  readonly podPort: number | string;
  /** The Service's port that leads there, by name; undefined for a container port that the Service does not list. */
  readonly portName: string | undefined;
  /** What the pods call it; undefined where no pod is known, `none` where their containers do not declare it. */
  readonly containerPort:
    | { readonly name: string; readonly number: number | undefined }
    | undefined
    | 'none';
}

/** What discovery finds behind a Service. */
export interface Discovered {
  readonly targets: readonly Target[];
  /** False where no pod or workload is known: then there may be container ports that the Service does not list. */
  readonly complete: boolean;
}

/** The roles of discovery that find pods; others find the Services' own addresses. */
export type Role = 'endpoints' | 'endpointslices' | 'service';

/** What a scrape discovers by. A role that nobody knows finds nothing. */
export function roleOf(scrape: Scrape): Role | undefined {
  switch (scrape.discoveryRole) {
    case undefined:
    case '':
    case 'endpoints':
      return 'endpoints';
    case 'endpointslice':
    case 'endpointslices':
      return 'endpointslices';
    case 'service':
      return 'service';
    default:
      return undefined;
  }
}

/** Whether Kubernetes makes endpoints for the Service from the pods that it selects. */
export function hasEndpoints(service: Service): boolean {
  return (
    service.type !== 'ExternalName' &&
    service.selector !== undefined &&
    selects(service.selector, service.selector)
  );
}

/**
 * The ports that discovery finds on the pods behind a Service: the Service's own, resolved as Kubernetes does, and the
 * other ports that the containers declare. The latter are found only by way of the former: a Service without ports, or
 * one whose port names no container port, leads to nothing.
 * Source: VictoriaMetrics lib/promscrape/discovery/kubernetes/endpoints.go.
 *
 * @param shapes those of the pods behind the Service, {@link Inventory.podShapesBehind}
 */
export function discover(service: Service, shapes: readonly PodShape[]): Discovered {
  if (!hasEndpoints(service)) return { targets: [], complete: true };
  const targets: Target[] = [];
  for (const port of service.ports) {
    for (const found of resolve(podPortOf(port), port.protocol, shapes)) {
      targets.push({ ...found, portName: port.name });
    }
  }
  if (targets.length === 0) return { targets, complete: true };
  const listed = new Set(targets.map((target) => target.podPort));
  for (const { name, number } of shapes.flatMap(containerPorts)) {
    if (listed.has(number)) continue;
    targets.push({ podPort: number, portName: undefined, containerPort: { name, number } });
    listed.add(number);
  }
  return { targets, complete: shapes.length > 0 };
}

/** What a Service port leads to on the pods: a number, or a container port's name. */
export function podPortOf({ port, targetPort }: ServicePort): number | string {
  return targetPort === undefined || targetPort === '' || targetPort === 0 ? port : targetPort;
}

/** The ports that the containers of a pod declare. */
export function containerPorts(shape: PodShape): ContainerPort[] {
  return shape.containers.flatMap((container) => container.ports);
}

/** What a Service port leads to: one pod port, several where pods give different numbers to a name, or none. */
function resolve(
  targetPort: number | string,
  protocol: string,
  shapes: readonly PodShape[],
): Omit<Target, 'portName'>[] {
  if (shapes.length === 0) {
    const containerPort =
      typeof targetPort === 'string' ? { name: targetPort, number: undefined } : undefined;
    return [{ podPort: targetPort, containerPort }];
  }
  return typeof targetPort === 'number'
    ? [numbered(targetPort, shapes)]
    : named(targetPort, protocol, shapes);
}

function numbered(number: number, shapes: readonly PodShape[]): Omit<Target, 'portName'> {
  for (const shape of shapes) {
    // Discovery finds the container port by its number alone; the last container that declares it counts.
    const port = containerPorts(shape).findLast((one) => one.number === number);
    if (port !== undefined) return { podPort: number, containerPort: port };
  }
  return { podPort: number, containerPort: 'none' };
}

/** Kubernetes' podutil.FindPort: the first container port of that name and protocol; pods without one are left out. */
function named(
  name: string,
  protocol: string,
  shapes: readonly PodShape[],
): Omit<Target, 'portName'>[] {
  const found = new Map<number, Omit<Target, 'portName'>>();
  for (const shape of shapes) {
    const port = containerPorts(shape).find(
      (one) => one.name === name && one.protocol === protocol,
    );
    if (port === undefined || found.has(port.number)) continue;
    found.set(port.number, { podPort: port.number, containerPort: port });
  }
  return [...found.values()];
}

/**
 * What is known of the labels of a target when an endpoint's relabel rules see it.
 *
 * @param endpointLabel what the operator sets the label `endpoint` to
 */
export function labelsOf(
  target: Target,
  service: Service,
  scrape: Scrape,
  endpointLabel: string,
): LabelReader {
  const role = roleOf(scrape);
  return (name) => {
    if (role === 'service' && name.startsWith('__meta_kubernetes_pod_')) return '';
    if (name.startsWith(serviceLabelPrefix)) {
      return sanitisedValue(service.labels, name.slice(serviceLabelPrefix.length)) ?? '';
    }
    if (name.startsWith(servicePresentPrefix)) {
      return present(sanitisedValue(service.labels, name.slice(servicePresentPrefix.length)));
    }
    // Every pod behind the Service has the labels that it selects by. Of others, pods may differ.
    if (name.startsWith(podLabelPrefix)) {
      return sanitisedValue(service.selector ?? {}, name.slice(podLabelPrefix.length));
    }
    if (name.startsWith(podPresentPrefix)) {
      const label = name.slice(podPresentPrefix.length);
      return sanitisedValue(service.selector ?? {}, label) === undefined ? undefined : 'true';
    }
    switch (name) {
      case '__meta_kubernetes_namespace':
      case 'namespace':
        return service.namespace;
      case serviceNameLabel:
      case 'service':
        return service.name;
      case '__meta_kubernetes_service_type':
        return service.type;
      case '__meta_kubernetes_endpoints_name':
        return role === 'endpoints' ? service.name : '';
      case '__meta_kubernetes_endpoint_port_name':
        return role === 'endpoints' ? (target.portName ?? '') : '';
      case '__meta_kubernetes_endpointslice_port_name':
        return role === 'endpointslices' ? (target.portName ?? '') : '';
      case '__meta_kubernetes_service_port_name':
        return role === 'service' ? (target.portName ?? '') : '';
      case '__meta_kubernetes_pod_container_port_name':
        return containerLabel(target, (port) => port.name);
      case '__meta_kubernetes_pod_container_port_number':
        return containerLabel(target, (port) => port.number?.toString());
      case 'endpoint':
        return endpointLabel;
      case '__name__':
        return '';
      default:
        return undefined;
    }
  };
}

function present(value: string | undefined): string {
  return value === undefined ? '' : 'true';
}

function containerLabel(
  { containerPort }: Target,
  label: (port: Exclude<Target['containerPort'], undefined | 'none'>) => string | undefined,
): string | undefined {
  if (containerPort === undefined) return undefined;
  return containerPort === 'none' ? '' : label(containerPort);
}
