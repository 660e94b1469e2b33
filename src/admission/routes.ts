/**
 * Where the API server sends its reviews, and what it sends there: the server answers these paths and the
 * registration manifests name them, from this one table.
 */

/** The kinds of objects that admission reads. */
export type ReviewedKind =
  | 'Service'
  | 'StatefulSet'
  | 'Deployment'
  | 'VMServiceScrape'
  | 'MultigresCluster';

/** One resource as a rule of a webhook registration names it. */
export interface ReviewedResource {
  readonly kind: ReviewedKind;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

/** The resources behind the kinds. */
export const reviewedResources: Readonly<Record<ReviewedKind, ReviewedResource>> = {
  Service: { kind: 'Service', group: '', version: 'v1', resource: 'services' },
  StatefulSet: { kind: 'StatefulSet', group: 'apps', version: 'v1', resource: 'statefulsets' },
  Deployment: { kind: 'Deployment', group: 'apps', version: 'v1', resource: 'deployments' },
  VMServiceScrape: {
    kind: 'VMServiceScrape',
    group: 'operator.victoriametrics.com',
    version: 'v1beta1',
    resource: 'vmservicescrapes',
  },
  MultigresCluster: {
    kind: 'MultigresCluster',
    group: 'multigres.com',
    version: 'v1alpha1',
    resource: 'multigresclusters',
  },
};

/** The operations that are sent; every other one is answered, with nothing added. */
export const reviewedOperations = ['CREATE', 'UPDATE'] as const;

/** One webhook: what is registered under `webhook` and answered at `path`. */
export interface Route {
  /** The path of the URL; the API server appends `?timeout=…`. */
  readonly path: string;
  /** The webhook's name in the registration: a domain name, unique in its configuration. */
  readonly webhook: string;
  /** `mutating` answers with a patch, `validating` with warnings or a refusal. */
  readonly review: 'mutating' | 'validating';
  /**
   * Whether the namespaces that it is sent are labelled `autoscrape.multigres.com/inject: enabled`; `either` where that
   * does not matter.
   */
  readonly injected: boolean | 'either';
  readonly resources: readonly ReviewedResource[];
}

const components: readonly ReviewedResource[] = [
  reviewedResources.Service,
  reviewedResources.StatefulSet,
  reviewedResources.Deployment,
];

/** Every webhook of autoscrape. A request reaches at most one of them. */
export const routes = {
  strong: {
    path: '/admit/strong',
    webhook: 'strong.autoscrape.multigres.com',
    review: 'mutating',
    injected: false,
    resources: components,
  },
  inject: {
    path: '/admit/inject',
    webhook: 'inject.autoscrape.multigres.com',
    review: 'mutating',
    injected: true,
    resources: components,
  },
  /** Registered only where `push.endpoint` is set. */
  clusters: {
    path: '/admit/clusters',
    webhook: 'clusters.autoscrape.multigres.com',
    review: 'mutating',
    injected: 'either',
    resources: [reviewedResources.MultigresCluster],
  },
  scrapes: {
    path: '/validate/scrapes',
    webhook: 'scrapes.autoscrape.multigres.com',
    review: 'validating',
    injected: 'either',
    resources: [reviewedResources.VMServiceScrape],
  },
} as const satisfies Readonly<Record<string, Route>>;
