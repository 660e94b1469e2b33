import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { builtInCatalogue, recognise } from '../../src/catalogue/index.ts';
import { parseObject } from '../../src/kubernetes/index.ts';
import { defaultRegistration, registration } from '../../src/registration/index.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { type WebhookCounts, webhookCounts } from '../support/admission-metrics.ts';
import { type ApiAnswer, api, makeNamespace } from '../support/control-plane.ts';
import {
  type AnyObject,
  collectionPath,
  creatable,
  fixtures,
  objectPath,
  readFolder,
  readObjects,
  realObjects,
} from '../support/objects.ts';
import { until } from '../support/processes.ts';
import { type RecordingWebhook, startRecordingWebhook } from '../support/recording-webhook.ts';
import { register } from '../support/registered.ts';

const catalogue = builtInCatalogue();
const strong = 'strong.autoscrape.multigres.com';
const inject = 'inject.autoscrape.multigres.com';
const scrapes = 'scrapes.autoscrape.multigres.com';
const injectLabel = { 'autoscrape.multigres.com/inject': 'enabled' };
const optedOut = { 'autoscrape.multigres.com/scrape': 'false' };
const own = { name: 'autoscraper', token: 'own', groups: ['system:masters'] };

let plane: ControlPlane;
let webhook: RecordingWebhook;

/** A control plane of its own: what the API server counts of a webhook is then this suite's doing alone. */
beforeAll(async () => {
  plane = await startControlPlane({
    label: 'registration',
    controllerManager: false,
    audit: false,
    users: [own],
  });
  webhook = await startRecordingWebhook(['a warning of the test']);
  await installScrapes();
  const wanted = registration(catalogue, {
    ...defaultRegistration,
    username: own.name,
    reach: { url: webhook.url },
    caBundle: webhook.ca,
  });
  await register(plane, wanted, () => webhook.take().length > 0);
});

afterAll(async () => {
  await webhook?.stop();
  await plane?.stop();
});

beforeEach(() => {
  webhook.take();
});

describe('objects of every dialect', () => {
  test.each(['draft', 'operator-2025-11', 'operator-today', 'traps', 'foreign'])(
    '%s: what is recognised by strong evidence is sent once, and nothing else',
    async (folder) => {
      const objects = (await readFolder(join(fixtures, folder))).filter(isReviewed);
      const before = await counts();
      const namespace = await makeNamespace(plane, folder);
      await createAll(objects, namespace);
      const meant = objects.filter(isMeant);
      expect(webhook.take()).toEqual(
        meant.map(({ kind, metadata }) => ({
          path: '/admit/strong',
          operation: 'CREATE',
          namespace,
          kind,
          name: metadata.name,
          dryRun: false,
          username: 'admin',
        })),
      );
      // An opted-out object is spared by a selector, which is not counted.
      const spared = objects.length - meant.length - objects.filter(isOptedOut).length;
      expect(difference(await counts(), before)).toEqual({
        [strong]: { requests: meant.length, exclusions: spared, errors: 0, failedOpen: 0 },
        [inject]: { requests: 0, exclusions: 0, errors: 0, failedOpen: 0 },
        [scrapes]: { requests: 0, exclusions: 0, errors: 0, failedOpen: 0 },
      });
    },
  );

  test('the fixtures hold both kinds', async () => {
    const dialects = await Promise.all(
      ['draft', 'operator-2025-11', 'operator-today'].map((one) => readFolder(join(fixtures, one))),
    );
    const foreign = await readFolder(join(fixtures, 'foreign'));
    const meant = (objects: AnyObject[]) => objects.filter(isReviewed).filter(isMeant).length;
    expect({ dialects: dialects.map(meant), foreign: meant(foreign) }).toEqual({
      dialects: [16, 5, 14],
      foreign: 0,
    });
  });

  if (realObjects === undefined) {
    console.log('../shared/objects is not there: its objects are not tried');
  } else {
    test.each(['2025-11', 'today', 'today-observability'])(
      'what the real operator made (%s) is sent where it is recognised',
      async (folder) => {
        const namespaces = new Map<string, AnyObject[]>();
        // Two namespaces of the dump have objects of one name.
        for (const object of await readFolder(join(realObjects ?? '', folder))) {
          if (!isReviewed(object)) continue;
          const from = object.metadata.namespace ?? '';
          namespaces.set(from, [...(namespaces.get(from) ?? []), creatable(object)]);
        }
        for (const [from, inNamespace] of namespaces) {
          const namespace = await makeNamespace(plane, `real-${from}`);
          await createAll(inNamespace, namespace);
        }
        expect(webhook.take().map(({ path, kind, name }) => [path, kind, name])).toEqual(
          [...namespaces.values()]
            .flat()
            .filter(isMeant)
            .map(({ kind, metadata }) => ['/admit/strong', kind, metadata.name]),
        );
      },
    );
  }
});

