import type { Catalogue, Entry, Facet } from '../catalogue/index.ts';
import { isScraped } from '../planning/index.ts';
import type { PipelineSettings } from '../settings/index.ts';
import type { LabelChoice } from './labels.ts';
import type { Pipeline } from './types.ts';

/** What an object was recognised as, and what may be added to it. */
export interface Component {
  readonly entry: Entry;
  /** The facets that are to be scraped, as the catalogue says or as the settings force. */
  readonly scraped: readonly Facet[];
  readonly labels: LabelChoice;
}

/** What follows for each entry of a catalogue, worked out once. */
export function componentsOf({ catalogue, settings }: Pipeline): (entry: Entry) => Component {
  const components = new Map(
    entriesOf(catalogue).map((entry) => [entry, componentOf(entry, settings)]),
  );
  return (entry) => components.get(entry) ?? componentOf(entry, settings);
}

function entriesOf(catalogue: Catalogue): Entry[] {
  return catalogue.dialects.flatMap((dialect) => dialect.entries);
}

function componentOf(entry: Entry, settings: PipelineSettings): Component {
  return {
    entry,
    scraped: entry.facets.filter((facet) => isScraped(facet, settings)),
    labels: settings.labels,
  };
}
