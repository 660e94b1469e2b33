import { type Facet, ownLabels } from '../catalogue/index.ts';
import { labelOf, type PodShape, type Service } from '../kubernetes/index.ts';
import type { PortChoice } from '../reading/index.ts';
import {
  identified,
  isOptedOut,
  isOurs,
  isScraped,
  type PlanContext,
  treatmentOf,
  watchedShapes,
} from './context.ts';
import { displacement } from './displacement.ts';
import { type ScrapedFacet, wantedScrape } from './manifest.ts';
import { pushesMetrics } from './metrics-port.ts';
import { allFallTo, bestOf, choiceFor, firstAmongSharers } from './rivals.ts';
import type { FacetPlan, ServicePlan, WantedScrape } from './types.ts';

/**
 * What a Service should have: the scrape, or for each facet of its component why it gets none.
 *
 * @param taken names of scrapes that other Services of the namespace were given in the same run
 */
export function planService(
  service: Service,
  context: PlanContext,
  taken: (name: string) => boolean = () => false,
): ServicePlan {
  const { entry } = identified(service, context);
  if (entry === undefined) return { service, wanted: undefined, facets: [] };
  const shapes = watchedShapes(service, context);
  const facets = entry.facets.map((facet) => planFacet(service, facet, shapes, context));
  const [first, ...others] = facets.flatMap((plan): ScrapedFacet[] =>
    isToBeThere(plan) ? [{ facet: plan.facet, choice: plan.choice, without: plan.without }] : [],
  );
  if (first === undefined) return { service, wanted: undefined, facets };
  const wanted = wantedScrape(service, [first, ...others], context, taken);
  if (wanted !== undefined) return { service, wanted, facets };
  const reason = `every name that its scrape could have is taken in namespace ${service.namespace}`;
  return {
    service,
    wanted,
    facets: facets.map((plan) =>
      isToBeThere(plan) ? { facet: plan.facet, outcome: 'impossible', reason } : plan,
    ),
  };
}

/** Whether a scrape of ours reads the facet: one that is wanted, or one that stays. */
function isToBeThere(
  plan: FacetPlan,
): plan is Extract<FacetPlan, { outcome: 'scraped' | 'undecided' }> {
  return plan.outcome === 'scraped' || (plan.outcome === 'undecided' && plan.stays);
}

/** The plans of all Services, sorted by namespace and name; no two get a scrape of the same name. */
export function planAll(context: PlanContext): ServicePlan[] {
  return [...eachPlan(context)];
}

/** The same, made while they are asked for: who has many to look at can let others have a turn in between. */
export function* eachPlan(context: PlanContext): Iterable<ServicePlan> {
  const given = new Set<string>();
  const services = [...context.inventory.services()].sort(
    (a, b) => order(a.namespace, b.namespace) || order(a.name, b.name),
  );
  for (const service of services) {
    const plan = planService(service, context, (name) => given.has(`${service.namespace}/${name}`));
    if (plan.wanted !== undefined) given.add(`${service.namespace}/${plan.wanted.name}`);
    yield plan;
  }
}

/** The scrapes of a list of plans. */
export function wantedScrapes(plans: readonly ServicePlan[]): WantedScrape[] {
  return plans.flatMap((plan) => (plan.wanted === undefined ? [] : [plan.wanted]));
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function planFacet(
  service: Service,
  facet: Facet,
  shapes: readonly PodShape[],
  context: PlanContext,
): FacetPlan {
  const { settings } = context;
  if (isOptedOut(service, context) || treatmentOf(facet, settings) === 'ignore') {
    return { facet, outcome: 'opted-out' };
  }
  if (!isScraped(facet, settings)) {
    const pushes = facet.serves !== 'nothing' && pushesMetrics(shapes);
    const forced = treatmentOf(facet, settings) === 'push';
    return { facet, outcome: pushes || forced ? 'pushed' : 'silent' };
  }
  if (service.deleting)
    return { facet, outcome: 'impossible', reason: 'the Service is being deleted' };
  if (service.tooLarge !== undefined) {
    const reason = `the Service is too large to judge: ${service.tooLarge}`;
    return { facet, outcome: 'impossible', reason };
  }
  const choice = choiceFor(service, facet, shapes);
  if (choice === undefined) return { facet, outcome: 'not-claimed' };
  if ('impossible' in choice) {
    const reason = choice.impossible + unseenText(service, shapes, context);
    return { facet, outcome: 'impossible', reason };
  }

  const own = { service, choice };
  const best = bestOf(own, facet, context);
  if (best !== service) return { facet, outcome: 'other-service', service: best.name };
  const first = firstAmongSharers(own, facet, context).filter((other) =>
    isReadThrough(other, facet, context),
  );
  const [other] = first;
  if (other !== undefined && allFallTo(first, service, context)) {
    // One that is stored stays: pods come and go, and it reads none twice.
    if (!isStored(service, choice, context)) {
      return { facet, outcome: 'other-service', service: other.name };
    }
  }
  const without = first.map(({ selector = {} }) => selector);
  const foreign = displacement(service, facet, context);
  if (foreign.verdict === 'displaced') {
    const { kind, name, namespace } = foreign.reader;
    return { facet, outcome: 'other-scrape', kind, scrape: name, namespace };
  }
  if (foreign.verdict === 'needed') return { facet, outcome: 'scraped', choice, without };
  const stays = isStored(service, choice, context);
  return { facet, outcome: 'undecided', choice, without, because: foreign.because, stays };
}

/** Whether the pods of a Service are read through it: where that can't be told, others read what they share with it. */
function isReadThrough(service: Service, facet: Facet, context: PlanContext): boolean {
  const { verdict } = displacement(service, facet, context);
  if (verdict !== 'undecided') return true;
  const choice = choiceFor(service, facet, watchedShapes(service, context));
  return choice !== undefined && !('impossible' in choice) && isStored(service, choice, context);
}

/** Whether a scrape of ours for the Service is stored that reads this port. */
function isStored(service: Service, choice: PortChoice, context: PlanContext): boolean {
  for (const scrape of context.inventory.scrapesSelecting(service)) {
    if (!isOurs(scrape, context.settings) || scrape.deleting) continue;
    const madeFor = labelOf(scrape.annotations, ownLabels.service);
    if (madeFor !== undefined && madeFor !== service.name) continue;
    const reads = scrape.endpoints.some((one) =>
      'port' in choice ? one.port === choice.port : one.targetPort === choice.targetPort,
    );
    if (reads) return true;
  }
  return false;
}

/** Says that there are pods which autoscrape does not look at: what they declare would have told more. */
function unseenText(service: Service, shapes: readonly PodShape[], context: PlanContext): string {
  if (shapes.length > 0 || context.inventory.podShapesBehind(service).length === 0) return '';
  return '; its pods carry no label of a component, so that autoscrape does not see which ports they declare';
}
