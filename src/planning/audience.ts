import type { Inventory } from '../inventory/index.ts';
import type { Agent, Labels, Scrape, ScrapeKind, ScrapeStatus } from '../kubernetes/index.ts';
import type { JobOptions } from '../reading/index.ts';
import {
  agentName,
  type ChosenScrape,
  conditionName,
  jobOptionsOf,
  type LabelsOfNamespace,
  narrowing,
  refusalText,
  shareStore,
  type Taking,
  taking,
} from '../reading/index.ts';
import { type Answer, both } from '../selection/index.ts';
import type { PlanContext } from './context.ts';
import type { ChainLink } from './types.ts';

/** One agent, and whether a scrape is in its configuration. */
export interface Listener {
  /** Undefined where no agent is known: then one is taken to be there that takes every scrape. */
  readonly agent: Agent | undefined;
  readonly answer: Answer;
  /** The link that breaks or can't be told; empty where it is yes. */
  readonly link: ChainLink | '';
  readonly because: string;
  /** What the agent adds to the scrape's jobs; undefined where that changes nothing of what is read. */
  readonly options: JobOptions | undefined;
}

/** A scrape of whichever kind, with what its resource and the operator say. */
export interface HeardScrape extends ChosenScrape {
  readonly name: string;
  readonly generation: number;
  readonly status: ScrapeStatus | undefined;
}

/** Agents of an inventory that scrape, as they were at one version. */
const scraping = new WeakMap<Inventory, { readonly version: number; readonly agents: Agent[] }>();

/** Returns the agents that scrape, those that are being deleted left out. */
export function agentsIn(inventory: Inventory): readonly Agent[] {
  const known = scraping.get(inventory);
  if (known?.version === inventory.agentsVersion) return known.agents;
  const agents = [...inventory.agents()].filter((one) => one.scrapes && !one.deleting);
  scraping.set(inventory, { version: inventory.agentsVersion, agents });
  return agents;
}

/** Whether all agents are known: only then a scrape that none of these takes is taken by nobody. */
export function knowsAgents(inventory: Inventory): boolean {
  return inventory.knows('VMAgent') && inventory.knows('VMSingle');
}

/** Returns a reader of namespaces' labels. */
export function namespaceLabels({ inventory }: PlanContext): LabelsOfNamespace {
  return (name) => {
    const namespace = inventory.namespace(name);
    // The API server gives every namespace this label.
    const own: Labels = { 'kubernetes.io/metadata.name': name };
    return namespace === undefined
      ? { labels: own, complete: false }
      : { labels: { ...namespace.labels, ...own }, complete: true };
  };
}

/**
 * Says for each agent whether a scrape is in its configuration. One entry without an agent where none is known, or
 * where all are known and there is none.
 *
 * @param missing what the scrape needs and is certainly not there
 */
export function listeners(
  scrape: HeardScrape,
  kind: ScrapeKind,
  context: PlanContext,
  missing: string | undefined,
): Listener[] {
  const broken: Broken | undefined =
    missing === undefined ? failure(scrape) : { link: 'references', because: missing };
  const { inventory } = context;
  const agents = agentsIn(inventory);
  const isKnown = knowsAgents(inventory);
  if (agents.length === 0) return [withoutAgents(isKnown, broken)];
  const found = agents.map((agent): Listener => {
    if (broken !== undefined) return { agent, answer: 'no', options: undefined, ...broken };
    return listener(agent, scrape, kind, context);
  });
  return isKnown || broken !== undefined ? found : [...found, unreadAgents];
}

/** Stands for agents that could not be read. */
const unreadAgents: Listener = {
  agent: undefined,
  answer: 'perhaps',
  link: 'agent',
  because: 'not all agents could be read',
  options: undefined,
};

type Broken = Pick<Listener, 'link' | 'because'>;

function withoutAgents(known: boolean, broken: Broken | undefined): Listener {
  const nobody = { agent: undefined, options: undefined };
  if (broken !== undefined) return { ...nobody, answer: 'no', ...broken };
  return known
    ? { ...nobody, answer: 'no', link: 'agent', because: 'there is no agent at all' }
    : { ...nobody, answer: 'yes', link: '', because: '' };
}

/** The operator's word that the scrape as it is now is in no configuration. */
function failure({ status, generation }: HeardScrape): Broken | undefined {
  if (status === undefined || !isCurrent(status.observedGeneration, generation)) return undefined;
  if (status.state !== 'failed') return undefined;
  const reason = status.reason === '' ? 'it gives no reason' : status.reason;
  return { link: 'references', because: `the operator leaves it out: ${reason}` };
}

