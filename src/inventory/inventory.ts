import { take } from '../ground/take.ts';
import {
  type Agent,
  hasEnded,
  type KubernetesObject,
  type Labels,
  type Namespace,
  overlap,
  type Pod,
  type PodScrape,
  type PodShape,
  type Scrape,
  type Service,
  type ServiceMonitor,
  type StaticScrape,
  unreadableDurations,
  type Workload,
} from '../kubernetes/index.ts';
import { type Selection, selectionOf } from '../selection/index.ts';
import { Compactor } from './compact.ts';
import { LabelIndex } from './label-index.ts';
import { ScrapeIndex } from './scrape-index.ts';
import { ServiceIndex } from './service-index.ts';
import { Table } from './table.ts';

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
  readonly #vmAgents = new Table<Agent>();
  readonly #vmSingles = new Table<Agent>();
  readonly #podScrapes = new Table<PodScrape>();
  readonly #staticScrapes = new Table<StaticScrape>();
  /** Scrapes for which vmagent refuses its whole configuration. */
  readonly #unreadable = new Table<Scrape>();
  #withStatus = 0;
  readonly #compactor = new Compactor();
  /** By kind: the namespaces of which every object has been put; `all` for every one. */
  readonly #known = new Map<Kind, 'all' | Set<string>>();
  #version = 0;
  #agentsVersion = 0;

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
        this.#putScrape(this.#compactor.compact(object, undefined));
        break;
      case 'VMAgent':
      case 'VMSingle':
        this.#agentsVersion += 1;
        this.#agentsOf(object.kind).set(object.namespace, object.name, object);
        break;
      case 'VMPodScrape':
        this.#podScrapes.set(object.namespace, object.name, object);
        break;
      case 'VMStaticScrape':
        this.#staticScrapes.set(object.namespace, object.name, object);
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
        return this.#removeScrape(namespace, name);
      case 'VMAgent':
      case 'VMSingle':
        this.#agentsVersion += 1;
        return this.#agentsOf(kind).delete(namespace, name);
      case 'VMPodScrape':
        return this.#podScrapes.delete(namespace, name);
      case 'VMStaticScrape':
        return this.#staticScrapes.delete(namespace, name);
      case 'ServiceMonitor':
        return this.#serviceMonitors.delete(namespace, name);
      case 'Namespace':
        return this.#namespaces.delete(name);
    }
  }

  #putScrape(scrape: Scrape): void {
    const { namespace, name } = scrape;
    this.#removeScrape(namespace, name);
    this.#scrapes.put(scrape);
    if (scrape.status !== undefined) this.#withStatus += 1;
    if (unreadableDurations(scrape).length > 0) this.#unreadable.set(namespace, name, scrape);
  }

  #removeScrape(namespace: string, name: string): boolean {
    const stored = this.#scrapes.get(namespace, name);
    if (stored === undefined) return false;
    if (stored.status !== undefined) this.#withStatus -= 1;
    this.#unreadable.delete(namespace, name);
    return this.#scrapes.remove(namespace, name);
  }

  /**
   * Says that every object of this kind has been put: from now on, "there is none" is an answer.
   *
   * @param namespaces only in these; all if not said
   */
  markKnown(kind: Kind, namespaces?: Iterable<string>): void {
    const known = this.#known.get(kind);
    if (known === 'all') return;
    this.#version += 1;
    this.#agentsVersion += 1;
    if (namespaces === undefined) this.#known.set(kind, 'all');
    else this.#known.set(kind, new Set([...(known ?? []), ...namespaces]));
  }

  /** Says that objects of this kind may have come or gone unseen. */
  markUnknown(kind: Kind): void {
    if (!this.#known.delete(kind)) return;
    this.#version += 1;
    this.#agentsVersion += 1;
  }

  /**
   * Whether every object of this kind has been put, in a namespace or in all. Nothing may be concluded from absence
   * where it is false.
   */
  knows(kind: Kind, namespace?: string): boolean {
    const known = this.#known.get(kind);
    if (known === undefined || known === 'all') return known === 'all';
    return namespace !== undefined && known.has(namespace);
  }

  /** Whether every object of this kind has been put in some namespace at least. */
  knowsSome(kind: Kind): boolean {
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

  /** Grows with every change of an agent, and of whether all agents are known. */
  get agentsVersion(): number {
    return this.#agentsVersion;
  }

  /** The VMAgents and VMSingles, those that scrape nothing among them, in no order. */
  *agents(): Iterable<Agent> {
    yield* this.#vmAgents.values();
    yield* this.#vmSingles.values();
  }

  agent(kind: Agent['kind'], namespace: string, name: string): Agent | undefined {
    return this.#agentsOf(kind).get(namespace, name);
  }

  staticScrape(namespace: string, name: string): StaticScrape | undefined {
    return this.#staticScrapes.get(namespace, name);
  }

  /** The VMPodScrapes of a namespace, or all of them, in no order. */
  podScrapes(namespace?: string): Iterable<PodScrape> {
    return this.#podScrapes.values(namespace);
  }

  podScrape(namespace: string, name: string): PodScrape | undefined {
    return this.#podScrapes.get(namespace, name);
  }

  /** The VMStaticScrapes of a namespace, or all of them, in no order. */
  staticScrapes(namespace?: string): Iterable<StaticScrape> {
    return this.#staticScrapes.values(namespace);
  }

  /** The scrapes with a duration for which vmagent refuses its whole configuration, in no order. */
  unreadableScrapes(): Iterable<Scrape> {
    return this.#unreadable.values();
  }

  /** Whether the operator of this cluster writes a status into scrapes, as at least one of them shows. */
  get showsStatus(): boolean {
    return this.#withStatus > 0;
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

  /**
   * Other Services of the namespace that select some of the same pods, although neither pod selector contains the other:
   * as their selectors allow it, where few have a requirement in common, and as the pods and workloads at hand show. Who
   * wrote a narrower Service knows of such pods as well.
   */
  overlappingServices(service: Service): Service[] {
    const { namespace, selector } = service;
    if (selector === undefined) return [];
    const pods = [
      ...this.workloadsBehind(service).map(({ template }) => template.labels),
      ...this.podsBehind(service).map(({ labels }) => labels),
      ...[...this.#services.comparable(service)].map((one) => one.selector ?? {}),
    ];
    const shown = pods.flatMap((labels) => [...this.#services.selecting(namespace, labels)]);
    const allowed = [...this.#services.overlapping(service)];
    const others = [...shown, ...allowed].filter((one) => overlap(selector, one.selector ?? {}));
    return sorted(new Set(others));
  }

  /** The Services of a namespace whose pod selector selects pods with these labels. */
  servicesSelecting(namespace: string, podLabels: Labels): Service[] {
    return sorted(this.#services.selecting(namespace, podLabels));
  }

  /** The pods of a namespace that have these labels. Those that have ended are left out. */
  podsWith(namespace: string, labels: Labels): Pod[] {
    return sorted(this.#pods.selectedBy(labels, namespace)).filter((pod) => !hasEnded(pod));
  }

  /** The pods that a Service selects. Those that have ended (`Succeeded`, `Failed`) are no targets and left out. */
  podsBehind(service: Service): Pod[] {
    if (service.selector === undefined) return [];
    return this.podsWith(service.namespace, service.selector);
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

  #agentsOf(kind: Agent['kind']): Table<Agent> {
    return kind === 'VMAgent' ? this.#vmAgents : this.#vmSingles;
  }

  #holderOf(kind: Kind): { readonly size: number } {
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
      case 'VMAgent':
      case 'VMSingle':
        return this.#agentsOf(kind);
      case 'VMPodScrape':
        return this.#podScrapes;
      case 'VMStaticScrape':
        return this.#staticScrapes;
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
  const all = [...objects];
  return all.length < 2
    ? all
    : all.sort((a, b) => compareText(a.namespace, b.namespace) || compareText(a.name, b.name));
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
