import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { routes } from '../../src/admission/index.ts';
import { isJson, type Json } from '../../src/kubernetes/index.ts';
import {
  api,
  type Connection,
  makeNamespace,
  sharedControlPlane,
} from '../support/control-plane.ts';
import { collectionPath } from '../support/objects.ts';
import { service, workload } from '../unit/admission/generated.ts';
import { admitting, answerTo, type Plain, patchOf, reviewOf } from '../unit/admission/reviews.ts';

let plane: Connection;
let namespace: string;

beforeAll(async () => {
  plane = await sharedControlPlane();
  namespace = await makeNamespace(plane, 'admission');
});

/** An object as the API server stores it, or undefined where it refuses it. */
async function stored(object: Plain, name: string): Promise<Json | undefined> {
  const { apiVersion, kind } = object;
  const metadata = { ...Object(object.metadata), name };
  const path = collectionPath({ apiVersion: String(apiVersion), kind: String(kind) }, namespace);
  const { body, status } = await api(plane, 'POST', path, { body: { ...object, metadata } });
  return status === 201 && isJson(body) ? body : undefined;
}

/** Our patch for a stored object, applied by the API server itself; what it answers, and whether there was any. */
async function patchedByServer(object: Json, name: string): Promise<Json> {
  const { apiVersion, kind } = object;
  const path = collectionPath({ apiVersion: String(apiVersion), kind: String(kind) }, namespace);
  // As on creation: nothing of the object is stored yet, and an owner, if there is one, is not asked about templates.
  const review = reviewOf(String(kind), { object });
  const admit = admitting({ route: routes.inject, settings: { ownedTemplates: true } });
  const operations = patchOf(answerTo(admit, review));
  if (operations.length === 0) return { status: 'nothing to add' };
  const { status, body } = await api(plane, 'PATCH', `${path}/${name}?fieldValidation=Strict`, {
    body: operations,
    contentType: 'application/json-patch+json',
  });
  const again = patchOf(answerTo(admit, reviewOf(String(kind), { object: body })));
  return { status, again, ...(status === 200 ? {} : { operations, body }) };
}

describe('generated objects that the API server stores', () => {
  test.each([
    ['Services', service, 'svc'],
    ['workloads', workload, 'wl'],
  ])(
    '%s: it applies and accepts our patch, after which nothing is missing',
    async (_what, arbitrary, prefix) => {
      const objects = fc.sample(arbitrary, { seed: 20_261_122, numRuns: 150 });
      const seen = new Map<unknown, number>();
      for (const [at, object] of objects.entries()) {
        const name = `${prefix}-${at}`;
        const created = await stored(object, name);
        if (created === undefined) continue;
        const { status, again, ...fault } = await patchedByServer(created, name);
        expect({ again, ...fault }).toEqual({ again: status === 200 ? [] : undefined });
        seen.set(status, (seen.get(status) ?? 0) + 1);
      }
      expect([...seen.keys()].sort()).toEqual([200, 'nothing to add']);
      expect(seen.get(200)).toBeGreaterThan(15);
    },
  );
});
