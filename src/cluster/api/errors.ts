/**
 * Why a request to the API server came to nothing. `refused` is an answer of the API server with an HTTP status;
 * with every other code there was no answer that could be understood.
 */
export interface ApiError {
  readonly code: 'refused' | 'unreachable' | 'timeout' | 'aborted' | 'unreadable' | 'credentials';
  /** The HTTP status; 0 without an answer. */
  readonly status: number;
  /** `reason` of the answer's metav1.Status, as `NotFound` or `Conflict`; empty where there is none. */
  readonly reason: string;
  /** One sentence, at most 500 characters, without the request's credentials. */
  readonly message: string;
  /** How long the API server asks us to wait (`Retry-After`), in milliseconds. */
  readonly retryAfter: number | undefined;
  /** `details.name` of the answer's metav1.Status: the object that it speaks of; left out where it names none. */
  readonly about?: string;
}

/** What a request came to. */
export type ApiResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: ApiError };

const longest = 500;

/** An error without an answer. */
export function failure(code: Exclude<ApiError['code'], 'refused'>, message: string): ApiError {
  return { code, status: 0, reason: '', message: message.slice(0, longest), retryAfter: undefined };
}

/**
 * The error that an answer with a status of 400 or more is. Its body is a metav1.Status, or a few words from
 * something between the API server and us.
 *
 * @param retryAfter value of the header `Retry-After`: seconds, as the API server sends them
 */
export function refusal(status: number, body: string, retryAfter: string | undefined): ApiError {
  const { reason, message, retryAfterSeconds, about } = statusOf(body);
  const seconds = Number(retryAfter ?? retryAfterSeconds ?? Number.NaN);
  return {
    code: 'refused',
    status,
    reason,
    message: (message === '' ? `HTTP ${status}` : message).slice(0, longest),
    retryAfter: Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined,
    ...(about === '' ? {} : { about }),
  };
}

/** The error that an `ERROR` event of a watch carries: its object is a metav1.Status. */
export function watchError(object: unknown): ApiError {
  const status = field(object, 'code');
  const { reason, message } = statusOfObject(object);
  return {
    code: 'refused',
    status: typeof status === 'number' ? status : 0,
    reason,
    message: message.slice(0, longest),
    retryAfter: undefined,
  };
}

interface Status {
  readonly reason: string;
  readonly message: string;
  readonly retryAfterSeconds: number | undefined;
  readonly about: string;
}

function statusOf(body: string): Status {
  try {
    return statusOfObject(JSON.parse(body));
  } catch {
    return { reason: '', message: body.trim(), retryAfterSeconds: undefined, about: '' };
  }
}

function statusOfObject(status: unknown): Status {
  const reason = field(status, 'reason');
  const message = field(status, 'message');
  const details = field(status, 'details');
  const seconds = field(details, 'retryAfterSeconds');
  const about = field(details, 'name');
  return {
    reason: typeof reason === 'string' ? reason : '',
    message: typeof message === 'string' ? message : '',
    retryAfterSeconds: typeof seconds === 'number' ? seconds : undefined,
    about: typeof about === 'string' ? about : '',
  };
}

/** An own member of what came as JSON; undefined where there is none. */
export function field(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  const entry: unknown = Reflect.get(value, key);
  return entry;
}

/**
 * True for status 404, whoever says it: the API server of an object or a resource, or something in between of a path.
 * It shows that an answer was not given, and nothing more: {@link isGone} is the one to conclude from.
 */
export function isNotFound(error: ApiError): boolean {
  return error.status === 404;
}

/**
 * True where the API server itself says that it has no object of this name: its metav1.Status names the object
 * (k8s.io/apimachinery, api/errors: NewNotFound). A proxy's 404, or that of a path that is not served, does not.
 */
export function isGone(error: ApiError, name: string): boolean {
  return error.status === 404 && error.reason === 'NotFound' && error.about === name;
}

/** True where a resource version is too old to go on from (https://kubernetes.io/docs/reference/using-api/api-concepts/#410-gone-responses). */
export function isExpired(error: ApiError): boolean {
  return error.status === 410 || error.reason === 'Expired' || error.reason === 'Gone';
}

/** True where the object has changed meanwhile, or a precondition no longer holds. */
export function isConflict(error: ApiError): boolean {
  return error.status === 409;
}