/** Whether a word of the operator's is about the object as it is. Without a generation at hand it is taken to be. */
function isCurrent(observed: number | undefined, generation: number): boolean {
  return observed === undefined || generation === 0 || observed === generation;
}

function listener(
  agent: Agent,
  scrape: HeardScrape,
  kind: ScrapeKind,
  context: PlanContext,
): Listener {
  const { watched } = context.evidence;
  const shown = taking(agent, kind, scrape, watched, namespaceLabels(context));
  const narrowed = narrowing(agent, watched);
  const options =
    kind === 'serviceScrape'
      ? jobOptionsOf(agent, scrape.scrapeClass, narrowed === 'watched')
      : undefined;
  const said = (answer: Answer, link: ChainLink | '', because: string): Listener => ({
    agent,
    answer,
    link,
    because,
    options,
  });
  if (shown.answer === 'no') {
    const link = shown.refusal.because === 'scrape-class' ? 'references' : 'agent';
    return said('no', link, `${agentName(agent)} ${refusalText(shown.refusal)}`);
  }
  const word = operatorsWord(agent, scrape, context);
  if (word?.answer === 'no') return said('no', 'references', word.because);
  const unreadable = refusedConfiguration(agent, scrape, kind, context);
  if (unreadable !== undefined) return said('perhaps', 'form', unreadable);
  if (word?.answer === 'yes') return said('yes', '', '');
  if (word !== undefined) return said('perhaps', 'agent', word.because);
  return shown.answer === 'yes'
    ? said('yes', '', '')
    : said(
        'perhaps',
        'agent',
        `labels that are not known decide whether ${agentName(agent)} takes it`,
      );
}

/** The operator's word on one agent; undefined where it has none to say. */
function operatorsWord(
  agent: Agent,
  { status, generation }: HeardScrape,
  { inventory }: PlanContext,
): { readonly answer: Answer; readonly because: string } | undefined {
  const name = conditionName(agent);
  const condition = status?.agents.find(
    (one) => one.agent === name && isCurrent(one.observedGeneration, generation),
  );
  if (condition !== undefined) {
    return condition.applied
      ? { answer: 'yes', because: '' }
      : {
          answer: 'no',
          because: `the operator leaves it out of ${agentName(agent)}: ${condition.message}`,
        };
  }
  // Only an operator that says something of others is expected to say something of this one.
  if (!inventory.showsStatus || generation === 0) return undefined;
  if (status !== undefined && status.agents.length === 0 && status.state === 'operational') {
    return isCurrent(status.observedGeneration, generation)
      ? { answer: 'yes', because: '' }
      : undefined;
  }
  return {
    answer: 'perhaps',
    because: `the operator has not yet said that ${agentName(agent)} has it`,
  };
}

/** Whether some store gets the samples of both scrapes: by one agent that takes both, or by two that write there. */
export function shareStores(one: Scrape, other: Scrape, context: PlanContext): Answer {
  const heard = (scrape: Scrape) =>
    listeners(scrape, 'serviceScrape', context, context.evidence.missingReference(scrape));
  return storesShared(heard(one), heard(other));
}

/** Whether some store gets the samples of two scrapes, by those who have them. */
export function storesShared(mine: readonly Listener[], theirs: readonly Listener[]): Answer {
  let best: Answer = 'no';
  for (const { agent, answer } of mine) {
    for (const right of theirs) {
      const isShared =
        agent === undefined ||
        right.agent === undefined ||
        agent === right.agent ||
        shareStore(agent, right.agent);
      const whole = isShared ? both(answer, right.answer) : 'no';
      if (whole === 'yes') return 'yes';
      if (whole === 'perhaps') best = 'perhaps';
    }
  }
  return best;
}

/** Another scrape for which the agent refuses its whole configuration: what it reads is what it had before. */
function refusedConfiguration(
  agent: Agent,
  scrape: HeardScrape,
  kind: ScrapeKind,
  context: PlanContext,
): string | undefined {
  for (const other of context.inventory.unreadableScrapes()) {
    if (kind === 'serviceScrape' && isSame(other, scrape)) continue;
    if (failure(other) !== undefined || other.deleting) continue;
    const taken: Taking = taking(
      agent,
      'serviceScrape',
      other,
      context.evidence.watched,
      namespaceLabels(context),
    );
    if (taken.answer !== 'yes') continue;
    return `${agentName(agent)} refuses its configuration because of a duration in VMServiceScrape ${other.namespace}/${other.name}, and keeps the one before`;
  }
  return undefined;
}

function isSame(one: Scrape, other: HeardScrape): boolean {
  return one.namespace === other.namespace && one.name === other.name;
}
