import type { ObjectRef } from '../findings/index.ts';
import type { Scrape, Service } from '../kubernetes/index.ts';
import type { PlanContext } from '../planning/index.ts';
import { jobsOf, readingsOf, secretFields } from '../reading/index.ts';
import { jobLine, readingLine } from './plan.ts';
import { broken, type ExplainContext, type Step, step } from './types.ts';

/** What a scrape selects, what it reads, which jobs it becomes, and what is wrong with it. */
export function scrapeSteps(scrape: Scrape, context: ExplainContext): Step[] {
  const services = context.inventory.servicesSelectedBy(scrape);
  return [
    selectionStep(scrape, services, context),
    ...endpointSteps(scrape, services, context),
    ...findingSteps(scrape, context),
  ];
}

function selectionStep(scrape: Scrape, services: readonly Service[], context: PlanContext): Step {
  const selector = [
    ...Object.entries(scrape.matchLabels ?? {}).map(([key, value]) => `${key}: ${value}`),
    ...scrape.matchExpressions.map(({ key, operator, values }) =>
      values.length === 0 ? `${key} ${operator}` : `${key} ${operator} (${values.join(', ')})`,
    ),
  ];
  const lines = [
    `it looks into ${namespaces(scrape)}`,
    selector.length === 0
      ? 'its selector is empty: every Service fits'
      : `for ${selector.join('; ')}`,
  ];
  if (services.length > 0) {
    const names = services.slice(0, 8).map(({ namespace, name }) => `${namespace}/${name}`);
    const more =
      services.length > names.length ? ` and ${services.length - names.length} more` : '';
    return step(
      `It selects the Service${services.length === 1 ? '' : 's'} ${names.join(', ')}${more}`,
      lines,
    );
  }
  if (!context.inventory.knowsSome('Service')) {
    return step("Which Services it selects can't be told: no Service is known", lines);
  }
  return broken('It selects no Service', lines);
}

function namespaces({ namespace, namespaceSelector }: Scrape): string {
  if (namespaceSelector === undefined) return `its own namespace, ${namespace}`;
  if (namespaceSelector.any) return 'all namespaces';
  const { matchNames } = namespaceSelector;
  return matchNames.length === 0
    ? `its own namespace, ${namespace} (an empty namespaceSelector does not mean all)`
    : `the namespaces ${matchNames.join(', ')}`;
}

function endpointSteps(
  scrape: Scrape,
  services: readonly Service[],
  context: ExplainContext,
): Step[] {
  const readings = readingsOf(scrape, context.inventory);
  return jobsOf(scrape).map((job, endpoint): Step => {
    const secrets = secretFields(scrape, endpoint);
    const read = readings.filter((reading) => reading.endpoint === endpoint).map(readingLine);
    const lines = [
      ...read,
      ...(secrets.length === 0
        ? []
        : [`${secrets.join(', ')} come from Secrets and are not shown`]),
      jobLine(scrape, context),
    ];
    const title = `Endpoint ${endpoint} reads`;
    if (read.length > 0) return { ...step(title, lines), jobs: [job] };
    return services.length === 0
      ? { ...step(`Endpoint ${endpoint} has nothing to read`, lines), jobs: [job] }
      : { ...broken(`Endpoint ${endpoint} reads nothing`, lines), jobs: [job] };
  });
}

function findingSteps(scrape: Scrape, context: ExplainContext): Step[] {
  const ranks = ['error', 'warning', 'info'];
  const findings = context.findings
    .filter(({ object, alike = [] }) => [object, ...alike].some((one) => isScrape(one, scrape)))
    .toSorted((a, b) => ranks.indexOf(a.severity) - ranks.indexOf(b.severity));
  return findings.map((finding) => {
    const place = finding.field === '' ? '' : `${finding.field}: `;
    const title = `${finding.severity}: ${place}${finding.message} [${finding.code}]`;
    const lines = finding.fix === '' ? [] : [finding.fix];
    return finding.severity === 'error' || finding.code === 'not-selected'
      ? broken(title, lines)
      : step(title, lines);
  });
}

function isScrape({ kind, namespace, name }: ObjectRef, scrape: Scrape): boolean {
  return kind === 'VMServiceScrape' && namespace === scrape.namespace && name === scrape.name;
}
