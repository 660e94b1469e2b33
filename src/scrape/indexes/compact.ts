import type {
  KubernetesObject,
  Labels,
  Meta,
  Pod,
  PodShape,
  Scrape,
  Service,
  Workload,
} from '../../kubernetes/index.ts';
import { mapLabels, Pool, sameLabels } from './pool.ts';

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

  #service(service: Service, previous: Service | undefined): Service {
    return {
      ...service,
      ...this.#meta(service, previous),
      type: this.#string(service.type),
      selector:
        service.selector === undefined
          ? undefined
          : this.#labels(service.selector, previous?.selector),
      ports: this.#ports.share(JSON.stringify(service.ports), service.ports),
    };
  }

  #pod(pod: Pod): Pod {
    const meta = this.#meta(pod, undefined);
    return { ...pod, ...meta, phase: this.#string(pod.phase), shape: this.#shape(pod.shape) };
  }

  #workload(workload: Workload): Workload {
    return {
      ...workload,
      ...this.#meta(workload, undefined),
      selector: this.#labels(workload.selector, undefined),
      template: this.#shape(workload.template),
    };
  }

  #scrape(scrape: Scrape): Scrape {
    const { endpoints } = scrape;
    return {
      ...scrape,
      ...this.#meta(scrape, undefined),
      endpoints: this.#endpoints.share(JSON.stringify(endpoints), endpoints),
    };
  }

  #shape(shape: PodShape): PodShape {
    const { annotations, containers } = shape;
    return this.#shapes.share(JSON.stringify(shape), {
      labels: this.#labels(shape.labels, undefined),
      annotations: this.#annotations.share(JSON.stringify(annotations), annotations),
      containers: this.#containers.share(JSON.stringify(containers), containers),
    });
  }

  #meta(object: Meta, previous: Meta | undefined): Pick<Meta, 'namespace' | 'labels' | 'owners'> {
    return {
      namespace: this.#string(object.namespace),
      labels: this.#labels(object.labels, previous?.labels),
      owners: object.owners.map((owner) => ({
        ...owner,
        apiVersion: this.#string(owner.apiVersion),
        kind: this.#string(owner.kind),
        name: this.#string(owner.name),
        uid: this.#string(owner.uid),
      })),
    };
  }

  #labels(labels: Labels, previous: Labels | undefined): Labels {
    if (previous !== undefined && sameLabels(labels, previous)) return previous;
    return mapLabels(labels, (value) => this.#string(value));
  }

  #string(value: string): string {
    return this.#strings.share(value, value);
  }
}
