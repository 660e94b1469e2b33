import { Inventory, type Kind } from '../../../src/inventory/inventory.ts';
import {
  type KubernetesObject,
  type Pod,
  parseObject,
  parsePod,
  parseScrape,
  parseService,
  parseWorkload,
  type Scrape,
  type Service,
  type Workload,
} from '../../../src/kubernetes/index.ts';

/** Objects for tests, made from JSON as the API server would send it. */

type Json = Record<string, unknown>;

function made<T>(object: T | undefined): T {
  if (object === undefined) throw new Error('the object of a test does not parse');
  return object;
}

export interface ServiceParts {
  readonly namespace?: string;
  readonly labels?: Json;
  readonly selector?: Json | undefined;
  readonly ports?: readonly Json[];
  readonly type?: string;
  readonly clusterIP?: string;
}

export function service(name: string, parts: ServiceParts = {}): Service {
  const { namespace = 'shop', labels = {}, selector, ports = [], type, clusterIP } = parts;
  return made(
    parseService({
      metadata: { namespace, name, labels },
      spec: { selector, ports, type, clusterIP },
    }),
  );
}

export interface PodParts {
  readonly namespace?: string;
  readonly labels?: Json;
  readonly annotations?: Json;
  /** Container ports by name; the number alone for one without a name. */
  readonly ports?: readonly (readonly [name: string, number: number] | number)[];
  readonly image?: string;
  readonly phase?: string;
}

function template({ labels = {}, annotations = {}, ports = [], image = 'app' }: PodParts) {
  const declared = ports.map((port) =>
    typeof port === 'number' ? { containerPort: port } : { name: port[0], containerPort: port[1] },
  );
  return {
    metadata: { labels, annotations },
    spec: { containers: [{ name: 'main', image, ports: declared }] },
  };
}

export function pod(name: string, parts: PodParts = {}): Pod {
  const { metadata, spec } = template(parts);
  return made(
    parsePod({
      metadata: { ...metadata, namespace: parts.namespace ?? 'shop', name },
      spec,
      status: { phase: parts.phase },
    }),
  );
}

export function statefulSet(name: string, parts: PodParts = {}): Workload {
  return made(
    parseWorkload(
      {
        metadata: { namespace: parts.namespace ?? 'shop', name },
        spec: { selector: { matchLabels: parts.labels }, template: template(parts) },
      },
      'StatefulSet',
    ),
  );
}

export interface ScrapeParts {
  readonly namespace?: string;
  readonly labels?: Json;
  readonly owners?: readonly Json[];
}

export function scrape(name: string, spec: unknown, parts: ScrapeParts = {}): Scrape {
  const { namespace = 'shop', labels = {}, owners = [] } = parts;
  return made(
    parseScrape({ metadata: { namespace, name, labels, ownerReferences: owners }, spec }),
  );
}

export function object(json: Json): KubernetesObject {
  return made(parseObject(json));
}

export const kinds: readonly Kind[] = [
  'Service',
  'Pod',
  'StatefulSet',
  'Deployment',
  'Namespace',
  'VMServiceScrape',
  'ServiceMonitor',
];

/** An inventory that knows these objects, and that there are no others. */
export function inventoryOf(...objects: readonly KubernetesObject[]): Inventory {
  const inventory = new Inventory();
  for (const one of objects) inventory.put(one);
  for (const kind of kinds) inventory.markKnown(kind);
  return inventory;
}
