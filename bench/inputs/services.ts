import { join } from 'node:path';
import { standardLabels } from '../../src/catalogue/index.ts';
import { isJson, type Json } from '../../src/kubernetes/index.ts';
import { fixtures, readObjects } from '../../test/support/objects.ts';
import { uid } from './uid.ts';

/** What every program adds: these labels, and the port. The Go peer and Pepr's module have them as constants. */
export const added = {
  labels: [
    standardLabels.name,
    standardLabels.instance,
    standardLabels.component,
    standardLabels.partOf,
  ],
  port: { name: 'client', number: 2379 },
} as const;

/**
 * Services of an etcd that the database's operator owns, as a writer sends them that knows nothing of metrics:
 * without the standard labels, and without the port that carries the metrics. Made after the project's own fixtures.
 *
 * @param count how many; each has a name of its own
 */
export async function bareServices(count: number): Promise<Json[]> {
  const objects = await readObjects(join(fixtures, 'draft', 'etcd.yaml'));
  const services = objects.filter((object) => object.kind === 'Service');
  return Array.from({ length: count }, (_, index) => {
    const service = services[index % services.length];
    if (service === undefined) throw new Error('the fixtures of the draft have no Service');
    return bare(service, `${service.metadata.name}-${index}`, `orders-${index}`);
  });
}

/** @param instance the cluster and the Etcd that it belongs to: no two Services here have the same */
function bare({ apiVersion, kind, metadata, spec }: Json, name: string, instance: string): Json {
  const { labels, ownerReferences } = isJson(metadata) ? metadata : {};
  const { ports, selector, ...rest } = isJson(spec) ? spec : {};
  const others = Array.isArray(ports)
    ? ports.filter((port) => port.port !== added.port.number)
    : [];
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      labels: { ...withoutAdded(labels), 'multigres.com/cluster': instance },
      ownerReferences: ownedBy(ownerReferences, instance),
    },
    spec: {
      ...rest,
      selector: { ...(isJson(selector) ? selector : {}), [standardLabels.instance]: instance },
      ports: others.length > 0 ? others : [{ name: 'peer', port: 2380, targetPort: 'peer' }],
    },
  };
}

function ownedBy(references: unknown, name: string): Json[] {
  const all = Array.isArray(references) ? references.filter(isJson) : [];
  return all.map((reference) => ({ ...reference, name, uid: uid(name) }));
}

function withoutAdded(labels: unknown): Json {
  const known: readonly string[] = added.labels;
  return Object.fromEntries(
    Object.entries(isJson(labels) ? labels : {}).filter(([key]) => !known.includes(key)),
  );
}

/**
 * Services of etcds as they are stored: labelled, with the port that carries the metrics, headless (giving out
 * addresses would be most of what is measured), each with pods of its own. Nothing owns them, so that every program
 * makes the scrape the Service's.
 *
 * @param prefix of their names
 */
export function wholeServices(count: number, prefix: string): NamedService[] {
  const [name = '', instance = '', component = '', partOf = ''] = added.labels;
  return Array.from({ length: count }, (_, index) => {
    const called = `${prefix}-${index}`;
    const labels = {
      [name]: 'etcd',
      [instance]: called,
      [component]: 'etcd',
      [partOf]: 'multigres',
      'app.kubernetes.io/managed-by': 'multigres-operator',
    };
    const spec = {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: { [name]: 'etcd', [instance]: called },
      ports: [
        { name: added.port.name, port: added.port.number, targetPort: added.port.number },
        { name: 'peer', port: 2380, targetPort: 2380 },
      ],
    };
    return {
      name: called,
      text: JSON.stringify({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: called, labels },
        spec,
      }),
    };
  });
}

/** A Service as the body of its create. */
export interface NamedService {
  readonly name: string;
  readonly text: string;
}
