import type { Facet } from '../catalogue/index.ts';
import type { Labels, Scrape, Service } from '../kubernetes/index.ts';

/** `info` tells, `warning` is probably a mistake, `error` certainly is: only errors deny, and only in `deny` mode. */
export type Severity = 'info' | 'warning' | 'error';

/** The object that a finding is about. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** One statement about a scrape or a Service. Codes are listed and described in one catalogue: `finding-codes.ts`. */
export interface Finding {
  readonly code: string;
  readonly severity: Severity;
  readonly object: ObjectRef;
  /** Where in the object, as people write it: `spec.endpoints[0].port`. Empty for the whole object. */
  readonly field: string;
  /** One sentence: what is wrong, with the values seen. */
  readonly message: string;
  /** What to write or do instead. */
  readonly fix: string;
  /** True where the objects at hand prove it, whatever comes later: what `deny` mode may refuse. */
  readonly certain: boolean;
}

/** That a scrape's endpoint reads a port of the pods behind a Service. */
export interface Reading {
  readonly scrape: Scrape;
  /** Index in `spec.endpoints`. */
  readonly endpoint: number;
  readonly service: Service;
  /** The pods' port: a number, or a container port's name where no pod tells the number. */
  readonly podPort: number | string;
  /** `maybe`: its relabelling can't be decided. */
  readonly certainty: 'yes' | 'maybe';
}

/** Which Service port or container port an endpoint names. */
export type PortChoice = { readonly port: string } | { readonly targetPort: number | string };

/** The state of one component in one set of pods (DESIGN: coverage). */
export type CoverageState =
  | 'covered'
  | 'pushed'
  | 'silent'
  | 'uncovered'
  | 'duplicated'
  | 'opted-out';

export interface Coverage {
  readonly namespace: string;
  /** The Services in front of the pods, sorted by name. */
  readonly services: readonly string[];
  /** `StatefulSet/name`, `Deployment/name`, the bare pods' owner as `Shard/name`, or empty where none is known. */
  readonly workload: string;
  readonly component: string;
  readonly state: CoverageState;
  /** The reason, one sentence. */
  readonly because: string;
  /** The name of the scrape that reads it; empty where none does. */
  readonly scrape: string;
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
    readonly action: 'keep';
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
  | { readonly outcome: 'scraped'; readonly choice: PortChoice }
  | { readonly outcome: 'other-service'; readonly service: string }
  | { readonly outcome: 'other-scrape'; readonly scrape: string; readonly namespace: string }
  | { readonly outcome: 'pushed' | 'silent' | 'opted-out' | 'not-claimed' }
  | { readonly outcome: 'impossible'; readonly reason: string }
);
