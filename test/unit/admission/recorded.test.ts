import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { type Answered, type Route, routes } from '../../../src/admission/index.ts';
import { expectGolden } from '../../support/golden.ts';
import { realObjects } from '../../support/objects.ts';
import { admitting, answerTo, patchOf } from './reviews.ts';

/** Whole reviews, as an API server sends them for the operators of each dialect and for people. */
const fixtures = join(import.meta.dirname, '../../fixtures/admission');

function routeOf(review: { request: { kind: { kind: string } } }): Route {
  return review.request.kind.kind === 'VMServiceScrape' ? routes.scrapes : routes.strong;
}

/** An outcome as a reviewer of a change reads it: the patch decoded, the reason beside it. */
function readable(outcome: Answered): string {
  const { answer, record, touched } = outcome;
  const { patch, ...response } = answer.response;
  const { component, because, evidence } = record;
  const shown = {
    answer: {
      ...answer,
      response: patch === undefined ? response : { ...response, patch: patchOf(outcome) },
    },
    record: { outcome: record.outcome, because, component, evidence, findings: record.findings },
    touched,
  };
  return `${JSON.stringify(shown, null, 2)}\n`;
}

describe('the review of', () => {
  test.each([
    '2025-11-etcd-headless-create',
    'draft-etcd-create-dry-run',
    'draft-gateway-create',
    'draft-gateway-loadbalancer',
    'draft-gateway-update-drops',
    'draft-pooler-statefulset-create',
    'draft-pooler-statefulset-new-image',
    'draft-pooler-statefulset-replace-drops',
    'foreign-service-create',
    'scrape-create',
    'service-delete',
    'today-gateway-clusterwide-create',
    'today-multiorch-deployment-create',
    'today-pool-update-changes-nothing',
  ])('%s is answered as written down', async (name) => {
    const review = JSON.parse(await readFile(join(fixtures, `${name}.json`), 'utf8'));
    const outcome = answerTo(admitting({ route: routeOf(review) }), review);
    await expectGolden(`admission/${name}.json`, readable(outcome));
  });

  test('each fixture has its answer', async () => {
    const golden = join(import.meta.dirname, '../../golden/admission');
    expect(await readdir(golden)).toEqual(await readdir(fixtures));
  });
});

/** Every review that the API server sent for the real operator. */
async function realReviews(folder: string): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const dialect of await readdir(folder)) {
    const reviews = join(folder, dialect, 'reviews');
    for (const file of await readdir(reviews).catch(() => [])) {
      const bytes = await readFile(join(reviews, file));
      if (file.endsWith('.json')) found.push(JSON.parse(bytes.toString()));
      if (!file.endsWith('.jsonl.gz')) continue;
      for (const line of gunzipSync(bytes).toString().trim().split('\n')) {
        found.push(JSON.parse(line).review);
      }
    }
  }
  return found;
}

describe('what the real operator wrote', () => {
  if (realObjects === undefined) {
    test('is not at hand: ../shared/objects is not there, its reviews are not tried', () => {
      expect(realObjects).toBeUndefined();
    });
  } else {
    const folder = realObjects;
    test.each([
      ['strong', routes.strong],
      ['inject', routes.inject],
    ])(
      'is complete as it is: every review at %s is answered without a patch',
      async (_name, route) => {
        const admit = admitting({ route });
        const reviews = await realReviews(folder);
        expect(reviews.length).toBeGreaterThan(900);
        const seen = new Map<string, number>();
        for (const review of reviews) {
          const { answer, record } = answerTo(admit, review);
          expect(answer).toEqual({
            apiVersion: 'admission.k8s.io/v1',
            kind: 'AdmissionReview',
            response: { uid: record.uid, allowed: true },
          });
          const { kind, outcome, because, component } = record;
          const what = [kind, outcome, because, component].join(' ').trim();
          seen.set(what, (seen.get(what) ?? 0) + 1);
        }
        expect([...seen.keys()].sort()).toEqual([
          'Deployment unchanged owner multiadmin',
          'Deployment unchanged owner multiadmin-web',
          'Deployment unchanged owner multigateway',
          'Deployment unchanged owner multiorch',
          'Service unchanged owner etcd',
          'Service unchanged owner multiadmin',
          'Service unchanged owner multiadmin-web',
          'Service unchanged owner multigateway',
          'Service unchanged owner multiorch',
          'Service unchanged owner multipooler',
          'StatefulSet unchanged owner etcd',
          'other ignored kind',
        ]);
      },
    );

    test('is given the name, instance and part-of that the operator chose, where they are taken away', async () => {
      const admit = admitting();
      const wrong: string[] = [];
      for (const review of await realReviews(folder)) {
        const request = Object(review).request;
        const labels = request.object?.metadata?.labels;
        if (!['Service', 'StatefulSet', 'Deployment'].includes(request.kind.kind)) continue;
        const keys = ['name', 'instance', 'part-of'].map((key) => `app.kubernetes.io/${key}`);
        const kept = Object.fromEntries(
          Object.entries(labels).filter(([key]) => !keys.includes(key)),
        );
        const metadata = { ...request.object.metadata, labels: kept };
        const object = { ...request.object, metadata };
        const outcome = answerTo(admit, { ...Object(review), request: { ...request, object } });
        const added = patchOf(outcome).filter(({ path }) => path.startsWith('/metadata/labels/'));
        const returned = Object.fromEntries(
          added.map(({ path, value }) => [path.slice(17).replace('~1', '/'), value]),
        );
        for (const key of keys) {
          if (returned[key] !== labels[key]) wrong.push(`${request.name} ${key}`);
        }
      }
      expect(wrong).toEqual([]);
    });
  }
});
