import { bounds, excessOf, firstEntries, oversize } from './bounds.ts';
import {
  child,
  emptyList,
  isJson,
  type Json,
  list,
  member,
  objects,
  strings,
  text,
} from './json.ts';
import type {
  Container,
  ContainerPort,
  KubernetesObject,
  Labels,
  Meta,
  Namespace,
  Owner,
  Pod,
  PodShape,
  Requirement,
  Service,
  ServiceMonitor,
  ServicePort,
  Workload,
} from './objects.ts';
import { parseAgent, parsePodScrape, parseStaticScrape } from './parse-agents.ts';
import type { AgentCondition, Endpoint, RelabelRule, Scrape, ScrapeStatus } from './scrapes.ts';

/**
 * Objects from outside, parsed once, into the trimmed shapes. The API server sends well-formed objects, but
 * anyone who reaches the port can send anything: a field of the wrong type reads as absent, nothing throws.
 */

const none: Labels = Object.freeze({});

/**
 * The string entries of a map; undefined where it is absent. The map itself is kept when all its entries are strings.
 *
 * @param most of a larger map the first ones are looked at
 */
export function labelsAt(
  object: Json | undefined,
  key: string,
  most = Number.POSITIVE_INFINITY,
): Labels | undefined {
  const whole = child(object, key);
  if (whole === undefined) return undefined;
  const map = firstEntries(whole, most);
  return isLabels(map) ? map : onlyStrings(map);
}

function isLabels(map: Json): map is Labels {
  for (const key of Object.keys(map)) if (typeof map[key] !== 'string') return false;
  return true;
}

function onlyStrings(map: Json): Labels {
  const entries = Object.entries(map).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}

function intOrString(object: Json, key: string): number | string | undefined {
  const value = member(object, key);
  return typeof value === 'number' || typeof value === 'string' ? value : undefined;
}

function ownersOf(metadata: Json | undefined): readonly Owner[] {
  const references = objects(metadata, 'ownerReferences');
  if (references.length === 0) return emptyList;
  return references.slice(0, bounds.owners).map((reference) => ({
    apiVersion: text(reference, 'apiVersion') ?? '',
    kind: text(reference, 'kind') ?? '',
    name: text(reference, 'name') ?? '',
    uid: text(reference, 'uid') ?? '',
    controller: member(reference, 'controller') === true,
  }));
}

/** The metadata of an object. */
export function metaOf(object: Json): Meta {
  const metadata = child(object, 'metadata');
  return {
    namespace: text(metadata, 'namespace') ?? '',
    name: text(metadata, 'name') ?? '',
    uid: text(metadata, 'uid') ?? '',
    resourceVersion: text(metadata, 'resourceVersion') ?? '',
    labels: labelsAt(metadata, 'labels', bounds.labels) ?? none,
    owners: ownersOf(metadata),
    deleting: text(metadata, 'deletionTimestamp') !== undefined,
  };
}

function servicePort(port: Json): ServicePort {
  const number = member(port, 'port');
  return {
    name: text(port, 'name') ?? '',
    port: typeof number === 'number' ? number : 0,
    protocol: text(port, 'protocol') ?? 'TCP',
    targetPort: intOrString(port, 'targetPort'),
  };
}

/** With `PreferDualStack` alone the cluster decides, and writes both families into `ipFamilies`. */
function isDualStack(spec: Json | undefined): boolean {
  return text(spec, 'ipFamilyPolicy') === 'RequireDualStack' || list(spec, 'ipFamilies').length > 1;
}

/** A core/v1 Service; undefined where `value` is no JSON object. */
export function parseService(value: unknown): Service | undefined {
  if (!isJson(value)) return undefined;
  const spec = child(value, 'spec');
  const tooLarge =
    oversize(child(value, 'metadata'), 'labels', bounds.labels) ??
    oversize(spec, 'selector', bounds.requirements) ??
    oversize(spec, 'ports', bounds.ports);
  return {
    kind: 'Service',
    ...metaOf(value),
    type: text(spec, 'type') ?? 'ClusterIP',
    headless: text(spec, 'clusterIP') === 'None',
    ...(isDualStack(spec) ? { dualStack: true } : {}),
    selector: labelsAt(spec, 'selector', bounds.requirements),
    ports: list(spec, 'ports')
      .slice(0, bounds.ports)
      .map((port) => servicePort(isJson(port) ? port : {})),
    ...(tooLarge === undefined ? {} : { tooLarge }),
  };
}

