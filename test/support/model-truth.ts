import { builtInCatalogue } from '../../src/catalogue/index.ts';
import { Inventory } from '../../src/inventory/index.ts';
import { type Agent, parseObject, parseScrape, type Scrape } from '../../src/kubernetes/index.ts';
import { servicesSeenBy } from '../../src/planning/candidates.ts';
import { listeners, type PlanContext } from '../../src/planning/index.ts';
import { wholeOptions } from '../../src/reading/agents.ts';
import { type Discovered, discoveredBehind, type Target } from '../../src/reading/discovery.ts';
import {
  agentName,
  type JobConfig,
  type JobOptions,
  jobsOf,
  narrowing,
} from '../../src/reading/index.ts';
import { roleOf } from '../../src/reading/job.ts';
import { trialsOf } from '../../src/reading/matcher.ts';
import type { Trial } from '../../src/reading/try-job.ts';
import type { Answer } from '../../src/selection/index.ts';
import { defaultPipelineSettings } from '../../src/settings/types.ts';
import type { AnyObject } from './objects.ts';
import { isChosen, missingSecret } from './operator-choice.ts';
import type { RandomSetUp } from './random-set-ups.ts';
import type { JobTruth, PlacedJob, TrueTarget } from './vmagent-truth.ts';

/** A model of what agents read. */
export interface Model {
  /** Says whether an agent takes a scrape; `agent` is undefined where there is none. */
  takes(scrape: Scrape, agent: Agent | undefined, context: PlanContext): Answer;
  /** Says what one endpoint makes of each target behind a Service. */
  trials(
    scrape: Scrape,
    endpoint: number,
    discovered: Discovered,
    options: JobOptions | undefined,
  ): readonly Trial[];
}

/** The model that planner, coverage and findings ask. */
export const ourModel: Model = {
  takes: (scrape, agent, context) => {
    const missing = context.evidence.missingReference(scrape);
    const found = listeners(scrape, 'serviceScrape', context, missing);
    return found.find((one) => one.agent === agent)?.answer ?? 'perhaps';
  },
  trials: trialsOf,
};

/** A set-up as the model sees it. */
export interface Scene {
  readonly setUp: RandomSetUp;
  readonly context: PlanContext;
  readonly cases: readonly Case[];
}

/** One scrape and one agent of a set-up, or a scrape alone where there is no agent. */
export interface Case {
  readonly scrape: Scrape;
  readonly agent: Agent | undefined;
  /** The agent's place in the list: each has a process of its own. */
  readonly place: number;
  /** Whether the operator makes jobs of the scrape, by its rules as {@link isChosen} has them. */
  readonly isChosen: boolean;
  readonly options: JobOptions | undefined;
  readonly jobs: readonly JobConfig[];
}

export function sceneOf(setUp: RandomSetUp): Scene {
  const context = contextOf(setUp);
  const { inventory } = context;
  const agents = setUp.agents.map((agent) => ({ agent, parsed: agentIn(inventory, agent) }));
  const cases = setUp.scrapes.flatMap((object): Case[] => {
    const scrape = parseScrape(object);
    if (scrape === undefined) throw new Error(`${object.metadata.name} does not parse`);
    const one = (parsed: Agent | undefined, place: number, chosen: boolean): Case => {
      const options = parsed && optionsOf(parsed, scrape);
      const jobs = jobsOf(scrape, options);
      return { scrape, agent: parsed, place, isChosen: chosen, options, jobs };
    };
    if (agents.length === 0) return [one(undefined, 0, false)];
    return agents.map(({ agent, parsed }, place) =>
      one(parsed, place, isChosen(setUp, agent, object)),
    );
  });
  return { setUp, context, cases };
}

function optionsOf(agent: Agent, scrape: Scrape): JobOptions {
  return wholeOptions(agent, scrape.scrapeClass, narrowing(agent, undefined) === 'watched');
}

function agentIn(inventory: Inventory, { metadata }: AnyObject): Agent {
  const found = [...inventory.agents()].find((agent) => agent.name === metadata.name);
  if (found === undefined) throw new Error(`${metadata.name} is no agent`);
  return found;
}

