import type { Facet } from '../catalogue/index.ts';
import { hasEnded, type Pod, type PodShape } from '../kubernetes/index.ts';
import {
  type Coverage,
  eachUnit,
  isScraped,
  metricsPlaces,
  type PlanContext,
  type Reader,
  readersOf,
  type Unit,
} from '../planning/index.ts';
import { agentName, intervalOfEndpoint } from '../reading/index.ts';
import type { ExpectedPod, ExpectedSamples, ExpectedSeries } from './types.ts';

/** Seconds for which no sample is stale, however short its interval: three of vmagent's usual 30 s. */
const leastAge = 90;

/** So many reads or pushes may fail or be late before samples are stale. */
const missedReads = 3;

/** Milliseconds between two pushes (OpenTelemetry SDK, `OTEL_METRIC_EXPORT_INTERVAL`). */
const usualPush = 60_000;

/**
 * Returns what a store should have of each component, in the order of `told`: which pods, by which labels, and how old
 * the samples may be. What is opted out is left out.
 *
 * @param told the components that are asked about
 * @param maxAge seconds after which samples are stale; undefined: three intervals of each, and at least 90 s
 */
export function expectedSamples(
  context: PlanContext,
  told: readonly Coverage[],
  maxAge?: number,
): ExpectedSamples[] {
  const asked = new Map(told.map((one) => [keyOf(one, one.component), one]));
  const found = new Map<Coverage, ExpectedSamples>();
  for (const namespace of new Set(told.map((one) => one.namespace))) {
    for (const unit of eachUnit(context, namespace)) {
      const services = unit.services.map(({ name }) => name);
      for (const facet of unit.entry.facets) {
        const coverage = asked.get(keyOf({ ...unit, services }, facet.component));
        if (coverage === undefined || coverage.state === 'opted-out') continue;
        found.set(coverage, expectedOf(coverage, facet, unit, context, maxAge));
      }
    }
  }
  return told.flatMap((one) => found.get(one) ?? []);
}

function keyOf(
  { namespace, workload, services }: Pick<Coverage, 'namespace' | 'workload' | 'services'>,
  component: string,
): string {
  return JSON.stringify([namespace, workload, component, services]);
}

function expectedOf(
  coverage: Coverage,
  facet: Facet,
  unit: Unit,
  context: PlanContext,
  maxAge: number | undefined,
): ExpectedSamples {
  const pods = unit
    .seats()
    .flatMap((seat) => (seat.is === 'pod' && runs(seat.pod) ? seat.pod : []));
  const shapes = pods.length === 0 ? unit.shapes : pods.map((pod) => pod.shape);
  const readers = isScraped(facet, context.settings) ? readersBy(facet, unit, context) : [];
  const usual = isScraped(facet, context.settings)
    ? slowestRead(readers, context)
    : slowestPush(shapes);
  return {
    coverage,
    pods: pods.map((pod) => expectedPod(pod, facet, readers)),
    maxAge: maxAge ?? Math.max(leastAge, (missedReads * usual) / 1_000),
    heartbeat: facet.heartbeat,
    clusters: [...new Set(shapes.flatMap((shape) => clusterOf(shape, facet)))].sort(),
    isScraped: isScraped(facet, context.settings),
    isExpected: coverage.state !== 'silent',
  };
}

function runs(pod: Pod): boolean {
  return pod.ip !== '' && !pod.deleting && !hasEnded(pod);
}

function readersBy(facet: Facet, unit: Unit, context: PlanContext): Reader[] {
  const { namespace, services } = unit;
  return readersOf({ facet, namespace, services, seats: unit.seats() }, context);
}

function expectedPod(pod: Pod, facet: Facet, readers: readonly Reader[]): ExpectedPod {
  const seat = `Pod/${pod.name}`;
  const series: ExpectedSeries[] = [];
  const doubts: string[] = [];
  for (const { kind, namespace, name, ways } of readers) {
    for (const way of ways.filter(({ pods }) => pods.includes(seat))) {
      // Of other kinds only the rules that drop are followed.
      const labels = kind === 'VMServiceScrape' ? way.labelsOf(seat) : undefined;
      if (labels !== undefined) series.push({ labels, external: way.agent?.externalLabels ?? {} });
      if (way.answer === 'no') continue;
      if (labels === undefined) doubts.push(`the labels that ${kind} ${namespace}/${name} gives`);
      if (way.agent?.rewrites === true) doubts.push(`what ${agentName(way.agent)} rewrites`);
    }
  }
  const [doubt = ''] = doubts;
  const [place] = metricsPlaces(facet, [pod.shape]);
  const host = pod.ip.includes(':') ? `[${pod.ip}]` : pod.ip;
  const address = place?.number === undefined ? undefined : `${host}:${place.number}`;
  return { name: pod.name, address, series, doubt };
}

/** Milliseconds between two reads, the longest of those that read it. */
function slowestRead(readers: readonly Reader[], { inventory }: PlanContext): number {
  const intervals = readers.flatMap(({ kind, namespace, name, endpoint, ways }) => {
    const scrape = kind === 'VMServiceScrape' ? inventory.scrape(namespace, name) : undefined;
    const written = scrape?.endpoints[endpoint];
    if (written === undefined) return [];
    return ways.map(({ agent }) => intervalOfEndpoint(written, agent));
  });
  return Math.max(0, ...intervals);
}

/** Milliseconds between two pushes, the longest of those that the containers are told. */
function slowestPush(shapes: readonly PodShape[]): number {
  const told = shapes.flatMap(({ containers }) =>
    containers.map(({ env }) => Number(env.OTEL_METRIC_EXPORT_INTERVAL ?? usualPush)),
  );
  return Math.max(usualPush, ...told.filter(Number.isFinite));
}

/**
 * The cluster of the database that a component's pushes name: the operator writes it into the resource attributes of the
 * container, as `multigres.project=a,multigres.cluster=b,multigres.component=multiorch`.
 */
function clusterOf({ containers }: PodShape, { component }: Facet): string[] {
  return containers.flatMap(({ env }) => {
    const attributes = new Map(
      (env.OTEL_RESOURCE_ATTRIBUTES ?? '').split(',').map((pair): [string, string] => {
        const at = pair.indexOf('=');
        return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
      }),
    );
    const cluster = attributes.get('multigres.cluster');
    const isOwn = (attributes.get('multigres.component') ?? component) === component;
    return cluster === undefined || !isOwn ? [] : [cluster];
  });
}
