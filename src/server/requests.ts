import type { IncomingMessage, RequestListener } from 'node:http';

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
 * Tells of every request that `listener` answers.
 *
 * @param routes paths that are told; any other one is told as empty, so that callers can't make labels
 * @param now a clock that never goes back, in milliseconds
 */
export function timedRequests(
  listener: RequestListener,
  scheme: 'http' | 'https',
  routes: ReadonlySet<string>,
  witness: RequestWitness,
  now: () => number,
): RequestListener {
  return function timed(request, response) {
    const began = now();
    response.on('close', () => {
      const status = response.writableFinished ? response.statusCode : abandoned;
      witness(methodOf(request), scheme, routeOf(request, routes), status, (now() - began) / 1_000);
    });
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