/** Variables that say whether, how often and as whom a component pushes its metrics. */
const openTelemetry: ReadonlySet<string> = new Set([
  'OTEL_METRICS_EXPORTER',
  'OTEL_METRIC_EXPORT_INTERVAL',
  'OTEL_RESOURCE_ATTRIBUTES',
]);

/** The environment variables that decide what a component serves; see {@link Container.env}. */
function tellingEnv(container: Json): Labels {
  let env: Record<string, string> | undefined;
  for (const variable of objects(container, 'env').slice(0, bounds.words)) {
    const name = text(variable, 'name');
    const value = text(variable, 'value');
    if (name === undefined || value === undefined) continue;
    // Others may hold what is nobody's business, such as the token in OTEL_EXPORTER_OTLP_HEADERS.
    if (!openTelemetry.has(name) && !name.startsWith('ETCD_LISTEN_')) continue;
    env ??= {};
    env[name] = value;
  }
  return env ?? none;
}

function containerPort(port: Json): ContainerPort {
  const number = member(port, 'containerPort');
  return {
    name: text(port, 'name') ?? '',
    number: typeof number === 'number' ? number : 0,
    protocol: text(port, 'protocol') ?? 'TCP',
  };
}

function container(value: Json, sidecar: boolean): Container {
  const flags = [...strings(value, 'command'), ...strings(value, 'args')].slice(0, bounds.words);
  return {
    name: text(value, 'name') ?? '',
    image: text(value, 'image') ?? '',
    sidecar,
    ports: list(value, 'ports')
      .slice(0, bounds.ports)
      .map((port) => containerPort(isJson(port) ? port : {})),
    env: tellingEnv(value),
    flags: flags.filter((flag) => flag.startsWith('--listen-')),
  };
}

/** The annotations with one prefix. */
function annotationsOf(metadata: Json | undefined, prefix: string): Labels {
  const annotations = labelsAt(metadata, 'annotations');
  if (annotations === undefined) return none;
  const entries = Object.entries(annotations).filter(([key]) => key.startsWith(prefix));
  return entries.length === 0 ? none : Object.fromEntries(entries);
}

/** The shape of a Pod or of a pod template (core/v1 PodTemplateSpec): both have `metadata` and `spec`. */
function podShape(value: Json | undefined): PodShape {
  const metadata = child(value, 'metadata');
  const spec = child(value, 'spec');
  const sidecars = objects(spec, 'initContainers').filter(
    (init) => text(init, 'restartPolicy') === 'Always',
  );
  return {
    labels: labelsAt(metadata, 'labels', bounds.labels) ?? none,
    annotations: annotationsOf(metadata, 'prometheus.io/'),
    containers: [
      ...objects(spec, 'containers').map((one) => ({ one, sidecar: false })),
      ...sidecars.map((one) => ({ one, sidecar: true })),
    ]
      .slice(0, bounds.containers)
      .map(({ one, sidecar }) => container(one, sidecar)),
  };
}

/** An apps/v1 StatefulSet or Deployment; undefined where `value` is no JSON object. */
export function parseWorkload(value: unknown, kind: Workload['kind']): Workload | undefined {
  if (!isJson(value)) return undefined;
  const spec = child(value, 'spec');
  return {
    kind,
    ...metaOf(value),
    selector: labelsAt(child(spec, 'selector'), 'matchLabels', bounds.requirements) ?? none,
    template: podShape(child(spec, 'template')),
  };
}

/** A core/v1 Pod; undefined where `value` is no JSON object. */
export function parsePod(value: unknown): Pod | undefined {
  if (!isJson(value)) return undefined;
  const status = child(value, 'status');
  return {
    kind: 'Pod',
    ...metaOf(value),
    shape: podShape(value),
    ip: text(status, 'podIP') ?? '',
    phase: text(status, 'phase') ?? '',
  };
}

/** A core/v1 Namespace; undefined where `value` is no JSON object. */
export function parseNamespace(value: unknown): Namespace | undefined {
  if (!isJson(value)) return undefined;
  const metadata = child(value, 'metadata');
  return {
    kind: 'Namespace',
    name: text(metadata, 'name') ?? '',
    labels: labelsAt(metadata, 'labels', bounds.labels) ?? none,
  };
}