function contextOf(setUp: RandomSetUp): PlanContext {
  const { namespaces, pods, services, scrapes, agents } = setUp;
  const inventory = new Inventory();
  for (const object of [namespaces, pods, services, scrapes, agents].flat()) {
    const parsed = parseObject(object);
    if (parsed === undefined) throw new Error(`${object.metadata.name} does not parse`);
    inventory.put(parsed);
  }
  const kinds = ['Namespace', 'Pod', 'Service', 'VMServiceScrape', 'VMAgent', 'VMSingle'] as const;
  for (const kind of kinds) inventory.markKnown(kind);
  const missingReference = ({ namespace, name }: Scrape): string | undefined =>
    missingSecret(
      setUp,
      scrapes.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
    );
  return {
    catalogue: builtInCatalogue(),
    settings: defaultPipelineSettings,
    inventory,
    ownerIsGone: () => false,
    evidence: { watched: undefined, missingReference },
  };
}

/** The jobs that the process of the agents at one place gets; those of a set-up without agents are the first's. */
export function jobsAt(scenes: readonly Scene[], place: number): PlacedJob[] {
  return scenes.flatMap(({ setUp, cases }) => {
    const namespaces = setUp.namespaces.map(({ metadata }) => metadata.name);
    return cases
      .filter((one) => one.place === place && (one.isChosen || one.agent === undefined))
      .flatMap(({ jobs }) => jobs.map((job) => ({ job, namespaces })));
  });
}

/** What real vmagents say, by the agent's place and the job's name. */
export type Truths = readonly ReadonlyMap<string, JobTruth>[];

/** Where a model and vmagent differ: what each says is read of one target that was discovered. */
export interface Difference {
  readonly setUp: number;
  readonly agent: string;
  readonly job: string;
  readonly target: string;
  readonly model: readonly string[];
  readonly vmagent: readonly string[];
}

/** A target of which the model can't tell whether the agent has it. */
export interface Doubt {
  readonly setUp: number;
  readonly job: string;
  readonly target: string;
  readonly because: string;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  readonly doubts: readonly Doubt[];
  /** How many targets both say are read. */
  readonly read: number;
}

/** Compares what a model says is read with what vmagents have as active targets. */
export function compare(scenes: readonly Scene[], truths: Truths, model: Model): Comparison {
  const all = scenes.flatMap((scene) =>
    scene.cases.flatMap((one) =>
      one.jobs.map((job, endpoint) => compareJob(scene, one, endpoint, truths, job, model)),
    ),
  );
  return {
    differences: all.flatMap(({ differences }) => differences),
    doubts: all.flatMap(({ doubts }) => doubts),
    read: all.reduce((sum, { read }) => sum + read, 0),
  };
}

/** What is read of each target, by the target: URLs, each with the labels of its samples; a text where that can't be told. */
type Reads = Map<string, Map<string, string | undefined> | { readonly because: string }>;

function compareJob(
  { setUp, context }: Scene,
  one: Case,
  endpoint: number,
  truths: Truths,
  { job_name: job }: JobConfig,
  model: Model,
): Comparison {
  const mine = modelReads(one, endpoint, context, model);
  const hasJob = one.isChosen || one.agent === undefined;
  const truth = hasJob ? truths[one.place]?.get(job) : undefined;
  if (hasJob && truth === undefined) throw new Error(`vmagent was not asked about ${job}`);
  const theirs = Map.groupBy(truth?.active ?? [], originOf);
  const where = { setUp: setUp.index, job };
  const differences: Difference[] = [];
  const doubts: Doubt[] = [];
  let read = 0;
  // Of targets that are alike in address and labels vmagent keeps one, whichever it found first.
  const isElsewhere = (target: string, url: string, series: string | undefined): boolean =>
    series !== undefined &&
    [...mine].some(
      ([other, reads]) =>
        other !== target &&
        !('because' in reads) &&
        reads.get(url) === series &&
        (theirs.get(other) ?? []).some(({ scrapeUrl }) => urlText(scrapeUrl) === url),
    );
  for (const target of new Set([...mine.keys(), ...theirs.keys()])) {
    const said = mine.get(target) ?? new Map<string, string | undefined>();
    if ('because' in said) {
      doubts.push({ ...where, target, because: said.because });
      continue;
    }
    const has = new Set((theirs.get(target) ?? []).map(({ scrapeUrl }) => urlText(scrapeUrl)));
    const kept = new Set(
      [...said.keys()].filter((url) => has.has(url) || !isElsewhere(target, url, said.get(url))),
    );
    if (isSame(kept, has)) {
      read += has.size;
      continue;
    }
    const agent = one.agent === undefined ? '' : agentName(one.agent);
    differences.push({
      ...where,
      agent,
      target,
      model: [...said.keys()].sort(),
      vmagent: [...has].sort(),
    });
  }
  return { differences, doubts, read };
}

