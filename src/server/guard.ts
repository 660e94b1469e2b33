import { createHash } from 'node:crypto';
import type { HttpRefusal } from './errors.ts';
import { atMostPerSecond, remembered } from './remembered.ts';
import type { Caller, CallerReviews } from './reviews.ts';

/** What of a request decides whether it is answered. */
export interface Approach {
  readonly authorization: string | undefined;
  readonly method: string;
  /** Of the URL, without its query. */
  readonly path: string;
}

/** Why a request is turned away; undefined where it is not. Never rejects. */
export type Guard = (approach: Approach) => Promise<HttpRefusal | undefined>;

export interface GuardOptions {
  readonly reviews: CallerReviews;
  /** Told that the API server could not be asked about a caller. */
  readonly unasked: (because: string) => void;
  /** A clock that never goes back, in milliseconds. */
  readonly now: () => number;
}

const minute = 60_000;

/**
 * How long answers hold, in milliseconds: good ones as long as in controller-runtime's filter for metrics
 * (sigs.k8s.io/controller-runtime, pkg/metrics/filters), bad ones for a shorter time than there: who was just given
 * a right or a token should not have to wait.
 */
const holds = {
  token: { good: minute, other: 10_000 },
  right: { good: 5 * minute, other: 10_000 },
};

/** Callers that are remembered: some agents, and their tokens of the last hours. */
const most = 256;

/** Questions a second for tokens and paths that never had a good answer: the API server is not there for guessers. */
const mostStrangers = 10;

/**
 * Lets in whom the API server knows by their bearer token and gives the right to the path, as controller-runtime does
 * for its metrics: a TokenReview, then a SubjectAccessReview for the path with the method as verb. An answer that is not
 * known and can't be had is no right: the caller is told to come again.
 */
export function guard({ reviews, unasked, now }: GuardOptions): Guard {
  const mayAsk = atMostPerSecond(mostStrangers, now);
  const callers = remembered<Caller | undefined>({
    good: (caller) => caller !== undefined,
    holds: holds.token,
    most,
    mayAsk,
    now,
  });
  const rights = remembered<boolean>({
    good: (allowed) => allowed,
    holds: holds.right,
    most,
    mayAsk,
    now,
  });

  return async function refusal({ authorization, method, path }) {
    const token = bearerToken(authorization);
    if (token === undefined) return unauthorized('a bearer token is expected');
    // The token itself is not kept.
    const who = digest(token);
    const caller = await callers(who, () => reviews.authenticate(token));
    if (caller === undefined) return tooMany;
    if (!caller.ok) return unavailable(unasked, caller.because);
    if (caller.value === undefined) return unauthorized('the API server does not know the token');

    const { value } = caller;
    const verb = method.toLowerCase();
    const right = digest(`${who} ${verb} ${path}`);
    const allowed = await rights(right, () => reviews.authorise(value, verb, path));
    if (allowed === undefined) return tooMany;
    if (!allowed.ok) return unavailable(unasked, allowed.because);
    if (allowed.value) return undefined;
    const message = `${JSON.stringify(value.username.slice(0, 200))} may not ${verb} ${JSON.stringify(path.slice(0, 100))}`;
    return { code: 'forbidden', message };
  };
}

/** RFC 6750, section 2.1. */
function bearerToken(authorization: string | undefined): string | undefined {
  const found = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i.exec(authorization ?? '');
  return found?.[1];
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

function unauthorized(message: string): HttpRefusal {
  return { code: 'unauthorized', message };
}

const tooMany: HttpRefusal = {
  code: 'overloaded',
  message: 'too many callers that nobody knows, come again',
};

function unavailable(unasked: GuardOptions['unasked'], because: string): HttpRefusal {
  unasked(because);
  return { code: 'unchecked', message: 'the API server could not be asked who may read this' };
}
