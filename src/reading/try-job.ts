import { Pool } from '../ground/pool.ts';
import {
  type Json,
  type LabelSelector,
  type Labels,
  list,
  relabelRule,
  type Scrape,
  type Service,
  strings,
} from '../kubernetes/index.ts';
import { type Answer, selectsLabels } from '../selection/index.ts';
import {
  type DiscoveryRole,
  type DiscoveryView,
  discoveredLabels,
  type LabelsAsked,
  podIsSeen,
  sampleAddresses,
} from './discovered-labels.ts';
import { discoveredNames } from './discovered-names.ts';
import { podPortOf, type Target } from './discovery.ts';
import { jobOf, type Role, readsEverySlice, roleOf } from './job.ts';
import type { JobOptions } from './job-options.ts';
import { commonRules, type Relabeling, type RuleSource } from './job-rules.ts';
import type { LabelReader, Listing } from './labelling.ts';
import { type LeftLabels, type ParsedRule, parsedRule, relabel } from './relabel.ts';
import { destinationOf, type RequestDefaults, type ScrapeRequest } from './request.ts';

/** One endpoint of a scrape as an agent has it, ready to be tried on targets. */
export interface TriedJob {
  readonly name: string;
  readonly role: DiscoveryRole;
  readonly rules: readonly ParsedRule[];
  readonly sources: readonly { readonly from: RuleSource; readonly index: number }[];
  readonly defaults: RequestDefaults;
  /** With `enableKubernetesAPISelectors`: what the API server selects Services, their endpoints and pods by. */
  readonly apiSelector: LabelSelector | undefined;
  /** With that, and the role spelled `endpointslices`: see {@link readsEverySlice}. */
  readonly seesEverySlice: boolean;
  /** Why its scrape is too large to judge, a clause. */
  readonly tooLarge?: string;
}

/** One target, and what a job makes of it. */
export interface Trial {
  readonly target: Target;
  readonly answer: Answer;
  /** Where the answer was found, unless it is yes: in a list of rules, in the address, or in what role or pod hide. */
  readonly at: RuleSource | 'address' | 'role' | 'pod';
  /** Index in the list of rules; -1 where no rule decided. */
  readonly rule: number;
  /** Why it is not read, or why that can't be told: a clause. Empty where it is read. */
  readonly because: string;
  /** The port of the pod that the agent connects to. */
  readonly podPort: number | string;
  readonly request: ScrapeRequest;
  /** Says whether the agent has this target, even where it can't be told that the pod is what it reads. */
  readonly has: Answer;
  readonly connects: Connection;
  /** The labels of all its samples, as text: equal for targets of one job that vmagent reads once. Undefined where they can't be told. */
  readonly series: () => string | undefined;
  /**
   * The labels that the agent adds to all its samples, without `instance` where no rule writes that; undefined where they
   * can't be told.
   */
  readonly labels: () => Labels | undefined;
}

/** Where an agent connects to for a target. A part is undefined where it can't be told, or where it has no target. */
export interface Connection {
  /** `own`: the host that discovery gave, which pods that are otherwise alike have each of their own. */
  readonly host: 'own' | { readonly name: string } | undefined;
  readonly port: string | undefined;
}

const plain: JobOptions = {};

/** Jobs that were tried last: the rules of one are the same for each of its targets. */
const remembered = new Pool<Map<JobOptions, readonly TriedJob[]>, Scrape>(128);

/** Returns the jobs of a scrape, ready to be tried; none for a role that finds nothing. */
export function triedJobs(scrape: Scrape, options: JobOptions = plain): readonly TriedJob[] {
  const byOptions = remembered.get(scrape, () => new Map());
  const known = byOptions.get(options);
  if (known !== undefined) return known;
  const role = roleOf(scrape);
  const jobs =
    role === undefined
      ? []
      : scrape.endpoints.map((_, index) => triedJob(scrape, index, role, options));
  byOptions.set(options, jobs);
  return jobs;
}

