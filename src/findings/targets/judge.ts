import type {
  ActiveTarget,
  AgentTargets,
  ExpectedTarget,
  TargetLabels,
  TargetState,
  TargetVerdict,
} from './types.ts';
import { type Why, whyDown, whyEmpty } from './why-down.ts';

/** Jobs that are named in a reason. */
const mostJobs = 3;

/**
 * What agents make of the targets that they should have. Several agents are looked at as one: shards have a part of the
 * targets each, and replicas have the same ones, with the same labels.
 */
export function judgeTargets(
  expected: readonly ExpectedTarget[],
  agents: readonly AgentTargets[],
): TargetVerdict[] {
  const known = indexed(agents);
  return expected.map((target) => ({ ...target, ...verdict(target, known) }));
}

interface Known {
  readonly active: Index<ActiveTarget>;
  readonly dropped: Index<TargetLabels>;
  /** By address and path, whoever found it. */
  readonly byUrl: ReadonlyMap<string, readonly ActiveTarget[]>;
  /** Of jobs that have any target, dropped ones included. */
  readonly jobs: ReadonlySet<string>;
  /** Whether agents tell of all that they dropped. */
  readonly tellsDropped: boolean;
}

/** By namespace and pod. */
type Index<T> = ReadonlyMap<string, readonly T[]>;

function indexed(agents: readonly AgentTargets[]): Known {
  const active = agents.flatMap((agent) => agent.active);
  const dropped = agents.flatMap((agent) => agent.dropped ?? []);
  return {
    active: Map.groupBy(active, ({ labels, discovered }) => podOf(discovered, labels)),
    dropped: Map.groupBy(dropped, (labels) => podOf(labels, none)),
    byUrl: Map.groupBy(active, placeOf),
    jobs: new Set([
      ...active.map(({ pool }) => pool),
      ...dropped.map((labels) => labels.get('job') ?? ''),
    ]),
    tellsDropped: agents.every(tellsDropped),
  };
}

/** An agent keeps so many of the targets that it dropped, and no more, where it is not told otherwise. */
const keptDropped = 1_000;

/** Whether an agent tells of all that it dropped. It keeps none where it keeps no labels of discovery. */
function tellsDropped({ active, dropped }: AgentTargets): boolean {
  if (dropped === undefined || dropped.length >= keptDropped) return false;
  return active.length === 0 || active.some(({ discovered }) => discovered.size > 0);
}

const none: TargetLabels = new Map();

/** Discovery's labels say it for certain; those of the samples are the operator's, and the endpoint may change them. */
function podOf(discovered: TargetLabels, labels: TargetLabels): string {
  const meta = '__meta_kubernetes_';
  const namespace = discovered.get(`${meta}namespace`) ?? labels.get('namespace') ?? '';
  const pod = discovered.get(`${meta}pod_name`) ?? labels.get('pod') ?? '';
  return `${namespace}/${pod}`;
}

function serviceOf(discovered: TargetLabels, labels: TargetLabels): string | undefined {
  return discovered.get('__meta_kubernetes_service_name') ?? labels.get('service');
}

/** The URL without its query. */
function placeOf({ url }: ActiveTarget): string {
  return url.replace(/\?.*/s, '');
}

type JudgedTarget = Why & { readonly state: TargetState };

function verdict(target: ExpectedTarget, known: Known): JudgedTarget {
  const ofPod = known.active.get(`${target.namespace}/${target.pod}`) ?? [];
  const there = ofPod.filter((one) => hasPort(one.discovered, target));
  const ours = there.find(
    (one) => one.pool === target.job && isThrough(serviceOf(one.discovered, one.labels), target),
  );
  if (ours === undefined) return absent(target, there, known);
  const others = [...new Set([...there, ...(known.byUrl.get(placeOf(ours)) ?? [])])].filter(
    (one) => placeOf(one) === placeOf(ours) && !sameLabels(one.labels, ours.labels),
  );
  if (ours.health === 'up' && others.length > 0) {
    return {
      state: 'twice',
      because: `it is read by ${jobs([ours, ...others])}, under different labels`,
      fix: 'let one of them go: nothing deduplicates their samples',
    };
  }
  return healthOf(ours);
}

function healthOf(target: ActiveTarget): JudgedTarget {
  if (target.health === 'up') {
    if (target.samples === 0) return { state: 'empty', ...whyEmpty };
    return { state: 'up', because: 'up', fix: '' };
  }
  // Before the first read vmagent calls a target down, or unknown, and has no error.
  if (target.health !== 'down' || target.error === '') {
    return { state: 'waiting', because: 'not read yet', fix: 'ask again after its interval' };
  }
  return { state: 'down', ...whyDown(target) };
}

/** No agent has it as the scrape's. */
function absent(
  target: ExpectedTarget,
  there: readonly ActiveTarget[],
  known: Known,
): JudgedTarget {
  const { job, scrape } = target;
  const wasDropped = (known.dropped.get(`${target.namespace}/${target.pod}`) ?? []).some(
    (labels) =>
      labels.get('job') === job &&
      hasPort(labels, target) &&
      isThrough(serviceOf(labels, none), target),
  );
  if (wasDropped) {
    return {
      state: 'dropped',
      because: 'the agent finds it, and relabelling drops it',
      fix: "look at what is added to the scrape's own rules: the VMAgent's relabelling templates, its scrape class, or its global relabelling",
    };
  }
  if (there.length > 0) {
    return {
      state: 'elsewhere',
      because: `${jobs(there)} reads it, and the scrape does not`,
      fix: `see that a VMAgent takes ${scrape}, then let the other job go`,
    };
  }
  const cut = known.tellsDropped
    ? ''
    : ' (the agent does not tell of all targets that it dropped: it may be among those)';
  if (!known.jobs.has(job)) {
    return {
      state: 'missing',
      because: `the agent has no target of job ${job}${cut}`,
      fix: `see that a VMAgent selects ${scrape} by its serviceScrapeSelector and serviceScrapeNamespaceSelector, that the operator has written its configuration, and that the agent has loaded it (vm_promscrape_config_last_reload_successful)`,
    };
  }
  return {
    state: 'missing',
    because: `job ${job} is there, and has not found this pod${cut}`,
    fix: 'see that the Service has endpoints for the pod, that the agent may list them in this namespace, and that every shard of the agent was asked (--targets for each)',
  };
}

/** Where the agent keeps what discovery found; else the job says enough. */
function hasPort(discovered: TargetLabels, { port }: ExpectedTarget): boolean {
  const address = discovered.get('__address__');
  return address === undefined || address.endsWith(`:${port}`);
}

function isThrough(service: string | undefined, target: ExpectedTarget): boolean {
  return service === undefined || service === target.service;
}

function sameLabels(one: TargetLabels, other: TargetLabels): boolean {
  return one.size === other.size && [...one].every(([name, value]) => other.get(name) === value);
}

function jobs(targets: readonly ActiveTarget[]): string {
  const names = [...new Set(targets.map(({ pool }) => pool))];
  const shown = names.slice(0, mostJobs).join(', ');
  const more = names.length > mostJobs ? ` and ${names.length - mostJobs} more` : '';
  return `${names.length === 1 ? 'job' : 'jobs'} ${shown}${more}`;
}
