import { type Json, member, objects, type Scrape, strings, text } from '../kubernetes/index.ts';
import {
  labelNamed,
  podLabelPrefix,
  sanitised,
  serviceLabelPrefix,
  servicePresentPrefix,
} from '../selection/index.ts';
import type { JobOptions } from './job-options.ts';

/** One entry of `relabel_configs`. */
export interface Relabeling {
  readonly action?: string;
  readonly source_labels?: readonly string[];
  readonly separator?: string;
  readonly regex?: unknown;
  readonly target_label?: string;
  readonly replacement?: string;
  /** What an endpoint's own rule has besides: `if`, `modulus`, `match`, `labels`. */
  readonly [other: string]: unknown;
}

/** A relabel rule of a job, and where it comes from. */
export interface JobRule {
  readonly from: RuleSource;
  /** Index in the list that it comes from. */
  readonly index: number;
  readonly config: Relabeling;
}

/**
 * The list that a rule of a job comes from: the agent's global rules, the scrape's selector and port, the operator's
 * own labels, the scrape class, the endpoint, the agent's template or its enforced namespace label.
 */
export type RuleSource =
  | 'global'
  | 'selector'
  | 'port'
  | 'labels'
  | 'class'
  | 'endpoint'
  | 'template'
  | 'enforced';

/** All rules of a job, in the order in which the operator writes them. */
export function rulesOf(
  scrape: Scrape,
  spec: Json,
  endpoint: Json,
  role: string,
  options: JobOptions,
): JobRule[] {
  const { scrapeClass, firstRules = [], lastRules = [], enforcedNamespaceLabel } = options;
  return [
    ...from('global', firstRules.map(ownRule)),
    ...from('selector', options.selectsAtApiServer === true ? [] : selectorRules(scrape)),
    ...from('port', portRules(endpoint, role)),
    ...from('labels', [
      ...podRules(role),
      ...labelRules(spec, role),
      ...endpointRules(endpoint, role),
    ]),
    ...from('class', (scrapeClass?.relabelConfigs ?? []).map(ownRule)),
    ...from('endpoint', objects(endpoint, 'relabelConfigs').map(ownRule)),
    ...from('template', lastRules.map(ownRule)),
    ...from(
      'enforced',
      enforcedNamespaceLabel
        ? [{ target_label: enforcedNamespaceLabel, replacement: scrape.namespace }]
        : [],
    ),
  ];
}

function from(source: RuleSource, configs: readonly Relabeling[]): JobRule[] {
  return configs.map((config, index) => ({ from: source, index, config }));
}

function serviceLabel(label: string): string {
  return labelNamed(serviceLabelPrefix, label);
}

function keep(source: string, regex: string): Relabeling {
  return { action: 'keep', source_labels: [source], regex };
}

function drop(source: string, regex: string): Relabeling {
  return { action: 'drop', source_labels: [source], regex };
}

/** The values stand in anchored regular expressions, unescaped. */
function selectorRules(scrape: Scrape): Relabeling[] {
  const equal = Object.entries(scrape.matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => keep(serviceLabel(key), value));
  const expressions = scrape.matchExpressions.flatMap(({ key, operator, values }): Relabeling[] => {
    const there = labelNamed(servicePresentPrefix, key);
    switch (operator) {
      case 'In':
        return [keep(serviceLabel(key), values.join('|'))];
      case 'NotIn':
        return [drop(serviceLabel(key), values.join('|'))];
      case 'Exists':
        return [keep(there, 'true')];
      case 'DoesNotExist':
        return [drop(there, 'true')];
      default:
        return [];
    }
  });
  return [...equal, ...expressions];
}

const portNameLabel: Readonly<Record<string, string>> = {
  endpoints: '__meta_kubernetes_endpoint_port_name',
  endpointslice: '__meta_kubernetes_endpointslice_port_name',
  endpointslices: '__meta_kubernetes_endpointslice_port_name',
  service: '__meta_kubernetes_service_port_name',
};

/** What an endpoint names of the ports; a `port` wins over a `targetPort`, which the role `service` does not know. */
type NamedPort = { readonly port: string } | { readonly targetPort: number | string } | undefined;

function namedPort(endpoint: Json, role: string): NamedPort {
  const port = text(endpoint, 'port');
  if (port !== undefined && port !== '') return { port };
  const targetPort = member(endpoint, 'targetPort');
  if (role === 'service') return undefined;
  if (typeof targetPort === 'string' && targetPort !== '') return { targetPort };
  if (typeof targetPort === 'number' && targetPort !== 0) return { targetPort };
  return undefined;
}

