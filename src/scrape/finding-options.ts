import { shareStores } from './audience.ts';
import { identified, isOurs, isScraped, type PlanContext } from './context.ts';
import type { FindingOptions } from './findings/check.ts';

/** What catalogue and settings know, for the findings about scrapes. */
export function findingOptions(context: PlanContext): FindingOptions {
  return {
    isOurs: (scrape) => isOurs(scrape, context.settings),
    shareStore: (one, other) => shareStores(one, other, context),
    pathOf: (service, podPort) =>
      identified(service, context).entry?.facets.find(
        (facet) =>
          isScraped(facet, context.settings) &&
          (facet.port.number === podPort || facet.port.name === podPort),
      )?.path,
  };
}
