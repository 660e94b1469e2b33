import type { Inventory } from '../inventory/index.ts';
import type { Scrape, Service } from '../kubernetes/index.ts';
import {
  type Discovered,
  discoveredBehind,
  podPortOf,
  supposedTarget,
  type Target,
} from './discovery.ts';
import { roleOf } from './job.ts';
import type { JobOptions } from './job-options.ts';
import { type Trial, type TriedJob, triedJobs, tryJob } from './try-job.ts';
import type { Reading } from './types.ts';

/**
 * Every pod port that a scrape reads, by way of each Service that it selects. A pod port is named once for each of the
 * scrape's endpoints, Services and requests, although several ports of the Service may lead to it: vmagent drops
 * targets that are alike in all labels.
 */
export function readingsOf(scrape: Scrape, inventory: Inventory): Reading[] {
  return inventory
    .servicesSelectedBy(scrape)
    .flatMap((service) => readingsThrough(scrape, discoveredBehind(service, inventory)));
}

/**
 * Every pod port that any scrape reads by way of this Service. Other Services may lead to the same pods, see
 * {@link readingsBehind}.
 */
export function readingsOfService(service: Service, inventory: Inventory): Reading[] {
  const scrapes = inventory.scrapesSelecting(service);
  if (scrapes.length === 0) return [];
  const discovered = discoveredBehind(service, inventory);
  return scrapes.flatMap((scrape) => readingsThrough(scrape, discovered));
}

/**
 * Every pod port that any scrape reads of the pods behind this Service, by way of this one or of a comparable one:
 * one that selects the same pods, more or fewer.
 */
export function readingsBehind(service: Service, inventory: Inventory): Reading[] {
  return [service, ...inventory.comparableServices(service)].flatMap((one) =>
    readingsOfService(one, inventory),
  );
}

/** Everything that a scrape reads by way of one Service that it selects. */
export function readingsThrough(scrape: Scrape, discovered: Discovered): Reading[] {
  return scrape.endpoints.flatMap((_, index) => readingsOfEndpoint(scrape, index, discovered));
}

/** Everything that one endpoint of a scrape reads by way of one Service that the scrape selects. */
export function readingsOfEndpoint(
  scrape: Scrape,
  index: number,
  discovered: Discovered,
): Reading[] {
  return readingsIn(scrape, index, discovered, trialsOf(scrape, index, discovered));
}

/**
 * Tries one endpoint of a scrape on every target behind a Service that the scrape selects.
 *
 * @param options what the agent adds to the job
 */
export function trialsOf(
  scrape: Scrape,
  index: number,
  discovered: Discovered,
  options?: JobOptions,
): Trial[] {
  const job = triedJobs(scrape, options)[index];
  if (job === undefined) return [];
  const supposed = supposedTargets(scrape, index, discovered).map((target): Trial[] =>
    tryJob(job, [target]).map((trial) => ({
      ...trial,
      answer: trial.answer === 'no' ? 'no' : 'perhaps',
      has: trial.has === 'no' ? 'no' : 'perhaps',
      at: 'pod',
      because: `no pod is known that declares port ${target.podPort}`,
    })),
  );
  return [
    ...tryJob(job, discovered.targets),
    ...supposed.flat(),
    ...trialsWithoutPods(job, discovered),
  ];
}

/** By the role `service` an agent also has the ports of a Service that lead to no pod. */
function trialsWithoutPods(job: TriedJob, { service, targets }: Discovered): Trial[] {
  if (job.role !== 'service') return [];
  const alone = service.ports.filter((port) => !targets.some((one) => one.servicePort === port));
  const because = `no pod behind Service ${service.name} has its port`;
  return tryJob(
    job,
    alone.map((port) => ({ ...supposedTarget(service, podPortOf(port)), servicePort: port })),
  ).map((trial) => ({ ...trial, answer: 'no', at: 'role', because }));
}

const beforePort: ReadonlySet<string> = new Set(['global', 'selector', 'port']);

/** Whether a target is one that the endpoint's port means, whatever relabelling makes of it. */
export function passesPort({ answer, at }: Trial): boolean {
  return answer !== 'no' || !beforePort.has(at);
}

/** A port by `targetPort` that the Service does not list, and that pods may turn out to have. */
function supposedTargets(
  scrape: Scrape,
  endpoint: number,
  { service, targets, complete }: Discovered,
): Target[] {
  const { port, targetPort } = scrape.endpoints[endpoint] ?? {};
  if (complete || port || !targetPort || roleOf(scrape) === 'service') return [];
  if (targets.length === 0 || targets.some((target) => target.podPort === targetPort)) return [];
  return [supposedTarget(service, targetPort)];
}

/** Puts trials with the same end together: a reading for each port and request, certain ones first. */
export function readingsIn(
  scrape: Scrape,
  endpoint: number,
  { service, seats }: Discovered,
  trials: readonly Trial[],
): Reading[] {
  const groups = new Map<string, Trial[]>();
  const certain = new Set<string>();
  for (const answer of ['yes', 'perhaps'] as const) {
    for (const trial of trials) {
      if (trial.answer !== answer) continue;
      const { podPort, request, target } = trial;
      const place = `${podPort} ${target.seat.name}`;
      // A pod's port is certain where one of several ways to it is.
      if (answer === 'yes') certain.add(place);
      else if (certain.has(place)) continue;
      const key = JSON.stringify([answer, podPort, request]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [trial]);
      else group.push(trial);
    }
  }
  return [...groups.values()].flatMap((group): Reading[] => {
    const [first] = group;
    if (first === undefined) return [];
    const pods = new Set(group.map((trial) => trial.target.seat.name));
    return [
      {
        scrape,
        endpoint,
        service,
        podPort: first.podPort,
        certainty: first.answer === 'yes' ? 'yes' : 'maybe',
        because: first.because,
        request: first.request,
        pods: pods.size >= seats.length ? 'all' : [...pods],
      },
    ];
  });
}
