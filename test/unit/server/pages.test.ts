import { describe, expect, test } from '@jest/globals';
import request from 'supertest';
import type { ReadinessCheck } from '../../../src/ground/check.ts';
import { type Page, pages, readiness, Traffic } from '../../../src/server/index.ts';

const fine: ReadinessCheck = { name: 'certificate', ok: true, message: 'valid' };
const missing: ReadinessCheck = { name: 'catalogue', ok: false, message: 'none' };

function app(checks: readonly ReadinessCheck[], more: readonly Page[] = []) {
  const traffic = new Traffic();
  const failed: [string, unknown][] = [];
  const state = { checks };
  return {
    traffic,
    failed,
    state,
    app: pages({
      readiness: () => readiness(state.checks, [fine, missing]),
      pages: more,
      traffic,
      failed: (path, thrown) => failed.push([path, thrown]),
    }),
  };
}

describe('/healthz', () => {
  test('says that the process answers, whatever it lacks', async () => {
    const got = await request(app([missing]).app).get('/healthz');
    expect([got.status, got.text, got.type]).toEqual([200, 'ok\n', 'text/plain']);
  });
});

describe('/readyz', () => {
  test('is 200 with what findings still wait for, where every check holds', async () => {
    const got = await request(app([fine]).app).get('/readyz');
    expect([got.status, got.body]).toEqual([
      200,
      { ready: true, checks: [fine], waiting: [missing] },
    ]);
  });

  test('is 503 as soon as one does not, and 200 again when it does', async () => {
    const { app: served, state } = app([fine, missing]);
    const got = await request(served).get('/readyz');
    expect([got.status, got.body]).toEqual([
      503,
      { ready: false, checks: [fine, missing], waiting: [missing] },
    ]);
    state.checks = [fine];
    expect((await request(served).get('/readyz')).status).toBe(200);
  });
});

describe('a page', () => {
  test('is made anew for each request, with its content type', async () => {
    let count = 0;
    const page = {
      path: '/metrics',
      contentType: 'text/plain; version=0.0.4',
      render: () => `${++count}\n`,
    };
    const { app: served } = app([], [page]);
    await request(served).get('/metrics');
    const got = await request(served).get('/metrics');
    expect([got.status, got.text, got.headers['content-type']]).toEqual([
      200,
      '2\n',
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
  });

  test('that can not be made is told of, and answered without its error', async () => {
    const error = new Error('secret');
    const page = {
      path: '/metrics',
      contentType: 'text/plain',
      render: () => Promise.reject(error),
    };
    const { app: served, failed } = app([], [page]);
    const got = await request(served).get('/metrics');
    expect([got.status, got.body, failed]).toEqual([
      500,
      {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'autoscrape: the page could not be made',
        reason: 'InternalError',
        code: 500,
      },
      [['/metrics', error]],
    ]);
  });
});

describe('what is not there', () => {
  test.each([
    ['get', '/', 404],
    ['get', '/admit/strong', 404],
    ['post', '/nothing', 404],
    ['get', '/%zz', 404],
    ['get', '/<script>alert(1)</script>', 404],
    ['post', '/healthz', 405],
    ['delete', '/readyz', 405],
  ] as const)('%s %s is %d, in JSON', async (method, path, status) => {
    const got = await request(app([fine]).app)[method](path);
    expect([got.status, got.type, got.body.code, got.headers['x-powered-by']]).toEqual([
      status,
      'application/json',
      status,
      undefined,
    ]);
    expect(got.headers.allow).toBe(status === 405 ? 'GET, HEAD' : undefined);
  });
});

test('while the server drains, each answer is the last of its connection', async () => {
  const { app: served, traffic } = app([fine]);
  traffic.draining = true;
  for (const path of ['/healthz', '/readyz', '/nothing']) {
    expect((await request(served).get(path)).headers.connection).toBe('close');
  }
});
