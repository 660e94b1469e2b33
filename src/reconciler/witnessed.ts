import type { Change } from '../cluster/watch/index.ts';
import type { NamespacedName } from '../kubernetes/index.ts';
import { namespacedName, partsOf } from '../kubernetes/index.ts';
import { isOurs, type PlanContext } from '../planning/index.ts';
import type { Outcome } from './decide.ts';
import type { OwnScrapes } from './own-scrapes.ts';

/**
 * Tells removals whose cause was seen for the one scrape (its Service's own deletion, or another scrape of ours in its
 * place) from those that may come of something that was not heard.
 */
export class Witnessed {
  readonly #own: OwnScrapes;
  /** Services whose deletion was seen, and whose scrapes may still be there. */
  readonly #deleted = new Set<NamespacedName>();

  constructor(own: OwnScrapes) {
    this.#own = own;
  }

  /** Takes a change of a Service; others are no matter. */
  see({ kind, before, after, unseen }: Change): void {
    if (kind !== 'Service') return;
    const service = after ?? before;
    if (service === undefined) return;
    const { namespace, name } = service;
    const wasDeleted = after === undefined && unseen !== true;
    if (wasDeleted && this.#own.namesFor(namespace, name).length > 0) {
      this.#deleted.add(namespacedName(namespace, name));
    } else this.#deleted.delete(namespacedName(namespace, name));
  }

  /** True where the deletion of a Service was seen. */
  sawDeletion(key: NamespacedName): boolean {
    return this.#deleted.has(key);
  }

  /** True where the outcome for a Service explains the removal of a scrape of it. */
  explains(key: NamespacedName, outcome: Outcome, context: PlanContext): boolean {
    const { namespace } = partsOf(key);
    switch (outcome.kind) {
      case 'gone':
        return this.sawDeletion(key);
      case 'scraped':
        return isThere(namespace, outcome.scrape, context);
      case 'elsewhere':
        return this.#own
          .namesFor(namespace, outcome.service)
          .some((scrape) => isThere(namespace, scrape, context));
      default:
        return false;
    }
  }

  /** Forgets Services that have no scrape any more. */
  sweep(): void {
    for (const key of this.#deleted) {
      const { namespace, name } = partsOf(key);
      if (this.#own.namesFor(namespace, name).length === 0) this.#deleted.delete(key);
    }
  }
}

/** True where a scrape is stored, is not going, and is ours. */
function isThere(namespace: string, name: string, { inventory, settings }: PlanContext): boolean {
  const scrape = inventory.scrape(namespace, name);
  return scrape !== undefined && !scrape.deleting && isOurs(scrape, settings);
}
