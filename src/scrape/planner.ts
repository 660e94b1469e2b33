import type { Entry, Facet } from '../catalogue/index.ts';
import { contains, type PodShape, type Service, sizeOf } from '../kubernetes/index.ts';
import {
  facetOf,
  identified,
  isOptedOut,
  isOurs,
  isScraped,
  type PlanContext,
  treatmentOf,
} from './context.ts';
import { type ScrapedFacet, wantedScrape } from './manifest.ts';
import { readingsOfService } from './matcher.ts';
import { podPort, portChoice, pushesMetrics } from './metrics-port.ts';
import type { FacetPlan, PortChoice, Reading, ServicePlan, WantedScrape } from './types.ts';

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
  const shapes = context.inventory.podShapesBehind(service);
  const facets = entry.facets.map((facet) => planFacet(service, facet, shapes, context));
  const [first, ...others] = facets.flatMap((plan): ScrapedFacet[] =>
    plan.outcome === 'scraped' ? [{ facet: plan.facet, choice: plan.choice }] : [],
  );
  if (first === undefined) return { service, wanted: undefined, facets };
  const wanted = wantedScrape(service, [first, ...others], context, taken);
  if (wanted !== undefined) return { service, wanted, facets };
  const reason = `every name that its scrape could have is taken in namespace ${service.namespace}`;
  return {
    service,
    wanted,
    facets: facets.map((plan) =>
      plan.outcome === 'scraped' ? { facet: plan.facet, outcome: 'impossible', reason } : plan,
    ),
  };
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
  const choice = choiceFor(service, facet, shapes);
  if (choice === undefined) return { facet, outcome: 'not-claimed' };
  if ('impossible' in choice) return { facet, outcome: 'impossible', reason: choice.impossible };

  const rivals = rivalsOf(service, facet, context);
  const best = rivals.reduce((a, b) => (isBetter(b, a) ? b : a), { service, choice });
  if (best.service !== service) {
    return { facet, outcome: 'other-service', service: best.service.name };
  }
  const reading = foreignReading(service, facet, shapes, context);
  if (reading !== undefined) {
    const { name, namespace } = reading.scrape;
    return { facet, outcome: 'other-scrape', scrape: name, namespace };
  }
  return { facet, outcome: 'scraped', choice };
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

interface Candidate {
  readonly service: Service;
  readonly choice: PortChoice;
}

/** The other Services that could carry the same port of the same pods, also as another component's. */
function rivalsOf(service: Service, facet: Facet, context: PlanContext): Candidate[] {
  const { inventory } = context;
  return inventory.comparableServices(service).flatMap((other): Candidate[] => {
    if (other.deleting || isOptedOut(other, context)) return [];
    const theirs = sameTarget(facet, identified(other, context).entry);
    if (theirs === undefined || !isScraped(theirs, context.settings)) return [];
    const choice = choiceFor(other, theirs, inventory.podShapesBehind(other));
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
function isBetter(a: Candidate, b: Candidate): boolean {
  const exposesA = 'port' in a.choice;
  const exposesB = 'port' in b.choice;
  if (exposesA !== exposesB) return exposesA;
  const sizeA = sizeOf(a.service.selector ?? {});
  const sizeB = sizeOf(b.service.selector ?? {});
  if (sizeA !== sizeB) return sizeA < sizeB;
  if (a.service.headless !== b.service.headless) return a.service.headless;
  return a.service.name < b.service.name;
}

/** A scrape that is not ours and certainly reads the facet's port of all of the Service's pods. */
function foreignReading(
  service: Service,
  facet: Facet,
  shapes: readonly PodShape[],
  context: PlanContext,
): Reading | undefined {
  const { inventory, settings } = context;
  return [service, ...inventory.comparableServices(service)]
    .filter((other) => contains(other.selector ?? {}, service.selector ?? {}))
    .flatMap((other) => readingsOfService(other, inventory))
    .filter((reading) => reading.certainty === 'yes' && !reading.scrape.deleting)
    .filter((reading) => !isOurs(reading.scrape, settings) && readsFacet(reading, facet, shapes))
    .sort((a, b) => order(scrapeKey(a), scrapeKey(b)))[0];
}

function scrapeKey(reading: Reading): string {
  return `${reading.scrape.namespace}/${reading.scrape.name}`;
}

/** Whether a reading is of the port and path that a facet's metrics are on. */
export function readsFacet(reading: Reading, facet: Facet, shapes: readonly PodShape[]): boolean {
  const path = reading.scrape.endpoints[reading.endpoint]?.path ?? '/metrics';
  if (path !== facet.path) return false;
  const port = podPort(facet, shapes);
  if ('impossible' in port) return false;
  return reading.podPort === port.number || reading.podPort === port.name;
}
