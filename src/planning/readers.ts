import type { Facet } from '../catalogue/index.ts';
import type { Scrape, Service } from '../kubernetes/index.ts';
import { unreadableDurations } from '../kubernetes/index.ts';
import {
  agentName,
  type Discovered,
  discoveredBehind,
  narrowing,
  trialsOf,
} from '../reading/index.ts';
import { agentsIn, type Listener, listeners } from './audience.ts';
import { scrapesSeeing } from './candidates.ts';
import { isOurs, type PlanContext } from './context.ts';
import { otherReaders } from './other-readers.ts';
import { type Audited, judged, type Reader, waysOf } from './ways.ts';

/**
 * Returns every endpoint of any scrape that means a facet's port of these pods, with what each agent makes of it.
 *
 * @param counts which VMServiceScrapes are looked at
 */
export function readersOf(
  audited: Audited,
  context: PlanContext,
  counts: (scrape: Scrape) => boolean = () => true,
): Reader[] {
  const { inventory } = context;
  const readers = audited.services.flatMap((service) => {
    const scrapes = scrapesSeeing(service, inventory).filter(counts);
    if (scrapes.length === 0) return [];
    const discovered = narrowedTo(audited, discoveredBehind(service, inventory));
    return scrapes.flatMap((scrape) => endpointsOf(scrape, discovered, audited.facet, context));
  });
  return [...readers, ...otherReaders(audited, context)];
}

function narrowedTo({ seats: asked }: Audited, discovered: Discovered): Discovered {
  const names = new Set(asked.map((seat) => seat.name));
  const { seats, targets } = discovered;
  return {
    ...discovered,
    seats: seats.filter((seat) => names.has(seat.name)),
    targets: targets.filter(({ seat }) => names.has(seat.name)),
  };
}

function endpointsOf(
  scrape: Scrape,
  discovered: Discovered,
  facet: Facet,
  context: PlanContext,
): Reader[] {
  let heard: Listener[] | undefined;
  // The selector may say something else where it goes to the API server.
  const mayBeMeant = agentsIn(context.inventory).some((agent) => agent.selectsAtApiServer);
  return scrape.endpoints.flatMap((_, endpoint): Reader[] => {
    const plain = trialsOf(scrape, endpoint, discovered);
    const isMeant = plain.some((trial) => judged(trial, facet) !== undefined);
    if (!isMeant && !mayBeMeant) return [];
    heard ??= hearing(scrape, context);
    const ways = heard.flatMap((one) => {
      const trials =
        one.options === undefined ? plain : trialsOf(scrape, endpoint, discovered, one.options);
      return waysOf(lookingInto(one, scrape, discovered.service, context), trials, facet);
    });
    if (ways.length === 0) return [];
    const { namespace, name, deleting } = scrape;
    return [
      {
        kind: 'VMServiceScrape',
        namespace,
        name,
        endpoint,
        service: discovered.service.name,
        isOurs: isOurs(scrape, context.settings),
        deleting,
        ways,
      },
    ];
  });
}

/** An agent may look into the scrape's own namespace alone, whatever that says. */
function lookingInto(
  listener: Listener,
  { namespace }: Scrape,
  service: Service,
  context: PlanContext,
): Listener {
  const { agent, answer } = listener;
  if (agent === undefined || answer === 'no' || service.namespace === namespace) return listener;
  const name = agentName(agent);
  switch (narrowing(agent, context.evidence.watched)) {
    case 'watched':
      return {
        ...listener,
        answer: 'no',
        link: 'agent',
        because: `${name} looks into namespace ${namespace} alone: its operator has WATCH_NAMESPACE`,
      };
    case 'perhaps-ignores':
      return {
        ...listener,
        answer: 'perhaps',
        link: 'agent',
        because: `${name} has ignoreNamespaceSelectors, which operators up to v0.68 follow and newer ones do not`,
      };
    default:
      return listener;
  }
}

/** Says what each agent makes of a scrape; nothing is read of one with a duration that vmagent can't read. */
function hearing(scrape: Scrape, context: PlanContext): Listener[] {
  const found = listeners(
    scrape,
    'serviceScrape',
    context,
    context.evidence.missingReference(scrape),
  );
  const [bad] = unreadableDurations(scrape);
  if (bad === undefined) return found;
  const because = `${JSON.stringify(bad.value)} in spec.${bad.field} is no duration: vmagent refuses its whole configuration because of it`;
  return found.map((one) =>
    one.answer === 'no' ? one : { ...one, answer: 'no', link: 'form', because },
  );
}
