import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import {
  type CallerAnswer,
  type CallerReviews,
  guard,
  pages,
  readiness,
  Traffic,
} from '../../../src/server/index.ts';
import type { Caller } from '../../../src/server/reviews.ts';

const agent: Caller = { username: 'agent', uid: '1', groups: ['a'], extra: { of: ['b'] } };
const other: Caller = { username: 'other', uid: '2', groups: [], extra: {} };

/** A guard whose API server knows the tokens `agent` and `other`, and lets the agent get `/metrics`. */
function guarded() {
  const said: string[] = [];
  const asked: string[] = [];
  const state = { now: 0, down: false, unbound: false };
  const answer = <T>(value: T): CallerAnswer<T> =>
    state.down ? { ok: false, because: 'no route' } : { ok: true, value };
  const reviews: CallerReviews = {
    authenticate: async (token) => {
      asked.push(token);
      if (token === agent.username) return answer(agent);
      return answer(token === other.username ? other : undefined);
    },
    authorise: async (caller, verb, path) => {
      asked.push(`${JSON.stringify(caller)} ${verb} ${path}`);
      return answer(caller === agent && verb === 'get' && path === '/metrics' && !state.unbound);
    },
  };
  const refusal = guard({
    reviews,
    unasked: (because) => said.push(because),
    now: () => state.now,
  });
  const app = pages({
    readiness: () => readiness([], []),
    pages: [
      { path: '/metrics', contentType: 'text/plain', render: () => 'all' },
      { path: '/other', contentType: 'text/plain', render: () => 'secret' },
    ],
    traffic: new Traffic(),
    guard: refusal,
    failed: () => {},
  });
  const ask = async (path: string, authorization?: string, method: 'get' | 'post' = 'get') => {
    const sent = request(app)[method](path);
    return authorization === undefined ? sent : sent.set('Authorization', authorization);
  };
  const status = async (...of: Parameters<typeof ask>) => (await ask(...of)).status;
  return { said, asked, state, ask, status };
}

const right = (path = '/metrics', verb = 'get', caller = agent) =>
  `${JSON.stringify(caller)} ${verb} ${path}`;

describe('behind the guard', () => {
  test.each(['/metrics', '/other', '/metrics/', '/METRICS', '/nothing', '/healthz/', '/Healthz'])(
    '%s is for nobody without a token',
    async (path) => {
      const { ask, asked } = guarded();
      const got = await ask(path);
      expect([got.status, got.body.reason, got.headers['www-authenticate'], asked]).toEqual([
        401,
        'Unauthorized',
        'Bearer',
        [],
      ]);
      expect((await ask(path, undefined, 'post')).status).toBe(401);
    },
  );

  test.each(['/healthz', '/readyz'])('health is for everybody: %s', async (path) => {
    const { status, asked } = guarded();
    expect([await status(path), await status(path, undefined, 'post'), asked]).toEqual([
      200,
      405,
      [],
    ]);
  });

  test.each(['Bearer', 'Bearer ', 'Basic YTpi', 'agent', 'Bearer agent other', 'Bearer a,b'])(
    'what is no bearer token is asked about nowhere: %j',
    async (authorization) => {
      const { status, asked } = guarded();
      expect([await status('/metrics', authorization), asked]).toEqual([401, []]);
    },
  );

  test('a caller is who the API server says, and may what it says, to the very path and method', async () => {
    const { ask, status, asked } = guarded();
    const got = await ask('/metrics?token=1', 'bearer agent');
    expect([got.status, got.text, asked]).toEqual([200, 'all', ['agent', right()]]);
    expect([
      await status('/metrics', 'Bearer wrong'),
      await status('/other', 'Bearer agent'),
      await status('/metrics/', 'Bearer agent'),
      await status('/metrics', 'Bearer agent', 'post'),
    ]).toEqual([401, 403, 403, 403]);
    const refused = await ask('/metrics', 'Bearer other');
    expect([refused.status, refused.body.message]).toEqual([
      403,
      'autoscrape: "other" may not get "/metrics"',
    ]);
  });

  test('an answer that lets somebody in holds for a minute, that on a right for five', async () => {
    const { state, status, asked } = guarded();
    const all = async () => {
      await status('/metrics', 'Bearer agent');
      return asked.splice(0);
    };
    expect(await all()).toEqual(['agent', right()]);
    state.now = 59_999;
    expect(await all()).toEqual([]);
    state.now = 60_000;
    expect(await all()).toEqual(['agent']);
    state.now = 300_000;
    expect(await all()).toEqual(['agent', right()]);
  });

  test('a right that is taken away is gone when the answer no longer holds, one that is given counts after 10 s', async () => {
    const { state, status } = guarded();
    const now = () => status('/metrics', 'Bearer agent');
    expect(await now()).toBe(200);
    state.unbound = true;
    expect(await now()).toBe(200);
    state.now = 300_000;
    expect(await now()).toBe(403);
    state.unbound = false;
    expect(await now()).toBe(403);
    state.now += 10_000;
    expect(await now()).toBe(200);
  });

  test('who asks at the same time waits for the same answer', async () => {
    const { status, asked } = guarded();
    const all = await Promise.all(
      Array.from({ length: 5 }, () => status('/metrics', 'Bearer agent')),
    );
    expect([all, asked]).toEqual([
      [200, 200, 200, 200, 200],
      ['agent', right()],
    ]);
  });

  test('without an answer nobody is let in, those who are known aside, and it is told', async () => {
    const { state, ask, status, said } = guarded();
    expect(await status('/metrics', 'Bearer agent')).toBe(200);
    state.down = true;
    expect(await status('/metrics', 'Bearer agent')).toBe(200);
    expect(await status('/metrics', 'Bearer other')).toBe(503);
    state.now = 60_000;
    const got = await ask('/metrics', 'Bearer agent');
    expect([got.status, got.body.reason, got.headers['retry-after'], said]).toEqual([
      503,
      'ServiceUnavailable',
      '1',
      ['no route', 'no route'],
    ]);
    state.down = false;
    expect(await status('/metrics', 'Bearer agent')).toBe(200);
  });

  test('who guesses tokens or paths is asked about ten times a second, and who is known gets in meanwhile', async () => {
    const { state, status, asked } = guarded();
    expect(await status('/metrics', 'Bearer agent')).toBe(200);
    state.now = 60_000;
    asked.splice(0);
    const answers: number[] = [];
    for (let guess = 0; guess < 300; guess += 1) {
      answers.push(await status('/metrics', `Bearer guess${guess}`));
    }
    expect([answers.slice(0, 12), asked.length]).toEqual([
      [...new Array<number>(10).fill(401), 503, 503],
      10,
    ]);
    // Its answer no longer holds, and is asked for anew.
    expect([await status('/metrics', 'Bearer agent'), asked.slice(10)]).toEqual([200, ['agent']]);
    expect(await status('/nothing', 'Bearer agent')).toBe(503);
    state.now = 61_000;
    expect(await status('/nothing', 'Bearer agent')).toBe(403);
  });
});
