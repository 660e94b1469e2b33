import type { Agent } from './agents.ts';
import type { PodScrape, Scrape, StaticScrape } from './scrapes.ts';

/**
 * The parts of Kubernetes objects that autoscrape reads, and nothing more: what a watch stores, what an
 * admission request is parsed into and what `review` reads from a file are the same small shapes.
 */

/** Labels, annotations or a `matchLabels` selector. Own properties only: read with {@link labelOf}. */
export type Labels = Readonly<Record<string, string>>;

/** metav1.OwnerReference, without `blockOwnerDeletion`. */
export interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller: boolean;
}

/** What every object has. `uid` and `resourceVersion` are empty for objects that come from a file. */
export interface Meta {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels: Labels;
  readonly owners: readonly Owner[];
  /** True from the moment `metadata.deletionTimestamp` is set. */
  readonly deleting: boolean;
}

/** core/v1 ServicePort. An absent name is `''`, an absent protocol is `TCP`. */
export interface ServicePort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  /** Absent means the same number as `port`. */
  readonly targetPort: number | string | undefined;
}

export interface Service extends Meta {
  readonly kind: 'Service';
  /** `ClusterIP` where absent, as the API server defaults it. */
  readonly type: string;
  /** `clusterIP: None`. */
  readonly headless: boolean;
  /** Has addresses of both families: each of its pods is in an EndpointSlice of IPv4 and in one of IPv6. */
  readonly dualStack?: true;
  /** Undefined or empty: the Service selects no pods. */
  readonly selector: Labels | undefined;
  readonly ports: readonly ServicePort[];
  /** Why it is too large to judge, a clause: the rest of its labels, selector or ports was left out. */
  readonly tooLarge?: string;
}

/** core/v1 ContainerPort. An absent name is `''`, an absent protocol is `TCP`. */
export interface ContainerPort {
  readonly name: string;
  readonly number: number;
  readonly protocol: string;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  /** True for an init container that stays. */
  readonly sidecar: boolean;
  readonly ports: readonly ContainerPort[];
  /** The few variables that decide what a component serves and as whom it pushes: some of `OTEL_*`, and `ETCD_LISTEN_*`; literal values only. */
  readonly env: Labels;
  /** The container's command and args that start with `--listen-` (etcd's listeners); else empty. */
  readonly flags: readonly string[];
}

/** A pod's containers and the annotations `prometheus.io/*`, of a pod or of a workload's template. */
export interface PodShape {
  readonly labels: Labels;
  readonly annotations: Labels;
  /** Containers, then init containers that stay (`restartPolicy: Always`): both may serve metrics. */
  readonly containers: readonly Container[];
}

export interface Workload extends Meta {
  readonly kind: 'StatefulSet' | 'Deployment';
  /** `spec.selector.matchLabels`. */
  readonly selector: Labels;
  readonly template: PodShape;
}

export interface Pod extends Meta {
  readonly kind: 'Pod';
  readonly shape: PodShape;
  readonly ip: string;
  /** `Succeeded` and `Failed` pods are no targets. */
  readonly phase: string;
}

export interface Namespace {
  readonly kind: 'Namespace';
  readonly name: string;
  readonly labels: Labels;
}

/** metav1.LabelSelectorRequirement. */
export interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

/** metav1.LabelSelector. One that is there and empty selects everything; one that is absent is not this. */
export interface LabelSelector {
  readonly matchLabels: Labels;
  readonly matchExpressions: readonly Requirement[];
}

/** A ServiceMonitor (monitoring.coreos.com/v1): the VictoriaMetrics operator converts it to a scrape of the same name. */
export interface ServiceMonitor extends Meta {
  readonly kind: 'ServiceMonitor';
}

export type KubernetesObject =
  | Service
  | Workload
  | Pod
  | Namespace
  | Scrape
  | ServiceMonitor
  | Agent
  | PodScrape
  | StaticScrape;

/** The value of a label, annotation or selector entry; undefined when it is not there (never an inherited property). */
export function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** The owner that controls the object, if any: at most one reference has `controller: true` (metav1.OwnerReference). */
export function controllerOf(object: Meta): Owner | undefined {
  for (const owner of object.owners) if (owner.controller) return owner;
  return undefined;
}

/** Whether a pod has ended for good: it is no target any more, and no Service leads to it. */
export function hasEnded({ phase }: Pod): boolean {
  return phase === 'Succeeded' || phase === 'Failed';
}

/** The API group of an `apiVersion`: `apps` for `apps/v1`, the empty string for `v1`. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}
