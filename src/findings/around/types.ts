import type { LabelSelector, Labels, Scrape } from '../../kubernetes/index.ts';

/** One endpoint of a VMPodScrape or PodMonitor, as far as it decides what is read. */
export interface PodEndpoint {
  /** A container port's name or number; undefined for every port that the containers declare. */
  readonly port: string | number | undefined;
  readonly path: string;
  readonly query: string;
  /** The annotations that its rules ask of pods, where that is all that they decide. */
  readonly annotations: readonly AskedAnnotation[];
  /** True where its relabelling may drop targets or change the request: what it reads can't be told. */
  readonly undecided: boolean;
}

/** A rule `keep` that goes by one annotation of pods. */
export interface AskedAnnotation {
  /** The annotation's name as a label has it: `prometheus_io_scrape`. */
  readonly name: string;
  readonly regex: string;
}

/** A VMPodScrape, or the PodMonitor that the operator makes one of. */
export interface PodReader {
  readonly kind: 'VMPodScrape' | 'PodMonitor';
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly selector: LabelSelector;
  /** Undefined for all. */
  readonly namespaces: readonly string[] | undefined;
  readonly endpoints: readonly PodEndpoint[];
}

/** A Secret or a ConfigMap: which keys it has, never what they hold. */
export interface Keyed {
  readonly kind: 'Secret' | 'ConfigMap';
  readonly namespace: string;
  readonly name: string;
  /** Undefined where the keys were left out, as in a dump that shows no secrets. */
  readonly keys: ReadonlySet<string> | undefined;
}

/** An object that may make Secrets or ConfigMaps of other names: the names that it mentions. */
export interface Maker {
  /** Empty for a cluster-scoped one. */
  readonly namespace: string;
  readonly mentions: ReadonlySet<string>;
}

/** A VMSingle or VMCluster, as what agents write to. */
export interface Store {
  readonly kind: 'VMSingle' | 'VMCluster';
  readonly namespace: string;
  readonly name: string;
  /** Whether it shows deduplication: samples of one series that are closer than an interval count once. */
  readonly deduplicates: boolean;
}

/** Pods of a workload that no inventory holds, by their labels. */
export interface OtherPods {
  readonly namespace: string;
  readonly labels: Labels;
}

/** Objects around scrapes that decide whether and how often they are read, and that no inventory holds. */
export interface Surroundings {
  /** The namespaces that the VictoriaMetrics operator is told to watch; undefined for all, or where it is not shown. */
  readonly watched: ReadonlySet<string> | undefined;
  /** PodMonitors, which the operator converts to VMPodScrapes. */
  readonly podMonitors: readonly PodReader[];
  /** ServiceMonitors, as the scrapes that the operator converts them to. */
  readonly monitors: readonly Scrape[];
  /** Whether there is a Prometheus: what it reads goes to a store of its own. */
  readonly hasPrometheus: boolean;
  /** Pods of kinds that no inventory holds: of DaemonSets, Jobs and such. */
  readonly otherPods: readonly OtherPods[];
  readonly stores: readonly Store[];
  /** Agents whose replicas share the targets among them (`promscrape.cluster.membersCount`), as `VMAgent ns/name`. */
  readonly sharing: ReadonlySet<string>;
  readonly keyed: readonly Keyed[];
  readonly makers: readonly Maker[];
}
