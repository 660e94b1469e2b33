import { attachMetadataOf, child, type Json, type Scrape } from '../kubernetes/index.ts';
import { namespacesOf } from '../selection/index.ts';
import type { JobOptions } from './job-options.ts';

/** One entry of `kubernetes_sd_configs`. Without `namespaces` all are watched. */
export interface Discovery {
  readonly role: string;
  readonly attach_metadata?: Json;
  readonly namespaces?: { readonly names: readonly string[] };
  /** What {@link JobOptions.discovery} adds. */
  readonly [other: string]: unknown;
}

/** Returns how the targets of a job are found. */
export function discovery(
  scrape: Scrape,
  spec: Json,
  endpoint: Json,
  role: string,
  options: JobOptions,
): Discovery {
  const attached = attachedMetadata(spec, endpoint, role, options);
  const names = options.ownNamespaceOnly === true ? [scrape.namespace] : namespacesOf(scrape);
  const selectors = options.selectsAtApiServer === true ? apiSelectors(scrape, role) : [];
  return {
    role,
    ...(Object.keys(attached).length === 0 ? {} : { attach_metadata: attached }),
    ...(names === undefined ? {} : { namespaces: { names } }),
    ...(selectors.length === 0 ? {} : { selectors }),
    ...options.discovery,
  };
}

/** Each field from the endpoint, else from the scrape class, else from the scrape. */
function attachedMetadata(
  spec: Json,
  endpoint: Json,
  role: string,
  { scrapeClass }: JobOptions,
): Json {
  const layers = [
    attachMetadataOf(child(endpoint, 'attach_metadata')),
    ...(scrapeClass === undefined ? [] : [scrapeClass.attachMetadata]),
    attachMetadataOf(child(spec, 'attach_metadata')),
  ];
  const chosen = (key: 'node' | 'namespace') =>
    layers.map((layer) => layer[key]).find((value) => value !== undefined) === true;
  return {
    ...(chosen('node') && role !== 'service' ? { node: true } : {}),
    ...(chosen('namespace') ? { namespace: true } : {}),
  };
}

/** A scrape's selector as the API server takes it, for each kind that the role watches. */
function apiSelectors(scrape: Scrape, role: string): Json[] {
  const label = [
    ...Object.entries(scrape.matchLabels ?? {})
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}=${value}`),
    ...scrape.matchExpressions.flatMap(({ key, operator, values }) => {
      switch (operator) {
        case 'In':
          return [`${key} in (${values.join(',')})`];
        case 'NotIn':
          return [`${key} notin (${values.join(',')})`];
        case 'Exists':
          return [key];
        case 'DoesNotExist':
          return [`!${key}`];
        default:
          return [];
      }
    }),
  ].join(',');
  if (label === '') return [];
  return (role === 'service' ? [role] : [role, 'pod', 'service']).map((one) => ({
    role: one,
    label,
  }));
}
