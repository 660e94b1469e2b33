import type { Requirement, Scrape } from '../kubernetes/index.ts';

/** metav1.LabelSelector. One that is there and empty selects everything; one that is absent is not this. */
export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly Requirement[];
}

/** Which scrapes of a kind a VMAgent takes: by their labels, and by those of their namespaces. */
export interface Choice {
  readonly selector: LabelSelector | undefined;
  readonly namespaceSelector: LabelSelector | undefined;
}

/** What turns scrapes into jobs: a VMAgent, or a VMSingle that scrapes (operator v0.64 and newer). */
export interface Agent {
  readonly kind: 'VMAgent' | 'VMSingle';
  readonly namespace: string;
  readonly name: string;
  /** `selectAllByDefault`: what counts where neither selector is there. */
  readonly takesAll: boolean;
  readonly services: Choice;
  readonly pods: Choice;
  /** `daemonSetMode`: it reads pods of its own node, and takes no VMServiceScrapes. */
  readonly perNode: boolean;
  /** `ignoreNamespaceSelectors`: a scrape finds Services of its own namespace alone. */
  readonly ignoresNamespaces: boolean;
  /** `serviceAccountName` is there: its rights are its owner's, not those that the operator gives it. */
  readonly hasOwnAccount: boolean;
}

/** One endpoint of a VMPodScrape or PodMonitor, as far as it decides what is read. */
export interface PodEndpoint {
  /** A container port's name or number; undefined for every port that the containers declare. */
  readonly port: string | number | undefined;
  readonly path: string;
  readonly params: string;
  /** True where its relabelling may drop targets or change the request: what it reads can't be told. */
  readonly undecided: boolean;
}

/** A VMPodScrape, or the PodMonitor that the operator makes one of. */
export interface PodScrape {
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

/** What is around scrapes and decides whether and how often they are read, and that admission never sees. */
export interface Surroundings {
  readonly agents: readonly Agent[];
  /** The namespaces that the VictoriaMetrics operator is told to watch; undefined for all, or where it is not shown. */
  readonly watched: ReadonlySet<string> | undefined;
  readonly podScrapes: readonly PodScrape[];
  /** ServiceMonitors, as the scrapes that the operator converts them to. */
  readonly monitors: readonly Scrape[];
  readonly keyed: readonly Keyed[];
  readonly makers: readonly Maker[];
}
