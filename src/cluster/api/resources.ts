/** A resource of the API server. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** Its plural name, as in the path. */
  readonly plural: string;
}

/** The resources that autoscrape reads or writes. */
export const resources = {
  services: { group: '', version: 'v1', plural: 'services' },
  pods: { group: '', version: 'v1', plural: 'pods' },
  namespaces: { group: '', version: 'v1', plural: 'namespaces' },
  statefulSets: { group: 'apps', version: 'v1', plural: 'statefulsets' },
  deployments: { group: 'apps', version: 'v1', plural: 'deployments' },
  scrapes: {
    group: 'operator.victoriametrics.com',
    version: 'v1beta1',
    plural: 'vmservicescrapes',
  },
  podScrapes: { group: 'operator.victoriametrics.com', version: 'v1beta1', plural: 'vmpodscrapes' },
  staticScrapes: {
    group: 'operator.victoriametrics.com',
    version: 'v1beta1',
    plural: 'vmstaticscrapes',
  },
  agents: { group: 'operator.victoriametrics.com', version: 'v1beta1', plural: 'vmagents' },
  singles: { group: 'operator.victoriametrics.com', version: 'v1beta1', plural: 'vmsingles' },
  podMonitors: { group: 'monitoring.coreos.com', version: 'v1', plural: 'podmonitors' },
  serviceMonitors: { group: 'monitoring.coreos.com', version: 'v1', plural: 'servicemonitors' },
  definitions: {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    plural: 'customresourcedefinitions',
  },
  leases: { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' },
  tokenReviews: { group: 'authentication.k8s.io', version: 'v1', plural: 'tokenreviews' },
  selfReviews: { group: 'authentication.k8s.io', version: 'v1', plural: 'selfsubjectreviews' },
  accessReviews: {
    group: 'authorization.k8s.io',
    version: 'v1',
    plural: 'subjectaccessreviews',
  },
  events: { group: 'events.k8s.io', version: 'v1', plural: 'events' },
  secrets: { group: '', version: 'v1', plural: 'secrets' },
  mutatingRegistrations: {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    plural: 'mutatingwebhookconfigurations',
  },
  validatingRegistrations: {
    group: 'admissionregistration.k8s.io',
    version: 'v1',
    plural: 'validatingwebhookconfigurations',
  },
} as const satisfies Readonly<Record<string, Resource>>;

/**
 * True for a resource that every API server has (core, apps and the groups under k8s.io that we name): it can't be
 * absent, so that a 404 for it is a fault of whatever answered.
 */
export function isBuiltIn({ group }: Resource): boolean {
  return !group.includes('.') || group.endsWith('.k8s.io');
}

/** The path of a group and version: what discovery answers about it. */
export function groupPath(group: string, version: string): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** The path of a resource in one namespace, or, without one, in all of them (or of a cluster-scoped resource). */
export function collectionPath(resource: Resource, namespace = ''): string {
  const root = groupPath(resource.group, resource.version);
  const within = namespace === '' ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${within}/${resource.plural}`;
}

/** The path of one object; an empty namespace for a cluster-scoped one. */
export function objectPath(resource: Resource, namespace: string, name: string): string {
  return `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
}
