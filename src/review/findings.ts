import type { Coverage, Finding, ObjectRef, Severity } from '../scrape/index.ts';

/** What only a look at all objects together finds: the codes, with the severity that each has. */
export const reviewFindings = {
  /** A kind of object that the answer needs is not in the input: nothing is concluded from that. */
  'incomplete-input': 'info',
  /** Two documents of one object; the later one counts, as when both are applied. */
  'duplicate-object': 'warning',
  /** A component that exposes metrics, and nothing that reads them. */
  'component-uncovered': 'warning',
} as const satisfies Readonly<Record<string, Severity>>;

/** The code of a finding of a review. */
export type ReviewCode = keyof typeof reviewFindings;

/** A finding about an object of the input. */
export function reviewFinding(
  code: ReviewCode,
  object: ObjectRef,
  message: string,
  fix: string,
): Finding {
  return {
    code,
    severity: reviewFindings[code],
    object,
    field: '',
    message,
    fix,
    certain: false,
  };
}

/** A component that nothing reads. */
export function uncoveredFinding(coverage: Coverage): Finding {
  const { component, because } = coverage;
  return reviewFinding(
    'component-uncovered',
    coveredObject(coverage),
    `nothing reads the metrics of ${component}: ${because}`,
    coverage.services.length === 0
      ? 'add a Service whose selector has labels of these pods, and a port for the metrics'
      : 'give a Service in front of these pods a port that leads to the metrics, or declare that port in the containers',
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
