import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/** Told of each request whose answer has ended, or whose caller is gone (`status` 0). It must be cheap, and must not throw. */
export type RequestWitness = (
  method: string,
  scheme: 'http' | 'https',
  route: string,
  status: number,
  seconds: number,
) => void;

/** Methods that are told as they are: the semantic conventions' well-known ones, of those that Node.js takes. */
const methods: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'TRACE',
]);

/** Told instead of a status where the caller went away before its answer. */
const abandoned = 0;

/**
 * Told when the answer to a request has ended, or its caller is gone.
 *
 * @param route a path that is known; empty where it is not, so that callers can't make labels
 * @param began by the clock that never goes back, in milliseconds
 */
export type RequestTimer = (
  request: IncomingMessage,
  response: ServerResponse,
  route: string,
  began: number,
) => void;

/**
 * Tells a witness of requests whose answers have ended.
 *
 * @param now a clock that never goes back, in milliseconds
 */
export function requestTimer(
  scheme: 'http' | 'https',
  witness: RequestWitness,
  now: () => number,
): RequestTimer {
  return function ended(request, response, route, began) {
    const status = response.writableFinished ? response.statusCode : abandoned;
    witness(methodOf(request), scheme, route, status, (now() - began) / 1_000);
  };
}

/**
 * Has every request timed that `listener` answers.
 *
 * @param routes paths that are told
 * @param now a clock that never goes back, in milliseconds
 */
export function timedRequests(
  listener: RequestListener,
  routes: ReadonlySet<string>,
  ended: RequestTimer,
  now: () => number,
): RequestListener {
  return function timed(request, response) {
    const began = now();
    response.on('close', () => ended(request, response, routeOf(request, routes), began));
    listener(request, response);
  };
}

function methodOf({ method = '' }: IncomingMessage): string {
  return methods.has(method) ? method : '_OTHER';
}

function routeOf({ url = '' }: IncomingMessage, routes: ReadonlySet<string>): string {
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  return routes.has(path) ? path : '';
}
