import type { Clock } from '../ground/clock.ts';
import type { NamespacedName } from '../kubernetes/index.ts';
import type { Displacement } from '../planning/index.ts';

export interface SettlingOptions {
  readonly clock: Clock;
  /** Milliseconds for which a verdict that an agent has changed must hold before it counts. */
  readonly hold: number;
  /** Looks at a Service again after some milliseconds. */
  readonly again: (service: NamespacedName, after: number) => void;
}

/**
 * A VMAgent that is deleted and made again, as by a Helm upgrade or an edit of its selectors that is taken back, is
 * back within seconds; its operator says so in the status of scrapes within a minute or so. Two minutes outlast both.
 */
export const mostHold = 120_000;

interface HeldVerdict {
  basis: string;
  /** The last verdict that counted; undefined: none did, on this basis. */
  counted: 'displaced' | 'needed' | undefined;
  /** Another verdict that waits, and since when. */
  waiting: { readonly verdict: 'displaced' | 'needed'; readonly since: number } | undefined;
  /** When it was last asked for. */
  asked: number;
}

/**
 * Remembers verdicts on foreign scrapes, and holds back those that changed though neither the Service nor a scrape did:
 * such a change comes from an agent.
 */
export class Settling {
  readonly #options: SettlingOptions;
  readonly #entries = new Map<string, HeldVerdict>();

  constructor(options: SettlingOptions) {
    this.#options = options;
  }

  /**
   * Returns the verdict that counts now. `undecided` while another one waits: nothing changes meanwhile.
   *
   * @param service whom to look at again when the wait is over
   * @param part tells apart what is decided of one Service
   * @param basis equal for equal Services and scrapes
   */
  settle(
    service: NamespacedName,
    part: string,
    verdict: Displacement,
    basis: string,
  ): Displacement {
    const now = this.#options.clock.now();
    const entry = this.#entryOf(`${service} ${part}`, basis, now);
    if (verdict === 'undecided') {
      entry.waiting = undefined;
      return verdict;
    }
    if (entry.counted === undefined || entry.counted === verdict) {
      entry.counted = verdict;
      entry.waiting = undefined;
      return verdict;
    }
    if (entry.waiting?.verdict !== verdict) entry.waiting = { verdict, since: now };
    const left = entry.waiting.since + this.#options.hold - now;
    if (left <= 0) {
      entry.counted = verdict;
      entry.waiting = undefined;
      return verdict;
    }
    this.#options.again(service, left);
    return 'undecided';
  }

  /** Forgets what was not asked for since some time, in milliseconds. */
  sweep(since: number): void {
    const now = this.#options.clock.now();
    for (const [key, { asked }] of this.#entries) {
      if (now - asked > since) this.#entries.delete(key);
    }
  }

  #entryOf(key: string, basis: string, now: number): HeldVerdict {
    const known = this.#entries.get(key);
    if (known !== undefined && known.basis === basis) {
      known.asked = now;
      return known;
    }
    const fresh: HeldVerdict = { basis, counted: undefined, waiting: undefined, asked: now };
    this.#entries.set(key, fresh);
    return fresh;
  }
}
