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

/** The kinds of objects that an inventory holds. */
export type Kind = KubernetesObject['kind'];

/**
 * What is known of a cluster or of a folder of manifests, indexed for the questions that matching and planning ask.
 * The watches keep one up to date, `review` and `audit` fill one and throw it away.
 */
export class Inventory {
  /** Adds an object, or replaces the one of the same kind, namespace and name. */
  put(_object: KubernetesObject): void {}

  /** Removes an object; false where there was none. */
  remove(_kind: Kind, _namespace: string, _name: string): boolean {
    return false;
  }

  /** Forgets every object of a kind, and that the kind was known. */
  clear(_kind: Kind): void {}

  /** Says that every object of this kind has been put: from now on, "there is none" is an answer. */
  markKnown(_kind: Kind): void {}

  /** Whether every object of this kind has been put. Nothing may be concluded from absence where it is false. */
  knows(_kind: Kind): boolean {
    return false;
  }

  /** How many objects of a kind there are. */
  size(_kind: Kind): number {
    return 0;
  }

  /** Grows with every change. */
  get version(): number {
    return 0;
  }

  service(_namespace: string, _name: string): Service | undefined {
    return undefined;
  }

  /** The Services of a namespace, or all of them. */
  services(_namespace?: string): Iterable<Service> {
    return [];
  }

  workload(_kind: Workload['kind'], _namespace: string, _name: string): Workload | undefined {
    return undefined;
  }

  workloads(_namespace?: string): Iterable<Workload> {
    return [];
  }

  pod(_namespace: string, _name: string): Pod | undefined {
    return undefined;
  }

  pods(_namespace?: string): Iterable<Pod> {
    return [];
  }

  scrape(_namespace: string, _name: string): Scrape | undefined {
    return undefined;
  }

  scrapes(_namespace?: string): Iterable<Scrape> {
    return [];
  }

  serviceMonitor(_namespace: string, _name: string): ServiceMonitor | undefined {
    return undefined;
  }

  namespace(_name: string): Namespace | undefined {
    return undefined;
  }

  namespaces(): Iterable<Namespace> {
    return [];
  }

  /** Other Services of the namespace whose pod selector equals that of `service`, contains it or is contained in it; sorted by name. */
  comparableServices(_service: Service): Service[] {
    return [];
  }

  /** The Services of a namespace whose pod selector selects pods with these labels; sorted by name. */
  servicesSelecting(_namespace: string, _podLabels: Labels): Service[] {
    return [];
  }

  /** The pods that a Service selects. Those that have ended (`Succeeded`, `Failed`) are no targets and left out. */
  podsBehind(_service: Service): Pod[] {
    return [];
  }

  /** The workloads whose pods a Service selects, told by their templates' labels. */
  workloadsBehind(_service: Service): Workload[] {
    return [];
  }

  /** The different shapes of the pods that a Service selects: of the workloads' templates first, then of the pods. */
  podShapesBehind(_service: Service): PodShape[] {
    return [];
  }

  /** The scrapes of all namespaces that select a Service. */
  scrapesSelecting(_service: Service): Scrape[] {
    return [];
  }

  /** The Services that a scrape selects, whether or not it is in the inventory itself; sorted where no limit is given. */
  servicesSelectedBy(_scrape: Scrape, _limit?: number): Service[] {
    return [];
  }
}
