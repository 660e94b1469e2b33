import { parseDocument } from 'yaml';
import { groupOf, isJson, type Json, text } from '../kubernetes/index.ts';
import type { Outline } from './outline.ts';
import { yamlOptions } from './yaml-options.ts';

/**
 * Kinds of which autoscrape reads nothing but the name and the metadata, by group: the bulk of what stands beside
 * Services in a folder of manifests.
 */
export const metadataSuffices: ReadonlySet<string> = new Set([
  ' Event',
  ' LimitRange',
  ' PersistentVolume',
  ' PersistentVolumeClaim',
  ' ResourceQuota',
  ' ServiceAccount',
  'admissionregistration.k8s.io MutatingWebhookConfiguration',
  'admissionregistration.k8s.io ValidatingAdmissionPolicy',
  'admissionregistration.k8s.io ValidatingAdmissionPolicyBinding',
  'admissionregistration.k8s.io ValidatingWebhookConfiguration',
  'apiextensions.k8s.io CustomResourceDefinition',
  'apiregistration.k8s.io APIService',
  'autoscaling HorizontalPodAutoscaler',
  'coordination.k8s.io Lease',
  'events.k8s.io Event',
  'monitoring.coreos.com PrometheusRule',
  'networking.k8s.io Ingress',
  'networking.k8s.io IngressClass',
  'networking.k8s.io NetworkPolicy',
  'operator.victoriametrics.com VMRule',
  'policy PodDisruptionBudget',
  'rbac.authorization.k8s.io ClusterRole',
  'rbac.authorization.k8s.io ClusterRoleBinding',
  'rbac.authorization.k8s.io Role',
  'rbac.authorization.k8s.io RoleBinding',
  'scheduling.k8s.io PriorityClass',
  'storage.k8s.io StorageClass',
]);

const kinds: ReadonlySet<string> = new Set(
  [...metadataSuffices].map((one) => one.slice(one.indexOf(' ') + 1)),
);

/** Whether autoscrape reads nothing of objects of a kind but their metadata. */
export function isKnownByMetadata(apiVersion: string, kind: string): boolean {
  return metadataSuffices.has(`${groupOf(apiVersion)} ${kind}`);
}

/**
 * Returns `apiVersion`, `kind` and `metadata` of a document of a kind of which these suffice, as a whole parse would
 * give them. The rest of it is not looked at: a mistake there is not found.
 *
 * @returns undefined where the document has to be parsed whole
 */
export function partialObject(source: string, { members }: Outline): Json | undefined {
  const head = members
    ?.filter(({ key }) => key === 'apiVersion' || key === 'kind' || key === 'metadata')
    .map(({ key, start, end }) => ({ key, written: source.slice(start, end) }));
  const kind = head?.find(({ key }) => key === 'kind')?.written;
  if (head === undefined || kind === undefined || !kinds.has(firstWord(kind))) return undefined;
  const written = head.map((one) => one.written).join('');
  // What an alias stands for may be somewhere else in the document.
  if (/[&*]/.test(written)) return undefined;
  const document = parseDocument(written, yamlOptions);
  if (document.errors.length > 0) return undefined;
  const value: unknown = document.toJS();
  if (!isJson(value) || !isJson(value.metadata)) return undefined;
  return isKnownByMetadata(text(value, 'apiVersion') ?? '', text(value, 'kind') ?? '')
    ? value
    : undefined;
}

/** The first word of a member's value. */
function firstWord(member: string): string {
  return /^kind:\s*["']?(\w*)/.exec(member)?.[1] ?? '';
}