const evaluated = new Set([
  'action',
  'sourceLabels',
  'source_labels',
  'separator',
  'regex',
  'targetLabel',
  'target_label',
  'replacement',
  'if',
  'modulus',
  'match',
  'labels',
]);

/** A relabel rule, in the spelling of the operator's resources or of vmagent's configuration. */
export function relabelRule(rule: Json): RelabelRule {
  const regex = member(rule, 'regex');
  const sources = [...strings(rule, 'sourceLabels'), ...strings(rule, 'source_labels')];
  const conditions = conditionsOf(member(rule, 'if'));
  const tooLarge = isTooLarge(sources, conditions ?? []);
  const pattern = typeof regex === 'string' ? regex : undefined;
  const modulus = member(rule, 'modulus');
  return {
    action: (text(rule, 'action') ?? 'replace').toLowerCase(),
    sourceLabels: sources.slice(0, bounds.sources),
    separator: text(rule, 'separator') ?? ';',
    // operator v0.42 and newer also take a list of regular expressions: any of them.
    regex: pattern ?? (Array.isArray(regex) ? strings(rule, 'regex').join('|') : '(.*)'),
    targetLabel: text(rule, 'targetLabel') ?? text(rule, 'target_label') ?? '',
    replacement: text(rule, 'replacement') ?? '$1',
    conditions: tooLarge ? undefined : conditions,
    modulus: typeof modulus === 'number' ? modulus : 0,
    match: text(rule, 'match') ?? '',
    opaque: Object.keys(rule).some((key) => !evaluated.has(key)) || tooLarge,
  };
}

/** True for a rule that would take too long to evaluate, again and again. */
function isTooLarge(sources: readonly string[], conditions: readonly string[]): boolean {
  return (
    sources.length > bounds.sources ||
    conditions.length > bounds.sources ||
    conditions.reduce((sum, one) => sum + one.length, 0) > bounds.conditions
  );
}

function conditionsOf(written: unknown): readonly string[] | undefined {
  if (typeof written === 'string') return [written];
  if (!Array.isArray(written) || written.length === 0) return undefined;
  return written.filter((one) => typeof one === 'string');
}

function endpoint(value: unknown): Endpoint {
  const object = isJson(value) ? value : {};
  return {
    port: text(object, 'port'),
    targetPort: intOrString(object, 'targetPort'),
    path: text(object, 'path'),
    scheme: text(object, 'scheme'),
    interval: text(object, 'interval'),
    scrapeInterval: text(object, 'scrape_interval'),
    scrapeTimeout: text(object, 'scrapeTimeout'),
    relabelRules: objects(object, 'relabelConfigs').map(relabelRule),
  };
}

function requirement(value: Json): Requirement {
  return {
    key: text(value, 'key') ?? '',
    operator: text(value, 'operator') ?? '',
    values: strings(value, 'values'),
  };
}

/** The operator's word on a scrape of whichever kind, and the generation that the scrape has. */
export function statusOf(value: Json): {
  readonly generation: number;
  readonly status: ScrapeStatus | undefined;
} {
  const generation = member(child(value, 'metadata') ?? {}, 'generation');
  const status = child(value, 'status');
  const state = text(status, 'updateStatus') || text(status, 'status') || '';
  const agents = objects(status, 'conditions').slice(0, bounds.agents).flatMap(conditionOf);
  return {
    generation: typeof generation === 'number' ? generation : 0,
    status:
      state === '' && agents.length === 0
        ? undefined
        : {
            state,
            reason: text(status, 'reason') || text(status, 'lastSyncError') || '',
            observedGeneration: numberAt(status, 'observedGeneration'),
            agents,
          },
  };
}

const applied = '.victoriametrics.com/Applied';

function conditionOf(condition: Json): AgentCondition[] {
  const type = text(condition, 'type') ?? '';
  if (!type.endsWith(applied)) return [];
  return [
    {
      agent: type.slice(0, -applied.length),
      applied: text(condition, 'status') === 'True',
      message: text(condition, 'message') ?? '',
      observedGeneration: numberAt(condition, 'observedGeneration'),
    },
  ];
}

function numberAt(object: Json | undefined, key: string): number | undefined {
  const value = object === undefined ? undefined : member(object, key);
  return typeof value === 'number' ? value : undefined;
}

