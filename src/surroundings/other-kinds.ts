import type { PodShape } from '../kubernetes/index.ts';
import {
  areSure,
  containerPorts,
  type Inventory,
  isSameTarget,
  type Reading,
  readingsOf,
  requestOf,
} from '../scrape/index.ts';
import { type Around, around } from './found.ts';
import { selectsLabels } from './labels.ts';
import type { PodEndpoint, PodScrape, Surroundings } from './types.ts';

/** What scrapes of other kinds read, found once for all scrapes. */
export interface OtherReadings {
  /** By {@link targetKey}. */
  readonly monitors: ReadonlyMap<string, readonly Reading[]>;
  readonly podScrapes: readonly PodScrape[];
}

/** Targets of one ServiceMonitor that are kept. */
const mostReadings = 5000;

/**
 * @param isTaken whether some agent may take a VMPodScrape
 */
export function otherReadings(
  { monitors, podScrapes }: Surroundings,
  inventory: Inventory,
  isTaken: (podScrape: PodScrape) => boolean,
): OtherReadings {
  // What has been converted already is a VMServiceScrape like others; one of its name that is not, is overwritten.
  const others = monitors.filter(
    ({ namespace, name }) => inventory.scrape(namespace, name) === undefined,
  );
  const converted = new Set(
    podScrapes.filter(({ kind }) => kind === 'VMPodScrape').map(placedName),
  );
  return {
    monitors: Map.groupBy(
      others.flatMap((one) => readingsOf(one, inventory).slice(0, mostReadings)),
      targetKey,
    ),
    podScrapes: podScrapes.filter((one) =>
      one.kind === 'PodMonitor' ? !converted.has(placedName(one)) : isTaken(one),
    ),
  };
}

function placedName({ namespace, name }: { readonly namespace: string; readonly name: string }) {
  return `${namespace}/${name}`;
}

function targetKey({ service, podPort }: Reading): string {
  return `${service.namespace} ${podPort}`;
}

/** Targets that a scrape and one of another kind read both; one finding for an endpoint and kind. */
export function otherKindFindings(
  readings: readonly Reading[],
  others: OtherReadings,
  inventory: Inventory,
  isOurs: boolean,
): Around[] {
  const found = new Map<string, Around>();
  for (const reading of readings) {
    if (reading.certainty !== 'yes') continue;
    for (const { kind, namespace, name, isSure } of readBeside(reading, others, inventory)) {
      const key = `${reading.endpoint} ${kind} ${namespace}/${name}`;
      const earlier = found.get(key);
      if (earlier !== undefined && (earlier.severity === undefined || !isSure)) continue;
      const other = `${kind} ${namespace}/${name}`;
      const field = `spec.endpoints[${reading.endpoint}]`;
      const whose = `port ${reading.podPort} of the pods behind Service ${reading.service.name}`;
      const alternative = isOurs
        ? `, or label Service ${reading.service.name} autoscrape.multigres.com/scrape: "false"`
        : `, or ${field}`;
      found.set(
        key,
        around('read-by-other-kind', {
          field,
          message: isSure
            ? `${other} reads ${whose} as well`
            : `${other} may read ${whose} as well: its relabelling decides`,
          fix: `remove ${other}${alternative}`,
          ...(isSure ? {} : { severity: 'info' as const }),
        }),
      );
    }
  }
  return [...found.values()];
}

interface Beside {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly isSure: boolean;
}

function readBeside(
  reading: Reading,
  { monitors, podScrapes }: OtherReadings,
  inventory: Inventory,
): Beside[] {
  const byMonitor = (monitors.get(targetKey(reading)) ?? [])
    .filter((other) => isSameTarget(reading, other))
    .map((other) => ({
      kind: 'ServiceMonitor',
      namespace: other.scrape.namespace,
      name: other.scrape.name,
      isSure: areSure(reading, other),
    }));
  const { namespace } = reading.service;
  const shapes = podScrapes.length === 0 ? [] : shapesBehind(reading, inventory);
  const byPods = podScrapes
    .filter(({ namespaces }) => namespaces === undefined || namespaces.includes(namespace))
    .flatMap((one): Beside[] => {
      const endpoints = one.endpoints.filter((endpoint) =>
        shapes.some((shape) => isRead(reading, one, endpoint, shape)),
      );
      if (endpoints.length === 0) return [];
      const isSure = endpoints.some((endpoint) => !endpoint.undecided);
      return [{ kind: one.kind, namespace: one.namespace, name: one.name, isSure }];
    });
  return [...byMonitor, ...byPods];
}

/** The pods behind a Service, of workloads and by themselves, with their labels. */
function shapesBehind({ service }: Reading, inventory: Inventory): PodShape[] {
  return [
    ...inventory.workloadsBehind(service).map(({ template }) => template),
    ...inventory.podsBehind(service).map(({ shape }) => shape),
  ];
}

function isRead(
  { podPort, scrape, endpoint }: Reading,
  podScrape: PodScrape,
  { port, path, params }: PodEndpoint,
  shape: PodShape,
): boolean {
  if (selectsLabels(podScrape.selector, shape.labels) !== 'yes') return false;
  const request = requestOf(scrape, endpoint);
  if (request === undefined || request.path !== path || request.params !== params) return false;
  return containerPorts(shape).some(
    ({ name, number }) =>
      (number === podPort || name === podPort) &&
      (port === undefined || port === name || port === number),
  );
}
