import type { Pod, Service } from '../kubernetes/index.ts';
import {
  containerPorts,
  identified,
  isScraped,
  jobName,
  type PlanContext,
  type Reading,
  readingsOfService,
  readsFacet,
} from '../scrape/index.ts';
import type { ExpectedTarget } from './types.ts';

/**
 * Every pod port of a component that a stored scrape certainly reads: what an agent that takes the scrapes has as
 * targets. Pods without an address, and those that have ended, are none. Sorted by namespace, pod, port and job.
 */
export function expectedTargets(context: PlanContext): ExpectedTarget[] {
  const { inventory, settings } = context;
  const readings = new Map<Service, readonly Reading[]>();
  const readingsBy = (service: Service): readonly Reading[] => {
    const known = readings.get(service) ?? readingsOfService(service, inventory);
    readings.set(service, known);
    return known;
  };
  const found = new Map<string, ExpectedTarget>();
  for (const pod of inventory.pods()) {
    if (pod.ip === '' || pod.phase === 'Succeeded' || pod.phase === 'Failed') continue;
    const facets = identified(pod, context).entry?.facets ?? [];
    for (const facet of facets.filter((one) => isScraped(one, settings))) {
      for (const service of inventory.servicesSelecting(pod.namespace, pod.labels)) {
        for (const reading of readingsBy(service)) {
          if (reading.certainty !== 'yes' || !readsFacet(reading, facet, [pod.shape])) continue;
          const port = numberOf(reading.podPort, pod);
          if (port === undefined) continue;
          const target = targetOf(pod, facet.component, reading, port);
          found.set(keyOf(target), target);
        }
      }
    }
  }
  return [...found.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function numberOf(port: number | string, pod: Pod): number | undefined {
  if (typeof port === 'number') return port;
  return containerPorts(pod.shape).find((one) => one.name === port)?.number;
}

function targetOf(
  { namespace, name, ip }: Pod,
  component: string,
  { scrape, endpoint, service }: Reading,
  port: number,
): ExpectedTarget {
  return {
    namespace,
    component,
    pod: name,
    ip,
    port,
    service: service.name,
    scrape: `${scrape.namespace}/${scrape.name}`,
    job: jobName(scrape, endpoint),
  };
}

function keyOf({ namespace, pod, port, job, service }: ExpectedTarget): string {
  return [namespace, pod, String(port).padStart(5, '0'), job, service].join('\u0000');
}
