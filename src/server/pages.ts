import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import type { HttpRefusal } from './errors.ts';
import type { Guard } from './guard.ts';
import type { Readiness } from './readiness.ts';
import { sendRefusal } from './send.ts';
import type { Traffic } from './traffic.ts';

/** A page: its content type and text, made anew for each request. */
export interface Page {
  readonly path: string;
  readonly contentType: string;
  /** Further headers of its answers. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly render: () => string | Promise<string>;
}

export interface PagesOptions {
  readonly readiness: () => Readiness;
  readonly pages: readonly Page[];
  readonly traffic: Traffic;
  /** Who may see what is not health; without it everybody. */
  readonly guard?: Guard;
  /** Told of a page that could not be made. */
  readonly failed: (path: string, thrown: unknown) => void;
}

/**
 * Health and pages. `/healthz` says that the process answers, `/readyz` whether it should be sent reviews: both are for
 * everybody. All else, what is not there included, is behind the guard. What is turned away is told in JSON, never in
 * Express's HTML.
 */
export function pages(options: PagesOptions): Express {
  const { readiness, pages: all, traffic, guard, failed } = options;
  // A page is found under its very path, which is the one that the guard asks about.
  const app = express()
    .enable('strict routing')
    .enable('case sensitive routing')
    .disable('x-powered-by')
    .disable('etag')
    .set('query parser', false);
  app.use(closingWhile(traffic));
  app.get('/healthz', (_request, response) => {
    response.type('text/plain').send('ok\n');
  });
  app.get('/readyz', (_request, response) => {
    const state = readiness();
    response.status(state.ready ? 200 : 503).json(state);
  });
  app.all(['/healthz', '/readyz'], refusingMethod(traffic));
  if (guard !== undefined) app.use(guarding(guard, traffic));
  for (const { path, contentType, headers = {}, render } of all) {
    app.get(path, async (_request, response) => {
      const text = await render();
      response.set(headers).type(contentType).send(text);
    });
    app.all(path, refusingMethod(traffic));
  }
  app.use((request, response) => {
    sendRefusal(request, response, notFound(request.path), traffic.draining);
  });
  app.use(failing(traffic, failed));
  return app;
}

function guarding(guard: Guard, traffic: Traffic): RequestHandler {
  return async function guarded(request, response, next) {
    const { method, path, headers } = request;
    const refusal = await guard({ authorization: headers.authorization, method, path });
    if (refusal === undefined) next();
    else sendRefusal(request, response, refusal, traffic.draining);
  };
}

function refusingMethod(traffic: Traffic): RequestHandler {
  return function refuseMethod(request, response) {
    response.setHeader('Allow', 'GET, HEAD');
    const message = `the method is ${request.method}, expected GET`;
    sendRefusal(request, response, { code: 'method-not-allowed', message }, traffic.draining);
  };
}

function closingWhile(traffic: Traffic): RequestHandler {
  return function closing(_request, response, next) {
    if (traffic.draining) response.setHeader('Connection', 'close');
    next();
  };
}

function notFound(path: string): HttpRefusal {
  const message = `there is nothing at ${JSON.stringify(path.slice(0, 100))}`;
  return { code: 'not-found', message };
}

/** Express tells an error handler by its four parameters. */
function failing(traffic: Traffic, failed: PagesOptions['failed']): ErrorRequestHandler {
  return function fail(error: unknown, request, response, _next) {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    // Express gives its own errors, such as a path that can't be decoded, a status below 500.
    const isTheirs = error instanceof Error && 'status' in error && Number(error.status) < 500;
    if (!isTheirs) failed(request.path, error);
    const refusal: HttpRefusal = isTheirs
      ? { code: 'bad-request', message: 'the request can not be understood' }
      : { code: 'internal', message: 'the page could not be made' };
    sendRefusal(request, response, refusal, traffic.draining);
  };
}
