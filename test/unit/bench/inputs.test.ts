import { describe, expect, test } from '@jest/globals';
import { admittedObject, lacking } from '../../../bench/checked.ts';
import { definitions } from '../../../bench/inputs/definitions.ts';
import { managedFields } from '../../../bench/inputs/managed-fields.ts';
import { bareReviews } from '../../../bench/inputs/reviews.ts';
import { bareServices, wholeServices } from '../../../bench/inputs/services.ts';
import { imageStart, startIn } from '../../../bench/programs/image.ts';
import { admitFor, routes } from '../../../src/admission/index.ts';
import { builtInCatalogue } from '../../../src/catalogue/index.ts';
import { isJson } from '../../../src/kubernetes/index.ts';
import { parseManifests } from '../../../src/manifests/index.ts';
import { defaultPipelineSettings } from '../../../src/settings/types.ts';
import { temporaryFolder } from '../../../tools/processes.ts';

const everything = [
  'app.kubernetes.io/name',
  'app.kubernetes.io/instance',
  'app.kubernetes.io/component',
  'app.kubernetes.io/part-of',
  'port client',
];

describe('a bare Service', () => {
  test('lacks all that is added, and nothing that its writer wrote', async () => {
    const [first, second] = await bareServices(2);
    expect(lacking(first ?? {})).toEqual(everything);
    expect(second).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'orders-etcd-headless-1',
        labels: {
          'app.kubernetes.io/managed-by': 'multigres-operator',
          'multigres.com/cluster': 'orders-1',
        },
        ownerReferences: [expect.objectContaining({ kind: 'Etcd', name: 'orders-1' })],
      },
      spec: {
        clusterIP: 'None',
        publishNotReadyAddresses: true,
        selector: { 'app.kubernetes.io/name': 'etcd', 'app.kubernetes.io/instance': 'orders-1' },
        ports: [{ name: 'peer', port: 2380, targetPort: 'peer' }],
      },
    });
  });
});

test('a whole Service lacks nothing', () => {
  const services = wholeServices(3, 'a').map(({ text }): unknown => JSON.parse(text));
  expect(services.map((service) => (isJson(service) ? lacking(service) : undefined))).toEqual([
    [],
    [],
    [],
  ]);
});

describe('bare reviews', () => {
  test('are half creates and half updates, of the size of real ones, and ours adds all that is lacking', async () => {
    const folder = await temporaryFolder('unit');
    try {
      const { reviews, meanLength } = await bareReviews(folder.path, 8);
      const pipeline = { catalogue: builtInCatalogue(), settings: defaultPipelineSettings };
      const admit = admitFor(routes.strong, pipeline, () => []);
      const seen = reviews.map((review) => {
        const outcome = admit(review, () => false);
        if (outcome.kind !== 'answered') throw new Error(outcome.message);
        const { operation, outcome: name } = outcome.record;
        const admitted = admittedObject(review, JSON.stringify(outcome.answer));
        return [operation, name, lacking(admitted)];
      });
      expect(seen.slice(0, 2)).toEqual([
        ['CREATE', 'patched', []],
        ['UPDATE', 'patched', []],
      ]);
      expect(new Set(seen.map(String)).size).toBe(2);
      expect(meanLength).toBeGreaterThan(2_500);
      expect(meanLength).toBeLessThan(6_500);
    } finally {
      await folder.remove();
    }
  });
});

test('managed fields are those that the API server keeps', () => {
  const service = {
    apiVersion: 'v1',
    metadata: { labels: { a: 'b' } },
    spec: { type: 'ClusterIP', selector: { app: 'x' }, ports: [{ port: 80, protocol: 'TCP' }] },
  };
  expect(managedFields(service, 'manager', '2026-11-22T16:18:07Z')).toEqual({
    manager: 'manager',
    operation: 'Update',
    apiVersion: 'v1',
    time: '2026-11-22T16:18:07Z',
    fieldsType: 'FieldsV1',
    fieldsV1: {
      'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
      'f:spec': {
        'f:type': {},
        'f:selector': {},
        'f:ports': {
          '.': {},
          'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {}, 'f:protocol': {} },
        },
      },
    },
  });
});

describe('an answer', () => {
  const review = { request: { uid: 'u', object: { metadata: { labels: {} } } } };
  const answer = (response: object) => JSON.stringify({ response });

  test('is read as the API server reads it', () => {
    const patch = [{ op: 'add', path: '/metadata/labels/a', value: 'b' }];
    const encoded = Buffer.from(JSON.stringify(patch)).toString('base64');
    const text = answer({ uid: 'u', allowed: true, patchType: 'JSONPatch', patch: encoded });
    expect(admittedObject(review, text)).toEqual({ metadata: { labels: { a: 'b' } } });
    expect(review.request.object).toEqual({ metadata: { labels: {} } });
  });

  test.each([
    ['for another request', { uid: 'v', allowed: true }],
    ['that refuses', { uid: 'u', allowed: false }],
    [
      'with a patch that does not apply',
      {
        uid: 'u',
        allowed: true,
        patchType: 'JSONPatch',
        patch: Buffer.from('[{"op":"add","path":"/spec/a","value":1}]').toString('base64'),
      },
    ],
  ])('%s is an error', (_what, response) => {
    expect(() => admittedObject(review, answer(response))).toThrow();
  });
});

describe('how the container image starts autoscrape', () => {
  test('is what the last stage of the Dockerfile says', () => {
    const text = `FROM node AS build
ENV MALLOC_ARENA_MAX=9
FROM base
# ENV COMMENT=no
ENV NODE_ENV=production
ENV MALLOC_ARENA_MAX=1
ENTRYPOINT ["/bin/node", "--max-semi-space-size=2", "--trace-gc", "/app/autoscrape.mjs"]
CMD ["serve"]
`;
    expect(startIn(text)).toEqual({
      nodeFlags: ['--max-semi-space-size=2', '--trace-gc'],
      env: { NODE_ENV: 'production', MALLOC_ARENA_MAX: '1' },
    });
  });

  test('is found in the project’s own, with a bound for the young generation', async () => {
    const { nodeFlags, env } = await imageStart();
    expect(nodeFlags).toEqual([expect.stringMatching(/^--max-semi-space-size=\d+$/)]);
    expect(Object.keys(env)).toEqual(['NODE_ENV', 'MALLOC_ARENA_MAX', 'MALLOC_TRIM_THRESHOLD_']);
  });
});

test('definitions are CustomResourceDefinitions, as large in all as was asked', () => {
  const made = definitions(500_000);
  const sizes = made.map(({ text }) => text.length);
  const all = sizes.reduce((sum, size) => sum + size, 0);
  expect([all >= 500_000, all - (sizes.at(-1) ?? 0) < 500_000]).toEqual([true, true]);
  const objects = made.flatMap(({ name, text }) => {
    const read = parseManifests(text, name);
    return 'manifests' in read ? read.manifests.map(({ value }) => value) : [];
  });
  expect(objects).toEqual(
    made.map(({ name }) => ({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name, annotations: { 'controller-gen.kubebuilder.io/version': 'v0.18.0' } },
    })),
  );
});
