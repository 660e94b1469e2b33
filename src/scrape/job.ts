import {
  child,
  isJson,
  type Json,
  list,
  member,
  objects,
  type Scrape,
  strings,
  text,
} from '../kubernetes/index.ts';

/**
 * What the VictoriaMetrics operator makes of a scrape for vmagent: one job of `scrape_configs` for each endpoint
 * (its `internal/controller/operator/factory/vmagent/servicescrape.go`, alike since v0.39).
 */

/** One entry of vmagent's `scrape_configs` (https://docs.victoriametrics.com/victoriametrics/sd_configs/#scrape_configs). */
export interface JobConfig {
  readonly job_name: string;
  readonly honor_labels: boolean;
  readonly honor_timestamps?: boolean;
  readonly kubernetes_sd_configs: readonly [Discovery];
  readonly scrape_interval?: string;
  readonly scrape_timeout?: string;
  readonly metrics_path?: string;
  readonly scheme?: string;
  readonly relabel_configs: readonly Relabeling[];
  readonly metric_relabel_configs?: readonly Relabeling[];
  /** What the operator hands on as it is: `params`, `sample_limit`, `follow_redirects` and such. */
  readonly [other: string]: unknown;
}

/** One entry of `kubernetes_sd_configs`. Without `namespaces` all are watched. */
export interface Discovery {
  readonly role: string;
  readonly attach_metadata?: Json;
  readonly namespaces?: { readonly names: readonly string[] };
  /** What {@link JobOptions.discovery} adds. */
  readonly [other: string]: unknown;
}

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

/** What a VMAgent's own resource adds to every job. */
export interface JobOptions {
  /** Members that each discovery gets, such as `api_server` (VMAgent's `apiServerConfig`). */
  readonly discovery?: Json;
  /** Rules after the endpoint's own (VMAgent's `serviceScrapeRelabelTemplate`). */
  readonly lastRules?: readonly Relabeling[];
  /** VMAgent's `ignoreNamespaceSelectors`: every scrape sees its own namespace alone. */
  readonly ignoreNamespaceSelectors?: boolean;
}

/** The jobs of a scrape, one for each endpoint, in order. What comes from Secrets is left out: see {@link secretFields}. */
export function jobsOf(scrape: Scrape, options: JobOptions = {}): JobConfig[] {
  const spec = isJson(scrape.spec) ? scrape.spec : {};
  return list(spec, 'endpoints').map((endpoint, index) =>
    job(scrape, spec, isJson(endpoint) ? endpoint : {}, index, options),
  );
}

/** The name of an endpoint's job, which vmagent also shows as `scrapePool` of its targets. */
export function jobName(scrape: Scrape, endpoint: number): string {
  return `serviceScrape/${scrape.namespace}/${scrape.name}/${endpoint}`;
}

const fromSecrets = [
  'tlsConfig',
  'basicAuth',
  'bearerTokenSecret',
  'authorization',
  'oauth2',
] as const;

/** The fields of an endpoint that the operator fills from Secrets and ConfigMaps, and that its job here lacks. */
export function secretFields(scrape: Scrape, endpoint: number): string[] {
  const one = isJson(scrape.spec) ? list(scrape.spec, 'endpoints')[endpoint] : undefined;
  return isJson(one) ? fromSecrets.filter((field) => member(one, field) !== undefined) : [];
}

function job(
  scrape: Scrape,
  spec: Json,
  endpoint: Json,
  index: number,
  options: JobOptions,
): JobConfig {
  const role = text(spec, 'discoveryRole') || 'endpoints';
  const interval = text(endpoint, 'scrape_interval') || text(endpoint, 'interval');
  return {
    job_name: jobName(scrape, index),
    honor_labels: member(endpoint, 'honorLabels') === true,
    ...present({ honor_timestamps: member(endpoint, 'honorTimestamps') }),
    kubernetes_sd_configs: [discovery(scrape, spec, endpoint, role, options)],
    ...present({
      scrape_interval: interval,
      scrape_timeout: text(endpoint, 'scrapeTimeout'),
      metrics_path: text(endpoint, 'path'),
      proxy_url: text(endpoint, 'proxyURL'),
      follow_redirects: member(endpoint, 'follow_redirects'),
      params: child(endpoint, 'params'),
      scheme: text(endpoint, 'scheme')?.toLowerCase(),
      bearer_token_file: text(endpoint, 'bearerTokenFile'),
    }),
    relabel_configs: [
      ...selectorRules(scrape),
      ...portRules(endpoint, role),
      ...podRules(role),
      ...labelRules(spec, role),
      ...endpointRules(endpoint, role),
      ...objects(endpoint, 'relabelConfigs').map(ownRule),
      ...(options.lastRules ?? []),
    ],
    ...present({
      sample_limit: limit(endpoint, spec, 'sampleLimit'),
      series_limit: limit(endpoint, spec, 'seriesLimit'),
      max_scrape_size: text(endpoint, 'max_scrape_size'),
    }),
    ...metricRules(endpoint),
    ...scrapeParams(child(endpoint, 'vm_scrape_params')),
  };
}

