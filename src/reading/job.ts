import {
  child,
  durationOf,
  type Endpoint,
  isJson,
  type Json,
  list,
  member,
  type Scrape,
  text,
} from '../kubernetes/index.ts';
import { type Discovery, discovery } from './job-discovery.ts';
import type { JobOptions } from './job-options.ts';
import { type JobRule, metricRules, type Relabeling, rulesOf } from './job-rules.ts';

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

/**
 * The part of a job that decides what is read, with the source of each of its rules. The VictoriaMetrics operator makes
 * a job for each endpoint of a scrape (its `internal/controller/operator/factory/vmscrapes/servicescrape.go`, in
 * `factory/vmagent` before; alike since v0.39).
 */
export interface Job {
  readonly name: string;
  readonly path: string;
  readonly scheme: string;
  readonly params: Json;
  readonly rules: readonly JobRule[];
}

/** Returns the configuration of each of a scrape's jobs, one for each endpoint, in order. What comes from Secrets is left out: see {@link secretFields}. */
export function jobsOf(scrape: Scrape, options: JobOptions = {}): JobConfig[] {
  const spec = specOf(scrape);
  return endpointsOf(scrape).map((endpoint, index) =>
    jobConfig(scrape, spec, isJson(endpoint) ? endpoint : {}, index, options),
  );
}

/** Returns what decides what the job of one endpoint reads. */
export function jobOf(scrape: Scrape, index: number, options: JobOptions = {}): Job {
  const spec = specOf(scrape);
  const found = endpointsOf(scrape)[index];
  const endpoint = isJson(found) ? found : {};
  return {
    name: jobName(scrape, index),
    path: text(endpoint, 'path') ?? '',
    scheme: schemeOf(endpoint) ?? '',
    params: child(endpoint, 'params') ?? {},
    rules: rulesOf(scrape, spec, endpoint, writtenRole(spec), options),
  };
}

function specOf({ spec }: Scrape): Json {
  return isJson(spec) ? spec : {};
}

function schemeOf(endpoint: Json): string | undefined {
  return text(endpoint, 'scheme')?.toLowerCase();
}

function writtenRole(spec: Json): string {
  return text(spec, 'discoveryRole') || 'endpoints';
}

function endpointsOf(scrape: Scrape): readonly unknown[] {
  return list(specOf(scrape), 'endpoints');
}

/** The ways in which targets are discovered; `endpointslice` and `endpointslices` are the same. */
export type Role = 'endpoints' | 'endpointslices' | 'service';

/** Returns what a scrape discovers by; undefined for a role that nobody knows, which finds nothing. */
export function roleOf({ discoveryRole }: Scrape): Role | undefined {
  switch (discoveryRole) {
    case undefined:
    case '':
    case 'endpoints':
      return 'endpoints';
    case 'endpointslice':
    case 'endpointslices':
      return 'endpointslices';
    case 'service':
      return 'service';
    default:
      return undefined;
  }
}

/**
 * Says whether a scrape reads the endpoints of every Service in its namespaces where its selector goes to the API
 * server: vmagent takes the role by its old name, and then does not know the selector of that name for its own.
 * Source: VictoriaMetrics lib/promscrape/discovery/kubernetes (SDConfig.role, joinSelectors).
 */
export function readsEverySlice({ discoveryRole }: Scrape): boolean {
  return discoveryRole === 'endpointslices';
}

/** The name of an endpoint's job, which vmagent also shows as `scrapePool` of its targets. */
export function jobName(
  scrape: { readonly namespace: string; readonly name: string },
  endpoint: number,
): string {
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
  const one = endpointsOf(scrape)[endpoint];
  return isJson(one) ? fromSecrets.filter((field) => member(one, field) !== undefined) : [];
}

function jobConfig(
  scrape: Scrape,
  spec: Json,
  endpoint: Json,
  index: number,
  options: JobOptions,
): JobConfig {
  const role = writtenRole(spec);
  return {
    job_name: jobName(scrape, index),
    honor_labels: member(endpoint, 'honorLabels') === true && options.overridesHonorLabels !== true,
    ...honorTimestamps(endpoint, options),
    kubernetes_sd_configs: [discovery(scrape, spec, endpoint, role, options)],
    ...present({
      scrape_interval: intervalOf(endpoint, options),
      scrape_timeout: text(endpoint, 'scrapeTimeout'),
      metrics_path: text(endpoint, 'path'),
      proxy_url: text(endpoint, 'proxyURL'),
      follow_redirects: member(endpoint, 'follow_redirects'),
      params: child(endpoint, 'params'),
      scheme: schemeOf(endpoint),
      bearer_token_file: text(endpoint, 'bearerTokenFile'),
    }),
    relabel_configs: rulesOf(scrape, spec, endpoint, role, options).map(({ config }) => config),
    ...present({
      sample_limit: limit(endpoint, spec, 'sampleLimit'),
      series_limit: limit(endpoint, spec, 'seriesLimit'),
      max_scrape_size: text(endpoint, 'max_scrape_size'),
    }),
    ...metricRules(endpoint, options),
    ...scrapeParams(child(endpoint, 'vm_scrape_params')),
  };
}

/** Where the agent overrides it, the field is there although the endpoint does not have it. */
function honorTimestamps(endpoint: Json, options: JobOptions): { honor_timestamps?: boolean } {
  const own = member(endpoint, 'honorTimestamps');
  const overridden = options.overridesHonorTimestamps === true;
  if (typeof own !== 'boolean' && !overridden) return {};
  return { honor_timestamps: own === true && !overridden };
}

/** The endpoint's interval within the agent's limits; the agent's default where the endpoint has none. */
function intervalOf(endpoint: Json, { minInterval, maxInterval }: JobOptions): string | undefined {
  const own = text(endpoint, 'scrape_interval') || text(endpoint, 'interval');
  return clamped(own, minInterval, maxInterval);
}

/** An interval within limits, as the operator writes it; what is no duration stays as it is. */
function clamped(
  own: string | undefined,
  minInterval: string | undefined,
  maxInterval: string | undefined,
): string | undefined {
  const length = own ? durationOf(own) : undefined;
  if (length === undefined) return own;
  const least = minInterval ? durationOf(minInterval) : undefined;
  if (minInterval && least === undefined) return own;
  if (least !== undefined && least >= length) return minInterval;
  const most = maxInterval ? durationOf(maxInterval) : undefined;
  return most !== undefined && most < length ? maxInterval : own;
}

/** Milliseconds between two reads where neither endpoint nor agent says it: vmagent's own default, `scrape_interval` 1m. */
const usualInterval = 60_000;

/**
 * Milliseconds between two reads of a target of an endpoint.
 *
 * @param limits those of the agent that reads it
 */
export function intervalOfEndpoint(
  { interval, scrapeInterval }: Endpoint,
  { minInterval, maxInterval }: Pick<JobOptions, 'minInterval' | 'maxInterval'> = {},
): number {
  const written = clamped(scrapeInterval || interval, minInterval, maxInterval);
  return (written ? durationOf(written) : undefined) ?? usualInterval;
}

/** The members that are there: an empty text is as good as absent, as in the operator. */
function present(members: Json): Json {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== ''),
  );
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
