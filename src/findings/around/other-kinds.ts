import type { Inventory } from '../../inventory/index.ts';
import type { PodShape } from '../../kubernetes/index.ts';
import { type Listener, listeners, type PlanContext, storesShared } from '../../planning/index.ts';
import { containerPorts, type Reading, readingsOf } from '../../reading/index.ts';
import {
  type Answer,
  isPattern,
  patternOf,
  sanitisedValue,
  selectsLabels,
} from '../../selection/index.ts';
import { sameTarget } from '../scrapes/readings.ts';
import type { Remedy } from '../scrapes/remedy.ts';
import { type Around, around } from './found.ts';
import { podReaderOf } from './pod-readers.ts';
import type { AskedAnnotation, PodEndpoint, PodReader, Surroundings } from './types.ts';

/** Everything that scrapes of other kinds read, found once for all scrapes. */
export interface OtherReadings {
  /** By {@link targetKey}. */
  readonly monitors: ReadonlyMap<string, readonly Reading[]>;
  readonly podReaders: readonly HeardPodReader[];
}

interface HeardPodReader {
  readonly reader: PodReader;
  readonly heard: readonly Listener[];
}

/** Targets of one ServiceMonitor that are kept. */
const mostReadings = 5000;

/**
 * Finds what VMPodScrapes, PodMonitors and ServiceMonitors read that an agent of VictoriaMetrics may take.
 *
 * @param isConverted whether the operator has had its time to convert monitors: then one without a scrape of its name
 *   is for Prometheus alone, which writes to a store of its own
 */
export function otherReadings(
  surroundings: Surroundings,
  context: PlanContext,
  isConverted: boolean,
): OtherReadings {
  const { inventory } = context;
  const noAgents = [...inventory.agents()].length === 0;
  const isForPrometheus = isConverted || (surroundings.hasPrometheus && noAgents);
  const monitors = isForPrometheus ? [] : surroundings.monitors;
  const podMonitors = isForPrometheus ? [] : surroundings.podMonitors;
  // What has been converted already is a scrape like others; one of its name that is not, is overwritten.
  const open = monitors.filter(
    ({ namespace, name }) => inventory.scrape(namespace, name) === undefined,
  );
  const podScrapes = [...inventory.podScrapes()].filter((one) => !one.deleting);
  const readers = [
    ...podScrapes.map((one) => podReaderOf('VMPodScrape', one.namespace, podScrapeJson(one))),
    ...podMonitors.filter(
      ({ namespace, name }) => inventory.podScrape(namespace, name) === undefined,
    ),
  ];
  return {
    monitors: Map.groupBy(
      open.flatMap((one) => readingsOf(one, inventory).slice(0, mostReadings)),
      targetKey,
    ),
    podReaders: readers.map((reader) => ({ reader, heard: heardBy(reader, context) })),
  };
}

function podScrapeJson({ name, labels, spec }: { name: string; labels: object; spec: unknown }) {
  return { metadata: { name, labels }, spec };
}

/** Who takes a scrape of pods; of a PodMonitor, who would take what it is converted to. */
function heardBy({ kind, namespace, name, labels }: PodReader, context: PlanContext): Listener[] {
  const stored = kind === 'VMPodScrape' ? context.inventory.podScrape(namespace, name) : undefined;
  const heard = stored ?? {
    namespace,
    name,
    labels,
    scrapeClass: undefined,
    spec: {},
    generation: 0,
    status: undefined,
  };
  return listeners(heard, 'podScrape', context, undefined);
}

function targetKey({ service, podPort }: Reading): string {
  return `${service.namespace} ${podPort}`;
}

/** Finds targets that a scrape and one of another kind read both; one finding for an endpoint and kind. */
export function otherKindFindings(
  readings: readonly Reading[],
  heard: readonly Listener[],
  others: OtherReadings,
  context: PlanContext,
  isOurs: boolean,
): Around[] {
  const found = new Map<string, Around>();
  for (const reading of readings) {
    if (reading.certainty !== 'yes') continue;
    for (const { kind, namespace, name, answer } of readBeside(reading, heard, others, context)) {
      const key = `${reading.endpoint} ${kind} ${namespace}/${name}`;
      const earlier = found.get(key);
      const isSure = answer === 'yes';
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
          ...(isSure && !isOurs
            ? eitherReader(kind, namespace, name, `remove ${other}${alternative}`)
            : { fix: `remove ${other}${alternative}` }),
          ...(isSure ? {} : { severity: 'info' as const }),
        }),
      );
    }
  }
  return [...found.values()];
}

/** Removes the object of another kind; of the scrape's own endpoint it is only said. */
function eitherReader(kind: string, namespace: string, name: string, fix: string): Remedy {
  const group = kind.startsWith('VM')
    ? 'operator.victoriametrics.com/v1beta1'
    : 'monitoring.coreos.com/v1';
  const object = { apiVersion: group, kind, namespace, name };
  const text = `remove ${kind} ${namespace}/${name}`;
  return { fix, ways: [{ text, edits: [{ action: 'remove', path: [], object }] }] };
}

interface Beside {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly answer: Answer;
}

function readBeside(
  reading: Reading,
  heard: readonly Listener[],
  { monitors, podReaders }: OtherReadings,
  { inventory }: PlanContext,
): Beside[] {
  const byMonitor = (monitors.get(targetKey(reading)) ?? []).flatMap((other): Beside[] => {
    const answer = sameTarget(reading, other);
    if (answer === 'no') return [];
    const { namespace, name } = other.scrape;
    return [{ kind: 'ServiceMonitor', namespace, name, answer }];
  });
  const shapes = podReaders.length === 0 ? [] : shapesBehind(reading, inventory);
  const byPods = podReaders.flatMap(({ reader, heard: theirs }): Beside[] => {
    const { namespaces, kind, namespace, name } = reader;
    if (namespaces !== undefined && !namespaces.includes(reading.service.namespace)) return [];
    if (storesShared(heard, theirs) === 'no') return [];
    const endpoints = reader.endpoints.filter((endpoint) =>
      shapes.some((shape) => isRead(reading, reader, endpoint, shape)),
    );
    if (endpoints.length === 0) return [];
    const isSure = endpoints.some((endpoint) => !endpoint.undecided);
    return [{ kind, namespace, name, answer: isSure ? 'yes' : 'perhaps' }];
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
  { podPort, request }: Reading,
  reader: PodReader,
  { port, path, query, annotations }: PodEndpoint,
  shape: PodShape,
): boolean {
  if (!annotations.every((one) => hasAnnotation(shape, one))) return false;
  if (selectsLabels(reader.selector, shape.labels) !== 'yes') return false;
  if (request.path !== path || request.query !== query) return false;
  return containerPorts(shape).some(
    ({ name, number }) =>
      (number === podPort || name === podPort) &&
      (port === undefined || port === name || port === number),
  );
}

/** Whether a pod has the value that a rule keeps. Of annotations only `prometheus.io/*` are known. */
function hasAnnotation({ annotations }: PodShape, { name, regex }: AskedAnnotation): boolean {
  const pattern = patternOf(regex);
  return isPattern(pattern) && pattern.matches(sanitisedValue(annotations, name) ?? '');
}
