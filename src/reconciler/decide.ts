import { ownLabels } from '../catalogue/index.ts';
import { labelOf, type Scrape } from '../kubernetes/index.ts';
import { isOurs, type ServicePlan, type WantedScrape } from '../planning/index.ts';
import type { PipelineSettings } from '../settings/index.ts';
import { differenceOf, type Stored } from './difference.ts';

/** Why a Service has, or has not, a scrape of ours. */
export type Outcome =
  | { readonly kind: 'scraped'; readonly scrape: string }
  /** Somebody else's scrape reads it. */
  | {
      readonly kind: 'handed-over';
      /** The kind of that scrape, its name and its namespace. */
      readonly of: string;
      readonly scrape: string;
      readonly namespace: string;
    }
  /** Somebody else's scrape may read it, which can't be told: what is stored stays. */
  | { readonly kind: 'undecided'; readonly because: string }
  /** Another Service in front of the same pods has the scrape. */
  | { readonly kind: 'elsewhere'; readonly service: string }
  /** It should have one, and can't. */
  | { readonly kind: 'impossible'; readonly reason: string }
  /** Its metrics come in another way, or not at all. */
  | {
      readonly kind: 'not-scraped';
      readonly why: 'pushed' | 'silent' | 'opted-out' | 'not-claimed';
    }
  | { readonly kind: 'not-recognised' }
  | { readonly kind: 'gone' };

/** What is to be written. */
export type Action =
  | {
      readonly do: 'apply';
      readonly wanted: WantedScrape;
      /** What is stored under that name; undefined: nothing, as far as we know. */
      readonly over: Scrape | undefined;
      /** Where what is stored differs; empty for a new one. */
      readonly difference: string;
    }
  | { readonly do: 'remove'; readonly scrape: Scrape };

/** True where a scrape goes. */
export function isRemoval(action: Action): boolean {
  return action.do === 'remove';
}

export interface Decision {
  readonly outcome: Outcome;
  readonly actions: readonly Action[];
  /** True where a removal waits until everything could be read. */
  readonly heldBack: boolean;
}

/** What there is to decide on. */
export interface Situation {
  /** Undefined: the Service is gone. */
  readonly plan: ServicePlan | undefined;
  /** The scrapes that say that they were made for the Service, and the one of the wanted name. */
  readonly stored: readonly Stored[];
  readonly settings: PipelineSettings;
  /** Whether another Service wants a scrape of this name: then it takes it over, and it is not removed. */
  readonly isWantedElsewhere: (name: string) => boolean;
  /** False while something that planning looks at could not be read: then nothing is removed. */
  readonly mayRemove: boolean;
}

/** What is to be written for a Service, so that it is scraped as its plan says. Nothing where all is as it should be. */
export function decide(situation: Situation): Decision {
  const outcome = outcomeOf(situation.plan);
  const removed = removals(situation);
  const heldBack = removed.length > 0 && !situation.mayRemove;
  return { outcome, actions: [...applies(situation), ...(heldBack ? [] : removed)], heldBack };
}

function applies({ plan, stored, settings }: Situation): Action[] {
  const wanted = plan?.wanted;
  if (wanted === undefined) return [];
  const there = stored.find(({ scrape }) => scrape.name === wanted.name);
  if (there === undefined) return [{ do: 'apply', wanted, over: undefined, difference: '' }];
  // One that is going is waited for; one of somebody else is theirs.
  if (there.scrape.deleting || !isOurs(there.scrape, settings)) return [];
  const difference = differenceOf(wanted.manifest, there);
  if (difference === undefined) return [];
  return [{ do: 'apply', wanted, over: there.scrape, difference }];
}

function removals(situation: Situation): Action[] {
  const { plan, stored, settings, isWantedElsewhere } = situation;
  if (outcomeOf(plan).kind === 'undecided') return [];
  return stored.flatMap(({ scrape, applied }): Action[] => {
    if (scrape.name === plan?.wanted?.name || scrape.deleting) return [];
    // Ours by both signs, and applied by us: nothing else is ever removed.
    if (applied === undefined || !isOurs(scrape, settings)) return [];
    return isWantedElsewhere(scrape.name) ? [] : [{ do: 'remove', scrape }];
  });
}

/**
 * The Service that a scrape was made for: as it says, or where somebody took that away, as its owner or its name do.
 * Who acts on it looks whether the scrape is ours.
 */
export function madeFor(scrape: Scrape): string {
  const said = labelOf(scrape.annotations, ownLabels.service);
  if (said !== undefined) return said;
  const owner = scrape.owners.find(
    ({ apiVersion, kind }) => apiVersion === 'v1' && kind === 'Service',
  );
  return owner?.name ?? scrape.name.replace(/-(?:metrics|autoscrape)$/, '');
}

/** What a plan comes to, for people. */
export function outcomeOf(plan: ServicePlan | undefined): Outcome {
  if (plan === undefined) return { kind: 'gone' };
  if (plan.wanted !== undefined) return { kind: 'scraped', scrape: plan.wanted.name };
  for (const facet of plan.facets) {
    if (facet.outcome === 'other-scrape') {
      const { kind, scrape, namespace } = facet;
      return { kind: 'handed-over', of: kind, scrape, namespace };
    }
    if (facet.outcome === 'undecided') return { kind: 'undecided', because: facet.because };
    if (facet.outcome === 'other-service') return { kind: 'elsewhere', service: facet.service };
    if (facet.outcome === 'impossible') return { kind: 'impossible', reason: facet.reason };
  }
  const [facet] = plan.facets;
  if (facet === undefined) return { kind: 'not-recognised' };
  switch (facet.outcome) {
    case 'pushed':
    case 'silent':
    case 'opted-out':
    case 'not-claimed':
      return { kind: 'not-scraped', why: facet.outcome };
    default:
      return { kind: 'not-recognised' };
  }
}
