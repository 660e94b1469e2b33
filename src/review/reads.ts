import type { FindingOptions } from '../findings/index.ts';
import { findingOptions, findingsKnowServices } from '../findings/index.ts';
import { contains, type Labels, type Scrape, type Service, sizeOf } from '../kubernetes/index.ts';
import { listeners, type PlanContext, servicesSeenBy } from '../planning/index.ts';
import { agentName, discoveredBehind, type Seat, type Trial, trialsOf } from '../reading/index.ts';
import { type Answer, both } from '../selection/index.ts';

/** A port of a pod that an agent reads by some request, as far as it can be told. */
export interface Read {
  readonly answer: Exclude<Answer, 'no'>;
  readonly namespace: string;
  /** The pods' labels; undefined where they are not known. */
  readonly labels: Labels | undefined;
  readonly service: Service;
  readonly port: string;
  /** As people name it: `port 8081 of Pod/web-0`. */
  readonly shown: string;
}

/** What is read, by agent, pod, port, path and parameters. The scheme is no part: one port speaks one. */
export type Reads = ReadonlyMap<string, Read>;

/** Everything that agents read by way of some scrapes. A port that is known to have no metrics is not read by it. */
export function readsOf(scrapes: Iterable<Scrape>, context: PlanContext): Reads {
  const reads = new Map<string, Read>();
  const { portsOf } = findingOptions(context);
  for (const scrape of scrapes) {
    if (scrape.deleting) continue;
    const missing = context.evidence.missingReference(scrape);
    for (const { agent, answer, options } of listeners(scrape, 'serviceScrape', context, missing)) {
      if (answer === 'no') continue;
      const who = agent === undefined ? '' : agentName(agent);
      for (const service of servicesSeenBy(scrape, context.inventory, options)) {
        const discovered = discoveredBehind(service, context.inventory);
        for (const index of scrape.endpoints.keys()) {
          for (const trial of trialsOf(scrape, index, discovered, options)) {
            if (!hasMetrics(trial, portsOf)) continue;
            const read = both(trial.answer, answer);
            if (read !== 'no') note(reads, who, trial, read);
          }
        }
      }
    }
  }
  return reads;
}

function note(reads: Map<string, Read>, who: string, trial: Trial, answer: Read['answer']): void {
  const { target, podPort, request } = trial;
  const { service, seat } = target;
  const { namespace } = service;
  const name = seat.is === 'unknown' ? `Service/${service.name}` : seat.name;
  const key = [who, namespace, name, podPort, request.path, request.query].join(' ');
  if (reads.get(key)?.answer === 'yes') return;
  const shown = `port ${podPort} of ${name} in namespace ${namespace}`;
  const port = String(podPort);
  reads.set(key, { answer, namespace, labels: labelsOf(seat), service, port, shown });
}

function labelsOf(seat: Seat): Labels | undefined {
  return seat.is === 'unknown' ? undefined : seat.shape.labels;
}

function hasMetrics(
  { target, podPort, answer }: Trial,
  portsOf: FindingOptions['portsOf'],
): boolean {
  if (answer === 'no') return false;
  const { service, servicePort, containerPort } = target;
  const number = typeof podPort === 'number' ? podPort : undefined;
  const declared = containerPort === 'none' ? undefined : containerPort?.name;
  const named = typeof podPort === 'string' ? podPort : undefined;
  const names = [declared, servicePort?.name, named].filter((name) => name !== undefined);
  const known = portsOf?.(service);
  return ![...names, undefined].some(
    (name) => known?.({ number, name: name === '' ? undefined : name })?.metrics === false,
  );
}

/**
 * Whether one endpoint of a scrape, or any of them, reads something, whoever takes the scrape. True where that can't be
 * told, because the Services are not known.
 */
export function readsSomething(
  scrape: Scrape,
  endpoint: number | undefined,
  context: PlanContext,
): boolean {
  const { inventory } = context;
  if (!findingsKnowServices(scrape, inventory)) return true;
  const { portsOf } = findingOptions(context);
  const endpoints = endpoint === undefined ? [...scrape.endpoints.keys()] : [endpoint];
  return inventory.servicesSelectedBy(scrape).some((service) => {
    const discovered = discoveredBehind(service, inventory);
    return endpoints.some((index) =>
      trialsOf(scrape, index, discovered).some(
        (trial) => hasMetrics(trial, portsOf) || isOutside(trial),
      ),
    );
  });
}

/** Role `service` reads the address of a Service without pods, which leads to something outside. */
function isOutside({ target, has, at }: Trial): boolean {
  return at === 'role' && has !== 'no' && target.service.type === 'ExternalName';
}

/** What is read before and not after: of those that were certain what is not certain any more counts as well. */
export function lostReads(before: Reads, after: Reads): [key: string, read: Read][] {
  return [...before].filter(([key, { answer, labels, service, port }]) => {
    const now = after.get(key)?.answer;
    if (answer === 'yes' ? now === 'yes' : now !== undefined) return false;
    // What stood for pods that nobody knew is not lost when there are pods, or when a Service leads to as many of them.
    const isSeen = ({ service: other, port: theirs, answer: still }: Read): boolean =>
      other.namespace === service.namespace &&
      theirs === port &&
      (other.name === service.name || (still === answer && leadsToAllOf(other, service)));
    return labels !== undefined || ![...after.values()].some(isSeen);
  });
}

/** Whether a Service selects every pod that another one does. */
function leadsToAllOf(wider: Service, narrower: Service): boolean {
  const { selector } = wider;
  if (selector === undefined || narrower.selector === undefined) return false;
  return sizeOf(selector) > 0 && contains(selector, narrower.selector);
}
