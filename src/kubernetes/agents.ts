import type { LabelSelector, Labels, Meta } from './objects.ts';

/** Selects scrapes of a kind for an agent: by their labels, and by those of their namespaces. */
export interface ScrapeChoice {
  readonly selector: LabelSelector | undefined;
  readonly namespaceSelector: LabelSelector | undefined;
}

/** The kinds of scrapes that an agent chooses from, as the fields of its `spec` begin. */
export type ScrapeKind = 'serviceScrape' | 'podScrape' | 'staticScrape' | 'nodeScrape' | 'probe';

/** A `spec.scrapeClasses` entry of an agent, as far as it decides which targets are read. */
export interface ScrapeClass {
  readonly name: string;
  /** Used by scrapes that name no class. */
  readonly isDefault: boolean;
  /** Its `relabelConfigs` as they came. */
  readonly relabelConfigs: readonly Readonly<Record<string, unknown>>[];
  readonly metricRelabelConfigs: readonly Readonly<Record<string, unknown>>[];
  readonly attachMetadata: AttachMetadata;
}

/** `attach_metadata` of an endpoint, a scrape or a class: an absent field leaves the choice to the next of them. */
export interface AttachMetadata {
  readonly node: boolean | undefined;
  readonly namespace: boolean | undefined;
}

/**
 * A resource that the operator makes a scraping process of: a VMAgent, or a VMSingle that scrapes (operator v0.64 and
 * newer). Only what decides which scrapes it takes, what their jobs become, and where the samples go.
 */
export interface Agent extends Meta {
  readonly kind: 'VMAgent' | 'VMSingle';
  /** Why it is too large to judge, a clause: then its selectors and rules are left out, and what it takes can't be told. */
  readonly tooLarge?: string;
  /** False with `ingestOnlyMode`, which a VMSingle has unless it is told otherwise: it reads nothing. */
  readonly scrapes: boolean;
  /** `selectAllByDefault`: decides where neither selector is there. */
  readonly takesAll: boolean;
  readonly choices: Readonly<Record<ScrapeKind, ScrapeChoice>>;
  /** `daemonSetMode`: it reads pods of its own node, and takes VMPodScrapes alone. */
  readonly perNode: boolean;
  /** `ignoreNamespaceSelectors`: narrows scrapes to their own namespace in operators up to v0.68. */
  readonly ignoresNamespaces: boolean;
  /** `serviceAccountName` is there: its rights are its owner's, not those that the operator gives it. */
  readonly hasOwnAccount: boolean;
  readonly classes: readonly ScrapeClass[];
  /** `serviceScrapeRelabelTemplate` and `podScrapeRelabelTemplate`, as they came: they run after a scrape's own rules. */
  readonly serviceTemplate: readonly Readonly<Record<string, unknown>>[];
  readonly podTemplate: readonly Readonly<Record<string, unknown>>[];
  /** `globalScrapeRelabelConfigs`: they run before the rules of every job. */
  readonly globalRules: readonly Readonly<Record<string, unknown>>[];
  readonly enforcedNamespaceLabel: string;
  readonly overridesHonorLabels: boolean;
  readonly overridesHonorTimestamps: boolean;
  readonly minInterval: string;
  readonly maxInterval: string;
  /** `arbitraryFSAccessThroughSMs.deny`: a scrape that names a file is left out whole. */
  readonly deniesFiles: boolean;
  /** `enableKubernetesAPISelectors`: a scrape's selector selects Endpoints, Services and pods at the API server. */
  readonly selectsAtApiServer: boolean;
  /** `replicaCount`, 1 where absent. */
  readonly replicas: number;
  /** `remoteWrite[].url`, credentials masked; for a VMSingle that scrapes, its own address. */
  readonly stores: readonly string[];
  /** `externalLabels`. */
  readonly externalLabels: Labels;
  /**
   * Whether it changes or aggregates what it writes, after all that a scrape says: `relabelConfig`, `inlineRelabelConfig`,
   * `streamAggrConfig` and those of `remoteWrite`. Then the labels in the store can't be told from the scrape.
   */
  readonly rewrites: boolean;
}
