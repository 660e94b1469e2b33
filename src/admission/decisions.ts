import type { Mutation } from './mutation.ts';
import type { ScrapeAdmission } from './scrapes.ts';
import type { AdmissionRecord, Because } from './types.ts';
import { refusalOf, warning, warningsOf } from './warnings.ts';

/** What is decided about a request, before it becomes an answer and a record. */
export interface ReviewDecision
  extends Pick<
    AdmissionRecord,
    'outcome' | 'because' | 'component' | 'evidence' | 'operations' | 'findings'
  > {
  readonly warnings: readonly string[];
  /** Why the object is refused; empty where it is admitted. */
  readonly refusal: string;
  /** Whether the reconciler may have something to do with the object. */
  readonly touches: boolean;
}

const plain: Omit<ReviewDecision, 'outcome' | 'because'> = {
  component: '',
  evidence: undefined,
  operations: [],
  findings: [],
  warnings: [],
  refusal: '',
  touches: false,
};

/** Nothing is done about the object. */
export function ignored(because: Because): ReviewDecision {
  return { ...plain, outcome: 'ignored', because };
}

/** The deadline has passed: the API server is about to hang up, or has. */
export const skipped: ReviewDecision = {
  ...plain,
  outcome: 'skipped',
  because: 'late',
  warnings: [warning('no time was left to look at this object, it was admitted as it is')],
};

/** Something was thrown. */
export const broken: ReviewDecision = {
  ...plain,
  outcome: 'error',
  because: 'exception',
  warnings: [warning('an error inside autoscrape, the object was admitted as it is')],
};

/** What a mutation means for the request. */
export function mutated({ recognition, operations, findings, fault }: Mutation): ReviewDecision {
  const { entry, because } = recognition;
  if (entry === undefined) return ignored(because.kind);
  const recognised = {
    ...plain,
    component: entry.component,
    evidence: because,
    findings,
    touches: true,
  };
  if (fault !== undefined) {
    return {
      ...recognised,
      outcome: 'error',
      because: fault,
      warnings: [
        warning(`${faultText[fault]}, the object was admitted as it is`),
        ...warningsOf(findings),
      ],
    };
  }
  return {
    ...recognised,
    outcome: operations.length > 0 ? 'patched' : 'unchanged',
    because: because.kind,
    operations,
    warnings: warningsOf(findings),
  };
}

const faultText = {
  'patch-does-not-apply': 'what autoscrape would add does not apply',
  'patch-not-idempotent': 'what autoscrape would add does not settle',
} as const;

/** What the check of a scrape means for the request. */
export function checked({ because, findings, refusing }: ScrapeAdmission): ReviewDecision {
  if (because !== 'checked') return ignored(because);
  const told = { ...plain, because, findings, touches: true };
  if (refusing.length > 0) {
    const others = findings.filter((finding) => !refusing.includes(finding));
    return {
      ...told,
      outcome: 'denied',
      refusal: refusalOf(refusing),
      warnings: warningsOf(others),
      touches: false,
    };
  }
  return { ...told, outcome: 'unchanged', warnings: warningsOf(findings) };
}
