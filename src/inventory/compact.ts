import { Pool } from '../ground/pool.ts';
import {
  emptyList,
  isJson,
  type KubernetesObject,
  type Labels,
  mapLabels,
  type Owner,
  type Pod,
  type PodShape,
  type Scrape,
  type Service,
  sameLabels,
  type Workload,
} from '../kubernetes/index.ts';

/**
 * Makes objects share what they have in common: strings, lists of ports, shapes of pods. JSON parsing gives each
 * object copies of its own, several times the memory.
 */
export class Compactor {
  readonly #strings = new Pool<string>(4096);
  readonly #shapes = new Pool<PodShape>(512);
  readonly #annotations = new Pool<Labels>(512);
  readonly #containers = new Pool<PodShape['containers']>(512);
  readonly #ports = new Pool<Service['ports']>(512);
  readonly #endpoints = new Pool<Scrape['endpoints']>(512);
  readonly #others = new Pool<object>(512);

  /** `object` with its common parts shared with those of earlier objects, and with `previous`, its earlier version. */
  compact<T extends KubernetesObject>(object: T, previous: T | undefined): T;
  compact(object: KubernetesObject, previous: KubernetesObject | undefined): KubernetesObject {
    switch (object.kind) {
      case 'Service':
        return this.#service(object, previous?.kind === 'Service' ? previous : undefined);
      case 'Pod':
        return this.#pod(object);
      case 'StatefulSet':
      case 'Deployment':
        return this.#workload(object);
      case 'VMServiceScrape':
        return this.#scrape(object);
      default:
        return object;
    }
  }

  // Each member by its name: of what is spread into an object a part lands beside it, with room to spare.

  #service(service: Service, previous: Service | undefined): Service {
    const { name, uid, resourceVersion, deleting, headless, selector, ports } = service;
    return {
      kind: 'Service',
      namespace: this.#string(service.namespace),
      name,
      uid,
      resourceVersion,
      labels: this.#labels(service.labels, previous?.labels),
      owners: this.#owners(service.owners),
      deleting,
      type: this.#string(service.type),
      headless,
      ...(service.dualStack === true ? { dualStack: true } : {}),
      selector: selector === undefined ? undefined : this.#labels(selector, previous?.selector),
      ports: this.#ports.share(JSON.stringify(ports), ports),
      ...(service.tooLarge === undefined ? {} : { tooLarge: service.tooLarge }),
    };
  }

  #pod({ name, uid, resourceVersion, deleting, ip, ...pod }: Pod): Pod {
    return {
      kind: 'Pod',
      namespace: this.#string(pod.namespace),
      name,
      uid,
      resourceVersion,
      labels: this.#labels(pod.labels, undefined),
      owners: this.#owners(pod.owners),
      deleting,
      shape: this.#shape(pod.shape),
      ip,
      phase: this.#string(pod.phase),
    };
  }

  #workload({ kind, name, uid, resourceVersion, deleting, ...workload }: Workload): Workload {
    return {
      kind,
      namespace: this.#string(workload.namespace),
      name,
      uid,
      resourceVersion,
      labels: this.#labels(workload.labels, undefined),
      owners: this.#owners(workload.owners),
      deleting,
      selector: this.#labels(workload.selector, undefined),
      template: this.#shape(workload.template),
    };
  }

  #scrape(scrape: Scrape): Scrape {
    const { name, uid, resourceVersion, deleting, endpoints } = scrape;
    const matchLabels =
      scrape.matchLabels === undefined ? undefined : this.#labels(scrape.matchLabels, undefined);
    return {
      kind: 'VMServiceScrape',
      namespace: this.#string(scrape.namespace),
      name,
      uid,
      resourceVersion,
      // Ours have the same ones, but for the component.
      labels: this.#alike(scrape.labels),
      owners: this.#owners(scrape.owners),
      deleting,
      annotations: this.#labels(scrape.annotations, undefined),
      managers: this.#alike(scrape.managers),
      discoveryRole: scrape.discoveryRole,
      matchLabels,
      matchExpressions: this.#alike(scrape.matchExpressions),
      namespaceSelector: scrape.namespaceSelector,
      endpoints: this.#endpoints.share(JSON.stringify(endpoints), endpoints),
      scrapeClass: scrape.scrapeClass,
      generation: scrape.generation,
      status: scrape.status === undefined ? undefined : this.#alike(scrape.status),
      spec: this.#spec(scrape.spec, scrape.matchLabels, matchLabels),
      ...(scrape.tooLarge === undefined ? {} : { tooLarge: scrape.tooLarge }),
    };
  }

  /** A scrape's `spec` as it came, with its selector's labels as the scrape has them, and its endpoints shared. */
  #spec(spec: unknown, labels: Labels | undefined, shared: Labels | undefined): unknown {
    if (!isJson(spec)) return spec;
    const { selector, endpoints } = spec;
    return {
      ...spec,
      ...(isJson(selector) && labels !== undefined && selector.matchLabels === labels
        ? { selector: { ...selector, matchLabels: shared } }
        : {}),
      ...(Array.isArray(endpoints) ? { endpoints: this.#alike(endpoints) } : {}),
    };
  }

  /** The one of all that say the same. */
  #alike<T extends object>(value: T): T;
  #alike(value: object): object {
    return this.#others.share(JSON.stringify(value), value);
  }

  #shape(shape: PodShape): PodShape {
    const { annotations, containers } = shape;
    return this.#shapes.share(JSON.stringify(shape), {
      labels: this.#labels(shape.labels, undefined),
      annotations: this.#annotations.share(JSON.stringify(annotations), annotations),
      containers: this.#containers.share(JSON.stringify(containers), containers),
    });
  }

  #owners(owners: readonly Owner[]): readonly Owner[] {
    if (owners.length === 0) return emptyList;
    return owners.map(({ apiVersion, kind, name, uid, controller }) => ({
      apiVersion: this.#string(apiVersion),
      kind: this.#string(kind),
      name: this.#string(name),
      uid: this.#string(uid),
      controller,
    }));
  }

  #labels(labels: Labels, previous: Labels | undefined): Labels {
    if (previous !== undefined && sameLabels(labels, previous)) return previous;
    return mapLabels(labels, (value) => this.#string(value));
  }

  #string(value: string): string {
    return this.#strings.share(value, value);
  }
}
