import { agentsTaking } from '../findings/index.ts';
import type { Labels, Scrape, Service } from '../kubernetes/index.ts';
import {
  type Coverage,
  type FacetPlan,
  type PlanContext,
  planService,
  states,
} from '../planning/index.ts';
import { jobsOf, type Reading, readingsBehind, secretFields } from '../reading/index.ts';
import { broken, type ExplainContext, type Step, step } from './types.ts';

/** For each component behind a Service: how its metrics come, or why they do not. */
export function planSteps(service: Service, context: PlanContext): Step[] {
  return planService(service, context).facets.map((plan) => planStep(plan, service));
}

function withoutText(selector: Labels): string {
  const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  return `pods with ${labels.join(', ')} are left out: another Service in front of them comes first`;
}

function planStep(plan: FacetPlan, service: Service): Step {
  const { component, port, path, setting } = plan.facet;
  const where = `its metrics are on port ${port.name} (${port.number}), path ${path}`;
  switch (plan.outcome) {
    case 'scraped': {
      const named =
        'port' in plan.choice
          ? `its port ${plan.choice.port}`
          : `the container port ${plan.choice.targetPort}`;
      return step(`${component} is scraped through Service ${service.name}, by ${named}`, [
        where,
        ...plan.without.map(withoutText),
      ]);
    }
    case 'other-service':
      return step(`${component} is scraped through Service ${plan.service}`, [
        where,
        'several Services are in front of the same pods: the one that exposes the port counts, then the one with more pods, the headless one, the first by name',
      ]);
    case 'other-scrape':
      return step(`${component} is read by ${plan.kind} ${plan.namespace}/${plan.scrape}`, [
        where,
        'it is not ours: autoscrape makes none beside it',
      ]);
    case 'undecided':
      return step(`${component}: a scrape of ours is neither made nor removed`, [
        where,
        plan.because,
      ]);
    case 'pushed':
      return step(`${component} sends its metrics by OTLP: nothing is to be scraped`);
    case 'silent':
      return step(
        `${component} sends no metrics as it is configured`,
        plan.facet.serves === 'nothing'
          ? ['it exposes none, and no setting would change that']
          : [
              `its port ${port.name} speaks no Prometheus: a scrape would look well and have no samples`,
              ...(setting === undefined ? [] : [`to change that, set ${setting}`]),
            ],
      );
    case 'opted-out':
      return step(`${component} is left out, as labels or settings ask`);
    case 'not-claimed':
      return step(`${component} is not in these pods, as far as they show`);
    case 'impossible':
      return broken(`${component} can't be scraped through ${service.name}: ${plan.reason}`, [
        where,
      ]);
  }
}

/** Which scrapes read something of the pods behind a Service, and what vmagent does for each. */
export function readingSteps(service: Service, context: ExplainContext): Step[] {
  const readings = readingsBehind(service, context.inventory);
  const endpoints = Map.groupBy(
    readings,
    ({ scrape, endpoint }) => `${scrape.namespace}/${scrape.name}/${endpoint}`,
  );
  return [...endpoints.values()].map((group) => jobStep(group, context));
}

/** What one endpoint of a scrape reads, with the job that it becomes. */
function jobStep(readings: readonly Reading[], context: ExplainContext): Step {
  const [first] = readings;
  if (first === undefined) return step('Nothing is read');
  const { scrape, endpoint } = first;
  const job = jobsOf(scrape)[endpoint];
  const secrets = secretFields(scrape, endpoint);
  return {
    ...step(`VMServiceScrape ${scrape.namespace}/${scrape.name} reads it, endpoint ${endpoint}`, [
      ...readings.map(readingLine),
      ...(secrets.length === 0
        ? []
        : [`${secrets.join(', ')} come from Secrets and are not shown`]),
      jobLine(scrape, context),
    ]),
    jobs: job === undefined ? [] : [job],
  };
}

/** Who gets the job of a scrape, as far as the agents are known. */
export function jobLine(scrape: Scrape, context: ExplainContext): string {
  const agents = agentsTaking(scrape, context);
  if (agents === undefined) return 'vmagent gets this job, if a VMAgent selects the scrape:';
  return agents.length === 0
    ? 'no VMAgent takes the scrape; one that did would get this job:'
    : `${agents.join(' and ')} ${agents.length === 1 ? 'takes' : 'take'} the scrape; this is the job:`;
}

/** `port 2379 of the pods behind Service x`. */
export function readingLine({ podPort, service, certainty, because, pods }: Reading): string {
  const doubt = certainty === 'maybe' ? `, perhaps: ${because}` : '';
  const which = pods === 'all' ? 'the pods' : `${pods.length} of the pods`;
  return `port ${podPort} of ${which} behind Service ${service.namespace}/${service.name}${doubt}`;
}

/** The state that comes of it, a step for each component. */
export function coverageSteps(coverage: readonly Coverage[]): Step[] {
  return coverage.map(({ component, state, because, workload }) => {
    const where = workload === '' ? '' : ` in ${workload}`;
    const title = `So ${component}${where} is ${state}`;
    return states[state].needsAttention ? broken(title, [because]) : step(title, [because]);
  });
}
