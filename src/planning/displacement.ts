import { type Facet, standardLabels } from '../catalogue/index.ts';
import {
  type Agent,
  contains,
  namespacedName,
  partsOf,
  type Scrape,
  type Service,
} from '../kubernetes/index.ts';
import { agentName, discoveredBehind, type Seat } from '../reading/index.ts';
import { type Listener, listeners } from './audience.ts';
import { scrapesSeeing } from './candidates.ts';
import { isOurs, type PlanContext } from './context.ts';
import { readersOf } from './readers.ts';
import { type Reader, readerName, type Way } from './ways.ts';

/** Says whether somebody else's scrape takes the place of ours, and whose. */
export type ForeignVerdict =
  | { readonly verdict: 'needed' }
  | { readonly verdict: 'displaced'; readonly reader: Reader }
  | { readonly verdict: 'undecided'; readonly because: string };

/**
 * Decides whether foreign scrapes read a facet's port of all of a Service's pods, so that ours is not needed. Every
 * agent that would take ours has to read them by way of a foreign one: else its store would lose them.
 */
export function displacement(service: Service, facet: Facet, context: PlanContext): ForeignVerdict {
  const { inventory, settings } = context;
  const isForeign = (scrape: Scrape) => !isOurs(scrape, settings) && !scrape.deleting;
  const services = [
    service,
    ...inventory
      .comparableServices(service)
      .filter((other) => contains(other.selector ?? {}, service.selector ?? {})),
  ];
  if (!anyForeign(services, isForeign, context)) return { verdict: 'needed' };
  const { seats } = discoveredBehind(service, inventory);
  const audited = { facet, namespace: service.namespace, services, seats };
  const readers = readersOf(audited, context, isForeign).filter((one) => !one.deleting);
  if (readers.length === 0) return { verdict: 'needed' };
  const ours = hearingOfOurs(service, context);
  const found = decided(readers, ours, seats, service, context);
  const { settle } = context;
  if (settle === undefined) return found;
  const key = namespacedName(service.namespace, service.name);
  const basis = basisOf(service, readers, context);
  const verdict = settle(key, facet.component, found.verdict, basis);
  if (verdict === found.verdict) return found;
  return verdict === 'needed' ? { verdict } : { verdict: 'undecided', because: waits };
}

const waits = 'an agent has changed what it takes, and that has not held for long';

/** Nearly no Service has a foreign scrape: that is found out without looking at pods. */
function anyForeign(
  services: readonly Service[],
  isForeign: (scrape: Scrape) => boolean,
  { inventory }: PlanContext,
): boolean {
  if (services.some((one) => scrapesSeeing(one, inventory).some(isForeign))) return true;
  return inventory.size('VMPodScrape') + inventory.size('VMStaticScrape') > 0;
}

/** What each agent would make of our scrape. */
function hearingOfOurs({ namespace }: Service, context: PlanContext): Listener[] {
  const { scrapes } = context.settings;
  const labels = {
    ...scrapes.labels,
    [standardLabels.managedBy]: scrapes.managedBy,
    [standardLabels.partOf]: context.catalogue.partOf,
  };
  const ours = { namespace, name: '', labels, scrapeClass: undefined, spec: {} };
  return listeners(
    { ...ours, generation: 0, status: undefined },
    'serviceScrape',
    context,
    undefined,
  );
}

function decided(
  readers: readonly Reader[],
  ours: readonly Listener[],
  seats: readonly Seat[],
  service: Service,
  context: PlanContext,
): ForeignVerdict {
  const takers = ours.filter((one) => one.answer !== 'no').map((one) => one.agent);
  if (takers.length === 0) {
    const [reader] = readers.filter((one) => readsAll(one, 'yes', seats));
    if (reader !== undefined) return { verdict: 'displaced', reader };
    return { verdict: 'undecided', because: 'no agent takes a scrape of ours either' };
  }
  if (takers.includes(undefined)) return withoutAgents(readers, seats);
  let chosen: Reader | undefined;
  let doubt: string | undefined;
  for (const agent of takers) {
    const counted = readers.filter((one) => mayDisplace(one, agent, service, context));
    const mine = counted.flatMap((reader) =>
      reader.ways.filter((way) => way.agent === agent).map((way) => ({ reader, way })),
    );
    const reading = mine.find(({ way }) => way.answer === 'yes' && isAll(way, seats));
    chosen ??= reading?.reader;
    if (reading !== undefined) continue;
    const perhaps = mine.find(({ way }) => way.answer !== 'no');
    // This agent certainly reads nothing without ours.
    if (perhaps === undefined) return { verdict: 'needed' };
    doubt ??= doubtText(perhaps.reader, perhaps.way, agent);
  }
  if (doubt !== undefined) return { verdict: 'undecided', because: doubt };
  return chosen === undefined ? { verdict: 'needed' } : { verdict: 'displaced', reader: chosen };
}

function doubtText(reader: Reader, way: Way, agent: Agent | undefined): string {
  const who = agent === undefined ? '' : ` by ${agentName(agent)}`;
  const why = way.because === '' ? 'it reads some of the pods alone' : way.because;
  return `whether ${readerName(reader)} reads it${who} can't be told: ${why}`;
}

/** No agent is known: the scrape may be read by nobody, so that nothing changes because of it. */
function withoutAgents(readers: readonly Reader[], seats: readonly Seat[]): ForeignVerdict {
  const [reader] = readers.filter((one) => one.ways.some((way) => way.answer !== 'no'));
  if (reader === undefined) return { verdict: 'needed' };
  const why = readsAll(reader, 'yes', seats) ? 'no agent is known' : reader.ways[0]?.because;
  return {
    verdict: 'undecided',
    because: `whether ${readerName(reader)} reads it can't be told: ${why}`,
  };
}

function readsAll({ ways }: Reader, answer: Way['answer'], seats: readonly Seat[]): boolean {
  return ways.some((way) => way.answer === answer && isAll(way, seats));
}

function isAll({ pods }: Way, seats: readonly Seat[]): boolean {
  return seats.every((seat) => pods.includes(seat.name));
}

/**
 * Whether a scrape of this namespace may take the place of ours in an agent, as the settings say. Beside an agent is its
 * own namespace: else whoever can make an agent that takes everything could have ours removed from those of others.
 */
function mayDisplace(
  { namespace }: Reader,
  agent: Agent | undefined,
  service: Service,
  { settings }: PlanContext,
): boolean {
  switch (settings.scrapes.yieldTo) {
    case 'any':
      return true;
    case 'service':
      return namespace === service.namespace;
    case 'agent':
      return namespace === service.namespace || namespace === agent?.namespace;
  }
}

/** Equal as long as neither the Service nor a foreign scrape changes: then a new verdict comes from an agent. */
function basisOf(service: Service, readers: readonly Reader[], context: PlanContext): string {
  const { inventory } = context;
  const scrapes = [...new Set(readers.map((one) => namespacedName(one.namespace, one.name)))].map(
    (place) => {
      const { namespace, name } = partsOf(place);
      const scrape = inventory.scrape(namespace, name);
      return [place, scrape?.uid, scrape?.generation, JSON.stringify(scrape?.labels)].join(' ');
    },
  );
  const { uid, selector, ports, labels } = service;
  return JSON.stringify([uid, selector, ports, labels, scrapes.sort()]);
}
