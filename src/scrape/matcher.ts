import type { Endpoint, Scrape, Service } from '../kubernetes/index.ts';
import type { Inventory } from './inventory.ts';
import { isPattern, patternOf } from './pattern.ts';
import { relabel, type Verdict } from './relabel.ts';
import { type Discovered, discover, labelsOf, roleOf, type Target } from './targets.ts';
import type { Reading } from './types.ts';

/**
 * Every pod port that a scrape reads, by way of each Service that it selects. A pod port is named once for each of the
 * scrape's endpoints and Services, although several ports of the Service may lead to it: vmagent drops targets that are
 * alike in all labels.
 *
 * `certainty` is `maybe` where relabelling can't be decided, where the port asked for may be one that no pod known so
 * far declares, and with `discoveryRole: service`, which reads one pod behind the Service, no one knows which.
 */
export function readingsOf(scrape: Scrape, inventory: Inventory): Reading[] {
  return inventory
    .servicesSelectedBy(scrape)
    .flatMap((service) => readingsThrough(scrape, service, discoveredBehind(service, inventory)));
}

/**
 * Every pod port that any scrape reads by way of this Service. Other Services may lead to the same pods, see
 * {@link readingsBehind}.
 */
export function readingsOfService(service: Service, inventory: Inventory): Reading[] {
  const scrapes = inventory.scrapesSelecting(service);
  if (scrapes.length === 0) return [];
  const discovered = discoveredBehind(service, inventory);
  return scrapes.flatMap((scrape) => readingsThrough(scrape, service, discovered));
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

/** What discovery finds behind a Service, as far as the inventory knows its pods. */
export function discoveredBehind(service: Service, inventory: Inventory): Discovered {
  return discover(service, inventory.podShapesBehind(service));
}

/** What a scrape reads by way of one Service that it selects. */
export function readingsThrough(
  scrape: Scrape,
  service: Service,
  discovered: Discovered,
): Reading[] {
  return scrape.endpoints.flatMap((_, index) =>
    readingsOfEndpoint(scrape, index, service, discovered),
  );
}

/** What one endpoint of a scrape reads by way of one Service that the scrape selects. */
export function readingsOfEndpoint(
  scrape: Scrape,
  index: number,
  service: Service,
  discovered: Discovered,
): Reading[] {
  const endpoint = scrape.endpoints[index];
  if (endpoint === undefined) return [];
  const readings = new Map<number | string, Reading>();
  for (const { target, certain } of targetsOf(scrape, endpoint, discovered)) {
    const verdict = verdictOn(scrape, endpoint, service, target);
    if (verdict === 'dropped') continue;
    const certainty = certain && verdict === 'kept' ? 'yes' : 'maybe';
    if (readings.get(target.podPort)?.certainty === 'yes') continue;
    readings.set(target.podPort, {
      scrape,
      endpoint: index,
      service,
      podPort: target.podPort,
      certainty,
    });
  }
  return [...readings.values()];
}

/** What an endpoint's relabelling does to a target that its port lets pass. */
export function verdictOn(
  scrape: Scrape,
  endpoint: Endpoint,
  service: Service,
  target: Target,
): Verdict {
  const { relabelRules } = endpoint;
  if (relabelRules.length === 0) return 'kept';
  const endpointLabel = String(endpoint.port || endpoint.targetPort || '');
  return relabel(relabelRules, labelsOf(target, service, scrape, endpointLabel));
}

interface Chosen {
  readonly target: Target;
  readonly certain: boolean;
}

/**
 * The targets that an endpoint's `port` or `targetPort` lets pass, before relabelling: `port` goes before `targetPort`,
 * an empty or zero one counts as absent, and with neither every target passes.
 */
export function targetsOf(
  scrape: Scrape,
  { port, targetPort }: Endpoint,
  discovered: Discovered,
): Chosen[] {
  const role = roleOf(scrape);
  if (role === undefined) return [];
  const certain = role !== 'service';
  const targets =
    role === 'service'
      ? discovered.targets.filter((target) => target.portName !== undefined)
      : discovered.targets;
  if (port) {
    const pattern = patternOf(port);
    if (!isPattern(pattern)) return [];
    return targets
      .filter((target) => pattern.matches(target.portName ?? ''))
      .map((target) => ({ target, certain }));
  }
  if (!targetPort) return targets.map((target) => ({ target, certain }));
  if (role === 'service') return [];
  const passing = targets.filter((target) => isContainerPort(target, targetPort));
  if (passing.length > 0) return passing.map((target) => ({ target, certain }));
  return discovered.complete ? [] : [{ target: undeclared(targetPort), certain: false }];
}

/** Whether a target is the container port of that number or name (an expression, as every text in a selector is). */
function isContainerPort({ containerPort, podPort }: Target, wanted: number | string): boolean {
  if (containerPort === 'none') return false;
  if (typeof wanted === 'number') return podPort === wanted;
  if (containerPort === undefined) return false;
  const pattern = patternOf(wanted);
  return isPattern(pattern) && pattern.matches(containerPort.name);
}

/** A container port that pods may turn out to have. */
function undeclared(targetPort: number | string): Target {
  return { podPort: targetPort, portName: undefined, containerPort: undefined };
}
