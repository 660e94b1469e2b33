import type {
  KubernetesObject,
  Labels,
  Namespace,
  Pod,
  PodShape,
  Scrape,
  Service,
  ServiceMonitor,
  Workload,
} from '../kubernetes/index.ts';
import { Compactor } from './indexes/compact.ts';
import { LabelIndex } from './indexes/label-index.ts';
import { ScrapeIndex } from './indexes/scrape-index.ts';
import { ServiceIndex } from './indexes/service-index.ts';
import { Table } from './indexes/table.ts';
import { take } from './indexes/take.ts';
import { type Selection, selectionOf } from './selection.ts';

/** The kinds of objects that an inventory holds. */
export type Kind = KubernetesObject['kind'];

/** What {@link Inventory.someServices} found. */
export interface SomeServices {
  /** Sorted by namespace and name. */
  readonly services: readonly Service[];
  readonly complete: boolean;
}

/** Enough to look at 500 Services, or at 5,000 values of a label: some tenths of a millisecond. */
const mostEffort = 5000;

/**
 * What is known of a cluster or of a folder of manifests, indexed for the questions that matching and planning ask.
 * The watches keep one up to date, `review` and `audit` fill one and throw it away.
 *
 * No question costs more for there being more Services than its answer has, in namespaces whose Services differ in at
 * least one label of those that they and their scrapes select by. Lists are sorted by namespace and name.
 */
export class Inventory {
  readonly #services = new ServiceIndex();
  readonly #scrapes = new ScrapeIndex();
  readonly #statefulSets = new LabelIndex<Workload>();
  readonly #deployments = new LabelIndex<Workload>();
  readonly #pods = new LabelIndex<Pod>();
  readonly #serviceMonitors = new Table<ServiceMonitor>();
  readonly #namespaces = new Map<string, Namespace>();
  readonly #compactor = new Compactor();
  readonly #known = new Set<Kind>();
  #version = 0;