/** The members that are there: an empty text is as good as absent, as in the operator. */
function present(members: Json): Json {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== ''),
  );
}

function discovery(
  scrape: Scrape,
  spec: Json,
  endpoint: Json,
  role: string,
  options: JobOptions,
): Discovery {
  const attached = child(endpoint, 'attach_metadata') ?? child(spec, 'attach_metadata');
  const names = namespacesOf(scrape, options);
  return {
    role,
    ...(attached === undefined || role === 'service' ? {} : { attach_metadata: attached }),
    ...(names === undefined ? {} : { namespaces: { names } }),
    ...options.discovery,
  };
}

/** The namespaces that a scrape looks into; undefined: all. */
function namespacesOf(scrape: Scrape, options: JobOptions): readonly string[] | undefined {
  const { namespaceSelector } = scrape;
  if (options.ignoreNamespaceSelectors === true || namespaceSelector === undefined) {
    return [scrape.namespace];
  }
  if (namespaceSelector.any) return undefined;
  const { matchNames } = namespaceSelector;
  return matchNames.length === 0 ? [scrape.namespace] : matchNames;
}

/** A label's name as discovery writes it into a meta label. */
function sanitized(label: string): string {
  return label.replace(/[^a-zA-Z0-9_]/g, '_');
}

function serviceLabel(label: string): string {
  return `__meta_kubernetes_service_label_${sanitized(label)}`;
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
    const there = `__meta_kubernetes_service_labelpresent_${sanitized(key)}`;
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

/** The labels `node`, `pod` and `container`; the role `service` knows no pods. */
function podRules(role: string): Relabeling[] {
  if (role === 'service') return [];
  const address = role === 'endpoints' ? 'endpoint_address' : 'endpointslice_address';
  const behind = (kind: string, label: string): Relabeling => ({
    source_labels: ['kind', 'name'].map((part) => `__meta_kubernetes_${address}_target_${part}`),
    separator: ';',
    regex: `${kind};(.*)`,
    replacement: '$1',
    target_label: label,
  });
  const pod = [
    behind('Node', 'node'),
    behind('Pod', 'pod'),
    copied('__meta_kubernetes_pod_name', 'pod'),
  ];
  return role === 'endpoints'
    ? [...pod, copied('__meta_kubernetes_pod_container_name', 'container')]
    : pod;
}

/** The labels `namespace`, `service`, those that the scrape copies from Services and pods, and `job`. */
function labelRules(spec: Json, role: string): Relabeling[] {
  const jobLabel = text(spec, 'jobLabel') ?? '';
  const podLabels = role === 'service' ? [] : strings(spec, 'podTargetLabels');
  return [
    copied('__meta_kubernetes_namespace', 'namespace'),
    copied('__meta_kubernetes_service_name', 'service'),
    ...strings(spec, 'targetLabels').map((label) =>
      copiedIfAny(serviceLabel(label), sanitized(label)),
    ),
    ...podLabels.map((label) =>
      copiedIfAny(`__meta_kubernetes_pod_label_${sanitized(label)}`, sanitized(label)),
    ),
    {
      source_labels: ['__meta_kubernetes_service_name'],
      target_label: 'job',
      replacement: '$1',
    },
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
function ownRule(rule: Json): Relabeling {
  const { sourceLabels: _sources, targetLabel, ...others } = rule;
  const sources = strings(rule, 'sourceLabels');
  return {
    ...(sources.length === 0 ? {} : { source_labels: sources }),
    ...(typeof targetLabel === 'string' ? { target_label: targetLabel } : {}),
    ...others,
  };
}

function metricRules(endpoint: Json): { metric_relabel_configs?: readonly Relabeling[] } {
  const rules = objects(endpoint, 'metricRelabelConfigs').map(ownRule);
  return rules.length === 0 ? {} : { metric_relabel_configs: rules };
}

/** The endpoint's limit, else the scrape's. */
function limit(endpoint: Json, spec: Json, field: string): number | undefined {
  return [member(endpoint, field), member(spec, field)].find(
    (value): value is number => typeof value === 'number' && value > 0,
  );
}

/** `vm_scrape_params`; two of them have other names in the job. */
function scrapeParams(params: Json | undefined): Json {
  if (params === undefined) return {};
  const { disable_keep_alive, proxy_client_config: _fromSecrets, ...others } = params;
  return present({ ...others, disable_keepalive: disable_keep_alive });
}
