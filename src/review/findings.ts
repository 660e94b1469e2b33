import type { Coverage, Finding, ObjectRef, WantedScrape } from '../scrape/index.ts';
import { type ReviewCode, reviewFindings } from './finding-codes.ts';

/** A finding about an object of the input. */
export function reviewFinding(
  code: ReviewCode,
  object: ObjectRef,
  message: string,
  fix: string,
): Finding {
  const { severity, certain } = reviewFindings[code];
  return { code, severity, object, field: '', message, fix, certain };
}

/**
 * A component that nothing reads.
 *
 * @param missing the scrape that would read it, where there is one to be made
 */
export function uncoveredFinding(coverage: Coverage, missing: WantedScrape | undefined): Finding {
  const { component, because, services } = coverage;
  return reviewFinding(
    'component-uncovered',
    coveredObject(coverage),
    `nothing reads the metrics of ${component}: ${because}`,
    uncoveredFix(services, missing),
  );
}

function uncoveredFix(services: readonly string[], missing: WantedScrape | undefined): string {
  if (missing !== undefined) {
    return `run autoscrape, which makes VMServiceScrape ${missing.namespace}/${missing.name}, or apply it: -o json has it whole`;
  }
  return services.length === 0
    ? 'add a Service whose selector has labels of these pods, and a port for the metrics'
    : 'give a Service in front of these pods a port that leads to the metrics, or declare that port in the containers';
}

/**
 * What the coverage of a cluster says is wrong: what nothing reads, and what is read more than once.
 *
 * @param missing the scrapes that are wanted and not there
 */
export function stateFindings(
  covered: readonly Coverage[],
  missing: readonly WantedScrape[],
): Finding[] {
  const byService = new Map(
    missing.map((wanted) => [keyOf(wanted.namespace, wanted.service), wanted]),
  );
  return covered.flatMap((one) => {
    if (one.state === 'duplicated') return [duplicatedFinding(one)];
    if (one.state !== 'uncovered') return [];
    const keys = one.services.map((service) => keyOf(one.namespace, service));
    const [found] = keys.flatMap((key) => byService.get(key) ?? []);
    return [uncoveredFinding(one, found)];
  });
}

function keyOf(namespace: string, service: string): string {
  return `${namespace}/${service}`;
}

/** A component that is read more than once. */
export function duplicatedFinding(coverage: Coverage): Finding {
  return reviewFinding(
    'component-duplicated',
    coveredObject(coverage),
    `the metrics of ${coverage.component} are stored more than once: ${coverage.because}`,
    'remove all but one of these scrapes, or narrow them',
  );
}

/** The object that stands for a set of pods: the workload, else the first Service. */
function coveredObject({ namespace, workload, services }: Coverage): ObjectRef {
  const [kind = '', name = ''] = workload.split('/');
  if (kind === 'StatefulSet' || kind === 'Deployment') {
    return { apiVersion: 'apps/v1', kind, namespace, name };
  }
  const [service] = services;
  if (service !== undefined) return { apiVersion: 'v1', kind: 'Service', namespace, name: service };
  return { apiVersion: '', kind, namespace, name };
}