function triedJob(scrape: Scrape, endpoint: number, role: Role, options: JobOptions): TriedJob {
  const { name, path, scheme, params, rules } = jobOf(scrape, endpoint, options);
  const { matchLabels = {}, matchExpressions } = scrape;
  const hasSelector = Object.keys(matchLabels).length + matchExpressions.length > 0;
  return {
    name,
    role,
    rules: rules.map(({ config }) => commonOnes.get(config) ?? parse(config)),
    sources: rules,
    defaults: { path, scheme, params: textsOf(params) },
    apiSelector:
      options.selectsAtApiServer === true && hasSelector
        ? { matchLabels, matchExpressions }
        : undefined,
    seesEverySlice: readsEverySlice(scrape),
    ...(scrape.tooLarge === undefined ? {} : { tooLarge: scrape.tooLarge }),
  };
}

/** The lists of texts among the members: parameters, each with its values. */
function textsOf(params: Json): ReadonlyMap<string, readonly string[]> {
  const names = Object.keys(params).filter((name) => list(params, name).length > 0);
  return new Map(names.map((name) => [name, strings(params, name)]));
}

const parse = (config: Relabeling): ParsedRule => parsedRule(relabelRule(config));

const commonOnes = new Map(commonRules.map((config) => [config, parse(config)]));

/** Tries a job on targets. Pods that decide nothing by what they differ in are tried once. */
export function tryJob(job: TriedJob, targets: readonly Target[]): Trial[] {
  const alike = new Map<object, Map<string, Trial>>();
  return targets.flatMap((target): Trial[] => {
    if (job.role === 'service' && target.servicePort === undefined) return [];
    const group = groupOf(target);
    const trials = alike.get(group) ?? new Map<string, Trial>();
    alike.set(group, trials);
    const key = `${target.podPort} ${target.servicePort?.name}`;
    const known = trials.get(key);
    if (known !== undefined) {
      return [{ ...known, target, series: () => tryTarget(job, target, askedNothing()).series() }];
    }
    const asked = askedNothing();
    const trial = tryTarget(job, target, asked);
    if (!asked.pod) trials.set(key, trial);
    return [trial];
  });
}

function askedNothing(): LabelsAsked {
  return { pod: false, sample: false };
}

const nothing = {};

/** Pods with the same containers have the same ports. */
function groupOf({ seat }: Target): object {
  return seat.is === 'unknown' ? nothing : seat.shape.containers;
}

/** Where the pod's address is not known, what holds for several holds for it. */
function tryTarget(job: TriedJob, target: Target, asked: LabelsAsked): Trial {
  const [first, ...others] = sampleAddresses;
  const trial = tryAt(job, target, first, asked);
  if (!asked.sample) return trial;
  const more = others.map((address) => tryAt(job, target, address, askedNothing()));
  const isAlike = more.every(
    (one) => one.answer === trial.answer && one.podPort === trial.podPort && one.at === trial.at,
  );
  if (isAlike) return trial;
  const because = "its relabelling goes by the pod's address, which is not known";
  return { ...trial, answer: 'perhaps', has: 'perhaps', at: 'pod', rule: -1, because };
}

