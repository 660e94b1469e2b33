import type { Catalogue, CatalogueData, Entry, OwnerMeaning } from './types.ts';

/** Makes the look-ups that recognising needs, once for each catalogue. */
export function compileCatalogue(data: CatalogueData): Catalogue {
  const byOwner = new Map<string, OwnerMeaning>();
  const byComponentLabel = new Map<string, Entry[]>();
  const byComponent = new Map<string, Entry[]>();
  const byPort = new Map<number, Entry[]>();
  const byImage = new Map<string, Entry[]>();

  for (const dialect of data.dialects) {
    for (const group of dialect.ownerGroups) {
      for (const kind of dialect.sharedOwnerKinds) {
        byOwner.set(`${group} ${kind}`, { dialect, entry: undefined });
      }
      for (const entry of dialect.entries) {
        for (const owner of entry.owners) byOwner.set(`${group} ${owner.kind}`, { dialect, entry });
      }
    }
    for (const entry of dialect.entries) {
      for (const label of [entry.labels.component, ...entry.aliases]) {
        add(byComponentLabel, label, entry);
      }
      for (const facet of entry.facets) {
        add(byComponent, facet.component, entry);
        add(byPort, facet.port.number, entry);
      }
      for (const image of entry.images) add(byImage, image, entry);
    }
  }
  return { ...data, byOwner, byComponentLabel, byComponent, byPort, byImage };
}

function add<K>(map: Map<K, Entry[]>, key: K, entry: Entry): void {
  const entries = map.get(key);
  if (entries === undefined) map.set(key, [entry]);
  else if (!entries.includes(entry)) entries.push(entry);
}
