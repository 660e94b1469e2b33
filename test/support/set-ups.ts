import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { each, type KeptClient, keptClient, succeeded } from '../../bench/client.ts';
import {
  labelOf,
  type Pod,
  parsePod,
  parseService,
  type Service,
  type ServicePort,
} from '../../src/kubernetes/index.ts';
import type { ControlPlane, ControlPlaneOptions } from '../../tools/control-plane.ts';
import { type AnyObject, collectionPath } from './objects.ts';

/** A small cluster within a cluster: all that it has is in namespaces of its own. */
export interface SetUp {
  readonly namespaces: readonly AnyObject[];
  /** With the status that a kubelet would report. One without a status is not running yet. */
  readonly pods: readonly AnyObject[];
  readonly services: readonly AnyObject[];
}

/** The control plane that {@link placeSetUps} needs: what makes Endpoints and EndpointSlices, without a brake. */
export const planeForSetUps: ControlPlaneOptions = {
  label: 'set-ups',
  audit: false,
  controllerManager: ['endpoints-controller', 'endpointslice-controller'],
  // 20 writes a second are the default.
  controllerManagerFlags: ['--kube-api-qps=2000', '--kube-api-burst=4000'],
};

export type Plane = Pick<ControlPlane, 'server' | 'ca' | 'token'>;

/** The node that every pod is on. */
export const nodeLabels = { 'kubernetes.io/hostname': 'loopback', zone: 'a' };
const nodeName = 'loopback';

const writesAtOnce = 24;

/**
 * Creates the objects of all set-ups, and returns when Endpoints and EndpointSlices say what follows from them.
 *
 * @throws with the API server's words where it refuses one
 */
export async function placeSetUps(plane: Plane, setUps: readonly SetUp[]): Promise<void> {
  using client = keptClient(plane, writesAtOnce);
  const all = (of: keyof SetUp): AnyObject[] => setUps.flatMap((setUp) => setUp[of]);
  await createNode(client);
  await each(all('namespaces'), writesAtOnce, (one) => create(client, '/api/v1/namespaces', one));
  // Pods first, so that the endpoints of each Service are written once.
  await each(all('pods'), writesAtOnce, (pod) => createPod(client, pod));
  await each(all('services'), writesAtOnce, (one) => create(client, collectionOf(one), one));
  await settled(client, setUps);
}

async function createNode(client: KeptClient): Promise<void> {
  const metadata = { name: nodeName, labels: nodeLabels };
  const node = JSON.stringify({ apiVersion: 'v1', kind: 'Node', metadata });
  const answered = await client.send('POST', '/api/v1/nodes', node);
  if (answered.status !== 409) succeeded(answered, 'the node');
}

function collectionOf(object: AnyObject): string {
  return collectionPath(object, object.metadata.namespace ?? 'default');
}

async function create(client: KeptClient, path: string, object: AnyObject): Promise<void> {
  const what = `${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`;
  succeeded(await client.send('POST', path, JSON.stringify(object)), what);
}

/** A pod, bound to the node, and its status, which is not taken at its creation. */
async function createPod(client: KeptClient, pod: AnyObject): Promise<void> {
  const { status, spec, ...others } = pod;
  const bound = { ...others, spec: { ...Object(spec), nodeName } };
  await create(client, collectionOf(pod), bound);
  if (status === undefined) return;
  const path = `${collectionOf(pod)}/${pod.metadata.name}/status`;
  const patch = JSON.stringify({ status });
  const answered = await client.send('PATCH', path, patch, 'application/merge-patch+json');
  succeeded(answered, `status of pod ${pod.metadata.name}`);
}

/** The addresses of each Service, by `namespace/name`: sorted, so that they can be compared. */
type Addresses = ReadonlyMap<string, string>;

interface Endpoints {
  readonly endpoints: Addresses;
  readonly slices: Addresses;
}

/** Waits until what the controllers wrote is what follows from pods and Services. */
async function settled(client: KeptClient, setUps: readonly SetUp[]): Promise<void> {
  const wanted = setUps.map(expected);
  const endpoints = new Map(wanted.flatMap((one) => [...one.endpoints]));
  const slices = new Map(wanted.flatMap((one) => [...one.slices]));
  let missing: string[] = [];
  for (const deadline = Date.now() + 120_000; Date.now() < deadline; await sleep(250)) {
    const written = await writtenEndpoints(client);
    missing = [
      ...differences('Endpoints', endpoints, written.endpoints),
      ...differences('EndpointSlices', slices, written.slices),
    ];
    if (missing.length === 0) return;
  }
  throw new Error(`after two minutes:\n${missing.slice(0, 20).join('\n')}`);
}

