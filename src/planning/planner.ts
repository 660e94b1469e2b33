import { type Entry, type Facet, ownLabels } from '../catalogue/index.ts';
import { labelOf, type PodShape, type Service, sizeOf } from '../kubernetes/index.ts';
import type { PortChoice } from '../reading/index.ts';
import {
  facetOf,
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
import { podPort, portChoice, pushesMetrics } from './metrics-port.ts';
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
    isToBeThere(plan) ? [{ facet: plan.facet, choice: plan.choice }] : [],
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

  const rivals = rivalsOf(service, facet, context);
  const best = rivals.reduce((a, b) => (isBetter(b, a) ? b : a), { service, choice });
  if (best.service !== service) {
    return { facet, outcome: 'other-service', service: best.service.name };
  }
  const foreign = displacement(service, facet, context);
  if (foreign.verdict === 'displaced') {
    const { kind, name, namespace } = foreign.reader;
    return { facet, outcome: 'other-scrape', kind, scrape: name, namespace };
  }
  if (foreign.verdict === 'needed') return { facet, outcome: 'scraped', choice };
  const stays = isStored(service, choice, context);
  return { facet, outcome: 'undecided', choice, because: foreign.because, stays };
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

/** The port to read; undefined for an optional facet that nothing shows to be there. */
function choiceFor(
  service: Service,
  facet: Facet,
  shapes: readonly PodShape[],
): PortChoice | { readonly impossible: string } | undefined {
  const choice = portChoice(service, facet, shapes);
  if (!facet.optional) return choice;
  if (shapes.length === 0) return 'impossible' in choice ? undefined : choice;
  const port = podPort(facet, shapes);
  return 'declared' in port && port.declared ? choice : undefined;
}

interface Rival {
  readonly service: Service;
  readonly choice: PortChoice;
}

/** The other Services that could carry the same port of the same pods, also as another component's. */
function rivalsOf(service: Service, facet: Facet, context: PlanContext): Rival[] {
  const { inventory } = context;
  return inventory.comparableServices(service).flatMap((other): Rival[] => {
    if (other.deleting || isOptedOut(other, context)) return [];
    const theirs = sameTarget(facet, identified(other, context).entry);
    if (theirs === undefined || !isScraped(theirs, context.settings)) return [];
    const choice = choiceFor(other, theirs, watchedShapes(other, context));
    return choice === undefined || 'impossible' in choice ? [] : [{ service: other, choice }];
  });
}

/** The facet of an entry that is the same component, or has its metrics in the same place. */
function sameTarget(facet: Facet, entry: Entry | undefined): Facet | undefined {
  return (
    facetOf(entry, facet.component) ??
    entry?.facets.find(
      (other) => other.port.number === facet.port.number && other.path === facet.path,
    )
  );
}

/**
 * Which of two Services in front of the same pods is scraped: the one that exposes the port, then the one with more
 * pods (its selector contains the other's, so that the answer is the same before there are pods), then the headless
 * one, then the first by name.
 */
function isBetter(a: Rival, b: Rival): boolean {
  const exposesA = 'port' in a.choice;
  const exposesB = 'port' in b.choice;
  if (exposesA !== exposesB) return exposesA;
  const sizeA = sizeOf(a.service.selector ?? {});
  const sizeB = sizeOf(b.service.selector ?? {});
  if (sizeA !== sizeB) return sizeA < sizeB;
  if (a.service.headless !== b.service.headless) return a.service.headless;
  return a.service.name < b.service.name;
}
