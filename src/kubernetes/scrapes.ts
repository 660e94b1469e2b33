import type { LabelSelector, Labels, Meta, Requirement } from './objects.ts';

/**
 * The parts of scrapes that decide what is read (operator.victoriametrics.com/v1beta1).
 */

/** One relabel rule of an endpoint (operator.victoriametrics.com RelabelConfig), both spellings merged. */
export interface RelabelRule {
  readonly action: string;
  readonly sourceLabels: readonly string[];
  readonly separator: string;
  readonly regex: string;
  readonly targetLabel: string;
  readonly replacement: string;
  /** `if`: series selectors, one of which the labels have to match; undefined where there is none. */
  readonly conditions: readonly string[] | undefined;
  /** Of `hashmod`; 0 where it is absent. */
  readonly modulus: number;
  /** Of `graphite`. */
  readonly match: string;
  /** True where the rule has parts that we do not know. */
  readonly opaque: boolean;
}

/** One entry of `spec.endpoints` of a VMServiceScrape, as far as it decides what is read. */
export interface Endpoint {
  readonly port: string | undefined;
  readonly targetPort: number | string | undefined;
  readonly path: string | undefined;
  readonly scheme: string | undefined;
  readonly interval: string | undefined;
  readonly scrapeInterval: string | undefined;
  readonly scrapeTimeout: string | undefined;
  readonly relabelRules: readonly RelabelRule[];
}

/** A VMServiceScrape (operator.victoriametrics.com/v1beta1). */
export interface Scrape extends Meta {
  readonly kind: 'VMServiceScrape';
  /** The annotations `autoscrape.multigres.com/*`. */
  readonly annotations: Labels;
  /** The field managers that `metadata.managedFields` names. */
  readonly managers: readonly string[];
  readonly discoveryRole: string | undefined;
  /** `spec.selector.matchLabels`; undefined where the selector or the map is absent. */
  readonly matchLabels: Labels | undefined;
  readonly matchExpressions: readonly Requirement[];
  readonly namespaceSelector:
    | { readonly any: boolean; readonly matchNames: readonly string[] }
    | undefined;
  readonly endpoints: readonly Endpoint[];
  readonly scrapeClass: string | undefined;
  /** `metadata.generation`; 0 for an object that comes from a file. */
  readonly generation: number;
  /** The operator's word; undefined before it has said anything. */
  readonly status: ScrapeStatus | undefined;
  /**
   * The whole `spec` as it came, for findings about its form and for comparing with what we want. Of a scrape that is
   * too large to judge a small one, of which it can't be told what it reads.
   */
  readonly spec: unknown;
  /** Why it is too large to judge, a clause. */
  readonly tooLarge?: string;
}

/**
 * The VictoriaMetrics operator's word on a scrape, without its timestamps, which it renews all the time.
 * Source: VictoriaMetrics operator, `api/operator/v1beta1/vmextra_types.go`.
 */
export interface ScrapeStatus {
  /** `operational`, `failed`, `ignored` and others: `updateStatus` since v0.51, `status` in v0.47 to v0.50. */
  readonly state: string;
  /** Why it failed: `reason`, or `lastSyncError`. */
  readonly reason: string;
  /** The generation that it is about; undefined where the operator does not say. */
  readonly observedGeneration: number | undefined;
  /** One for each agent that selected the scrape (v0.51 and newer). */
  readonly agents: readonly AgentCondition[];
}

/** A condition `<name>.<namespace>.<kind>.victoriametrics.com/Applied` of a scrape. */
export interface AgentCondition {
  /** `main.monitoring.vmagent`. */
  readonly agent: string;
  /** Whether the scrape is in that agent's configuration. */
  readonly applied: boolean;
  readonly message: string;
  readonly observedGeneration: number | undefined;
}

/** A VMPodScrape: each of its endpoints becomes a job. */
export interface PodScrape extends Meta {
  readonly kind: 'VMPodScrape';
  readonly selector: LabelSelector;
  /** The namespaces that it looks into; undefined for all. */
  readonly namespaces: readonly string[] | undefined;
  readonly scrapeClass: string | undefined;
  readonly generation: number;
  readonly status: ScrapeStatus | undefined;
  readonly endpoints: readonly Endpoint[];
  readonly spec: unknown;
  /** Why it is too large to judge, a clause; see {@link Scrape}. */
  readonly tooLarge?: string;
}

/** A VMStaticScrape: addresses that somebody wrote down. */
export interface StaticScrape extends Meta {
  readonly kind: 'VMStaticScrape';
  readonly scrapeClass: string | undefined;
  readonly generation: number;
  readonly status: ScrapeStatus | undefined;
  readonly targets: readonly StaticTargets[];
}

/** One entry of `spec.targetEndpoints` of a VMStaticScrape. */
export interface StaticTargets {
  /** `host:port`, as they came. */
  readonly addresses: readonly string[];
  readonly path: string | undefined;
  readonly scheme: string | undefined;
  readonly hasParams: boolean;
  readonly relabelRules: readonly RelabelRule[];
}