describe('namespaces', () => {
  test('labelled for injection: every object goes to the other webhook', async () => {
    const objects = (
      await Promise.all(['draft', 'foreign'].map((one) => readFolder(join(fixtures, one))))
    )
      .flat()
      .filter(isReviewed);
    const namespace = await makeNamespace(plane, 'injected', injectLabel);
    await createAll(objects, namespace);
    expect(webhook.take().map(({ path, name }) => [path, name])).toEqual(
      objects.map(({ metadata }) => ['/admit/inject', metadata.name]),
    );
  });

  test('opted out: nothing is sent, also where it is labelled for injection', async () => {
    const objects = (await readFolder(join(fixtures, 'draft'))).filter(isReviewed);
    await createAll(objects, await makeNamespace(plane, 'out', optedOut));
    await createAll(objects, await makeNamespace(plane, 'out', { ...optedOut, ...injectLabel }));
    expect(webhook.take()).toEqual([]);
  });

  test("autoscrape's own and kube-system: nothing is sent", async () => {
    const objects = (await readFolder(join(fixtures, 'draft'))).filter(isReviewed);
    const { namespace } = defaultRegistration;
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    await sent('POST', '/api/v1/namespaces', body);
    await createAll(objects, namespace);
    await createAll(objects, 'kube-system');
    await sent('POST', scrapesPath(namespace), scrape('own'));
    expect(webhook.take()).toEqual([]);
  });
});

describe('an update', () => {
  let namespace: string;
  let stored: AnyObject[];

  beforeAll(async () => {
    namespace = await makeNamespace(plane, 'updates');
    const objects = (await readFolder(join(fixtures, 'operator-today'))).filter(isReviewed);
    await createAll(objects, namespace);
    stored = objects;
  });

  test('that changes nothing is not sent, however it is written', async () => {
    const before = await counts();
    for (const object of stored) {
      const path = objectPath(object, namespace);
      // As the operator writes: server-side apply of the same, again and again; the first makes it an owner.
      for (let time = 0; time < 3; time += 1) await apply(object, namespace);
      // As others do: read, and write back as it was read; with and without its resourceVersion.
      const read = Object(await sent('GET', path));
      await sent('PUT', path, read);
      const { resourceVersion: _any, managedFields: _some, ...metadata } = read.metadata;
      await sent('PUT', path, { ...read, metadata });
      await sent('PATCH', path, {}, 'application/merge-patch+json');
    }
    expect(webhook.take()).toEqual([]);
    const { requests, exclusions, errors } = difference(await counts(), before)[strong] ?? none;
    // A server-side apply that changes nothing may end before admission: then there is nothing to spare.
    expect({ requests, errors }).toEqual({ requests: 0, errors: 0 });
    expect(exclusions).toBeGreaterThan(stored.length);
  });

  test('of annotations, status and scale alone is not sent', async () => {
    for (const object of stored) {
      const path = objectPath(object, namespace);
      const annotation = { metadata: { annotations: { note: 'seen' } } };
      await sent('PATCH', path, annotation, 'application/merge-patch+json');
      const status =
        object.kind === 'Service'
          ? { status: { loadBalancer: { ingress: [{ ip: '198.51.100.1' }] } } }
          : { status: { observedGeneration: 7 } };
      await api(plane, 'PATCH', `${path}/status`, {
        body: status,
        contentType: 'application/merge-patch+json',
      });
      if (object.kind === 'Service') continue;
      const replicas = { spec: { replicas: 2 } };
      await sent('PATCH', `${path}/scale`, replicas, 'application/merge-patch+json');
    }
    expect(webhook.take()).toEqual([]);
  });

  test.each([
    ['a label', { metadata: { labels: { extra: 'x' } } }],
    ['a label that goes', { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } }],
    ['the owners', { metadata: { ownerReferences: null } }],
  ])('of %s is sent', async (_what, patch) => {
    for (const object of stored) {
      await sent('PATCH', objectPath(object, namespace), patch, 'application/merge-patch+json');
    }
    expect(webhook.take().map(({ operation, name }) => [operation, name])).toEqual(
      stored.map(({ metadata }) => ['UPDATE', metadata.name]),
    );
  });

  test('of the spec is sent', async () => {
    const specs: Record<string, object> = {
      Service: { publishNotReadyAddresses: false, sessionAffinity: 'ClientIP' },
      StatefulSet: { replicas: 5 },
      Deployment: { replicas: 5 },
    };
    for (const object of stored) {
      const spec = specs[object.kind];
      await sent('PATCH', objectPath(object, namespace), { spec }, 'application/merge-patch+json');
    }
    expect(webhook.take().map(({ operation, name }) => [operation, name])).toEqual(
      stored.map(({ metadata }) => ['UPDATE', metadata.name]),
    );
  });

  test('that opts an object out is sent once more, those after it are not', async () => {
    const [service] = stored;
    if (service === undefined) throw new Error('no fixture');
    const patch = (labels: object) =>
      sent(
        'PATCH',
        objectPath(service, namespace),
        { metadata: { labels } },
        'application/merge-patch+json',
      );
    await patch(optedOut);
    await patch({ extra: 'y' });
    await patch({ extra: 'z' });
    expect(webhook.take()).toHaveLength(1);
  });
});

