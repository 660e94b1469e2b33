import type { Agent, AttachMetadata, ScrapeChoice, ScrapeClass, ScrapeKind } from './agents.ts';
import { bounds, excessOf } from './bounds.ts';
import { child, isJson, type Json, list, member, objects, strings, text } from './json.ts';
import type { LabelSelector } from './objects.ts';
import { labelsAt, metaOf, relabelRule, scrapeExcess, statusOf, untellable } from './parse.ts';
import type { Endpoint, PodScrape, StaticScrape, StaticTargets } from './scrapes.ts';

/** A label selector of an object; undefined where it is absent. */
export function labelSelectorAt(object: Json | undefined, key: string): LabelSelector | undefined {
  const selector = child(object, key);
  if (selector === undefined) return undefined;
  return {
    matchLabels: labelsAt(selector, 'matchLabels') ?? {},
    matchExpressions: objects(selector, 'matchExpressions').map((one) => ({
      key: text(one, 'key') ?? '',
      operator: text(one, 'operator') ?? '',
      values: strings(one, 'values'),
    })),
  };
}

/** The parts of an agent's `spec` that are read and may be long. */
const read = [
  ...['serviceScrape', 'podScrape', 'staticScrape', 'nodeScrape', 'probe'].flatMap((kind) => [
    `${kind}Selector`,
    `${kind}NamespaceSelector`,
  ]),
  'scrapeClasses',
  'serviceScrapeRelabelTemplate',
  'podScrapeRelabelTemplate',
  'globalScrapeRelabelConfigs',
  'remoteWrite',
  'externalLabels',
];

/** A VMAgent or VMSingle; undefined where `value` is no JSON object. */
export function parseAgent(value: unknown, kind: Agent['kind']): Agent | undefined {
  if (!isJson(value)) return undefined;
  const meta = metaOf(value);
  const whole = child(value, 'spec') ?? {};
  const tooLarge = excessOf(Object.fromEntries(read.map((key) => [key, member(whole, key)])));
  const spec = tooLarge === undefined ? whole : {};
  const replicas = member(spec, 'replicaCount');
  return {
    kind,
    ...(tooLarge === undefined ? {} : { tooLarge }),
    ...meta,
    scrapes: (member(spec, 'ingestOnlyMode') ?? kind === 'VMSingle') !== true,
    takesAll: isTrue(spec, 'selectAllByDefault'),
    choices: {
      serviceScrape: choiceOf(spec, 'serviceScrape'),
      podScrape: choiceOf(spec, 'podScrape'),
      staticScrape: choiceOf(spec, 'staticScrape'),
      nodeScrape: choiceOf(spec, 'nodeScrape'),
      probe: choiceOf(spec, 'probe'),
    },
    perNode: isTrue(spec, 'daemonSetMode'),
    ignoresNamespaces: isTrue(spec, 'ignoreNamespaceSelectors'),
    hasOwnAccount: (text(spec, 'serviceAccountName') ?? '') !== '',
    classes: objects(spec, 'scrapeClasses').map(classOf),
    serviceTemplate: objects(spec, 'serviceScrapeRelabelTemplate'),
    podTemplate: objects(spec, 'podScrapeRelabelTemplate'),
    globalRules: objects(spec, 'globalScrapeRelabelConfigs'),
    enforcedNamespaceLabel: text(spec, 'enforcedNamespaceLabel') ?? '',
    overridesHonorLabels: isTrue(spec, 'overrideHonorLabels'),
    overridesHonorTimestamps: isTrue(spec, 'overrideHonorTimestamps'),
    minInterval: text(spec, 'minScrapeInterval') ?? '',
    maxInterval: text(spec, 'maxScrapeInterval') ?? '',
    deniesFiles: isTrue(child(spec, 'arbitraryFSAccessThroughSMs') ?? {}, 'deny'),
    selectsAtApiServer: isTrue(spec, 'enableKubernetesAPISelectors'),
    replicas: typeof replicas === 'number' ? replicas : 1,
    stores: storesOf(kind, meta.namespace, meta.name, spec),
    externalLabels: labelsAt(spec, 'externalLabels') ?? {},
    rewrites: [spec, ...objects(spec, 'remoteWrite')].some(rewrites),
  };
}

function isTrue(object: Json, key: string): boolean {
  return member(object, key) === true;
}

/** Fields of an agent and of its `remoteWrite` that change the labels of what is written (api/operator/v1beta1/vmagent_types.go). */
const rewriting = [
  'relabelConfig',
  'inlineRelabelConfig',
  'urlRelabelConfig',
  'inlineUrlRelabelConfig',
  'streamAggrConfig',
];

function rewrites(part: Json): boolean {
  return rewriting.some((field) => {
    const value = member(part, field);
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null;
  });
}

