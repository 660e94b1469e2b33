import type { Facet } from '../catalogue/index.ts';
import type { KindName, Labels, Service } from '../kubernetes/index.ts';
import type { PortChoice } from '../reading/index.ts';

/**
 * The state of one component in one set of pods. docs/states.md has the table: what each means, and what follows.
 *
 * - `covered`: its metrics port is read once, and every link from pods to agent holds as far as it can be known.
 * - `unread`: a scrape is there, and a link of its chain breaks.
 * - `uncovered`: no scrape is there.
 * - `duplicated`: it is read more than once into one store.
 * - `unknown`: a link can't be told, and it matters.
 * - `pushed`, `silent`: its metrics leave by OTLP, or not at all as it is configured.
 * - `opted-out`: somebody asked that it be left alone.
 */
export type CoverageState =
  | 'covered'
  | 'pushed'
  | 'silent'
  | 'uncovered'
  | 'unread'
  | 'unknown'
  | 'duplicated'
  | 'opted-out';

/** The links of the chain from pods to an agent, in order. */
export const chainLinks = [
  'pods',
  'service',
  'port',
  'scrape',
  'form',
  'agent',
  'references',
  'relabelling',
  'request',
  'once',
] as const;

/** One link of the chain from pods to an agent. */
export type ChainLink = (typeof chainLinks)[number];

export interface Coverage {
  readonly namespace: string;
  /** The Services in front of the pods, sorted by name. */
  readonly services: readonly string[];
  /** `StatefulSet/name`, `Deployment/name`, the bare pods' owner as `Shard/name`, or empty where none is known. */
  readonly workload: KindName | '';
  readonly component: string;
  readonly state: CoverageState;
  /** The first link of the chain that breaks or can't be told; empty where all hold, or none is needed. */
  readonly link: ChainLink | '';
  /** The reason, one sentence. */
  readonly because: string;
  /** The name of the scrape that reads it, or that should; empty where none does. */
  readonly scrape: string;
  /** The namespace and kind of that scrape; empty where none does. */
  readonly scrapeNamespace: string;
  readonly scrapeKind: '' | 'VMServiceScrape' | 'VMPodScrape' | 'VMStaticScrape';
}

/** A scrape that should exist: the whole object as it is applied. */
export interface WantedScrape {
  readonly namespace: string;
  readonly name: string;
  /** The Service that it was made for. */
  readonly service: string;
  readonly component: string;
  readonly manifest: ScrapeManifest;
}

/** The VMServiceScrape that we apply: only fields that every release of the operator since v0.39.4 knows. */
export interface ScrapeManifest {
  readonly apiVersion: 'operator.victoriametrics.com/v1beta1';
  readonly kind: 'VMServiceScrape';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Labels;
    readonly annotations: Labels;
    readonly ownerReferences: readonly {
      readonly apiVersion: string;
      readonly kind: string;
      readonly name: string;
      readonly uid: string;
    }[];
  };
  readonly spec: {
    readonly selector: { readonly matchLabels?: Labels };
    readonly endpoints: readonly ManifestEndpoint[];
  };
}

export interface ManifestEndpoint {
  readonly port?: string;
  readonly targetPort?: number | string;
  readonly path: string;
  readonly interval: string;
  readonly relabelConfigs?: readonly {
    readonly action: 'keep' | 'drop';
    readonly sourceLabels: readonly string[];
    readonly regex: string;
  }[];
}

/** What the plan says of one Service: the scrape that it should have, or for each facet why it gets none. */
export interface ServicePlan {
  readonly service: Service;
  readonly wanted: WantedScrape | undefined;
  readonly facets: readonly FacetPlan[];
}

export type FacetPlan = { readonly facet: Facet } & (
  | {
      readonly outcome: 'scraped';
      readonly choice: PortChoice;
      /** The pod selectors of Services that share pods with it and come first: what these take is read through them. */
      readonly without: readonly Labels[];
    }
  | { readonly outcome: 'other-service'; readonly service: string }
  | {
      readonly outcome: 'other-scrape';
      readonly kind: string;
      readonly scrape: string;
      readonly namespace: string;
    }
  /** Somebody else's scrape may read it, which can't be told: what is stored stays. */
  | {
      readonly outcome: 'undecided';
      readonly choice: PortChoice;
      readonly without: readonly Labels[];
      readonly because: string;
      /** Whether ours is stored, so that it stays. */
      readonly stays: boolean;
    }
  | { readonly outcome: 'pushed' | 'silent' | 'opted-out' | 'not-claimed' }
  | { readonly outcome: 'impossible'; readonly reason: string }
);
