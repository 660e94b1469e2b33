/**
 * Every way in which a request is turned away, by a code that metrics, logs and answers share. The bodies are
 * Kubernetes Status objects: the API server takes its message for "failed calling webhook" from one
 * (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/).
 */
const refusals = {
  'bad-request': { status: 400, reason: 'BadRequest' },
  unauthorized: { status: 401, reason: 'Unauthorized' },
  forbidden: { status: 403, reason: 'Forbidden' },
  'not-found': { status: 404, reason: 'NotFound' },
  'method-not-allowed': { status: 405, reason: 'MethodNotAllowed' },
  'body-too-large': { status: 413, reason: 'RequestEntityTooLarge' },
  'too-many-values': { status: 413, reason: 'RequestEntityTooLarge' },
  'too-deep': { status: 400, reason: 'BadRequest' },
  'wrong-media-type': { status: 415, reason: 'UnsupportedMediaType' },
  'not-json': { status: 400, reason: 'BadRequest' },
  'not-a-review': { status: 400, reason: 'BadRequest' },
  overloaded: { status: 503, reason: 'ServiceUnavailable' },
  unchecked: { status: 503, reason: 'ServiceUnavailable' },
  internal: { status: 500, reason: 'InternalError' },
} as const;

export type RefusalCode = keyof typeof refusals;

/** A request turned away: why, and what is told to the caller. */
export interface HttpRefusal {
  readonly code: RefusalCode;
  /** What was found and what is expected. */
  readonly message: string;
}

/** The HTTP status of a refusal. */
export function refusalStatus(code: RefusalCode): number {
  return refusals[code].status;
}

/** The body of a refusal: a Kubernetes Status, as JSON. */
export function refusalBody({ code, message }: HttpRefusal): string {
  const { status, reason } = refusals[code];
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `autoscrape: ${message}`,
    reason,
    code: status,
  });
}
