import { isJson, type Json, text } from '../kubernetes/index.ts';
import { type ReviewedKind, reviewedResources } from './routes.ts';
import type { AdmissionRecord } from './types.ts';

/** What autoscrape reads of an AdmissionRequest (admission.k8s.io/v1). */
export interface AdmissionRequest {
  readonly uid: string;
  readonly kind: ReviewedKind | 'other';
  readonly operation: AdmissionRecord['operation'];
  readonly subResource: string;
  readonly namespace: string;
  /** Empty where the API server has yet to make one (`generateName`). */
  readonly name: string;
  readonly dryRun: boolean;
  /** The field manager of the write; empty where none is told. */
  readonly fieldManager: string;
  /** Undefined where there is none, as on DELETE. */
  readonly object: Json | undefined;
  readonly oldObject: Json | undefined;
}

/** Names and namespaces are at most this long in Kubernetes; longer ones are forged, and cut before they reach a log. */
const longestName = 253;

/**
 * The request of an AdmissionReview, or the complaint that says which field is wrong. Only what an answer needs is
 * demanded (a version that we speak and a uid to echo): everything else that is odd can still be admitted.
 */
export function parseReview(review: unknown): AdmissionRequest | { readonly complaint: string } {
  if (!isJson(review)) return { complaint: expected('the body', 'an AdmissionReview', review) };
  if (review.kind !== 'AdmissionReview') {
    return { complaint: expected('kind', '"AdmissionReview"', review.kind) };
  }
  if (review.apiVersion !== 'admission.k8s.io/v1') {
    return { complaint: expected('apiVersion', '"admission.k8s.io/v1"', review.apiVersion) };
  }
  const { request } = review;
  if (!isJson(request)) return { complaint: expected('request', 'an object', request) };
  const { uid, object, oldObject } = request;
  if (typeof uid !== 'string' || uid === '') {
    return { complaint: expected('request.uid', 'a text that is not empty', uid) };
  }
  const options = isJson(request.options) ? request.options : undefined;
  const metadata = isJson(object) && isJson(object.metadata) ? object.metadata : undefined;
  return {
    uid,
    kind: reviewedKind(request.kind),
    operation: operationOf(request.operation),
    subResource: text(request, 'subResource') ?? '',
    namespace: (text(request, 'namespace') ?? text(metadata, 'namespace') ?? '').slice(
      0,
      longestName,
    ),
    name: (text(request, 'name') ?? text(metadata, 'name') ?? '').slice(0, longestName),
    dryRun: request.dryRun === true,
    fieldManager: text(options, 'fieldManager') ?? '',
    object: isJson(object) ? object : undefined,
    oldObject: isJson(oldObject) ? oldObject : undefined,
  };
}

function reviewedKind(kind: unknown): ReviewedKind | 'other' {
  if (!isJson(kind)) return 'other';
  switch (kind.kind) {
    case 'Service':
    case 'StatefulSet':
    case 'Deployment':
    case 'VMServiceScrape': {
      const { group, version } = reviewedResources[kind.kind];
      return (text(kind, 'group') ?? '') === group && kind.version === version
        ? kind.kind
        : 'other';
    }
    default:
      return 'other';
  }
}

function operationOf(operation: unknown): AdmissionRequest['operation'] {
  switch (operation) {
    case 'CREATE':
    case 'UPDATE':
    case 'DELETE':
    case 'CONNECT':
      return operation;
    default:
      return 'other';
  }
}

function expected(field: string, what: string, found: unknown): string {
  return `not an AdmissionReview: ${field} is ${shown(found)}, expected ${what}`;
}

/** A value from outside, short enough for an error text. */
function shown(value: unknown): string {
  if (value === undefined) return 'absent';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return value === null ? 'null' : 'an object';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}