function portRules(endpoint: Json, role: string): Relabeling[] {
  const named = namedPort(endpoint, role);
  if (named === undefined) return [];
  if ('port' in named) {
    const label = Object.hasOwn(portNameLabel, role) ? portNameLabel[role] : undefined;
    return label === undefined ? [] : [keep(label, named.port)];
  }
  const { targetPort } = named;
  return typeof targetPort === 'string'
    ? [keep('__meta_kubernetes_pod_container_port_name', targetPort)]
    : [keep('__meta_kubernetes_pod_container_port_number', String(targetPort))];
}

function copied(source: string, target: string): Relabeling {
  return { source_labels: [source], target_label: target };
}

/** Like {@link copied}, where the source is not empty. */
function copiedIfAny(source: string, target: string): Relabeling {
  return { source_labels: [source], target_label: target, regex: '(.+)', replacement: '$1' };
}

/** The labels `node`, `pod` and `container`, of the pod behind an address. */
function podRulesBy(address: string): Relabeling[] {
  const behind = (kind: string, label: string): Relabeling => ({
    source_labels: ['kind', 'name'].map((part) => `__meta_kubernetes_${address}_target_${part}`),
    separator: ';',
    regex: `${kind};(.*)`,
    replacement: '$1',
    target_label: label,
  });
  return [
    behind('Node', 'node'),
    behind('Pod', 'pod'),
    copied('__meta_kubernetes_pod_name', 'pod'),
    copied('__meta_kubernetes_pod_container_name', 'container'),
  ];
}

const endpointsPodRules = podRulesBy('endpoint_address');
const slicesPodRules = podRulesBy('endpointslice_address');

/** The role `service` knows no pods. */
function podRules(role: string): readonly Relabeling[] {
  if (role === 'service') return [];
  return role === 'endpoints' ? endpointsPodRules : slicesPodRules;
}

const placeRules = [
  copied('__meta_kubernetes_namespace', 'namespace'),
  copied('__meta_kubernetes_service_name', 'service'),
];
const jobRule: Relabeling = {
  source_labels: ['__meta_kubernetes_service_name'],
  target_label: 'job',
  replacement: '$1',
};

/** The rules that are the same in every job of a role. */
export const commonRules: readonly Relabeling[] = [
  ...endpointsPodRules,
  ...slicesPodRules,
  ...placeRules,
  jobRule,
];

/** The labels `namespace`, `service`, those that the scrape copies from Services and pods, and `job`. */
function labelRules(spec: Json, role: string): Relabeling[] {
  const jobLabel = text(spec, 'jobLabel') ?? '';
  const podLabels = role === 'service' ? [] : strings(spec, 'podTargetLabels');
  return [
    ...placeRules,
    ...strings(spec, 'targetLabels').map((label) =>
      copiedIfAny(serviceLabel(label), sanitised(label)),
    ),
    ...podLabels.map((label) => copiedIfAny(labelNamed(podLabelPrefix, label), sanitised(label))),
    jobRule,
    ...(jobLabel === '' ? [] : [copiedIfAny(serviceLabel(jobLabel), 'job')]),
  ];
}

/** The label `endpoint`: what the endpoint names. */
function endpointRules(endpoint: Json, role: string): Relabeling[] {
  const named = namedPort(endpoint, role);
  if (named === undefined) return [];
  const replacement = 'port' in named ? named.port : String(named.targetPort);
  return [{ target_label: 'endpoint', replacement }];
}

/** A rule of an endpoint in vmagent's spelling. */
export function ownRule(rule: Json): Relabeling {
  const { sourceLabels: _sources, targetLabel, ...others } = rule;
  const sources = strings(rule, 'sourceLabels');
  return {
    ...(sources.length === 0 ? {} : { source_labels: sources }),
    ...(typeof targetLabel === 'string' ? { target_label: targetLabel } : {}),
    ...others,
  };
}

/** Returns `metric_relabel_configs`: a rule that writes the enforced namespace label is left out. */
export function metricRules(
  endpoint: Json,
  { scrapeClass, enforcedNamespaceLabel }: JobOptions,
): { metric_relabel_configs?: readonly Relabeling[] } {
  const all = [
    ...(scrapeClass?.metricRelabelConfigs ?? []),
    ...objects(endpoint, 'metricRelabelConfigs'),
  ];
  const rules = all
    .map(ownRule)
    .filter((rule) => !enforcedNamespaceLabel || rule.target_label !== enforcedNamespaceLabel);
  return rules.length === 0 ? {} : { metric_relabel_configs: rules };
}
