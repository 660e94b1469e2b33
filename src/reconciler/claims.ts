import { type NamespacedName, namespacedName } from '../kubernetes/index.ts';
import type { WantedScrape } from '../planning/index.ts';
import type { Wishes } from './wishes.ts';

/**
 * Which Service may have which name for its scrape. A Service that wanted one when it was last planned is asked again,
 * since the same event may just have changed its mind, and its turn not have come.
 */
export class Claims {
  readonly #wishes: Wishes;
  readonly #wantedBy: (service: NamespacedName) => WantedScrape | undefined;
  readonly #changedItsMind: (service: NamespacedName) => void;

  /**
   * @param wantedBy plans a Service as if no name were taken
   * @param changedItsMind called for a Service that wants something else than when it was last planned
   */
  constructor(
    wishes: Wishes,
    wantedBy: (service: NamespacedName) => WantedScrape | undefined,
    changedItsMind: (service: NamespacedName) => void,
  ) {
    this.#wishes = wishes;
    this.#wantedBy = wantedBy;
    this.#changedItsMind = changedItsMind;
  }

  /** Whether a Service other than `service` wants a scrape of that name. */
  isTaken(namespace: string, name: string, service: string): boolean {
    const claimant = this.#wishes.claimant(namespace, name);
    if (claimant === undefined || claimant === service) return false;
    const wanted = this.#wantedBy(claimant);
    if (wanted?.name === name) return true;
    this.#wishes.set(claimant, wanted);
    this.#changedItsMind(claimant);
    return false;
  }

  /** Whether one of these Services of a namespace would want a scrape of that name, though it has not been planned yet. */
  wouldBeTaken(namespace: string, name: string, services: readonly string[]): boolean {
    return services.some(
      (service) => this.#wantedBy(namespacedName(namespace, service))?.name === name,
    );
  }
}