function tryAt(job: TriedJob, target: Target, sampleAddress: string, asked: LabelsAsked): Trial {
  const { role, apiSelector, defaults, rules } = job;
  const hidesService =
    apiSelector !== undefined && selectsLabels(apiSelector, target.service.labels) !== 'yes';
  const view = { role, sampleAddress, apiSelector, hidesService };
  const discovered = discoveredLabels(target, view, asked);
  // Only the rules may tell pods apart: that each has an address of its own is no difference.
  const unchanged = discoveredLabels(target, view, askedNothing());
  if (apiSelector !== undefined) asked.pod = true;
  const listing = (): Listing => {
    asked.pod = true;
    return listingOf(target, job, view);
  };
  const after = relabel(
    rules,
    withDefaults(discovered, job),
    listing,
    withDefaults(unchanged, job),
  );
  const found = (answer: Answer, at: Trial['at'], rule: number, because: string): Trial => ({
    target,
    answer,
    at,
    rule,
    because,
    podPort: target.podPort,
    request: { scheme: undefined, path: undefined, query: undefined },
    has: answer,
    connects: nowhere,
    series: () => seriesText(after.outcome === 'dropped' ? undefined : labelsLeft(after)),
    labels: () => (after.outcome === 'dropped' ? undefined : labelsLeft(after)),
  });
  const hidden = hiddenBySelector(job, target, view);
  if (hidden !== undefined) return found(hidden.answer, hidden.at, -1, hidden.because);
  if (after.outcome === 'dropped') {
    const { from, index } = job.sources[after.rule] ?? { from: 'endpoint', index: -1 };
    return found('no', from, index, `${placeOf(from, index)} drops it`);
  }
  // An address that rules write may be that of one of the pods.
  if (after.written('__address__')?.length !== 0) asked.pod = true;
  const destination = destinationOf(after, defaults);
  const landed = landing(job, target, destination, unchanged('__address__') ?? '');
  const made = { request: destination.request, connects: landed.connects };
  if (landed.answer === 'no') {
    return { ...found('no', 'address', -1, landed.because), ...made, has: landed.has };
  }
  if (after.outcome === 'undecided') {
    if (isOtherPort(job, after.rule, target)) return found('no', 'port', 0, 'its port drops it');
    const { from, index } = job.sources[after.rule] ?? { from: 'endpoint', index: -1 };
    const because =
      job.tooLarge !== undefined
        ? `it is too large to judge: ${job.tooLarge}`
        : after.rule < 0
          ? 'it has more relabel rules than are looked at'
          : `${placeOf(from, index)} goes by what is not known here${labelsText(job, after.rule)}`;
    return { ...found('perhaps', from, index, because), ...made, podPort: landed.podPort };
  }
  const { podPort, has } = landed;
  if (landed.answer === 'yes') return { ...found('yes', 'endpoint', -1, ''), ...made, podPort };
  return { ...found('perhaps', landed.at, -1, landed.because), ...made, podPort, has };
}

/** What the API server does not show the agent: it selects by exact values, where rules have expressions. */
function hiddenBySelector(
  { seesEverySlice }: TriedJob,
  target: Target,
  view: DiscoveryView,
): Pick<Trial, 'answer' | 'at' | 'because'> | undefined {
  const { service, seat, servicePort } = target;
  if (view.apiSelector === undefined) return undefined;
  if (view.hidesService && !seesEverySlice) {
    const because = `the API server does not select Service ${service.name} by its selector`;
    return { answer: 'no', at: 'selector', because };
  }
  // Ports that the Service does not list are found by way of the pod.
  const isSeen = servicePort !== undefined || podIsSeen(seat, view);
  if (isSeen === true) return undefined;
  const because = 'the API server selects pods too by its selector';
  return isSeen === false
    ? { answer: 'no', at: 'port', because }
    : { answer: 'perhaps', at: 'pod', because };
}

