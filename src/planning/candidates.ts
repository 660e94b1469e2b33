import type { Inventory } from '../inventory/index.ts';
import type { Scrape, Service } from '../kubernetes/index.ts';
import type { JobOptions } from '../reading/index.ts';
import { readsEverySlice } from '../reading/index.ts';
import { isRequirement, namespacesOf, selectsLabels } from '../selection/index.ts';
import { agentsIn } from './audience.ts';

/**
 * Returns the Services of which a scrape's jobs see endpoints, by the agent's settings: by rules over their labels, or
 * by what the API server selects, which is neither more nor less in general.
 */
export function servicesSeenBy(
  scrape: Scrape,
  inventory: Inventory,
  options?: JobOptions,
): Service[] {
  if (options?.selectsAtApiServer !== true) return inventory.servicesSelectedBy(scrape);
  const namespaces = options.ownNamespaceOnly === true ? [scrape.namespace] : namespacesOf(scrape);
  const all = namespaces?.flatMap((name) => [...inventory.services(name)]);
  return (all ?? [...inventory.services()]).filter((service) => isShown(scrape, service));
}

/** Whether the API server shows an agent the endpoints of a Service for a scrape's selector. */
function isShown(scrape: Scrape, { labels }: Service): boolean {
  const { matchLabels = {}, matchExpressions } = scrape;
  if (!matchExpressions.every(isRequirement)) return false;
  return (
    readsEverySlice(scrape) || selectsLabels({ matchLabels, matchExpressions }, labels) === 'yes'
  );
}

/** Scrapes that an agent may take to other Services than their rules select, as they were at one version. */
const known = new WeakMap<
  Inventory,
  { readonly version: number; readonly scrapes: readonly Scrape[] }
>();

/** Returns the scrapes that may read a Service's pods by way of it, for some agent. */
export function scrapesSeeing(service: Service, inventory: Inventory): Scrape[] {
  const selecting = inventory.scrapesSelecting(service);
  if (!agentsIn(inventory).some((agent) => agent.selectsAtApiServer)) return selecting;
  const others = elsewhere(inventory).filter((scrape) => {
    const namespaces = namespacesOf(scrape);
    const isThere = namespaces === undefined || namespaces.includes(service.namespace);
    return isThere && !selecting.includes(scrape) && isShown(scrape, service);
  });
  return [...selecting, ...others];
}

function elsewhere(inventory: Inventory): readonly Scrape[] {
  const { version } = inventory;
  const earlier = known.get(inventory);
  if (earlier?.version === version) return earlier.scrapes;
  const scrapes = [...inventory.scrapes()].filter(
    (scrape) =>
      readsEverySlice(scrape) ||
      // A dot in a value is any character for a rule, which then drops more than is said.
      scrape.matchExpressions.some(({ operator }) => operator === 'NotIn'),
  );
  known.set(inventory, { version, scrapes });
  return scrapes;
}
