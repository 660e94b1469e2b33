import { type Route, reviewedOperations, routes } from '../admission/index.ts';
import { type Catalogue, ownLabels, standardLabels } from '../catalogue/index.ts';
import {
  clusterToComplete,
  componentThatChanges,
  type MatchCondition,
  thatChanges,
  writtenByOthers,
} from './conditions.ts';
import type {
  ClientConfig,
  ConfigurationMeta,
  MutatingWebhookConfiguration,
  Rule,
  Selector,
  ValidatingWebhookConfiguration,
  Webhook,
} from './configuration.ts';

/** What a registration is made for. */
export interface RegistrationOptions {
  /** Name of both configurations. */
  readonly name: string;
  /** The namespace in which autoscrape runs: nothing in it is sent. */
  readonly namespace: string;
  /** As whom autoscrape writes: `system:serviceaccount:<namespace>:<name>`, or another user name. */
  readonly username: string;
  /** How the API server gets there. A `url` is the part before the paths: `https://127.0.0.1:9443`. */
  readonly reach: { readonly service: string; readonly port: number } | { readonly url: string };
  /** PEM of the authorities that the webhook's certificate may be from. */
  readonly caBundle: string | undefined;
  /** How long the API server waits for an answer, from 1 to 2 s: a write of the database is never held up longer. */
  readonly timeoutSeconds: 1 | 2;
  /** With `off` no scrape is sent. */
  readonly findings: 'off' | 'warn' | 'deny';
  /** Whether MultigresClusters are sent: where `push.endpoint` is set. */
  readonly clusters: boolean;
}

/** What the manifests under `deploy/` have. */
export const defaultRegistration: RegistrationOptions = {
  name: 'autoscrape',
  namespace: 'autoscrape-system',
  username: 'system:serviceaccount:autoscrape-system:autoscrape',
  reach: { service: 'autoscrape', port: 443 },
  caBundle: undefined,
  timeoutSeconds: 2,
  findings: 'warn',
  clusters: false,
};

/** Both configurations of autoscrape. */
export interface Registration {
  readonly mutating: MutatingWebhookConfiguration;
  /** Without a webhook where findings are off, so that applying it takes an earlier one away. */
  readonly validating: ValidatingWebhookConfiguration;
}

/**
 * How the API server is told to call autoscrape: as rarely as the catalogue allows.
 *
 * The two mutating webhooks divide the namespaces between them: `inject` has those labelled
 * `autoscrape.multigres.com/inject: enabled`, where weak evidence counts and every object that changes is sent;
 * `strong` has all others, and is sent what has strong evidence. No object reaches both. `clusters` has MultigresClusters,
 * and is asked only when one is made, or when a write changes what was added to it.
 *
 * @param catalogue the one that the running autoscrape uses: what this one does not mean is never sent
 */
export function registration(catalogue: Catalogue, options: RegistrationOptions): Registration {
  const { strong, inject, clusters, scrapes } = routes;
  const metadata: ConfigurationMeta = {
    name: options.name,
    labels: { [standardLabels.name]: 'autoscrape' },
  };
  // autoscrape writes neither Services nor workloads: its own writes are scrapes.
  const mutating = [
    webhook(strong, [componentThatChanges(catalogue)], options),
    webhook(inject, [thatChanges], options),
    ...(options.clusters ? [webhook(clusters, [clusterToComplete], options)] : []),
  ];
  const validating = [webhook(scrapes, [thatChanges, writtenByOthers(options.username)], options)];
  return {
    mutating: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata,
      // Another webhook that changes the object after us may take away what we read or add something of it.
      webhooks: mutating.map((one) => ({ ...one, reinvocationPolicy: 'IfNeeded' })),
    },
    validating: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata,
      webhooks: options.findings === 'off' ? [] : validating,
    },
  };
}

function webhook(
  route: Route,
  matchConditions: readonly MatchCondition[],
  options: RegistrationOptions,
): Webhook {
  return {
    name: route.webhook,
    clientConfig: clientConfig(route, options),
    admissionReviewVersions: ['v1'],
    rules: rules(route),
    namespaceSelector: namespaceSelector(route, options.namespace),
    objectSelector: { matchExpressions: optedIn(route) },
    matchConditions,
    matchPolicy: 'Equivalent',
    // Metrics never take the database down: what cannot be sent is admitted as it is.
    failurePolicy: 'Ignore',
    sideEffects: 'NoneOnDryRun',
    timeoutSeconds: options.timeoutSeconds,
  };
}

function clientConfig(
  route: Route,
  { reach, namespace, caBundle }: RegistrationOptions,
): ClientConfig {
  const trust =
    caBundle === undefined ? {} : { caBundle: Buffer.from(caBundle).toString('base64') };
  if ('url' in reach) return { url: `${reach.url}${route.path}`, ...trust };
  const { service: name, port } = reach;
  return { service: { namespace, name, path: route.path, port }, ...trust };
}

/** One rule for each group and version. Subresources, such as `status` and `scale`, are resources of their own and not named. */
function rules(route: Route): Rule[] {
  const found = new Map<string, Rule & { resources: string[] }>();
  for (const { group, version, resource } of route.resources) {
    const key = `${group}/${version}`;
    const rule = found.get(key) ?? {
      apiGroups: [group],
      apiVersions: [version],
      resources: [],
      operations: reviewedOperations,
      scope: 'Namespaced',
    };
    rule.resources.push(resource);
    found.set(key, rule);
  }
  return [...found.values()];
}

/**
 * Never autoscrape's own namespace nor the cluster's: what starts a node or autoscrape itself must not wait for it
 * (https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices/).
 */
function namespaceSelector(route: Route, own: string): Selector {
  const spared = [...new Set(['kube-system', own])];
  const everywhere = [isNot('kubernetes.io/metadata.name', ...spared), ...optedIn(route)];
  if (route.injected === 'either') return { matchExpressions: everywhere };
  const operator = route.injected ? 'In' : 'NotIn';
  const divided = { key: ownLabels.inject, operator, values: ['enabled'] } as const;
  return { matchExpressions: [...everywhere, divided] };
}

/** Leaves out what asks to be left alone. */
function optedIn({ resources }: Route): Selector['matchExpressions'] {
  const all = [isNot(ownLabels.scrape, 'false')];
  const isClusters = resources.some(({ kind }) => kind === 'MultigresCluster');
  return isClusters ? [...all, isNot(ownLabels.push, 'false')] : all;
}

/** Also true where the label is absent. */
function isNot(key: string, ...values: string[]): Selector['matchExpressions'][number] {
  return { key, operator: 'NotIn', values };
}