function choiceOf(spec: Json, kind: ScrapeKind): ScrapeChoice {
  return {
    selector: labelSelectorAt(spec, `${kind}Selector`),
    namespaceSelector: labelSelectorAt(spec, `${kind}NamespaceSelector`),
  };
}

function classOf(value: Json): ScrapeClass {
  return {
    name: text(value, 'name') ?? '',
    isDefault: isTrue(value, 'default'),
    relabelConfigs: objects(value, 'relabelConfigs'),
    metricRelabelConfigs: objects(value, 'metricRelabelConfigs'),
    attachMetadata: attachMetadataOf(child(value, 'attachMetadata')),
  };
}

/** An `attach_metadata` object. */
export function attachMetadataOf(value: Json | undefined): AttachMetadata {
  const flag = (key: string): boolean | undefined => {
    const found = value === undefined ? undefined : member(value, key);
    return typeof found === 'boolean' ? found : undefined;
  };
  return { node: flag('node'), namespace: flag('namespace') };
}

/** The address of a VMSingle that scrapes is its own: Service `vmsingle-<name>`, 8429 unless `spec.port` says otherwise. */
function storesOf(kind: Agent['kind'], namespace: string, name: string, spec: Json): string[] {
  if (kind === 'VMSingle') {
    const port = text(spec, 'port') || '8429';
    return [`http://vmsingle-${name}.${namespace}.svc:${port}/api/v1/write`];
  }
  return objects(spec, 'remoteWrite').flatMap((one) => maskedUrl(text(one, 'url') ?? ''));
}

/** An address without the password and the query that may hold a token; empty where it is no address. */
function maskedUrl(address: string): string[] {
  const url = URL.parse(address);
  if (url === null) return [];
  if (url.username !== '' || url.password !== '') {
    url.username = 'xxxxx';
    url.password = '';
  }
  if (url.search !== '') url.search = '?xxxxx';
  url.hash = '';
  return [url.href];
}

/** A VMPodScrape; undefined where `value` is no JSON object. */
export function parsePodScrape(value: unknown): PodScrape | undefined {
  if (!isJson(value)) return undefined;
  const meta = metaOf(value);
  const tooLarge = scrapeExcess(value, 'podMetricsEndpoints');
  const whole = child(value, 'spec') ?? {};
  const spec = tooLarge === undefined ? whole : untellable(whole, 'podMetricsEndpoints');
  return {
    kind: 'VMPodScrape',
    ...meta,
    selector: labelSelectorAt(spec, 'selector') ?? { matchLabels: {}, matchExpressions: [] },
    namespaces: namespacesOf(child(spec, 'namespaceSelector'), meta.namespace),
    scrapeClass: text(spec, 'scrapeClass'),
    ...statusOf(value),
    endpoints: objects(spec, 'podMetricsEndpoints').map(podEndpointOf),
    spec,
    ...(tooLarge === undefined ? {} : { tooLarge }),
  };
}

function namespacesOf(selector: Json | undefined, own: string): readonly string[] | undefined {
  if (selector !== undefined && isTrue(selector, 'any')) return undefined;
  const names = strings(selector, 'matchNames');
  return names.length === 0 ? [own] : names;
}

/** `portNumber` goes before `targetPort`, and both after `port` (operator, factory/vmscrapes/podscrape.go). */
function podEndpointOf(value: Json): Endpoint {
  const port = text(value, 'port') || undefined;
  const number = member(value, 'portNumber') ?? member(value, 'targetPort');
  return {
    port,
    targetPort: typeof number === 'number' || typeof number === 'string' ? number : undefined,
    path: text(value, 'path'),
    scheme: text(value, 'scheme'),
    interval: text(value, 'interval'),
    scrapeInterval: text(value, 'scrape_interval'),
    scrapeTimeout: text(value, 'scrapeTimeout'),
    relabelRules: objects(value, 'relabelConfigs').map(relabelRule),
  };
}

/** A VMStaticScrape; undefined where `value` is no JSON object. */
export function parseStaticScrape(value: unknown): StaticScrape | undefined {
  if (!isJson(value)) return undefined;
  const spec = child(value, 'spec') ?? {};
  return {
    kind: 'VMStaticScrape',
    ...metaOf(value),
    scrapeClass: text(spec, 'scrapeClass'),
    ...statusOf(value),
    targets: objects(spec, 'targetEndpoints').slice(0, bounds.endpoints).map(staticTargetsOf),
  };
}

function staticTargetsOf(value: Json): StaticTargets {
  return {
    addresses: strings(value, 'targets').slice(0, bounds.addresses),
    path: text(value, 'path'),
    scheme: text(value, 'scheme'),
    hasParams: list(value, 'params').length > 0 || child(value, 'params') !== undefined,
    relabelRules: objects(value, 'relabelConfigs').map(relabelRule),
  };
}
