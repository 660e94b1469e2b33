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
import type { FindingOptions, KnownPort, KnownPorts, PodPortName } from './check.ts';

/** What catalogue and settings know, for the findings about scrapes. */
export function findingOptions(context: PlanContext): FindingOptions {
  return {
    isOurs: (scrape) => isOurs(scrape, context.settings),
    shareStore: (one, other) => shareStores(one, other, context),
    portsOf: (service) => knownPorts(service, context),
  };
}

function knownPorts(service: Service, context: PlanContext): KnownPorts {
  const { entry } = identified(service, context);
  const shapes = entry === undefined ? [] : context.inventory.podShapesBehind(service);
  const { scraped = [], others = [] } = Object.groupBy(entry?.facets ?? [], (facet) =>
    isScraped(facet, context.settings) ? 'scraped' : 'others',
  );
  const places = scraped.map((facet) => ({ facet, at: metricsPlaces(facet, shapes) }));
  return (port) => {
    for (const { facet, at } of places) {
      const place = at.find((one) => isAt(one, port));
      if (place === undefined) continue;
      const instead = plainPort(service, facet, shapes);
      return { metrics: true, path: facet.path, scheme: place.scheme, instead };
    }
    const other = others.find((facet) => isAt(facet.port, port));
    return other === undefined
      ? otherProtocol(port, context.catalogue, entry !== undefined)
      : { metrics: false, ...withoutMetrics(other) };
  };
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