function differences(kind: string, wanted: Addresses, written: Addresses): string[] {
  return [...wanted].flatMap(([service, addresses]) => {
    const there = written.get(service) ?? '';
    return there === addresses ? [] : [`${kind} of ${service}: "${there}", not "${addresses}"`];
  });
}

const addressSchema = v.object({ ip: v.string() });
const addressesSchema = v.optional(v.array(addressSchema), []);
const metadataSchema = v.object({
  name: v.string(),
  namespace: v.string(),
  labels: v.optional(v.record(v.string(), v.string()), {}),
});
const subsetSchema = v.object({ addresses: addressesSchema, notReadyAddresses: addressesSchema });
const endpointsSchema = v.object({
  metadata: metadataSchema,
  subsets: v.nullish(v.array(subsetSchema)),
});
const sliceSchema = v.object({
  metadata: metadataSchema,
  endpoints: v.nullish(v.array(v.object({ addresses: v.array(v.string()) }))),
});

async function writtenEndpoints(client: KeptClient): Promise<Endpoints> {
  const read = async (path: string): Promise<unknown> =>
    JSON.parse(succeeded(await client.send('GET', path), path));
  const listOf = <Item extends v.GenericSchema>(item: Item) => v.object({ items: v.array(item) });
  const [endpoints, slices] = await Promise.all([
    read('/api/v1/endpoints'),
    read('/apis/discovery.k8s.io/v1/endpointslices'),
  ]);
  return {
    endpoints: joined(
      v
        .parse(listOf(endpointsSchema), endpoints)
        .items.map(({ metadata, subsets }) => [
          `${metadata.namespace}/${metadata.name}`,
          (subsets ?? []).flatMap((subset) =>
            [...subset.addresses, ...subset.notReadyAddresses].map(({ ip }) => ip),
          ),
        ]),
    ),
    slices: joined(
      v
        .parse(listOf(sliceSchema), slices)
        .items.map(({ metadata, endpoints: parts }) => [
          `${metadata.namespace}/${labelOf(metadata.labels, 'kubernetes.io/service-name')}`,
          (parts ?? []).flatMap(({ addresses }) => addresses),
        ]),
    ),
  };
}

/** A Service can have several slices, and an address can be in several subsets. */
function joined(parts: readonly (readonly [string, readonly string[]])[]): Addresses {
  const sets = new Map<string, Set<string>>();
  for (const [service, addresses] of parts) {
    const set = sets.get(service) ?? new Set();
    for (const address of addresses) set.add(address);
    sets.set(service, set);
  }
  return new Map([...sets].map(([service, set]) => [service, inOrder(set)]));
}

function inOrder(addresses: Iterable<string>): string {
  return [...addresses].sort().join(' ');
}

/** What the controllers make of a set-up: a pod is in slices also where none of the ports is found in it. */
function expected({ pods, services }: SetUp): Endpoints {
  const running = pods
    .flatMap((pod) => parsePod(pod) ?? [])
    .filter(({ ip, phase }) => ip !== '' && phase !== 'Succeeded' && phase !== 'Failed');
  const selecting = services
    .flatMap((service) => parseService(service) ?? [])
    .filter(
      ({ type, selector = {} }) => type !== 'ExternalName' && Object.keys(selector).length > 0,
    );
  const of = (service: Service, which: (pod: Pod) => boolean): [string, string] => [
    `${service.namespace}/${service.name}`,
    inOrder(running.filter((pod) => isSelected(service, pod) && which(pod)).map(({ ip }) => ip)),
  ];
  return {
    slices: new Map(selecting.map((service) => of(service, () => true))),
    endpoints: new Map(
      selecting.map((service) =>
        of(service, (pod) => service.ports.some((port) => isFound(port, pod))),
      ),
    ),
  };
}

function isSelected({ namespace, selector = {} }: Service, pod: Pod): boolean {
  const pairs = Object.entries(selector);
  return pod.namespace === namespace && pairs.every(([key, value]) => pod.labels[key] === value);
}

function isFound({ targetPort, protocol }: ServicePort, { shape }: Pod): boolean {
  if (typeof targetPort !== 'string') return true;
  const ports = shape.containers.flatMap((container) => container.ports);
  return ports.some((port) => port.name === targetPort && port.protocol === protocol);
}