  /**
   * Adds an object, or replaces the one of the same kind, namespace and name. What the inventory gives back is equal to
   * it, but not the same object.
   */
  put(object: KubernetesObject): void {
    this.#version += 1;
    switch (object.kind) {
      case 'Service':
        this.#services.put(
          this.#compactor.compact(object, this.service(object.namespace, object.name)),
        );
        break;
      case 'StatefulSet':
      case 'Deployment': {
        const workload = this.#compactor.compact(object, undefined);
        const { namespace, name, template } = workload;
        this.#workloadsOf(workload.kind).put(namespace, name, template.labels, workload);
        break;
      }
      case 'Pod': {
        const pod = this.#compactor.compact(object, undefined);
        this.#pods.put(pod.namespace, pod.name, pod.labels, pod);
        break;
      }
      case 'VMServiceScrape':
        this.#scrapes.put(this.#compactor.compact(object, undefined));
        break;
      case 'ServiceMonitor':
        this.#serviceMonitors.set(object.namespace, object.name, object);
        break;
      case 'Namespace':
        this.#namespaces.set(object.name, object);
        break;
    }
  }

  /** Removes an object; false where there was none. A Namespace has no namespace: any will do. */
  remove(kind: Kind, namespace: string, name: string): boolean {
    const removed = this.#remove(kind, namespace, name);
    if (removed) this.#version += 1;
    return removed;
  }

  #remove(kind: Kind, namespace: string, name: string): boolean {
    switch (kind) {
      case 'Service':
        return this.#services.remove(namespace, name);
      case 'StatefulSet':
      case 'Deployment':
        return this.#workloadsOf(kind).remove(namespace, name);
      case 'Pod':
        return this.#pods.remove(namespace, name);
      case 'VMServiceScrape':
        return this.#scrapes.remove(namespace, name);
      case 'ServiceMonitor':
        return this.#serviceMonitors.delete(namespace, name);
      case 'Namespace':
        return this.#namespaces.delete(name);
    }
  }

  /** Forgets every object of a kind, and that the kind was known. */
  clear(kind: Kind): void {
    this.#version += 1;
    this.#known.delete(kind);
    this.#holderOf(kind).clear();
  }

  /** Says that every object of this kind has been put: from now on, "there is none" is an answer. */
  markKnown(kind: Kind): void {
    if (this.#known.has(kind)) return;
    this.#version += 1;
    this.#known.add(kind);
  }

  /** Whether every object of this kind has been put. Nothing may be concluded from absence where it is false. */
  knows(kind: Kind): boolean {
    return this.#known.has(kind);
  }

  /** How many objects of a kind there are. */
  size(kind: Kind): number {
    return this.#holderOf(kind).size;
  }

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  service(namespace: string, name: string): Service | undefined {
    return this.#services.get(namespace, name);
  }

  /** The Services of a namespace, or all of them, in no order. */
  services(namespace?: string): Iterable<Service> {
    return this.#services.all(namespace);
  }

  workload(kind: Workload['kind'], namespace: string, name: string): Workload | undefined {
    return this.#workloadsOf(kind).get(namespace, name);
  }

  /** The workloads of a namespace, or all of them, in no order. */
  *workloads(namespace?: string): Iterable<Workload> {
    yield* this.#statefulSets.all(namespace);
    yield* this.#deployments.all(namespace);
  }

  pod(namespace: string, name: string): Pod | undefined {
    return this.#pods.get(namespace, name);
  }

  /** The pods of a namespace, or all of them, in no order. */
  pods(namespace?: string): Iterable<Pod> {
    return this.#pods.all(namespace);
  }

  scrape(namespace: string, name: string): Scrape | undefined {
    return this.#scrapes.get(namespace, name);
  }

  /** The scrapes of a namespace, or all of them, in no order. */
  scrapes(namespace?: string): Iterable<Scrape> {
    return this.#scrapes.all(namespace);
  }

  serviceMonitor(namespace: string, name: string): ServiceMonitor | undefined {
    return this.#serviceMonitors.get(namespace, name);
  }

  /** All ServiceMonitors, in no order. */
  serviceMonitors(): Iterable<ServiceMonitor> {
    return this.#serviceMonitors.values();
  }

  namespace(name: string): Namespace | undefined {
    return this.#namespaces.get(name);
  }

  namespaces(): Iterable<Namespace> {
    return this.#namespaces.values();
  }

  /** Other Services of the namespace whose pod selector equals that of `service`, contains it or is contained in it. */
  comparableServices(service: Service): Service[] {
    return sorted(this.#services.comparable(service));
  }

  /** The Services of a namespace whose pod selector selects pods with these labels. */
  servicesSelecting(namespace: string, podLabels: Labels): Service[] {
    return sorted(this.#services.selecting(namespace, podLabels));
  }

  /** The pods that a Service selects. Those that have ended (`Succeeded`, `Failed`) are no targets and left out. */
  podsBehind(service: Service): Pod[] {
    if (service.selector === undefined) return [];
    const pods = sorted(this.#pods.selectedBy(service.selector, service.namespace));
    return pods.filter((pod) => pod.phase !== 'Succeeded' && pod.phase !== 'Failed');
  }

  /** The workloads whose pods a Service selects, told by their templates' labels: StatefulSets, then Deployments. */
  workloadsBehind(service: Service): Workload[] {
    const { selector, namespace } = service;
    if (selector === undefined) return [];
    return [this.#statefulSets, this.#deployments].flatMap((workloads) =>
      sorted(workloads.selectedBy(selector, namespace)),
    );
  }

  /**
   * The different shapes of the pods that a Service selects: of the workloads' templates first, then of the pods.
   * Shapes that differ in their labels alone (each pod of a StatefulSet has one of its own) count as one.
   */
  podShapesBehind(service: Service): PodShape[] {
    const shapes: PodShape[] = [];
    const add = (shape: PodShape) => {
      if (!shapes.some((other) => sameShape(other, shape))) shapes.push(shape);
    };
    for (const workload of this.workloadsBehind(service)) add(workload.template);
    for (const pod of this.podsBehind(service)) add(pod.shape);
    return shapes;
  }

  /**
   * The scrapes, of any namespace, whose namespaces and labels select a Service. A rule that keeps targets by their
   * Service's name counts as part of the selector, where each endpoint has one: several Services with the same labels
   * can be told apart in no other way.
   */
  scrapesSelecting(service: Service): Scrape[] {
    return sorted(this.#scrapes.selecting(service));
  }

  /**
   * The Services that a scrape selects, in the sense of {@link scrapesSelecting}, whether or not the scrape is in the
   * inventory itself. With a limit, that many of them at most, and in no order.
   */
  servicesSelectedBy(scrape: Scrape, limit?: number): Service[] {
    const selected = this.#services.selectedBy(selectionOf(scrape));
    return limit === undefined ? sorted(selected) : take(selected, limit);
  }

  /** Each of them, in no order, found when it is asked for: for who looks for one alone. */
  eachServiceSelectedBy(scrape: Scrape): Iterable<Service> {
    return this.#services.selectedBy(selectionOf(scrape));
  }

  /**
   * Some of the Services that a selection selects, no more than `limit`, found with no more than a certain effort.
   * `complete` tells whether these are all: where it is false, there may be more, or any.
   */
  someServices(selection: Selection, limit: number): SomeServices {
    const effort = { left: mostEffort };
    const services = take(this.#services.selectedBy(selection, effort), limit + 1);
    const complete = services.length <= limit && effort.left >= 0;
    return { services: sorted(services.slice(0, limit)), complete };
  }

  /**
   * Services that come near to what a selection selects in a namespace, or in all: those that share the rarest of its labels, or
   * else have one of its labels with another value, or else any. No more than `limit`.
   */
  servicesNear(selection: Selection, namespace: string | undefined, limit: number): Service[] {
    const pairs = selection.rules.flatMap(({ label, values }) =>
      (values ?? []).map((value): [string, string] => [label, value]),
    );
    const near = this.#services.sharing(pairs, namespace, limit);
    for (const { label } of selection.rules) {
      if (near.size >= limit) break;
      for (const service of this.#services.having(label, namespace, limit)) near.add(service);
    }
    if (near.size === 0) {
      for (const service of take(this.#services.all(namespace), limit)) near.add(service);
    }
    return [...near];
  }

  #workloadsOf(kind: Workload['kind']): LabelIndex<Workload> {
    return kind === 'StatefulSet' ? this.#statefulSets : this.#deployments;
  }

  #holderOf(kind: Kind): { readonly size: number; clear(): void } {
    switch (kind) {
      case 'Service':
        return this.#services;
      case 'StatefulSet':
      case 'Deployment':
        return this.#workloadsOf(kind);
      case 'Pod':
        return this.#pods;
      case 'VMServiceScrape':
        return this.#scrapes;
      case 'ServiceMonitor':
        return this.#serviceMonitors;
      case 'Namespace':
        return this.#namespaces;
    }
  }
}

function sorted<T extends { readonly namespace: string; readonly name: string }>(
  objects: Iterable<T>,
): T[] {
  return [...objects].sort(
    (a, b) => compareText(a.namespace, b.namespace) || compareText(a.name, b.name),
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Whether two shapes have the same containers and the same annotations. */
function sameShape(one: PodShape, other: PodShape): boolean {
  if (one === other) return true;
  return (
    sameContent(one.annotations, other.annotations) && sameContent(one.containers, other.containers)
  );
}

function sameContent(one: object, other: object): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
