import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerSettings } from '../settings/index.ts';
import { parseBody, readBody } from './body.ts';
import { timeToAnswer } from './deadline.ts';
import type { HttpRefusal } from './errors.ts';
import type { RequestTimer } from './requests.ts';
import { sendJson, sendRefusal } from './send.ts';
import type { Traffic } from './traffic.ts';
import { inTurns } from './turns.ts';

/**
 * Answers the body of one request, parsed from JSON. It must not throw; what it throws all the same is answered
 * with status 500, at which the API server admits the object (`failurePolicy: Ignore`).
 *
 * @param late tells whether the caller's time has run out
 */
export type Respond = (body: unknown, late: () => boolean) => Reply | HttpRefusal;

/** An answer with status 200. */
export interface Reply {
  /** JSON. */
  readonly answer: string;
  /** What is left to do once the answer is on its way, with the seconds that it took. */
  readonly afterwards: (seconds: number) => void;
}

/** What is told of requests beside what {@link Respond} knows. It must be cheap, and must not throw. */
export interface Witness {
  /** @param thrown what was thrown, where the code is `internal` */
  readonly refused: (path: string, refusal: HttpRefusal, thrown?: unknown) => void;
  /** The caller went away before it had its answer. */
  readonly abandoned: (path: string) => void;
  /** The answer has ended, or the caller is gone. Undefined where nobody wants to know. */
  readonly ended: RequestTimer | undefined;
  /** What was left to do after an answer broke. */
  readonly brokeAfterwards: (path: string, thrown: unknown) => void;
}

export interface WebhookOptions {
  /** What answers each path. */
  readonly routes: ReadonlyMap<string, Respond>;
  readonly settings: Pick<ServerSettings, 'bodyLimit' | 'bufferLimit' | 'timeouts'>;
  readonly traffic: Traffic;
  readonly witness: Witness;
  /** A clock that never goes back, in milliseconds. */
  readonly now: () => number;
}

/** Answers a request, or returns false: it is somebody else's. */
export type WebhookListener = (request: IncomingMessage, response: ServerResponse) => boolean;

/** What is done in one turn of the event loop: large bodies, which take long to parse, go one by one. */
const oneTurn = { items: 32, weight: 262_144 };

/** A request that came in whole, on its way to its answer. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: RequestTarget;
  /** By the clock that never goes back, in milliseconds. */
  readonly started: number;
  readonly bytes: Buffer;
  readonly weight: number;
  /** Lets go of the bytes. */
  readonly letGo: () => void;
  /** Undefined until the body is parsed, and where it can't be. */
  body: { readonly value: unknown } | undefined;
  /** Undefined until there is one, and where the request is refused. */
  reply: Reply | undefined;
  /** Until the answer was on its way. */
  seconds: number;
}

/**
 * What answers the requests to `routes`. It stands ahead of Express's router, whose layers would cost as much as
 * the rest of such a request.
 */
