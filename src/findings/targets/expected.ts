import { hasEnded, type Pod } from '../../kubernetes/index.ts';
import {
  identified,
  isScraped,
  metricsPlaces,
  type PlanContext,
  type Reader,
  readersOf,
} from '../../planning/index.ts';
import { jobName, podSeat } from '../../reading/index.ts';
import type { ExpectedTarget } from './types.ts';

/**
 * Every pod port of a component that a stored scrape certainly reads: what an agent that takes the scrapes has as
 * targets. Pods without an address, and those that have ended, are none. Sorted by namespace, pod, port and job.
 */
export function expectedTargets(context: PlanContext): ExpectedTarget[] {
  const { inventory, settings } = context;
  const found = new Map<string, ExpectedTarget>();
  for (const pod of inventory.pods()) {
    if (pod.ip === '' || hasEnded(pod)) continue;
    const facets = identified(pod, context).entry?.facets ?? [];
    const { namespace, labels } = pod;
    for (const facet of facets.filter((one) => isScraped(one, settings))) {
      const services = inventory.servicesSelecting(namespace, labels);
      const seats = [podSeat(pod)];
      const [place] = metricsPlaces(facet, [pod.shape]);
      if (place?.number === undefined) continue;
      for (const reader of readersOf({ facet, namespace, services, seats }, context)) {
        if (reader.kind !== 'VMServiceScrape' || !isRead(reader)) continue;
        const target = targetOf(pod, facet.component, reader, place.number);
        found.set(keyOf(target), target);
      }
    }
  }
  return [...found.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/**
 * Whether the scrape itself reads the pod. Which agent takes it is what the agents are asked: a scrape that none takes
 * is expected all the same, and found missing.
 */
function isRead({ ways }: Reader): boolean {
  return ways.some(
    ({ answer, link }) => answer === 'yes' || link === 'agent' || link === 'references',
  );
}

function targetOf(
  { namespace, name, ip }: Pod,
  component: string,
  { endpoint, service, ...scrape }: Reader,
  port: number,
): ExpectedTarget {
  return {
    namespace,
    component,
    pod: name,
    ip,
    port,
    service,
    scrape: `${scrape.namespace}/${scrape.name}`,
    job: jobName(scrape, endpoint),
  };
}

function keyOf({ namespace, pod, port, job, service }: ExpectedTarget): string {
  return [namespace, pod, String(port).padStart(5, '0'), job, service].join('\u0000');
}
