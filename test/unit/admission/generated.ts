import fc from 'fast-check';
import { standardLabels } from '../../../src/catalogue/index.ts';
import { catalogue, ownedBy, type Plain } from './reviews.ts';

/** Services and workloads as the API server could send them, near what the catalogue knows; and near misses of them. */

const entries = catalogue.dialects.flatMap((dialect) =>
  dialect.entries.map((entry) => ({ dialect, entry })),
);
const facets = entries.flatMap(({ entry }) => entry.facets);
const portNames = [...new Set(facets.map((facet) => facet.port.name)), 'web', 'a'];
const portNumbers = [...new Set(facets.map((facet) => facet.port.number)), 80, 5432, 2380];
const names = ['gw', 'orders-topo', 'x'.repeat(70)];

function absentOr<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(arbitrary, { nil: undefined, freq: 2 });
}

const standard: fc.Arbitrary<Record<string, string | undefined>> = fc
  .constantFrom(...entries)
  .chain(({ entry }) =>
    fc.record({
      [standardLabels.name]: absentOr(fc.constantFrom(entry.labels.name, 'our-store', '')),
      [standardLabels.component]: absentOr(
        fc.constantFrom(entry.labels.component, ...entry.aliases, 'database'),
      ),
      [standardLabels.partOf]: absentOr(fc.constantFrom(catalogue.partOf, 'shop')),
      [standardLabels.instance]: absentOr(fc.constantFrom('orders', '')),
    }),
  );

const further = fc.record({
  'autoscrape.multigres.com/component': fc.option(
    fc.constantFrom(...facets.map((facet) => facet.component)),
    { nil: undefined, freq: 3 },
  ),
  'autoscrape.multigres.com/scrape': fc.option(fc.constantFrom('true', 'false'), {
    nil: undefined,
    freq: 8,
  }),
  'multigres.com/cluster': absentOr(fc.constantFrom('orders', 'y'.repeat(63))),
  app: absentOr(fc.constant('gw')),
});

/** Without the members that are absent, as JSON has it. */
function present(...parts: readonly Plain[]): Plain {
  const merged = Object.entries(Object.assign({}, ...parts));
  return Object.fromEntries(merged.filter(([, value]) => value !== undefined));
}

const labels = fc.tuple(standard, further).map((parts) => present(...parts));

const owner = fc.constantFrom(...entries).chain(({ dialect, entry }) =>
  fc
    .tuple(
      fc.constantFrom(...dialect.ownerGroups, 'apps'),
      fc.constantFrom(...entry.owners.map((one) => one.kind), ...dialect.sharedOwnerKinds, 'Thing'),
      fc.constantFrom(...names),
      fc.boolean(),
    )
    .map(([group, kind, name, controller]) => ({
      ...ownedBy(`${group}/v1alpha1`, kind, name),
      controller,
    })),
);

const metadata = fc
  .record({
    name: fc.constantFrom(...names),
    labels: fc.option(labels, { nil: undefined, freq: 5 }),
    ownerReferences: fc.option(fc.array(owner, { minLength: 1, maxLength: 1 }), {
      nil: undefined,
      freq: 2,
    }),
    annotations: absentOr(fc.constant({ note: 'kept' })),
  })
  .map((one) => present(one));

const servicePort = fc
  .record({
    name: absentOr(fc.constantFrom(...portNames)),
    port: fc.constantFrom(...portNumbers),
    protocol: fc.constantFrom('TCP', 'TCP', 'UDP'),
    targetPort: absentOr(fc.constantFrom<number | string>(...portNumbers, ...portNames)),
  })
  .map((one) => present(one));

/** A Service that the API server would store: see {@link isAcceptedService}. */
export const service: fc.Arbitrary<Plain> = fc
  .record({
    metadata,
    spec: fc
      .record({
        type: fc.constantFrom('ClusterIP', 'ClusterIP', 'ClusterIP', 'NodePort', 'LoadBalancer'),
        clusterIP: absentOr(fc.constant('None')),
        externalIPs: fc.option(fc.constant(['198.51.100.7']), { nil: undefined, freq: 8 }),
        selector: fc.option(labels, { nil: undefined, freq: 8 }),
        ports: absentOr(fc.array(servicePort, { maxLength: 4 })),
      })
      .map((one) => present(one)),
  })
  .map((one): Plain => ({ apiVersion: 'v1', kind: 'Service', ...one }))
  .filter(isAcceptedService);

