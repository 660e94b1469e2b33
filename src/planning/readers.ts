import type { Inventory } from '../inventory/index.ts';
import type { RelabelRule, Scrape, Service } from '../kubernetes/index.ts';
import { unreadableDurations } from '../kubernetes/index.ts';
import {
  agentName,
  type Discovered,
  discoveredBehind,
  type JobOptions,
  narrowing,
  type Trial,
  trialsOf,
  unseenBehind,
} from '../reading/index.ts';
import { agentsIn, type Listener, listeners } from './audience.ts';
import { scrapesSeeing } from './candidates.ts';
import { isOurs, type PlanContext } from './context.ts';
import { withoutPodsOf } from './manifest.ts';
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
    const discovered = seenBehind(service, audited, inventory);
    return scrapes.flatMap((scrape) => endpointsOf(scrape, discovered, audited, context));
  });
  return [...readers, ...otherReaders(audited, context)];
}

/** Pods that nobody knows are not among those behind another Service. */
function seenBehind(service: Service, audited: Audited, inventory: Inventory): Discovered {
  return audited.seats.every((seat) => seat.is === 'unknown')
    ? unseenBehind(service)
    : narrowedTo(audited, discoveredBehind(service, inventory));
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
  audited: Audited,
  context: PlanContext,
): Reader[] {
  const { facet } = audited;
  let heard: Listener[] | undefined;
  // The selector may say something else where it goes to the API server.
  const mayBeMeant = agentsIn(context.inventory).some((agent) => agent.selectsAtApiServer);
  return scrape.endpoints.flatMap((_, endpoint): Reader[] => {
    const isOwn = isOurs(scrape, context.settings);
    const tried = (options?: JobOptions): Trial[] => {
      const trials = trialsOf(scrape, endpoint, discovered, options);
      const rules = scrape.endpoints[endpoint]?.relabelRules ?? [];
      return isOwn ? trials.map((trial) => decidedByOurs(trial, rules, audited)) : trials;
    };
    const plain = tried();
    const isMeant = plain.some((trial) => judged(trial, facet) !== undefined);
    if (!isMeant && !mayBeMeant) return [];
    heard ??= hearing(scrape, context);
    const ways = heard.flatMap((one) => {
      const trials = one.options === undefined ? plain : tried(one.options);
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
        isOurs: isOwn,
        deleting,
        ways,
      },
    ];
  });
}

/**
 * Our own scrape leaves out pods that the scrape of another Service reads. Pods that nobody knows yet are among them
 * where that Service is in front of them; else it is one or the other, and each is read once.
 */
function decidedByOurs(trial: Trial, rules: readonly RelabelRule[], { services }: Audited): Trial {
  const { target, answer, at, rule } = trial;
  const asked = rules[rule];
  if (answer !== 'perhaps' || at !== 'endpoint' || target.seat.is !== 'unknown') return trial;
  if (asked?.action !== 'drop' || !asked.sourceLabels.every(isOfPod)) return trial;
  const isTheirs = services.some(({ selector = {} }) => {
    const { sourceLabels, regex } = withoutPodsOf(selector);
    return regex === asked.regex && sourceLabels.join() === asked.sourceLabels.join();
  });
  return isTheirs
    ? { ...trial, answer: 'no', has: 'no', because: `relabelConfigs[${rule}] drops it` }
    : { ...trial, answer: 'yes', has: 'yes', because: '' };
}

function isOfPod(name: string): boolean {
  return name.startsWith('__meta_kubernetes_pod_label');
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
