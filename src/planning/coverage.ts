import type { Facet } from '../catalogue/index.ts';
import { scrapesSeeing } from './candidates.ts';
import { isOptedOut, isScraped, type PlanContext, treatmentOf } from './context.ts';
import { podPort, pushesMetrics } from './metrics-port.ts';
import { planService } from './planner.ts';
import { readersOf } from './readers.ts';
import type { ChainLink, Coverage, CoverageState, FacetPlan } from './types.ts';
import { type Unit, unitsOf } from './units.ts';
import { verdictOf } from './verdict.ts';

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

/** The part of {@link coverage} that scrapes may have a say in: where none is about a Service, all of it is uncovered. */
export function coverageByScrapes(context: PlanContext): Coverage[] {
  const { inventory } = context;
  const isAnywhere = inventory.size('VMPodScrape') + inventory.size('VMStaticScrape') > 0;
  return unitsOf(context)
    .filter(
      ({ services }) =>
        isAnywhere || services.some((one) => scrapesSeeing(one, inventory).length > 0),
    )
    .flatMap((unit) => coverageOfUnit(unit, context));
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

interface UnitState {
  readonly state: CoverageState;
  readonly link: ChainLink | '';
  readonly because: string;
  readonly scrape: string;
  readonly scrapeNamespace: string;
  readonly scrapeKind: Coverage['scrapeKind'];
}

function found(state: CoverageState, because: string): UnitState {
  return { state, link: '', because, scrape: '', scrapeNamespace: '', scrapeKind: '' };
}

/** Undefined where the pods do not have an optional facet, or where too little is known to say anything. */
function stateOf(facet: Facet, unit: Unit, context: PlanContext): UnitState | undefined {
  const { settings } = context;
  const treatment = treatmentOf(facet, settings);
  const optedOut = found('opted-out', 'labelled autoscrape.multigres.com/scrape: "false"');
  if (unit.optedOut && !isScraped(facet, settings)) return optedOut;
  if (treatment === 'ignore') return found('opted-out', 'the settings ignore this component');
  if (!isScraped(facet, settings)) return unscraped(facet, unit, treatment === 'push');
  if (facet.optional && !isThere(facet, unit)) return undefined;
  if (!context.inventory.knows('Service', unit.namespace))
    return unit.optedOut ? optedOut : undefined;

  const { namespace, services } = unit;
  const large = services.find(({ tooLarge }) => tooLarge !== undefined);
  if (large !== undefined) {
    const because = `Service ${large.name} is too large to judge: ${large.tooLarge}`;
    return { ...found('unknown', because), link: 'service' };
  }
  const audited = { facet, namespace, services, seats: unit.seats() };
  const verdict = verdictOf(readersOf(audited, context), audited);
  const { state, ...why } = verdict;
  if (unit.optedOut && state !== 'covered' && state !== 'duplicated') return optedOut;
  return state === 'none' ? uncovered(facet, unit, context) : { state, ...why };
}

function unscraped(facet: Facet, unit: Unit, forced: boolean): UnitState {
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

/** Why there is no scrape: what the plan of each Service says, the first telling one. */
function uncovered(facet: Facet, unit: Unit, context: PlanContext): UnitState {
  const because = (link: ChainLink, text: string): UnitState => ({
    state: 'uncovered',
    link,
    because: text,
    scrape: '',
    scrapeNamespace: '',
    scrapeKind: '',
  });
  if (unit.services.length === 0) return because('service', 'no Service selects its pods');
  const { inventory } = context;
  if (inventory.knowsSome('VMServiceScrape') && !inventory.knows('VMServiceScrape')) {
    return {
      ...because('scrape', 'whether a scrape of another namespace reads it is not known'),
      state: 'unknown',
    };
  }
  const open = unit.services.filter((service) => !isOptedOut(service, context));
  if (open.length === 0) {
    return found(
      'opted-out',
      'every Service in front of it is labelled autoscrape.multigres.com/scrape: "false"',
    );
  }
  const plans = open.flatMap((service) =>
    planService(service, context).facets.filter((plan) => plan.facet.component === facet.component),
  );
  if (plans.some((plan) => plan.outcome === 'scraped')) {
    return because('scrape', 'its scrape does not exist yet');
  }
  const reasons = plans.flatMap((plan) => reasonOf(plan));
  return because('port', reasons[0] ?? 'no Service in front of its pods is recognised as its own');
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