const containerPort = fc
  .record({
    name: absentOr(fc.constantFrom(...portNames)),
    containerPort: fc.constantFrom(...portNumbers),
    protocol: fc.constantFrom('TCP', 'TCP', 'UDP'),
  })
  .map((one) => present(one));

const container = fc
  .record({
    name: fc.constantFrom('main', 'proxy', ...facets.map((facet) => facet.component)),
    image: fc.constantFrom(
      'postgres:17',
      ...entries.flatMap(({ entry }) =>
        entry.images.map((image) => `registry:5000/db/${image}:v1`),
      ),
    ),
    ports: absentOr(fc.array(containerPort, { maxLength: 3 })),
  })
  .map((one) => present(one));

export const workloadKind = fc.constantFrom('StatefulSet', 'Deployment');

/** A StatefulSet or Deployment that the API server would store: its selector matches its template. */
export const workload: fc.Arbitrary<Plain> = fc
  .record({
    kind: workloadKind,
    metadata,
    labels,
    containers: fc.uniqueArray(container, {
      minLength: 1,
      maxLength: 3,
      selector: (one) => one.name,
    }),
    initContainers: fc.option(fc.array(container, { maxLength: 1 }), { nil: undefined, freq: 2 }),
    hostNetwork: fc.option(fc.constant(true), { nil: undefined, freq: 5 }),
    byLabels: fc.boolean(),
    without: fc.subarray(Object.values(standardLabels)),
  })
  .map(
    ({ kind, metadata: meta, labels: own, containers, initContainers, hostNetwork, ...rest }) => {
      const inTemplate: Plain = { app: 'gw', ...own };
      const matchExpressions = rest.without
        .filter((key) => !Object.hasOwn(inTemplate, key))
        .map((key) => ({ key, operator: 'DoesNotExist' }));
      return {
        apiVersion: 'apps/v1',
        kind,
        metadata: meta,
        spec: {
          selector: { matchLabels: rest.byLabels ? inTemplate : { app: 'gw' }, matchExpressions },
          template: {
            metadata: { labels: inTemplate },
            spec: present({ containers, initContainers, hostNetwork }),
          },
        },
      };
    },
  );

/** A value at one place of a generated object replaced by any JSON: near misses of what could be sent. */
export function spoilt(source: fc.Arbitrary<Plain>): fc.Arbitrary<unknown> {
  return fc.tuple(source, fc.nat(), fc.jsonValue()).map(([object, place, value]) => {
    const places = placesIn(object);
    const path = places[place % places.length] ?? [];
    return withValueAt(object, path, value);
  });
}

type Path = readonly (string | number)[];

function placesIn(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [at];
  const members = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [at, ...members.flatMap(([key, one]) => placesIn(one, [...at, key]))];
}

function withValueAt(container: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(container)) {
    return container.map((one, at) => (at === key ? withValueAt(one, rest, value) : one));
  }
  const object = Object(container);
  return { ...object, [key]: withValueAt(object[key], rest, value) };
}

/** The rules of core/v1 for the ports of a Service that matter here. */
export function isAcceptedService(object: Plain): boolean {
  const spec = Object(object.spec);
  const ports: readonly { name?: string; port: number; protocol: string }[] = spec.ports ?? [];
  if (ports.length === 0 && spec.clusterIP !== 'None') return false;
  if (spec.clusterIP === 'None' && spec.type !== 'ClusterIP') return false;
  const named = ports.map((port) => port.name ?? '');
  if (ports.length > 1 && named.includes('')) return false;
  const keys = ports.map((port) => `${port.port}/${port.protocol}`);
  return new Set(named).size === ports.length && new Set(keys).size === ports.length;
}
