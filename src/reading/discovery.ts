import type { Inventory } from '../inventory/index.ts';
import type { ContainerPort, Pod, PodShape, Service, ServicePort } from '../kubernetes/index.ts';

/**
 * A pod behind a Service, or what stands for one: a workload's template while none of its pods is known, or nothing
 * at all.
 */
export type Seat =
  | { readonly is: 'pod'; readonly name: string; readonly shape: PodShape; readonly pod: Pod }
  | { readonly is: 'template'; readonly name: string; readonly shape: PodShape }
  | { readonly is: 'unknown'; readonly name: '' };

/** A container's port as discovery labels it; what only a pod can tell is undefined where none is known. */
export interface FoundPort extends Pick<ContainerPort, 'name' | 'protocol'> {
  readonly number: number | undefined;
  readonly container: string | undefined;
  readonly image: string | undefined;
  /** Whether the container is an init container that stays. */
  readonly sidecar: boolean | undefined;
}

/** One port that discovery finds on a pod behind a Service. */
export interface Target {
  readonly service: Service;
  readonly seat: Seat;
  /** The pod's port: a number, or a container port's name where no pod tells the number. */
  readonly podPort: number | string;
  /** The Service's port that leads there; undefined for a container port that the Service does not list. */
  readonly servicePort: ServicePort | undefined;
  /** What the pod calls it; undefined where no pod is known, `none` where its containers do not declare it. */
  readonly containerPort: FoundPort | undefined | 'none';
}

/** Finds behind a Service. */
export interface Discovered {
  readonly service: Service;
  readonly targets: readonly Target[];
  /** The pods behind the Service, or what stands for them. */
  readonly seats: readonly Seat[];
  /** False where no pod or workload is known: then there may be container ports that the Service does not list. */
  readonly complete: boolean;
}

/** Whether Kubernetes makes endpoints for the Service from the pods that it selects. */
export function hasEndpoints(service: Service): boolean {
  return (
    service.type !== 'ExternalName' &&
    service.selector !== undefined &&
    Object.keys(service.selector).length > 0
  );
}

/** Stands for pods of which nothing is known. */
const unknownSeat: Seat = { is: 'unknown', name: '' };

/** Finds the targets behind a Service, as far as the inventory knows its pods. */
export function discoveredBehind(service: Service, inventory: Inventory): Discovered {
  if (!hasEndpoints(service)) {
    return { service, targets: [], seats: [], complete: service.type === 'ExternalName' };
  }
  const seats = seatsBehind(service, inventory);
  return {
    service,
    seats: seats.length === 0 ? [unknownSeat] : seats,
    targets: (seats.length === 0 ? [unknownSeat] : seats).flatMap((seat) =>
      targetsOn(seat, service),
    ),
    complete: seats.length > 0,
  };
}

/** What is found behind a Service on pods of which nothing is known: what its own ports show. */
export function unseenBehind(service: Service): Discovered {
  const targets = hasEndpoints(service) ? targetsOn(unknownSeat, service) : [];
  return { service, targets, seats: [unknownSeat], complete: false };
}

/** The pods that a Service selects, and the templates of workloads whose pods are not there yet. */
function seatsBehind(service: Service, inventory: Inventory): Seat[] {
  const pods = inventory.podsBehind(service);
  const templates = inventory
    .workloadsBehind(service)
    .filter(({ kind, name }) => !pods.some((pod) => isPodOf(pod, kind, name)))
    .map(({ kind, name, template }): Seat => {
      return { is: 'template', name: `${kind}/${name}`, shape: template };
    });
  return [...pods.map(seatOf), ...templates];
}

/** Returns the place of a pod at hand. */
export function seatOf(pod: Pod): Seat {
  return { is: 'pod', name: `Pod/${pod.name}`, shape: pod.shape, pod };
}

/** Whether a pod is one of a workload's. A ReplicaSet is named after its Deployment and the template's hash. */
export function isPodOf(pod: Pod, kind: string, name: string): boolean {
  return pod.owners.some((owner) => {
    if (!owner.controller) return false;
    if (owner.kind === kind) return owner.name === name;
    const isReplicaSet = kind === 'Deployment' && owner.kind === 'ReplicaSet';
    return isReplicaSet && owner.name.slice(0, owner.name.lastIndexOf('-')) === name;
  });
}

/**
 * The ports that discovery finds on one pod: those of the Service, resolved as Kubernetes does, and the other ports
 * that the containers declare. The latter are found only by way of the former: where no port of the Service is on the
 * pod, there is nothing.
 * Source: VictoriaMetrics lib/promscrape/discovery/kubernetes/endpoints.go.
 */
function targetsOn(seat: Seat, service: Service): Target[] {
  const targets = service.ports.flatMap((servicePort): Target[] => {
    const found = resolve(servicePort, seat);
    return found === undefined ? [] : [{ service, seat, servicePort, ...found }];
  });
  if (targets.length === 0 || seat.is === 'unknown') return targets;
  const listed = new Set(targets.map((target) => target.podPort));
  for (const port of foundPorts(seat.shape)) {
    if (listed.has(port.number)) continue;
    listed.add(port.number);
    targets.push({
      service,
      seat,
      podPort: port.number,
      servicePort: undefined,
      containerPort: port,
    });
  }
  return targets;
}

/** A Service's port on a pod; undefined where it names a port that the pod does not have. */
function resolve(
  port: ServicePort,
  seat: Seat,
): Pick<Target, 'podPort' | 'containerPort'> | undefined {
  const wanted = podPortOf(port);
  if (seat.is === 'unknown') {
    if (typeof wanted === 'number') return { podPort: wanted, containerPort: undefined };
    // The pods have a port of that name, or there is no target.
    const { protocol } = port;
    const unseen = {
      number: undefined,
      container: undefined,
      image: undefined,
      sidecar: undefined,
    };
    return { podPort: wanted, containerPort: { name: wanted, protocol, ...unseen } };
  }
  const ports = foundPorts(seat.shape);
  if (typeof wanted === 'number') {
    // Discovery finds the container port by its number alone; the last container that declares it counts.
    const containerPort = ports.findLast((one) => one.number === wanted) ?? 'none';
    return { podPort: wanted, containerPort };
  }
  // Kubernetes' podutil.FindPort: the first container port of that name and protocol.
  const named = ports.find((one) => one.name === wanted && one.protocol === port.protocol);
  if (named === undefined) return undefined;
  const labelled = ports.findLast((one) => one.number === named.number) ?? named;
  return { podPort: named.number, containerPort: labelled };
}

/** Returns the port on the pods that a Service's port leads to: a number, or a container port's name. */
export function podPortOf({ port, targetPort }: ServicePort): number | string {
  return targetPort === undefined || targetPort === '' || targetPort === 0 ? port : targetPort;
}

/** The ports that the containers of a pod declare. */
export function containerPorts(shape: PodShape): ContainerPort[] {
  return shape.containers.flatMap((container) => container.ports);
}

function foundPorts(shape: PodShape): (FoundPort & ContainerPort)[] {
  return shape.containers.flatMap(({ name: container, image, sidecar, ports }) =>
    ports.map((port) => ({ ...port, container, image, sidecar })),
  );
}

/**
 * Returns a container port that the pods of a Service may turn out to declare, where no pod is known: what a
 * `targetPort` that the Service does not list may find.
 */
export function supposedTarget(service: Service, targetPort: number | string): Target {
  return {
    service,
    seat: unknownSeat,
    podPort: targetPort,
    servicePort: undefined,
    containerPort: undefined,
  };
}