/** Where vmagent found a target: through which Service does not count, since it reads targets that are alike once. */
function originOf({ namespace, pod, discoveredLabels: labels }: TrueTarget): string {
  // A pod that the agent may not see is known by its address.
  const name =
    labels.__meta_kubernetes_endpoint_address_target_name ??
    labels.__meta_kubernetes_endpointslice_address_target_name ??
    pod;
  return `${namespace}/${name} ${labels.__address__}`;
}

function modelReads(one: Case, endpoint: number, context: PlanContext, model: Model): Reads {
  const { scrape, agent, options } = one;
  // Where there is no agent, the job alone is compared.
  const taken = agent === undefined ? 'yes' : model.takes(scrape, agent, context);
  const reads: Reads = new Map();
  if (taken === 'no') return reads;
  for (const service of servicesSeenBy(scrape, context.inventory, options)) {
    const discovered = discoveredBehind(service, context.inventory);
    for (const trial of model.trials(scrape, endpoint, discovered, options)) {
      const target = placeOf(trial.target, roleOf(scrape) === 'service');
      if (target === undefined) continue;
      addTo(reads, target, taken === 'yes' ? trial : { ...trial, has: 'perhaps' });
    }
  }
  return reads;
}

function addTo(reads: Reads, { origin, host }: Place, trial: Trial): void {
  const said = reads.get(origin) ?? new Map<string, string | undefined>();
  reads.set(origin, said);
  if (trial.has === 'no' || 'because' in said) return;
  const { scheme, path, query } = trial.request;
  const { host: named, port } = trial.connects;
  const name = named === 'own' ? host : named?.name;
  const parts = [scheme, name, port, path, query];
  if (trial.has === 'perhaps' || parts.includes(undefined)) {
    const because = trial.because === '' ? `it asks for ${parts.join(' ')}` : trial.because;
    reads.set(origin, { because });
  } else {
    said.set(`${scheme}://${name}:${port}${path}?${query}`, trial.series());
  }
}

interface Place {
  readonly origin: string;
  readonly host: string;
}

/** Where the model finds a target; undefined for a pod that has no address yet: vmagent sees it when it has one. */
function placeOf(
  { service, seat, servicePort, podPort }: Target,
  byService: boolean,
): Place | undefined {
  const { namespace, name } = service;
  if (byService) {
    const host = `${name}.${namespace}.svc`;
    return { origin: `${namespace}/ ${host}:${servicePort?.port}`, host };
  }
  if (seat.is !== 'pod' || seat.pod.ip === '') return undefined;
  const host = seat.pod.ip;
  return { origin: `${namespace}/${seat.pod.name} ${host}:${podPort}`, host };
}

/** A URL with its port, and its parameters in order. */
function urlText(url: string): string {
  const [, scheme, address = '', path, query = ''] =
    /^(\w+):\/\/([^/]*)([^?]*)\??(.*)$/s.exec(url) ?? [];
  const params = [...new URLSearchParams(query)].sort(([a], [b]) => (a === b ? 0 : a < b ? -1 : 1));
  const port = address.includes(':') ? '' : scheme === 'https' ? ':443' : ':80';
  return `${scheme}://${address}${port}${path}?${new URLSearchParams(params)}`;
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((item) => other.has(item));
}
