import {
  contains,
  type Endpoint,
  labelOf,
  type PodShape,
  type Scrape,
  type Service,
} from '../../kubernetes/index.ts';
import type { Reading } from '../../reading/index.ts';
import {
  containerPorts,
  isSameRequest,
  readingsOfEndpoint,
  readingsThrough,
} from '../../reading/index.ts';
import { type Answer, both } from '../../selection/index.ts';
import { fieldManager } from '../../settings/index.ts';
import type { Check } from './check.ts';
import { droppedByRules } from './dropped.ts';
import { clipped, type Found, placed, refOfScrape } from './found.ts';
import { knownPortFinding, knownPortOf } from './known-ports.ts';
import { knownPath } from './paths.ts';
import { appending, oneWay, type Remedy, removing, writing } from './remedy.ts';

/** Comparing with other scrapes is the dearest check: it looks at no more Services than this, and no more scrapes of each. */
const maxServices = 8;
const maxScrapes = 16;

/** What an endpoint really reads: nothing, the same as another, or at the wrong path. */
export function readingFindings(check: Check): Found[] {
  const found: Found[] = [];
  const earlier: Reading[] = [];
  const seen = new Map<Service, Reading[]>();
  const othersOf = (service: Service) => {
    const others = seen.get(service) ?? readingsOfOthers(check, service);
    seen.set(service, others);
    return others;
  };
  for (const [index, endpoint] of check.scrape.endpoints.entries()) {
    const dropped = droppedByRules(check, index, endpoint);
    if (dropped !== undefined) found.push(dropped);
    const readings = check.services
      .slice(0, maxServices)
      .flatMap((service) => readingsOfEndpoint(check.scrape, index, check.behind(service)));
    if (readings.length === 0) continue;
    const field = `endpoints[${index}]`;
    const twice = readTwice(check, field, readings, earlier);
    const others = twice ?? readByOthers(check, field, readings, othersOf);
    for (const one of [
      others,
      knownPortFinding(check, index, endpoint, readings),
      pathMissing(check, field, endpoint, readings),
      annotated(check, field, readings),
    ]) {
      if (one !== undefined) found.push(one);
    }
    earlier.push(...readings);
  }
  return found;
}

/** The same pods' port by way of two Services, or by an earlier endpoint of the scrape. */
function readTwice(
  check: Check,
  field: string,
  readings: readonly Reading[],
  earlier: readonly Reading[],
): Found | undefined {
  const home = check.scrape.namespace;
  for (const [place, reading] of readings.entries()) {
    for (const other of [...earlier, ...readings.slice(0, place)]) {
      if (sameTarget(reading, other) !== 'yes') continue;
      const port = clipped(String(reading.podPort), 130);
      if (reading.service === other.service || reading.service.name === other.service.name) {
        return {
          code: 'scraped-twice',
          field,
          message: `it reads port ${port} of ${placed(reading.service, home)} as endpoints[${other.endpoint}] does`,
          ...eitherEndpoint(field, `endpoints[${other.endpoint}]`),
        };
      }
      const [kept, left] = preferred(reading.service, other.service);
      return {
        code: 'scraped-twice',
        field,
        message: `Services ${placed(kept, '')} and ${left.name} lead to the same pods: port ${port} is read twice`,
        ...keeping(field, kept.name),
      };
    }
  }
  return undefined;
}

function eitherEndpoint(one: string, other: string): Remedy {
  const ways = [one, other].map((field) => ({
    text: `remove spec.${field}`,
    edits: [removing(field)],
  }));
  return { fix: `remove spec.${one}, or spec.${other}`, ways };
}

function keeping(field: string, service: string): Remedy {
  const rule = { action: 'keep', sourceLabels: ['service'], regex: service };
  return oneWay(
    `add relabelConfigs: [{action: keep, sourceLabels: [service], regex: ${service}}]`,
    appending(`${field}.relabelConfigs`, rule),
  );
}

/** Of two Services in front of the same pods the headless one is kept, else the first by name. */
function preferred(one: Service, other: Service): [kept: Service, left: Service] {
  if (one.headless !== other.headless) return one.headless ? [one, other] : [other, one];
  return one.name < other.name ? [one, other] : [other, one];
}

/** The same pods' port by another scrape. */
function readByOthers(
  check: Check,
  field: string,
  readings: readonly Reading[],
  othersOf: (service: Service) => readonly Reading[],
): Found | undefined {
  const { scrape, options } = check;
  const isOurs = options.isOurs ?? ((one: Scrape) => one.managers.includes(fieldManager));
  let perhaps: Found | undefined;
  for (const reading of readings) {
    for (const other of othersOf(reading.service)) {
      const same = sameReading(reading, other);
      const shared = options.shareStore?.(scrape, other.scrape) ?? 'yes';
      const answer = both(same, shared);
      if (answer === 'no') continue;
      const isSure = answer === 'yes';
      // A user's scrape makes autoscrape take its own away.
      if (isSure && (isOurs(scrape) || isOurs(other.scrape))) continue;
      const one = readBy(check, field, reading, other, isSure);
      if (isSure) return one;
      perhaps ??= one;
    }
  }
  return perhaps;
}

/** What other scrapes read of the pods behind a Service. */
function readingsOfOthers({ scrape, inventory, behind }: Check, service: Service): Reading[] {
  const comparable = inventory.comparableServices(service).slice(0, maxServices);
  return [service, ...comparable].flatMap((leading) =>
    inventory
      .scrapesSelecting(leading)
      .filter((one) => one.name !== scrape.name || one.namespace !== scrape.namespace)
      .slice(0, maxScrapes)
      .flatMap((one) => readingsThrough(one, behind(leading))),
  );
}

