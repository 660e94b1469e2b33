import type { Facet } from '../catalogue/index.ts';
import { isOptedOut, isOurs, isScraped, type PlanContext, treatmentOf } from './context.ts';
import { readingsOfService } from './matcher.ts';
import { podPort, pushesMetrics } from './metrics-port.ts';
import { planService, readsFacet } from './planner.ts';
import type { Coverage, CoverageState, FacetPlan, Reading } from './types.ts';
import { type Unit, unitsOf } from './units.ts';

/**
 * The state of every component in every set of pods, as the scrapes in the inventory make it. Sorted by namespace,
 * workload, component and Services.
 *
 * @param namespace only that namespace's
 */
export function coverage(context: PlanContext, namespace?: string): Coverage[] {
  return unitsOf(context, namespace)
    .flatMap((unit) => coverageOfUnit(unit, context))
    .sort(byPlace);
}

/** By namespace, workload, component and Services. */
export function byPlace(a: Coverage, b: Coverage): number {
  return sortKey(a) < sortKey(b) ? -1 : 1;
}

function sortKey(one: Coverage): string {
  return [one.namespace, one.workload, one.component, ...one.services].join('\u0000');
}

/** The state of each component that the pods of one unit hold. */
export function coverageOfUnit(unit: Unit, context: PlanContext): Coverage[] {
  return unit.entry.facets.flatMap((facet): Coverage[] => {
    const found = stateOf(facet, unit, context);
    if (found === undefined) return [];
    return [
      {
        namespace: unit.namespace,
        services: unit.services.map((service) => service.name),
        workload: unit.workload,
        component: facet.component,
        ...found,
      },
    ];
  });
}

interface Found {
  readonly state: CoverageState;
  readonly because: string;
  readonly scrape: string;
}

function found(state: CoverageState, because: string, scrape = ''): Found {
  return { state, because, scrape };
}

/** Undefined where the pods do not have an optional facet, or where too little is known to say anything. */
function stateOf(facet: Facet, unit: Unit, context: PlanContext): Found | undefined {
  const { settings } = context;
  const treatment = treatmentOf(facet, settings);
  const optedOut = found('opted-out', 'labelled autoscrape.multigres.com/scrape: "false"');
  if (unit.optedOut && !isScraped(facet, settings)) return optedOut;
  if (treatment === 'ignore') return found('opted-out', 'the settings ignore this component');
  if (!isScraped(facet, settings)) return unscraped(facet, unit, treatment === 'push');
  if (facet.optional && !isThere(facet, unit)) return undefined;
  if (!context.inventory.knows('Service')) return unit.optedOut ? optedOut : undefined;

  const readings = unit.services
    .flatMap((service) => readingsOfService(service, context.inventory))
    .filter((reading) => readsFacet(reading, facet, unit.shapes));
  const certain = readings.filter((reading) => reading.certainty === 'yes');
  const undecided = readings.filter((reading) => reading.certainty === 'maybe');
  const [first, ...more] = certain;
  if (first === undefined && unit.optedOut) return optedOut;
  if (first === undefined) return uncovered(facet, unit, undecided, context);
  if (more.length > 0) {
    return found('duplicated', `read more than once: ${listed(certain)}`, first.scrape.name);
  }
  const whose = isOurs(first.scrape, settings) ? 'our scrape' : 'scrape';
  const because = `read once, by ${whose} ${nameOf(first, unit)} through Service ${first.service.name}`;
  if (undecided.length === 0) return found('covered', because, first.scrape.name);
  const doubt = `whether ${listed(undecided)} reads it too can't be told`;
  return found('covered', `${because}; ${doubt}`, first.scrape.name);
}

function unscraped(facet: Facet, unit: Unit, forced: boolean): Found {
  if (forced) return found('pushed', 'the settings say that it sends its metrics by OTLP');
  if (facet.serves === 'nothing') {
    return found('silent', 'it exposes no metrics, and no setting would change that');
  }
  if (pushesMetrics(unit.shapes)) {
    return found('pushed', 'OTEL_METRICS_EXPORTER is otlp in its containers');
  }
  const change =
    facet.setting === undefined ? '' : `; to make it send metrics set ${facet.setting}`;
  if (unit.shapes.length === 0) {
    return found('silent', `nothing shows that it sends metrics${change}`);
  }
  return found('silent', `OTEL_METRICS_EXPORTER is not otlp in its containers${change}`);
}

function isThere(facet: Facet, unit: Unit): boolean {
  if (unit.shapes.length > 0) {
    const port = podPort(facet, unit.shapes);
    return 'declared' in port && port.declared;
  }
  return unit.services.some((service) =>
    service.ports.some((port) => port.name === facet.port.name || port.port === facet.port.number),
  );
}

/** Why nothing certainly reads the port: what the plan of each Service says, the first telling one. */
function uncovered(
  facet: Facet,
  unit: Unit,
  undecided: readonly Reading[],
  context: PlanContext,
): Found {
  if (unit.services.length === 0) return found('uncovered', 'no Service selects its pods');
  const open = unit.services.filter((service) => !isOptedOut(service, context));
  if (open.length === 0) {
    return found(
      'opted-out',
      'every Service in front of it is labelled autoscrape.multigres.com/scrape: "false"',
    );
  }
  if (undecided.length > 0) {
    return found('uncovered', `whether ${listed(undecided)} reads it can't be told`);
  }
  const plans = open.flatMap((service) =>
    planService(service, context).facets.filter((plan) => plan.facet.component === facet.component),
  );
  if (plans.some((plan) => plan.outcome === 'scraped')) {
    return found('uncovered', 'its scrape does not exist yet');
  }
  const reasons = plans.flatMap((plan) => reasonOf(plan));
  return found(
    'uncovered',
    reasons[0] ?? 'no Service in front of its pods is recognised as its own',
  );
}

function reasonOf(plan: FacetPlan): string[] {
  switch (plan.outcome) {
    case 'impossible':
      return [plan.reason];
    case 'other-service':
      return [`Service ${plan.service} is scraped instead, which does not select all of its pods`];
    default:
      return [];
  }
}

function nameOf(reading: Reading, unit: Unit): string {
  const { namespace, name } = reading.scrape;
  return namespace === unit.namespace ? name : `${namespace}/${name}`;
}

function listed(readings: readonly Reading[]): string {
  const names = readings.map(
    (reading) =>
      `${reading.scrape.namespace}/${reading.scrape.name} through ${reading.service.name}`,
  );
  return [...new Set(names)].sort().join(' and ');
}
