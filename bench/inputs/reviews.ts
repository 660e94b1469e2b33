import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isJson, type Json } from '../../src/kubernetes/index.ts';
import { realObjects } from '../../test/support/objects.ts';
import { managedFields } from './managed-fields.ts';
import { added, bareServices } from './services.ts';
import { uid } from './uid.ts';

/** AdmissionReviews for the load generator, as files. */
export interface ReviewSet {
  readonly name: string;
  readonly folder: string;
  readonly reviews: readonly Json[];
  /** The mean length of a body, in bytes. */
  readonly meanLength: number;
  /** Whether every one of them calls for the additions. */
  readonly bare: boolean;
}

const time = '2026-11-22T16:18:07Z';
const namespace = 'multigres-distinct';

/**
 * Reviews of Services that lack everything that is added, half of them CREATE and half UPDATE: an operator that reads,
 * overwrites and updates drops the additions each time.
 */
export async function bareReviews(folder: string, count = 64): Promise<ReviewSet> {
  const services = await bareServices(count);
  const reviews = services.map((service, index) =>
    index % 2 === 0 ? createReview(service) : updateReview(service),
  );
  return written('bare', join(folder, 'bare'), reviews, true);
}

/**
 * Reviews of Services as an API server sent them for the real operator, where they lie beside the project; undefined
 * where they do not. Hardly any calls for an addition.
 */
export async function recordedReviews(folder: string): Promise<ReviewSet | undefined> {
  if (realObjects === undefined) return undefined;
  const root = realObjects;
  const folders = (await readdir(root))
    .map((name) => join(root, name, 'reviews'))
    .filter((path) => existsSync(path))
    .sort();
  const files = await Promise.all(
    folders.map(async (path) => (await readdir(path)).sort().map((name) => join(path, name))),
  );
  const services = files.flat().filter((path) => /-service-[^/]*\.json$/.test(path));
  const reviews = await Promise.all(
    services.map(async (path): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'))),
  );
  if (reviews.length === 0) return undefined;
  return written('recorded', join(folder, 'recorded'), reviews.filter(isJson), false);
}

async function written(
  name: string,
  folder: string,
  reviews: readonly Json[],
  bare: boolean,
): Promise<ReviewSet> {
  await mkdir(folder, { recursive: true });
  // Compact, as the API server sends them.
  const texts = reviews.map((review) => JSON.stringify(review));
  await Promise.all(
    texts.map((text, index) =>
      writeFile(join(folder, `${String(index).padStart(4, '0')}.json`), text),
    ),
  );
  const length = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return { name, folder, reviews, meanLength: length / texts.length, bare };
}

function createReview(service: Json): Json {
  const sent = withMetadata(defaulted(service), {
    namespace,
    managedFields: [managedFields(defaulted(service), 'manager', time)],
  });
  return review('CREATE', sent, null);
}

function updateReview(service: Json): Json {
  const object = stored(service);
  const old = withAdditions(object);
  return review('UPDATE', object, old);
}

/** The Service as the API server has it after the defaults of core/v1, before an address is given. */
function defaulted(service: Json): Json {
  const spec = isJson(service.spec) ? service.spec : {};
  const ports = Array.isArray(spec.ports)
    ? spec.ports.map((port: unknown) => ({ ...(isJson(port) ? port : {}), protocol: 'TCP' }))
    : [];
  return {
    ...service,
    spec: {
      ...spec,
      ports,
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
    },
    status: { loadBalancer: {} },
  };
}

/** A Service that has been there for a while. */
function stored(service: Json): Json {
  const whole = defaulted(service);
  const spec = isJson(whole.spec) ? whole.spec : {};
  const headless = spec.clusterIP === 'None';
  return withMetadata(
    {
      ...whole,
      spec: {
        ...spec,
        clusterIP: headless ? 'None' : '10.96.37.214',
        clusterIPs: [headless ? 'None' : '10.96.37.214'],
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
      },
    },
    {
      namespace,
      uid: uid(JSON.stringify(service)),
      resourceVersion: '84213',
      creationTimestamp: time,
      managedFields: [managedFields(whole, 'manager', time)],
    },
  );
}

function withAdditions(service: Json): Json {
  const metadata = isJson(service.metadata) ? service.metadata : {};
  const spec = isJson(service.spec) ? service.spec : {};
  const labels = { ...(isJson(metadata.labels) ? metadata.labels : {}) };
  for (const label of added.labels) labels[label] ??= 'etcd';
  const { name, number } = added.port;
  const ports = Array.isArray(spec.ports) ? spec.ports : [];
  return withMetadata(
    {
      ...service,
      spec: {
        ...spec,
        ports: [...ports, { name, port: number, protocol: 'TCP', targetPort: number }],
      },
    },
    { labels },
  );
}

function withMetadata(object: Json, members: Json): Json {
  return {
    ...object,
    metadata: { ...(isJson(object.metadata) ? object.metadata : {}), ...members },
  };
}

const service = { group: '', version: 'v1' };

function review(operation: 'CREATE' | 'UPDATE', object: Json, oldObject: Json | null): Json {
  const metadata = isJson(object.metadata) ? object.metadata : {};
  const kind = { ...service, kind: 'Service' };
  const resource = { ...service, resource: 'services' };
  return {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid: uid(`${operation} ${String(metadata.name)}`),
      kind,
      resource,
      requestKind: kind,
      requestResource: resource,
      name: metadata.name,
      namespace,
      operation,
      userInfo: {
        username: 'system:serviceaccount:multigres-operator:manager',
        uid: uid('manager'),
        groups: [
          'system:serviceaccounts',
          'system:serviceaccounts:multigres-operator',
          'system:authenticated',
        ],
        extra: {
          'authentication.kubernetes.io/credential-id': [`JTI=${uid('token')}`],
          'authentication.kubernetes.io/node-name': ['worker-3'],
          'authentication.kubernetes.io/pod-name': ['multigres-operator-6985447b87-55v6z'],
          'authentication.kubernetes.io/pod-uid': [uid('pod')],
        },
      },
      object,
      oldObject,
      dryRun: false,
      options: {
        kind: operation === 'CREATE' ? 'CreateOptions' : 'UpdateOptions',
        apiVersion: 'meta.k8s.io/v1',
      },
    },
  };
}
