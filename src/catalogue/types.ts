/** The shapes of a catalogue: what a component is, how it is recognised and where its metrics are. */

/** The standard labels that autoscrape adds (https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/). */
export const standardLabels = {
  name: 'app.kubernetes.io/name',
  instance: 'app.kubernetes.io/instance',
  component: 'app.kubernetes.io/component',
  partOf: 'app.kubernetes.io/part-of',
  managedBy: 'app.kubernetes.io/managed-by',
} as const;

/** autoscrape's own labels and annotations. */
export const ownLabels = {
  /** On a namespace, `enabled`: weak evidence counts there. */
  inject: 'autoscrape.multigres.com/inject',
  /** On an object or a namespace, `"false"`: left alone. */
  scrape: 'autoscrape.multigres.com/scrape',
  /** On an object in an inject namespace: the component that it is. */
  component: 'autoscrape.multigres.com/component',
  /** Annotation on a scrape of ours: the Service that it was made for. */
  service: 'autoscrape.multigres.com/service',
} as const;

/**
 * What a component really serves in a dialect: a Prometheus endpoint, metrics pushed by OTLP once it is
 * told to, or nothing that any setting would change.
 */
export type Serves = 'scrape' | 'otlp' | 'nothing';

/** How the administrator overrides what the catalogue says (`components.<name>` in the settings). */
export type Treatment = 'scrape' | 'push' | 'ignore';

/** One kind of metrics in a pod. A pool's pod has two: multipooler and postgres-exporter. */
export interface Facet {
  /** The component's name, as metrics, reports and settings call it. */
  readonly component: string;
  readonly serves: Serves;
  /** The port that carries the metrics: its standard name and number. */
  readonly port: { readonly name: string; readonly number: number };
  /** Whether a Service of this component that lacks the port may be given it. */
  readonly addPort: boolean;
  /** True where only some versions' pods have it: without pods that declare the port, nothing is claimed of it. */
  readonly optional: boolean;
  readonly path: string;
  readonly interval: string;
  /** The container port to read instead, where `env` of a container starts with `prefix` (etcd: client URLs that speak TLS). */
  readonly instead:
    | { readonly env: string; readonly prefix: string; readonly targetPort: string }
    | undefined;
  /** The setting of the database's resource that makes a silent component send metrics, in words; undefined: there is none. */
  readonly setting: string | undefined;
  /**
   * A metric that each of its pods has from the start and always, and what it is called in a store that leaves the names
   * of OpenTelemetry as they are; undefined where none is known.
   */
  readonly heartbeat: { readonly metric: string; readonly otlp: string | undefined } | undefined;
}

/** An owner's kind; `scrapeSuffix` undefined: the scrape is named after the Service. */
export interface OwnerKind {
  readonly kind: string;
  readonly scrapeSuffix: string | undefined;
}

/** One kind of object of a dialect: evidence and what is in its pods. */
export interface Entry {
  readonly dialect: string;
  /** The component that the object is mainly recognised as: the first facet's. */
  readonly component: string;
  /** Values for the standard labels where they are missing. */
  readonly labels: { readonly name: string; readonly component: string };
  /** Other values of the component label that mean the same. */
  readonly aliases: readonly string[];
  /** Kinds of owners whose objects are of this entry, with the suffix that a scrape's name gets after the owner's. */
  readonly owners: readonly OwnerKind[];
  /** Whether the pair of `name` and `component` alone is strong evidence (nobody else uses it). */
  readonly pairIsStrong: boolean;
  /** The last part of a container image's name, without tag; weak evidence. */
  readonly images: readonly string[];
  readonly facets: readonly Facet[];
}

export interface Dialect {
  readonly name: string;
  /** API groups of the owners that this dialect's operator makes; matched exactly. */
  readonly ownerGroups: readonly string[];
  /** Kinds of owners that own several components: the component label says which. */
  readonly sharedOwnerKinds: readonly string[];
  readonly entries: readonly Entry[];
}

/** A port of the database that speaks something else than HTTP, whatever component has it. */
export interface OtherProtocol {
  /** The name of the port. */
  readonly name: string;
  /** Its number; undefined where every component has another. */
  readonly number: number | undefined;
  /** What it speaks, as a sentence has it: `PostgreSQL's protocol`. */
  readonly speaks: string;
}

/** What a catalogue file says. */
export interface CatalogueData {
  /** `app.kubernetes.io/part-of` of everything that belongs to the database. */
  readonly partOf: string;
  /** Earlier dialects first; the last one is assumed where the evidence fits several. */
  readonly dialects: readonly Dialect[];
  readonly protocols?: readonly OtherProtocol[] | undefined;
}

/** A catalogue with the look-ups that recognising needs, made once when it is loaded. */
export interface Catalogue extends CatalogueData {
  /** By `group kind` of a controlling owner: the one entry that it means, or `shared`. */
  readonly byOwner: ReadonlyMap<string, OwnerMeaning>;
  /** By value of the component label: the entries that it can mean, in the dialects' order. */
  readonly byComponentLabel: ReadonlyMap<string, readonly Entry[]>;
  /** By component: its entries, in the dialects' order. */
  readonly byComponent: ReadonlyMap<string, readonly Entry[]>;
  /** By container port or Service port number: the entries with a facet on it. */
  readonly byPort: ReadonlyMap<number, readonly Entry[]>;
  /** By the last part of an image's name. */
  readonly byImage: ReadonlyMap<string, readonly Entry[]>;
}

export interface OwnerMeaning {
  readonly dialect: Dialect;
  /** Undefined for a kind that owns several components. */
  readonly entry: Entry | undefined;
}

/** Why an object was recognised. Strong evidence counts anywhere, weak evidence in inject namespaces. */
export type Evidence =
  | {
      readonly kind: 'owner';
      readonly strength: 'strong';
      readonly group: string;
      readonly owner: string;
    }
  | { readonly kind: 'part-of'; readonly strength: 'strong'; readonly label: string }
  | {
      readonly kind: 'pair';
      readonly strength: 'strong' | 'weak';
      readonly name: string;
      readonly label: string;
    }
  | { readonly kind: 'own-label'; readonly strength: 'weak'; readonly label: string }
  | { readonly kind: 'port'; readonly strength: 'weak'; readonly port: number }
  | { readonly kind: 'image'; readonly strength: 'weak'; readonly image: string };

/** What an object was recognised as, with the reason; or why it was not. */
export type Recognition =
  | { readonly entry: Entry; readonly because: Evidence }
  | {
      readonly entry: undefined;
      readonly because:
        | { readonly kind: 'no-evidence' }
        | { readonly kind: 'opted-out' }
        | { readonly kind: 'ambiguous'; readonly components: readonly string[] };
    };