export function webhook({
  routes,
  settings,
  traffic,
  witness,
  now,
}: WebhookOptions): WebhookListener {
  const limits = { body: settings.bodyLimit, all: settings.bufferLimit };
  const targetOf = targets(routes, settings.timeouts.answer);

  const refuse = (
    { request, response, target }: Pick<Exchange, 'request' | 'response' | 'target'>,
    refusal: HttpRefusal,
    thrown?: unknown,
  ) => {
    witness.refused(target.path, refusal, thrown);
    sendRefusal(request, response, refusal, traffic.draining);
  };

  const parse = (exchange: Exchange) => {
    // Its caller is gone, and was told of.
    if (exchange.response.destroyed) return;
    exchange.letGo();
    const body = parseBody(exchange.bytes);
    if ('code' in body) refuse(exchange, body);
    else exchange.body = body;
  };
  const decide = (exchange: Exchange) => {
    const { body, started, target } = exchange;
    if (body === undefined) return;
    const deadline = started + target.time;
    const [outcome, thrown] = attempt(target.respond, body.value, () => now() > deadline);
    if ('code' in outcome) refuse(exchange, outcome, thrown);
    else exchange.reply = outcome;
  };
  const send = (exchange: Exchange) => {
    const { reply, response, started } = exchange;
    if (reply === undefined) return;
    sendJson(response, 200, reply.answer, traffic.draining);
    exchange.seconds = (now() - started) / 1_000;
  };
  const finish = ({ reply, seconds, target }: Exchange) => {
    try {
      reply?.afterwards(seconds);
    } catch (error) {
      witness.brokeAfterwards(target.path, error);
    }
  };
  const take = inTurns<Exchange>([parse, decide, send, finish], oneTurn);

  return function answer(request, response) {
    const started = now();
    const target = targetOf(request.url ?? '');
    if (target === undefined) return false;

    traffic.begin();
    let letGo = () => {};
    response.on('close', () => {
      letGo();
      traffic.end();
      if (!response.writableFinished) witness.abandoned(target.path);
      witness.ended?.(request, response, target.path, started);
    });
    const unfit = unfitness(request);
    if (unfit !== undefined) {
      if (unfit.code === 'method-not-allowed') response.setHeader('Allow', 'POST');
      refuse({ request, response, target }, unfit);
      return true;
    }
    letGo = readBody(request, limits, traffic, (bytes) => {
      if ('code' in bytes) {
        refuse({ request, response, target }, bytes);
        return;
      }
      take({
        request,
        response,
        target,
        started,
        bytes,
        weight: bytes.length,
        letGo,
        body: undefined,
        reply: undefined,
        seconds: 0,
      });
    });
    return true;
  };
}

/** What a URL asks for. */
interface RequestTarget {
  readonly path: string;
  readonly respond: Respond;
  /** Milliseconds that the caller waits. */
  readonly time: number;
}

/** URLs that are remembered: an API server sends one for each webhook. Whoever else calls may send any. */
const mostTargets = 32;

/** Reads URLs, each that is sent again and again only once; undefined for those that lead to none of the routes. */
function targets(
  routes: WebhookOptions['routes'],
  usual: number,
): (url: string) => RequestTarget | undefined {
  const known = new Map<string, RequestTarget>();
  return (url) => {
    const found = known.get(url);
    if (found !== undefined) return found;
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const respond = routes.get(path);
    if (respond === undefined) return undefined;
    const query = mark < 0 ? '' : url.slice(mark + 1);
    const target = { path, respond, time: timeToAnswer(query, usual) };
    if (known.size < mostTargets && url.length < longestTarget) known.set(url, target);
    return target;
  };
}

/** Of a URL that is remembered. */
const longestTarget = 256;

function attempt(
  respond: Respond,
  body: unknown,
  late: () => boolean,
): readonly [Reply | HttpRefusal, unknown?] {
  try {
    return [respond(body, late)];
  } catch (error) {
    return [{ code: 'internal', message: 'the request could not be answered' }, error];
  }
}

/** Why a request is turned away before its body is read; undefined where it is not. */
function unfitness(request: IncomingMessage): HttpRefusal | undefined {
  if (request.method !== 'POST') {
    const message = `the method is ${request.method ?? 'missing'}, expected POST`;
    return { code: 'method-not-allowed', message };
  }
  const type = request.headers['content-type'];
  if (type !== 'application/json' && !/^application\/json\s*(?:;|$)/i.test(type ?? '')) {
    const message = `Content-Type is ${quoted(type)}, expected application/json`;
    return { code: 'wrong-media-type', message };
  }
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    const message = `Content-Encoding is ${quoted(encoding)}, expected none`;
    return { code: 'wrong-media-type', message };
  }
  return undefined;
}

function quoted(header: string | undefined): string {
  return header === undefined ? 'missing' : JSON.stringify(header.slice(0, 60));
}