/** The labels of the samples, by name; undefined where one of them is not known. */
function labelsLeft({ labels, visible }: LeftLabels): Labels | undefined {
  const names = visible();
  if (names === undefined) return undefined;
  const left: [string, string][] = [];
  for (const name of names) {
    const value = labels(name);
    if (value === undefined) return undefined;
    if (value !== '') left.push([name, value]);
  }
  return Object.fromEntries(left.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function seriesText(labels: Labels | undefined): string | undefined {
  return labels === undefined ? undefined : JSON.stringify(Object.entries(labels));
}

const nowhere: Connection = { host: undefined, port: undefined };

/**
 * Whether an undecided rule asks for another port than the target's. Of a port that no pod is known to declare
 * discovery gives the number, or nothing.
 */
function isOtherPort({ rules, sources }: TriedJob, index: number, target: Target): boolean {
  if (sources[index]?.from !== 'port' || target.servicePort === undefined) return false;
  const rule = rules[index];
  if (rule === undefined || target.containerPort !== undefined) return false;
  if (rule.sourceLabels[0] !== '__meta_kubernetes_pod_container_port_number') return false;
  return rule.regex !== String(target.podPort);
}

/** All labels that a job's rules see. */
function listingOf(target: Target, { defaults }: TriedJob, view: DiscoveryView): Listing {
  const { names, unlisted } = discoveredNames(target, view);
  const own = [
    'job',
    '__scheme__',
    '__metrics_path__',
    '__scrape_interval__',
    '__scrape_timeout__',
  ];
  const params = [...defaults.params.keys()].map((name) => `__param_${name}`);
  return { names: [...own, ...params, ...names], unlisted };
}

/** A job's own labels, which its rules may read and change. */
function withDefaults(discovered: LabelReader, job: TriedJob): LabelReader {
  const { path, scheme, params } = job.defaults;
  return (name) => {
    switch (name) {
      case '__metrics_path__':
        return path;
      case '__scheme__':
        return scheme;
      case 'job':
        return job.name;
      case '__scrape_interval__':
      case '__scrape_timeout__':
        return undefined;
      default:
        return name.startsWith('__param_')
          ? (params.get(name.slice('__param_'.length))?.[0] ?? '')
          : discovered(name);
    }
  };
}

type Landing = { readonly connects: Connection } & (
  | { readonly answer: 'yes'; readonly has: 'yes'; readonly podPort: number | string }
  | { readonly answer: 'no'; readonly has: 'yes' | 'no'; readonly because: string }
  | {
      readonly answer: 'perhaps';
      readonly has: 'yes' | 'perhaps';
      readonly at: 'address' | 'role' | 'pod';
      readonly podPort: number | string;
      readonly because: string;
    }
);

/** Which port of the pod the agent gets to. */
function landing(
  { role }: TriedJob,
  target: Target,
  { isGone, host, port }: ReturnType<typeof destinationOf>,
  discovered: string,
): Landing {
  const { podPort } = target;
  const doubt = { answer: 'perhaps', at: 'address', podPort } as const;
  if (host === undefined) {
    const because = 'its address is made of what is not known here';
    return { ...doubt, has: 'perhaps', connects: { host, port }, because };
  }
  const at = discovered.lastIndexOf(':');
  const [ownHost, ownPort] = [discovered.slice(0, at), discovered.slice(at + 1)];
  const connects: Connection = { host: host === ownHost ? 'own' : { name: host }, port };
  if (host === '') {
    const because = 'its rules leave no address to connect to';
    return { answer: 'no', has: isGone ? 'no' : 'yes', connects, because };
  }
  // A container port's name stands for its number where no pod tells that.
  if (port !== undefined && port !== ownPort && !/^\d*$/.test(port)) {
    const because = `its rules leave ${port} as the port to connect to`;
    return { answer: 'no', has: 'no', connects, because };
  }
  if (host !== ownHost) {
    return { ...doubt, has: 'yes', connects, because: `its address is rewritten to ${host}` };
  }
  if (port === '') {
    return { ...doubt, has: 'yes', connects, because: 'its rules leave an address without a port' };
  }
  if (role === 'service') return throughService(target.service, port, podPort, connects);
  if (port === ownPort) return { answer: 'yes', has: 'yes', connects, podPort };
  if (port === undefined) {
    const because = 'its port is made of what is not known here';
    return { ...doubt, has: 'perhaps', connects, because };
  }
  return { answer: 'yes', has: 'yes', connects, podPort: Number(port) };
}

function throughService(
  { ports, name }: Service,
  port: string | undefined,
  podPort: number | string,
  connects: Connection,
): Landing {
  const named = ports.find((one) => String(one.port) === port);
  return {
    answer: 'perhaps',
    has: port === undefined ? 'perhaps' : 'yes',
    at: 'role',
    podPort: named === undefined ? podPort : podPortFor(podPortOf(named), podPort),
    because: `discoveryRole: service reads the address of Service ${name}, where any one of its pods answers`,
    connects,
  };
}

/** A name that the pods resolve stays as the target has it. */
function podPortFor(wanted: number | string, resolved: number | string): number | string {
  return typeof wanted === 'number' ? wanted : resolved;
}

/** The list of rules as people write it. */
export function placeOf(from: RuleSource, index: number): string {
  switch (from) {
    case 'global':
      return `globalScrapeRelabelConfigs[${index}] of the agent`;
    case 'selector':
      return 'its selector';
    case 'port':
      return 'its port';
    case 'labels':
      return "one of the operator's own rules";
    case 'class':
      return `relabelConfigs[${index}] of its scrape class`;
    case 'endpoint':
      return `relabelConfigs[${index}]`;
    case 'template':
      return `serviceScrapeRelabelTemplate[${index}] of the agent`;
    case 'enforced':
      return 'enforcedNamespaceLabel of the agent';
  }
}

/** The labels that an undecided rule goes by. */
function labelsText({ rules }: TriedJob, index: number): string {
  const sources = rules[index]?.sourceLabels ?? [];
  return sources.length === 0 ? '' : ` (${sources.slice(0, 3).join(', ')})`;
}
