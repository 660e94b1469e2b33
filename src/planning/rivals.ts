import type { Entry, Facet } from '../catalogue/index.ts';
import {
  contains,
  controllerOf,
  type Labels,
  type PodShape,
  type Service,
  selects,
  sizeOf,
} from '../kubernetes/index.ts';
import { discoveredBehind, type PortChoice } from '../reading/index.ts';
import {
  facetOf,
  identified,
  isOptedOut,
  isScraped,
  type PlanContext,
  watchedShapes,
} from './context.ts';
import { podPort, portChoice } from './metrics-port.ts';

/** The port to read; undefined for an optional facet that nothing shows to be there. */
export function choiceFor(
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

/** A Service that could carry a facet's port of some pods. */
export interface Candidate {
  readonly service: Service;
  readonly choice: PortChoice;
}

/** The other Services that could carry the same port of the same pods, also as another component's. */
function rivalsOf(service: Service, facet: Facet, context: PlanContext): Candidate[] {
  return candidatesAmong(context.inventory.comparableServices(service), facet, context);
}

function candidatesAmong(
  services: readonly Service[],
  facet: Facet,
  context: PlanContext,
): Candidate[] {
  return services.flatMap((other): Candidate[] => {
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

/** The best of a Service and those whose pods are the same, more or fewer. */
export function bestOf(own: Candidate, facet: Facet, context: PlanContext): Service {
  const rivals = rivalsOf(own.service, facet, context);
  return rivals.reduce((a, b) => (isBetter(b, a) ? b : a), own).service;
}

/**
 * The Services that come first where they share some pods with this one, although neither pod selector contains the
 * other: each is the best of its own rivals, so that it is scraped itself. Sorted by name.
 */
export function firstAmongSharers(own: Candidate, facet: Facet, context: PlanContext): Service[] {
  const overlapping = context.inventory.overlappingServices(own.service);
  return candidatesAmong(overlapping, facet, context)
    .filter((other) => goesFirst(other, own) && bestOf(other, facet, context) === other.service)
    .map(({ service }) => service);
}

/**
 * Whether every pod behind a Service that is known is behind one of the others as well, and those that narrower Services
 * are for; false where none is known.
 */
export function allFallTo(
  others: readonly Service[],
  service: Service,
  { inventory }: PlanContext,
): boolean {
  const fall = (labels: Labels): boolean =>
    others.some(({ selector }) => selects(selector, labels));
  const { seats } = discoveredBehind(service, inventory);
  const narrower = inventory
    .comparableServices(service)
    .flatMap(({ selector = {} }) => (contains(service.selector ?? {}, selector) ? [selector] : []));
  return (
    seats.every((seat) => seat.is !== 'unknown' && fall(seat.shape.labels)) && narrower.every(fall)
  );
}

/**
 * Which of two Services that share some pods reads these: the one that exposes the port, then one that a resource owns,
 * then the headless one, then the one that asks for fewer labels, then the first by name. Nothing of it goes by the pods
 * of the moment.
 */
function goesFirst(a: Candidate, b: Candidate): boolean {
  const ranks = [a, b].map(({ service, choice }) => [
    'port' in choice ? 0 : 1,
    controllerOf(service) === undefined ? 1 : 0,
    service.headless ? 0 : 1,
    sizeOf(service.selector ?? {}),
  ]);
  const [mine = [], theirs = []] = ranks;
  const at = mine.findIndex((rank, index) => rank !== theirs[index]);
  return at < 0 ? a.service.name < b.service.name : (mine[at] ?? 0) < (theirs[at] ?? 0);
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