/** A VMServiceScrape; undefined where `value` is no JSON object. */
export function parseScrape(value: unknown): Scrape | undefined {
  if (!isJson(value)) return undefined;
  const tooLarge = scrapeExcess(value, 'endpoints');
  const spec =
    tooLarge === undefined ? child(value, 'spec') : untellable(child(value, 'spec'), 'endpoints');
  const selector = child(spec, 'selector');
  const namespaceSelector = child(spec, 'namespaceSelector');
  const managers = objects(child(value, 'metadata'), 'managedFields').map(
    (entry) => text(entry, 'manager') ?? '',
  );
  return {
    kind: 'VMServiceScrape',
    ...metaOf(value),
    annotations: annotationsOf(child(value, 'metadata'), 'autoscrape.multigres.com/'),
    managers: [...new Set(managers)],
    discoveryRole: text(spec, 'discoveryRole'),
    matchLabels: labelsAt(selector, 'matchLabels'),
    matchExpressions: objects(selector, 'matchExpressions').map(requirement),
    namespaceSelector:
      namespaceSelector === undefined
        ? undefined
        : {
            any: member(namespaceSelector, 'any') === true,
            matchNames: strings(namespaceSelector, 'matchNames'),
          },
    endpoints: list(spec, 'endpoints').map(endpoint),
    scrapeClass: text(spec, 'scrapeClass'),
    ...statusOf(value),
    spec: tooLarge === undefined ? member(value, 'spec') : spec,
    ...(tooLarge === undefined ? {} : { tooLarge }),
  };
}

/** Why a scrape is too large to judge; undefined where it is not. */
export function scrapeExcess(value: Json, endpoints: string): string | undefined {
  const spec = child(value, 'spec');
  return (
    oversize(spec, endpoints, bounds.endpoints) ??
    oversize(child(value, 'metadata'), 'labels', bounds.labels) ??
    excessOf(spec)
  );
}

/**
 * What stands for the `spec` of a scrape that is too large to judge: it selects whatever is in its namespaces, and a
 * rule that nobody knows decides what it reads. So of each target it can't be told whether it is read.
 */
export function untellable(spec: Json | undefined, endpoints: string): Json {
  const names = strings(child(spec, 'namespaceSelector'), 'matchNames');
  const isAny = member(child(spec, 'namespaceSelector') ?? {}, 'any') === true;
  return {
    selector: {},
    namespaceSelector:
      isAny || names.length > bounds.requirements ? { any: true } : { matchNames: names },
    [endpoints]: [{ relabelConfigs: [{ action: 'keep', unknown: '' }] }],
  };
}

/** A monitoring.coreos.com/v1 ServiceMonitor; undefined where `value` is no JSON object. */
export function parseServiceMonitor(value: unknown): ServiceMonitor | undefined {
  return isJson(value) ? { kind: 'ServiceMonitor', ...metaOf(value) } : undefined;
}

/** Any object that autoscrape reads, told by its `apiVersion` and `kind`; undefined for every other. */
export function parseObject(value: unknown): KubernetesObject | undefined {
  if (!isJson(value)) return undefined;
  switch (`${text(value, 'apiVersion')} ${text(value, 'kind')}`) {
    case 'v1 Service':
      return parseService(value);
    case 'v1 Pod':
      return parsePod(value);
    case 'v1 Namespace':
      return parseNamespace(value);
    case 'apps/v1 StatefulSet':
      return parseWorkload(value, 'StatefulSet');
    case 'apps/v1 Deployment':
      return parseWorkload(value, 'Deployment');
    case 'operator.victoriametrics.com/v1beta1 VMServiceScrape':
      return parseScrape(value);
    case 'monitoring.coreos.com/v1 ServiceMonitor':
      return parseServiceMonitor(value);
    case 'operator.victoriametrics.com/v1beta1 VMAgent':
      return parseAgent(value, 'VMAgent');
    case 'operator.victoriametrics.com/v1beta1 VMSingle':
      return parseAgent(value, 'VMSingle');
    case 'operator.victoriametrics.com/v1beta1 VMPodScrape':
      return parsePodScrape(value);
    case 'operator.victoriametrics.com/v1beta1 VMStaticScrape':
      return parseStaticScrape(value);
    default:
      return undefined;
  }
}
