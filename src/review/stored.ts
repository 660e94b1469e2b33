import { applied, type Operation } from '../admission/index.ts';
import type { Inventory } from '../inventory/index.ts';
import {
  child,
  type Json,
  type KubernetesObject,
  member,
  parseObject,
  type Scrape,
} from '../kubernetes/index.ts';
import {
  asStored,
  isOurs,
  manifestDifference,
  type PlanContext,
  planAll,
  type WantedScrape,
  wantedScrapes,
} from '../planning/index.ts';
import { fieldManager, type PipelineSettings } from '../settings/index.ts';
import type { InputObject } from './input.ts';
import type { ReviewedObject } from './types.ts';

/** The object as admission stores it: with the patch applied, and with the namespace that it gets. */
export function admittedValue({
  manifest,
  patch,
}: Pick<ReviewedObject, 'manifest' | 'patch'>): Json {
  return patch.length === 0 ? manifest.value : applied(manifest.value, patch);
}

/** An object as the cluster stores it, with a patch applied; undefined for what autoscrape does not read. */
export function storedObject(
  { manifest, ref }: InputObject,
  patch: readonly Operation[],
  settings: PipelineSettings,
): KubernetesObject | undefined {
  const object = parseObject(admittedValue({ manifest, patch }));
  if (object === undefined || object.kind === 'Namespace') return object;
  const placed = { ...object, namespace: ref.namespace };
  return placed.kind === 'VMServiceScrape'
    ? dumpedScrape(placed, manifest.value, settings)
    : placed;
}

/**
 * A scrape of ours as kubectl prints it is still ours: `managedFields`, which would tell, are hidden unless they are
 * asked for.
 */
function dumpedScrape(scrape: Scrape, value: Json, settings: PipelineSettings): Scrape {
  const metadata = child(value, 'metadata');
  if (metadata !== undefined && member(metadata, 'managedFields') !== undefined) return scrape;
  const asOurs = { ...scrape, managers: [fieldManager] };
  return isOurs(asOurs, settings) ? asOurs : scrape;
}

/** A scrape that is wanted, as it is applied and as it will be stored. */
export interface Missing {
  readonly wanted: WantedScrape;
  readonly stored: Scrape;
  /** Where what is stored under its name differs, as a path; empty where nothing is. */
  readonly difference: string;
}

/** The scrapes that are not there, or are ours and say something else. */
export function missingScrapes(context: PlanContext): Missing[] {
  return wantedScrapes(planAll(context)).flatMap(
    (wanted) => missingScrape(wanted, context.inventory) ?? [],
  );
}

/** A scrape that is wanted, where it is not there or says something else; undefined where all is well. */
export function missingScrape(wanted: WantedScrape, inventory: Inventory): Missing | undefined {
  const stored = asStored(wanted);
  if (stored === undefined) return undefined;
  const there = inventory.scrape(wanted.namespace, wanted.name);
  if (there === undefined) return { wanted, stored, difference: '' };
  const difference = manifestDifference(wanted.manifest, there);
  if (difference === undefined) return undefined;
  return isOwnedByService(wanted, there, difference) ? undefined : { wanted, stored, difference };
}

/** A running autoscrape looks at owners, and has the Service own a scrape whose owner is unfit: here nobody looks. */
function isOwnedByService(
  { service }: WantedScrape,
  { owners }: Scrape,
  difference: string,
): boolean {
  return (
    difference === 'metadata.ownerReferences' &&
    owners.some(({ kind, name }) => kind === 'Service' && name === service)
  );
}