function readBy(
  { scrape }: Check,
  field: string,
  reading: Reading,
  other: Reading,
  isSure: boolean,
): Found {
  const port = clipped(String(reading.podPort), 130);
  const whose = `port ${port} of ${placed(reading.service, scrape.namespace)}`;
  const name = placed(other.scrape, scrape.namespace);
  return isSure
    ? {
        code: 'already-scraped',
        field,
        message: `VMServiceScrape ${name} reads ${whose} already`,
        ...eitherScrape(scrape, field, other.scrape),
      }
    : {
        code: 'perhaps-already-scraped',
        field,
        message: `VMServiceScrape ${name} may read ${whose} as well: it can't be decided here`,
        fix: `where it does, remove VMServiceScrape ${placed(other.scrape, '')}, or spec.${field}`,
      };
}

/** Removes the other scrape, or the endpoint of this one; a scrape without endpoints is of no use. */
function eitherScrape(scrape: Scrape, field: string, other: Scrape): Remedy {
  const theirs = `remove VMServiceScrape ${placed(other, '')}`;
  const isOnly = scrape.endpoints.length === 1;
  return {
    fix: `${theirs}, or ${isOnly ? 'this one' : `spec.${field}`}`,
    ways: [
      { text: theirs, edits: [{ action: 'remove', path: [], object: refOfScrape(other) }] },
      isOnly
        ? { text: 'remove this scrape', edits: [{ action: 'remove', path: [] }] }
        : { text: `remove spec.${field}`, edits: [removing(field)] },
    ],
  };
}

/** Whether two readings are of the same port of the same pods, by the same request. */
export function sameTarget(one: Reading, other: Reading): Answer {
  const [mine, theirs] = [one.service, other.service];
  if (mine.namespace !== theirs.namespace) return 'no';
  if (mine.name !== theirs.name) {
    const [narrow, broad] = [mine.selector ?? {}, theirs.selector ?? {}];
    if (!contains(narrow, broad) && !contains(broad, narrow)) return 'no';
  }
  return sameReading(one, other);
}

/** Whether two readings of the same pods are of the same port, by the same request. */
function sameReading(one: Reading, other: Reading): Answer {
  if (one.podPort !== other.podPort) return 'no';
  const same = isSameRequest(one.request, other.request);
  if (same === false) return 'no';
  const isSure = one.certainty === 'yes' && other.certainty === 'yes' && same === true;
  return isSure ? 'yes' : 'perhaps';
}

/** An endpoint reads `/metrics` for want of a path, where the metrics are known to be elsewhere. */
function pathMissing(
  check: Check,
  field: string,
  endpoint: Endpoint,
  readings: readonly Reading[],
): Found | undefined {
  if (endpoint.path) return undefined;
  for (const reading of readings) {
    const { service, podPort, certainty, request } = reading;
    if (certainty !== 'yes' || request.path !== '/metrics') continue;
    const path = knownPathOf(check, reading) ?? knownPath(check.shapesBehind(service), podPort);
    if (path === undefined || path === '/metrics') continue;
    return {
      code: 'path-missing',
      field: `${field}.path`,
      message: `without it /metrics is read; port ${clipped(String(podPort), 130)} of ${placed(service, '')} has its metrics elsewhere`,
      ...writing(`${field}.path`, path),
    };
  }
  return undefined;
}

function knownPathOf(check: Check, reading: Reading): string | undefined {
  const known = knownPortOf(check, reading);
  return known?.metrics === true ? known.path : undefined;
}

/** Pods that ask, by annotation, to be read by another job on the same port. */
function annotated(
  { scrape, shapesBehind }: Check,
  field: string,
  readings: readonly Reading[],
): Found | undefined {
  for (const { service, podPort, certainty } of readings) {
    if (certainty !== 'yes') continue;
    if (!shapesBehind(service).some((shape) => asksFor(shape, podPort))) continue;
    return {
      code: 'annotated-pods',
      field,
      message: `the pods behind ${placed(service, scrape.namespace)} are annotated prometheus.io/scrape: "true" as well`,
      fix: 'where a job goes by it, remove the annotation prometheus.io/scrape from the pods, or leave them out of that job',
    };
  }
  return undefined;
}

function asksFor(shape: PodShape, podPort: number | string): boolean {
  if (labelOf(shape.annotations, 'prometheus.io/scrape') !== 'true') return false;
  const port = labelOf(shape.annotations, 'prometheus.io/port');
  if (port !== undefined && port !== '') return port === String(podPort);
  // Without a port the usual job reads every port that the containers declare.
  return containerPorts(shape).some(({ name, number }) => number === podPort || name === podPort);
}

/** A ServiceMonitor of the same name, which the operator converts to this very scrape. */
export function monitorFindings({ scrape, inventory }: Check): Found[] {
  const monitor = inventory.serviceMonitor(scrape.namespace, scrape.name);
  if (monitor === undefined) return [];
  // The converted scrape has its ServiceMonitor's labels, none where that has none, and may be owned by it.
  const keys = Object.keys(monitor.labels);
  const isConverted =
    scrape.owners.some(({ kind }) => kind === 'ServiceMonitor') ||
    (keys.length === 0
      ? Object.keys(scrape.labels).length === 0
      : keys.every((key) => labelOf(scrape.labels, key) === labelOf(monitor.labels, key)));
  if (isConverted) return [];
  return [
    {
      code: 'overwritten',
      field: '',
      message:
        'the operator converts the ServiceMonitor of the same name to this scrape, and overwrites it',
      fix: `rename it, or ServiceMonitor ${scrape.namespace}/${scrape.name}`,
    },
  ];
}
