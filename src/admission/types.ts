import type { Catalogue, Evidence } from '../catalogue/index.ts';
import type { Finding } from '../findings/index.ts';
import type { Json, Scrape } from '../kubernetes/index.ts';
import type { PipelineSettings } from '../settings/index.ts';
import type { ReviewedKind } from './routes.ts';

/** What decides about an object, beside the object itself. */
export interface Pipeline {
  readonly catalogue: Catalogue;
  readonly settings: PipelineSettings;
}

/** One operation of a JSON patch (RFC 6902). autoscrape only ever adds. */
export interface Operation {
  readonly op: 'add';
  readonly path: string;
  readonly value: unknown;
}

/** What is added to an object, and what was found that kept something from being added. */
export interface Additions {
  readonly operations: readonly Operation[];
  readonly findings: readonly Finding[];
}

/** The write that a review is about, as far as it decides what is added. */
export interface ReviewedWrite {
  readonly operation: 'CREATE' | 'UPDATE';
  /** The stored object as it came; undefined on CREATE. */
  readonly before: Json | undefined;
}

/** Findings about a scrape, from whatever stores there are; it must be cheap and may throw. */
export type FindingsOf = (scrape: Scrape) => readonly Finding[];

/**
 * Answers one AdmissionReview (admission.k8s.io/v1), already parsed from JSON. It never throws, and no call leaves
 * the process.
 *
 * @param late tells whether the time that the API server gave has run out; then the object is admitted as it is
 */
export type Admit = (review: unknown, late: () => boolean) => AdmissionOutcome;

export type AdmissionOutcome = Answered | NotAReview;

/** A request that got its answer, to be sent with HTTP 200 as `application/json`. */
export interface Answered {
  readonly kind: 'answered';
  readonly answer: AdmissionAnswer;
  readonly record: AdmissionRecord;
  /** What the reconciler may look at after the answer was sent; undefined on a dry run and where there is nothing to do. */
  readonly touched: ObjectKey | undefined;
  /** What was thrown, where the outcome is `error` because of an `exception`; for the log alone. */
  readonly thrown: unknown;
}

/** A body that is no AdmissionReview, to be answered with HTTP 400 and the text. */
export interface NotAReview {
  readonly kind: 'not-a-review';
  /** The field that is wrong, what was found there and what is expected. */
  readonly message: string;
}

/** The AdmissionReview that goes back. */
export interface AdmissionAnswer {
  readonly apiVersion: 'admission.k8s.io/v1';
  readonly kind: 'AdmissionReview';
  readonly response: AdmissionResponse;
}

/** AdmissionResponse (admission.k8s.io/v1). `patch` and `patchType` come together or not at all. */
export interface AdmissionResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly patchType?: 'JSONPatch';
  /** The JSON patch in base64. */
  readonly patch?: string;
  readonly warnings?: readonly string[];
  readonly status?: {
    readonly code: number;
    readonly reason: string;
    readonly message: string;
  };
}

/** The object that a review was about. */
export interface ObjectKey {
  readonly kind: ReviewedKind;
  readonly namespace: string;
  readonly name: string;
}

/** What came of a request. `ignored`: not ours to change; `skipped`: out of time; `error`: something broke, the object was admitted. */
export type OutcomeName = 'patched' | 'unchanged' | 'ignored' | 'skipped' | 'error' | 'denied';

/**
 * Why: for a recognised object the kind of evidence, else what decided. A closed set, fit for a metric's label.
 *
 * - `operation`, `kind`, `subresource`, `no-object`, `deleting`: nothing is done about such requests
 * - `no-evidence`, `opted-out`, `ambiguous`: the object was not recognised as a component
 * - `own-scrape`, `findings-off`: the scrape was not checked; `checked`: it was
 * - `late`: the deadline had passed
 * - `exception`, `patch-does-not-apply`, `patch-not-idempotent`: the error
 */
export type Because =
  | Evidence['kind']
  | 'operation'
  | 'kind'
  | 'subresource'
  | 'no-object'
  | 'deleting'
  | 'no-evidence'
  | 'opted-out'
  | 'ambiguous'
  | 'own-scrape'
  | 'findings-off'
  | 'checked'
  | 'late'
  | PatchFault
  | 'exception';

/** Why a patch was not sent after all. */
export type PatchFault = 'patch-does-not-apply' | 'patch-not-idempotent';

/** One decision, as data for the log line and the metrics. Only `namespace`, `name` and `uid` are unbounded in number. */
export interface AdmissionRecord {
  readonly webhook: string;
  /** The request's uid. */
  readonly uid: string;
  readonly kind: ReviewedKind | 'other';
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT' | 'other';
  readonly namespace: string;
  /** Empty where the API server has yet to make one (`generateName`). */
  readonly name: string;
  readonly dryRun: boolean;
  /** Empty where the object was not recognised. */
  readonly component: string;
  readonly outcome: OutcomeName;
  readonly because: Because;
  /** The evidence in full, where the object was recognised. */
  readonly evidence: Evidence | undefined;
  /** The patch that was sent. */
  readonly operations: readonly Operation[];
  readonly findings: readonly Finding[];
}
