import type { Labels } from '../kubernetes/index.ts';
import type { ChainLink, Coverage } from '../planning/index.ts';
import type { PushLink } from '../pushing/index.ts';

/** A link of the chain from pods to samples in a store: those to an agent, and what comes after. */
export type SampleLink =
  | ChainLink
  | PushLink
  /** The agent asks the pod, and the answer has no sample. */
  | 'target'
  /** The agent has samples, and the store does not. */
  | 'write'
  /** The pods send their metrics themselves. */
  | 'push';

/** The labels that a store has of a pod's samples by one way of reading it. */
export interface ExpectedSeries {
  /** The target's own; see `Trial.labels` of the room `reading`. */
  readonly labels: Labels;
  /** `externalLabels` of the agent. */
  readonly external: Labels;
}

/** One pod whose samples should be in a store. */
export interface ExpectedPod {
  readonly name: string;
  /** `ip:port` of its metrics: what `instance` is where no rule writes that. Undefined where the port is not known. */
  readonly address: string | undefined;
  readonly series: readonly ExpectedSeries[];
  /** Why its samples may have other labels than `series` says, a clause; empty where they have these. */
  readonly doubt: string;
}

/** A component whose samples should be in a store, with what they look like there. */
export interface ExpectedSamples {
  readonly coverage: Coverage;
  readonly pods: readonly ExpectedPod[];
  /** Seconds after which a sample is stale. */
  readonly maxAge: number;
  /** A metric that each pod has always; undefined where the catalogue names none. */
  readonly heartbeat: { readonly metric: string; readonly otlp: string | undefined } | undefined;
  /** The values of `multigres.cluster` that the pods send with their metrics; empty where they send none. */
  readonly clusters: readonly string[];
  /** Whether its metrics are read by scrapes; else its pods push them, or nothing does. */
  readonly isScraped: boolean;
  /** False for what sends no metrics as it is configured: then samples are a surprise. */
  readonly isExpected: boolean;
}

/** What a query asks for: `time` and `value` of the newest samples, or when the last one was, far back. */
export type Asked = 'time' | 'value' | 'last';

/** One query of a store. */
export interface Question {
  /** The metric: `up`, the number of series, or a heartbeat by one of its names. */
  readonly metric: string;
  readonly asks: Asked;
  /** PromQL. */
  readonly query: string;
  /** What it is about, as {@link aboutOf} names it: without an answer nothing is known of these. */
  readonly about: readonly string[];
}

/** A question, and what came of it. */
export interface AnsweredQuestion {
  readonly question: Question;
  readonly answer: Vector | { readonly problem: string };
}

/** The answer to an instant query. */
export interface Vector {
  readonly samples: readonly { readonly labels: Labels; readonly value: number }[];
}

/** How the samples of a component are. `not-known`: the store or the objects at hand do not tell. */
export type SampleState = 'sampled' | 'stale' | 'none' | 'not-known';

/** How the samples of one component are in a store, beside its coverage. */
export interface SampleVerdict
  extends Pick<Coverage, 'namespace' | 'services' | 'workload' | 'component'> {
  readonly state: SampleState;
  /**
   * The link that breaks; empty where none does, or where it is not known. `push` of what is `not-known`: nothing that
   * it pushes would show it.
   */
  readonly link: SampleLink | '';
  /** Seconds since the newest sample, of the pod that has waited longest; left out where there is none. */
  readonly age?: number;
  /** Seconds after which samples are stale. */
  readonly maxAge: number;
  /** How many series its pods have; left out where the store does not tell. */
  readonly series?: number;
  /** How many pods should have samples, and how many do. */
  readonly pods: number;
  readonly sampledPods: number;
  /** The reason, one sentence without a full stop. */
  readonly because: string;
  /** What to look at; empty where nothing is wrong. */
  readonly fix: string;
}