test('a dry run is sent as one', async () => {
  const namespace = await makeNamespace(plane, 'dry');
  const [service] = (await readObjects(join(fixtures, 'operator-today/topo.yaml'))).filter(
    isReviewed,
  );
  if (service === undefined) throw new Error('no fixture');
  await sent('POST', `${collectionPath(service, namespace)}?dryRun=All`, service);
  expect(webhook.take().map(({ name, dryRun }) => [name, dryRun])).toEqual([
    [service.metadata.name, true],
  ]);
});

describe('objects of any shape', () => {
  const meant = {
    'app.kubernetes.io/part-of': 'multigres',
    'app.kubernetes.io/component': 'etcd',
  };
  const owner = {
    apiVersion: 'multigres.com/v1alpha1',
    kind: 'Shard',
    name: 'x',
    uid: 'f0000000-0000-4000-8000-00000000000a',
    controller: true,
  };
  const many = Object.fromEntries(Array.from({ length: 8_000 }, (_, n) => [`label-${n}`, `v${n}`]));
  const owners = Array.from({ length: 3_000 }, (_, n) => ({
    ...owner,
    name: `x-${n}`,
    uid: `f0000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    controller: n === 2_999,
    kind: 'Etcd',
  }));

  // What the API server refuses in the end was asked about before: admission comes first.
  const shapes: [string, unknown, unknown, boolean][] = [
    ['no labels and no owners', {}, { ports: [{ port: 80 }] }, false],
    ['labels that are null', { labels: null, ownerReferences: null }, {}, false],
    ['labels and owners that are empty', { labels: {}, ownerReferences: [] }, {}, false],
    ['values that are null', { labels: { 'app.kubernetes.io/component': null } }, {}, false],
    ['values that are empty', { labels: { 'app.kubernetes.io/component': '' } }, {}, false],
    ['an owner without anything', { ownerReferences: [{}] }, {}, false],
    ['owners that are null', { ownerReferences: [null] }, {}, false],
    [
      'an owner without a controller',
      { ownerReferences: [{ ...owner, controller: null }] },
      {},
      false,
    ],
    ['a spec that is null', { labels: meant }, null, true],
    ['a spec that is empty', { labels: meant }, {}, true],
    ['no spec', { labels: meant }, undefined, true],
    ['labels of half a megabyte', { labels: { ...many, ...meant } }, {}, true],
    ['3,000 owners, the last of which controls', { ownerReferences: owners }, {}, true],
    [
      'a generated name',
      { name: null, generateName: 'some-', labels: meant },
      { ports: [{ port: 80 }] },
      true,
    ],
  ];
  const kinds = [
    ['v1', 'Service'],
    ['apps/v1', 'StatefulSet'],
    ['apps/v1', 'Deployment'],
  ] as const;

  test.each(shapes)('%s', async (_name, metadata, spec, expected) => {
    const before = await counts();
    const namespace = await makeNamespace(plane, 'shapes');
    for (const [apiVersion, kind] of kinds) {
      const path = collectionPath({ apiVersion, kind }, namespace);
      const body = { apiVersion, kind, metadata: { name: 'odd', ...Object(metadata) }, spec };
      await api(plane, 'POST', path, { body });
    }
    expect(webhook.take().map(({ kind }) => kind)).toEqual(
      expected ? kinds.map(([, kind]) => kind) : [],
    );
    const { errors, failedOpen } = difference(await counts(), before)[strong] ?? none;
    expect({ errors, failedOpen }).toEqual({ errors: 0, failedOpen: 0 });
  });

  test('the largest objects are compared within the budget', async () => {
    const namespace = await makeNamespace(plane, 'large', injectLabel);
    // The API server stores at most about 1.5 MB (etcd's request limit).
    const env = Array.from({ length: 9_000 }, (_, n) => ({
      name: `V_${n}`,
      value: 'x'.repeat(100),
    }));
    const labels = { app: 'large' };
    const large = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'large', labels: meant },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: 'one', image: 'example.com/one', env }] },
        },
      },
    };
    const strongly = await makeNamespace(plane, 'large');
    const before = await counts();
    for (const place of [namespace, strongly]) {
      const path = collectionPath(large, place);
      await sent('POST', path, large);
      const read = Object(await sent('GET', `${path}/large`));
      const { managedFields: _any, ...metadata } = read.metadata;
      const same = { ...read, metadata: { ...metadata, annotations: { note: 'x' } } };
      await sent('PUT', `${path}/large`, same);
      env[8_999] = { name: 'V_8999', value: 'y' };
      await sent('PUT', `${path}/large`, { ...large, metadata: { ...large.metadata } });
      env[8_999] = { name: 'V_8999', value: 'x'.repeat(100) };
    }
    expect(webhook.take().map(({ path, operation }) => [path, operation])).toEqual([
      ['/admit/inject', 'CREATE'],
      ['/admit/inject', 'UPDATE'],
      ['/admit/strong', 'CREATE'],
      ['/admit/strong', 'UPDATE'],
    ]);
    const after = difference(await counts(), before);
    expect([after[inject]?.errors, after[strong]?.errors]).toEqual([0, 0]);
  });
});

test('for any labels and owners the API server decides as recognising does', async () => {
  const namespace = await makeNamespace(plane, 'any');
  const pick = (...values: (string | undefined)[]) => fc.constantFrom(...values);
  const labels = fc.record({
    'app.kubernetes.io/name': pick(
      undefined,
      'multigres',
      'multigateway',
      'multiorch',
      'etcd',
      'nginx',
    ),
    'app.kubernetes.io/component': pick(
      undefined,
      '',
      'etcd',
      'gateway',
      'orch',
      'multigateway',
      'toposerver',
      'shard-pool',
      'manager',
      'Etcd',
    ),
    'app.kubernetes.io/part-of': pick(undefined, 'multigres', 'Multigres', 'other'),
    'autoscrape.multigres.com/scrape': pick(undefined, undefined, undefined, 'false', 'true'),
  });
  const ownerReference = fc.record({
    apiVersion: fc.constantFrom(
      'multigres.com/v1alpha1',
      'multigres.com/v1',
      'multigres.io/v1alpha1',
      'apps/v1',
      'v1',
      'xmultigres.com/v1',
      'multigres.com.x/v1',
    ),
    kind: fc.constantFrom(
      'Etcd',
      'MultiGateway',
      'Shard',
      'Cell',
      'TopoServer',
      'MultigresCluster',
      'ReplicaSet',
    ),
    name: fc.constant('x'),
    uid: fc.constant('f0000000-0000-4000-8000-00000000000b'),
    controller: fc.constantFrom(true, true, false),
  });
  const metadata = fc.record({
    name: fc.constant('any'),
    labels,
    ownerReferences: fc.array(ownerReference, { maxLength: 1 }),
  });
  let sentOnes = 0;
  await fc.assert(
    fc.asyncProperty(metadata, async (generated) => {
      const object = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: JSON.parse(JSON.stringify(generated)),
        spec: { ports: [{ port: 80 }] },
      };
      await sent('POST', `${collectionPath(object, namespace)}?dryRun=All`, object);
      const calls = webhook.take().length;
      sentOnes += calls;
      expect(calls).toBe(isMeant(object) ? 1 : 0);
    }),
    { numRuns: 300 },
  );
  expect(sentOnes).toBeGreaterThan(30);
});

describe('scrapes', () => {
  let namespace: string;

  beforeAll(async () => {
    namespace = await makeNamespace(plane, 'scrapes');
  });

  test('a new one and one whose spec changes are sent, whoever wrote them', async () => {
    await sent('POST', scrapesPath(namespace), scrape('a'));
    const path = `${scrapesPath(namespace)}/a`;
    await sent('PATCH', path, { spec: { jobLabel: 'x' } }, 'application/merge-patch+json');
    const taken = webhook.take();
    expect(taken.map((call) => [call.path, call.operation, call.kind, call.name])).toEqual([
      ['/validate/scrapes', 'CREATE', 'VMServiceScrape', 'a'],
      ['/validate/scrapes', 'UPDATE', 'VMServiceScrape', 'a'],
    ]);
  });

  test('what changes nothing in them, or only their status and annotations, is not sent', async () => {
    await sent('POST', scrapesPath(namespace), scrape('b'));
    webhook.take();
    const path = `${scrapesPath(namespace)}/b`;
    const read = Object(await sent('GET', path));
    await sent('PUT', path, read);
    const merge = 'application/merge-patch+json';
    await sent('PATCH', path, { metadata: { annotations: { a: 'b' } } }, merge);
    await sent('PATCH', `${path}/status`, { status: { updateStatus: 'operational' } }, merge);
    await sent('PATCH', path, { metadata: { finalizers: ['example.com/x'] } }, merge);
    await sent('PATCH', path, { metadata: { finalizers: null } }, merge);
    expect(webhook.take()).toEqual([]);
  });

  test("autoscrape's own writes are not sent", async () => {
    const path = `${scrapesPath(namespace)}/c?fieldManager=autoscrape&force=true`;
    const contentType = 'application/apply-patch+yaml';
    const created = await api(plane, 'PATCH', path, {
      body: scrape('c'),
      contentType,
      token: own.token,
    });
    expect(created.status).toBe(201);
    expect(webhook.take()).toEqual([]);
    await sent('PATCH', path, { ...scrape('c'), spec: { endpoints: [] } }, contentType);
    expect(webhook.take().map(({ username }) => username)).toEqual(['admin']);
  });

  test('those that opted out are not sent', async () => {
    const { metadata, ...rest } = scrape('d');
    await sent('POST', scrapesPath(namespace), {
      ...rest,
      metadata: { ...metadata, labels: optedOut },
    });
    expect(webhook.take()).toEqual([]);
  });

  test.each([
    ['no labels', { labels: null, ownerReferences: null }, { endpoints: [] }],
    ['a selector that is null', {}, { selector: null, endpoints: [] }],
    ['endpoints of anything', {}, { endpoints: [{}, { port: '' }] }],
  ])('of any shape are sent: %s', async (_name, metadata, spec) => {
    const { apiVersion, kind } = scrape('e');
    const body = { apiVersion, kind, metadata: { generateName: 'e-', ...metadata }, spec };
    await sent('POST', scrapesPath(namespace), body);
    expect(webhook.take()).toHaveLength(1);
    expect((await counts())[scrapes]).toHaveProperty('errors', 0);
  });
});

test('while the webhook is away, everything is admitted', async () => {
  const namespace = await makeNamespace(plane, 'away');
  const before = await counts();
  await webhook.stop();
  const objects = (await readFolder(join(fixtures, 'operator-today'))).filter(isReviewed);
  await createAll(objects, namespace);
  await sent('POST', scrapesPath(namespace), scrape('away'));
  const after = difference(await counts(), before);
  expect([after[strong]?.failedOpen, after[scrapes]?.failedOpen]).toEqual([objects.length, 1]);
});

test('a condition that fails to evaluate would be counted', async () => {
  const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
  const [template] = registration(catalogue, {
    ...defaultRegistration,
    name: 'failing',
    reach: { url: webhook.url },
  }).mutating.webhooks;
  const matchConditions = [{ name: 'fails', expression: 'object.metadata.labels.nothing == ""' }];
  const failing = { ...template, name: 'failing.autoscrape.multigres.com', matchConditions };
  await sent('POST', path, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'failing' },
    webhooks: [failing],
  });
  const namespace = await makeNamespace(plane, 'failing');
  const service = { metadata: { generateName: 'x-' }, spec: { ports: [{ port: 80 }] } };
  await until(async () => {
    await sent('POST', `/api/v1/namespaces/${namespace}/services?dryRun=All`, service);
    return (await webhookCounts(plane, failing.name)).errors > 0;
  });
  expect((await webhookCounts(plane, failing.name)).requests).toBe(0);
});

const none: WebhookCounts = { requests: 0, exclusions: 0, errors: 0, failedOpen: 0 };

async function counts(): Promise<Record<string, WebhookCounts>> {
  const names = [strong, inject, scrapes];
  const all = await Promise.all(names.map((name) => webhookCounts(plane, name)));
  return Object.fromEntries(names.map((name, index) => [name, all[index] ?? none]));
}

function difference(
  after: Record<string, WebhookCounts>,
  before: Record<string, WebhookCounts>,
): Record<string, WebhookCounts> {
  return Object.fromEntries(
    Object.entries(after).map(([name, now]) => {
      const then = before[name] ?? none;
      return [
        name,
        {
          requests: now.requests - then.requests,
          exclusions: now.exclusions - then.exclusions,
          errors: now.errors - then.errors,
          failedOpen: now.failedOpen - then.failedOpen,
        },
      ];
    }),
  );
}

/** Sends as `admin`, and fails where the API server refuses. */
async function sent(
  method: string,
  path: string,
  body?: object,
  contentType?: string,
): Promise<unknown> {
  if (method === 'PUT' || method === 'PATCH') await settled(path);
  const answer: ApiAnswer = await api(plane, method, path, {
    ...(body === undefined ? {} : { body }),
    ...(contentType === undefined ? {} : { contentType }),
  });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/**
 * Waits until the API server's own cache has an object as it is stored. An update begins with the object in that cache;
 * where it turns out to be stale, admission is asked again, and about other changes than there are.
 */
async function settled(path: string): Promise<void> {
  const object = path.replace(/(?:\/(?:status|scale))?(?:\?.*)?$/, '');
  await until(async () => {
    const stored = await api(plane, 'GET', object);
    const cached = await api(plane, 'GET', `${object}?resourceVersion=0`);
    return versionOf(stored) === versionOf(cached);
  });
}

function versionOf({ status, body }: ApiAnswer): unknown {
  return status === 200 ? Object(body).metadata.resourceVersion : status;
}

async function createAll(objects: readonly AnyObject[], namespace: string): Promise<void> {
  for (const object of objects) await sent('POST', collectionPath(object, namespace), object);
}

async function apply(object: AnyObject, namespace: string): Promise<void> {
  const path = `${objectPath(object, namespace)}?fieldManager=multigres-operator&force=true`;
  await sent('PATCH', path, object, 'application/apply-patch+yaml');
}

function isReviewed({ kind }: AnyObject): boolean {
  return ['Service', 'StatefulSet', 'Deployment'].includes(kind);
}

function isMeant(object: AnyObject): boolean {
  const parsed = parseObject(object);
  if (
    parsed?.kind !== 'Service' &&
    parsed?.kind !== 'StatefulSet' &&
    parsed?.kind !== 'Deployment'
  ) {
    return false;
  }
  return recognise(parsed, catalogue, false).entry !== undefined;
}

function isOptedOut({ metadata }: AnyObject): boolean {
  return metadata.labels?.['autoscrape.multigres.com/scrape'] === 'false';
}

function scrapesPath(namespace: string): string {
  return `/apis/operator.victoriametrics.com/v1beta1/namespaces/${namespace}/vmservicescrapes`;
}

function scrape(name: string) {
  return {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMServiceScrape',
    metadata: { name },
    spec: { selector: { matchLabels: { app: 'x' } }, endpoints: [{ port: 'http' }] },
  };
}

/** Installs the CRD and waits until the API server serves it. */
async function installScrapes(): Promise<void> {
  const [definition] = await readObjects(join(fixtures, '../crds/vmservicescrape.yaml'));
  await sent('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
  await until(async () => (await api(plane, 'GET', scrapesPath('default'))).status === 200);
}
