import type { Entry } from '../catalogue/index.ts';
import type { Inventory } from '../inventory/index.ts';
import {
  contains,
  controllerOf,
  hasEnded,
  type KindName,
  kindName,
  type Labels,
  type Pod,
  type PodShape,
  type Service,
  type Workload,
} from '../kubernetes/index.ts';
import { discoveredBehind, isPodOf, type Seat, seatOf } from '../reading/index.ts';
import { identified, isOptedOut, type PlanContext } from './context.ts';
import { selectsPods } from './metrics-port.ts';

/** A set of pods that are alike: a workload's, bare pods of one owner behind the same Services, or those behind a Service. */
export interface Unit {
  readonly namespace: string;
  /** `StatefulSet/name`, `Shard/name`, or empty where only Services are known. */
  readonly workload: KindName | '';
  readonly entry: Entry;
  /** The pods' labels. */
  readonly labels: Labels;
  /** Empty where neither pods nor workload are known. */
  readonly shapes: readonly PodShape[];
  /** The Services that select the pods, sorted by name. */
  readonly services: readonly Service[];
  readonly optedOut: boolean;
  /** The pods, or what stands for them. Found when it is asked for. */
  readonly seats: () => readonly Seat[];
}

/**
 * Every set of pods that holds a component.
 *
 * @param namespace only that namespace's
 */
export function unitsOf(context: PlanContext, namespace?: string): Unit[] {
  return [...eachUnit(context, namespace)];
}

/** The same, found while they are asked for: who has many to look at can let others have a turn in between. */
export function* eachUnit(context: PlanContext, namespace?: string): Iterable<Unit> {
  const known = [...workloadUnits(context, namespace), ...podUnits(context, namespace)];
  yield* known;
  yield* serviceUnits(known, context, namespace);
}

/** The namespaces with anything that coverage looks at, sorted; their own objects may not be readable. */
export function namespacesOf(inventory: Inventory): string[] {
  const found = new Set<string>();
  for (const objects of [inventory.services(), inventory.workloads(), inventory.pods()]) {
    for (const { namespace } of objects) found.add(namespace);
  }
  return [...found].sort();
}

function workloadUnits(context: PlanContext, namespace: string | undefined): Unit[] {
  return [...context.inventory.workloads(namespace)].flatMap((workload): Unit[] => {
    const { entry } = identified(workload, context);
    if (entry === undefined) return [];
    const { labels } = workload.template;
    return [
      {
        namespace: workload.namespace,
        workload: kindName(workload.kind, workload.name),
        entry,
        labels,
        shapes: [workload.template],
        services: sorted(context.inventory.servicesSelecting(workload.namespace, labels)),
        optedOut: isOptedOut(workload, context),
        seats: () => seatsOf(workload, context.inventory),
      },
    ];
  });
}

/** A workload's pods, or its template while there are none. */
function seatsOf({ kind, namespace, name, selector, template }: Workload, inventory: Inventory) {
  const pods = inventory
    .podsWith(namespace, Object.keys(selector).length === 0 ? template.labels : selector)
    .filter((pod) => isPodOf(pod, kind, name));
  const stand: Seat = { is: 'template', name: `${kind}/${name}`, shape: template };
  return pods.length === 0 ? [stand] : pods.map(seatOf);
}

/** Pods that no known workload stands for: a pool's, or those of a dump without their workload. */
function podUnits(context: PlanContext, namespace: string | undefined): Unit[] {
  const units = new Map<string, Unit>();
  const members = new Map<string, Pod[]>();
  for (const pod of context.inventory.pods(namespace)) {
    if (hasEnded(pod)) continue;
    const { entry } = identified(pod, context);
    if (entry === undefined || hasKnownWorkload(pod, context)) continue;
    const services = sorted(context.inventory.servicesSelecting(pod.namespace, pod.labels));
    const owner = controllerOf(pod);
    const workload =
      owner === undefined ? kindName('Pod', pod.name) : kindName(owner.kind, owner.name);
    const optedOut = isOptedOut(pod, context);
    const key = JSON.stringify([
      pod.namespace,
      workload,
      entry.dialect,
      entry.labels.component,
      services.map((service) => service.name),
      optedOut,
    ]);
    const earlier = units.get(key);
    if (earlier === undefined) {
      const shapes = [pod.shape];
      const { labels } = pod;
      units.set(key, {
        namespace: pod.namespace,
        workload,
        entry,
        labels,
        shapes,
        services,
        optedOut,
        seats: () => (members.get(key) ?? []).map(seatOf),
      });
    } else if (!earlier.shapes.includes(pod.shape)) {
      units.set(key, { ...earlier, shapes: [...earlier.shapes, pod.shape] });
    }
    const alike = members.get(key);
    if (alike === undefined) members.set(key, [pod]);
    else alike.push(pod);
  }
  return [...units.values()];
}

function hasKnownWorkload(pod: Pod, context: PlanContext): boolean {
  const owner = controllerOf(pod);
  if (owner === undefined) return false;
  if (owner.kind === 'StatefulSet') {
    return context.inventory.workload('StatefulSet', pod.namespace, owner.name) !== undefined;
  }
  if (owner.kind !== 'ReplicaSet') return false;
  // A ReplicaSet is named after its Deployment and the template's hash (apps/v1, Deployment controller).
  const deployment = owner.name.slice(0, owner.name.lastIndexOf('-'));
  return context.inventory.workload('Deployment', pod.namespace, deployment) !== undefined;
}

/** Recognised Services in front of no known pods: the narrowest ones, each with those in front of the same pods. */
function* serviceUnits(
  known: readonly Unit[],
  context: PlanContext,
  namespace: string | undefined,
): Iterable<Unit> {
  const fronted = new Set(known.flatMap((unit) => unit.services));
  for (const service of [...context.inventory.services(namespace)]) {
    if (fronted.has(service) || !selectsPods(service)) continue;
    const { entry } = identified(service, context);
    if (entry === undefined || service.selector === undefined) continue;
    const rivals = context.inventory
      .comparableServices(service)
      .filter((one) => selectsPods(one) && identified(one, context).entry !== undefined);
    if (rivals.some((one) => standsFor(one, service))) continue;
    const services = sorted(
      context.inventory.servicesSelecting(service.namespace, service.selector),
    );
    yield {
      namespace: service.namespace,
      workload: '',
      entry,
      labels: service.selector,
      shapes: [],
      services,
      optedOut: services.every((one) => isOptedOut(one, context)),
      seats: () => discoveredBehind(service, context.inventory).seats,
    };
  }
}

/** Of Services in front of the same pods one stands for all: a narrower one, or the first by name. */
function standsFor(one: Service, service: Service): boolean {
  const narrower = contains(service.selector ?? {}, one.selector ?? {});
  const same = narrower && contains(one.selector ?? {}, service.selector ?? {});
  return same ? one.name < service.name : narrower;
}

function sorted(services: Iterable<Service>): Service[] {
  return [...services].sort((a, b) => (a.name < b.name ? -1 : 1));
}
