import type { Catalogue, Facet } from '../../catalogue/index.ts';
import type { PodShape, Service } from '../../kubernetes/index.ts';
import {
  identified,
  isOurs,
  isScraped,
  metricsPlaces,
  type PlanContext,
  portChoice,
  shareStores,
} from '../../planning/index.ts';
import type { FindingOptions, KnownPort, PodPortName } from './check.ts';

/** What catalogue and settings know, for the findings about scrapes. */
export function findingOptions(context: PlanContext): FindingOptions {
  return {
    isOurs: (scrape) => isOurs(scrape, context.settings),
    shareStore: (one, other) => shareStores(one, other, context),
    portOf: (service, port) => knownPort(service, port, context),
  };
}

function knownPort(
  service: Service,
  port: PodPortName,
  context: PlanContext,
): KnownPort | undefined {
  const { entry } = identified(service, context);
  const shapes = entry === undefined ? [] : context.inventory.podShapesBehind(service);
  const facets = entry?.facets ?? [];
  for (const facet of facets) {
    if (!isScraped(facet, context.settings)) continue;
    const place = metricsPlaces(facet, shapes).find((one) => isAt(one, port));
    if (place === undefined) continue;
    const { scheme } = place;
    return { metrics: true, path: facet.path, scheme, instead: plainPort(service, facet, shapes) };
  }
  for (const facet of facets) {
    if (isScraped(facet, context.settings) || !isAt(facet.port, port)) continue;
    return { metrics: false, ...withoutMetrics(facet) };
  }
  return otherProtocol(port, context.catalogue, entry !== undefined);
}

function isAt(one: PodPortName, { number, name }: PodPortName): boolean {
  return one.number !== undefined && number !== undefined
    ? one.number === number
    : one.name !== undefined && one.name === name;
}

/** The port that serves a facet's metrics without TLS; undefined where there is none. */
function plainPort(service: Service, facet: Facet, shapes: readonly PodShape[]) {
  const choice = portChoice(service, facet, shapes);
  return 'impossible' in choice ? undefined : choice;
}

function withoutMetrics({ component, serves, setting }: Facet) {
  if (serves === 'nothing') return { because: `${component} serves none`, otherwise: '' };
  return {
    because: `${component} sends them by OTLP`,
    otherwise: setting === undefined ? '' : `set ${setting}`,
  };
}

/**
 * A port that speaks something else. Of Services that the catalogue does not know, only one with both the name and the
 * number of such a port is taken to be it: `tcp-postgresql` 5432.
 */
function otherProtocol(
  port: PodPortName,
  { protocols = [] }: Catalogue,
  isRecognised: boolean,
): KnownPort | undefined {
  const spoken = protocols.find(({ name, number }) =>
    isRecognised
      ? port.name === name || (number !== undefined && port.number === number)
      : number !== undefined && port.number === number && port.name?.includes(name) === true,
  );
  return spoken === undefined
    ? undefined
    : { metrics: false, because: `it speaks ${spoken.speaks}`, otherwise: '' };
}
