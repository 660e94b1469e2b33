import {
  type Catalogue,
  type Entry,
  type Facet,
  hasOptedOut,
  identify,
  isInjected,
  ownLabels,
  type Recognisable,
  type Recognition,
  standardLabels,
  type Treatment,
} from '../catalogue/index.ts';
import type { Inventory } from '../inventory/index.ts';
import {
  type Labels,
  labelOf,
  type NamespacedName,
  type PodShape,
  type Scrape,
  type Service,
} from '../kubernetes/index.ts';
import { fieldManager, type PipelineSettings } from '../settings/index.ts';

/** Shows what is around scrapes and no inventory holds. Where it shows nothing, nothing is concluded. */
export interface OutsideEvidence {
  /** The namespaces that the VictoriaMetrics operator watches; undefined for all, or where it is not shown. */
  readonly watched: ReadonlySet<string> | undefined;
  /** Names a Secret or ConfigMap, or its key, that a scrape needs and that is certainly not there; else undefined. */
  readonly missingReference: (scrape: Scrape) => string | undefined;
}

/** Evidence of nothing: what a running autoscrape has, which reads nobody's Secrets. */
export const noEvidence: OutsideEvidence = {
  watched: undefined,
  missingReference: () => undefined,
};

/**
 * Decides for good whether a foreign scrape takes the place of ours. A verdict that changed though neither Service nor
 * scrapes did comes from an agent, and may be over in a moment: the reconciler waits for it to hold.
 *
 * @param basis equal for equal Services and scrapes
 */
export type Settle = (
  service: NamespacedName,
  component: string,
  verdict: Displacement,
  basis: string,
) => Displacement;

/** `undecided`: what is stored stays. */
export type Displacement = 'displaced' | 'needed' | 'undecided';

/** What planning and coverage look at: the catalogue, the settings and what is known of the cluster or folder. */
export interface PlanContext {
  readonly catalogue: Catalogue;
  readonly settings: PipelineSettings;
  readonly inventory: Inventory;
  /** True for the uid of an owner that turned out to be gone: what it would own gets the Service as owner. */
  readonly ownerIsGone: (uid: string) => boolean;
  readonly evidence: OutsideEvidence;
  /** Verdicts count at once where this is absent, as in a review. */
  readonly settle?: Settle;
  /**
   * Whether a running autoscrape watches pods with these labels. Absent where the inventory holds nothing else, as in
   * a running one: it is planned with what that sees.
   */
  readonly watches?: (namespace: string, labels: Labels) => boolean;
}

/** What an object is, whether or not it has opted out. */
export function identified(object: Recognisable, context: PlanContext): Recognition {
  const namespace = context.inventory.namespace(object.namespace);
  const injected = namespace !== undefined && isInjected(namespace.labels);
  return identify(object, context.catalogue, injected);
}

/** True where the object or its namespace asks to be left alone. */
export function isOptedOut(object: Recognisable, context: PlanContext): boolean {
  if (hasOptedOut(object.labels)) return true;
  const namespace = context.inventory.namespace(object.namespace);
  return namespace !== undefined && hasOptedOut(namespace.labels);
}

/** Returns the shapes of the pods behind a Service that a running autoscrape sees. */
export function watchedShapes(service: Service, { inventory, watches }: PlanContext): PodShape[] {
  const shapes = inventory.podShapesBehind(service);
  return watches === undefined
    ? shapes
    : shapes.filter(({ labels }) => watches(service.namespace, labels));
}

/** How the settings override the catalogue for a component. */
export function treatmentOf(facet: Facet, settings: PipelineSettings): Treatment | undefined {
  return Object.hasOwn(settings.components, facet.component)
    ? settings.components[facet.component]
    : undefined;
}

/** True where the facet is to be scraped: as the catalogue says, or as the settings force. */
export function isScraped(facet: Facet, settings: PipelineSettings): boolean {
  const treatment = treatmentOf(facet, settings);
  return treatment === undefined ? facet.serves === 'scrape' : treatment === 'scrape';
}

/** The facet of an entry that is the given component; undefined where the entry has none. */
export function facetOf(entry: Entry | undefined, component: string): Facet | undefined {
  return entry?.facets.find((facet) => facet.component === component);
}

/**
 * True for a scrape that autoscrape made: it has our field manager, and our label or our annotation. The annotation
 * stands for scrapes that were made under another value of the label: they are ours to rename and to remove.
 */
export function isOurs(scrape: Scrape, settings: PipelineSettings): boolean {
  if (!scrape.managers.includes(fieldManager)) return false;
  return (
    labelOf(scrape.labels, standardLabels.managedBy) === settings.scrapes.managedBy ||
    labelOf(scrape.annotations, ownLabels.service) !== undefined
  );
}
