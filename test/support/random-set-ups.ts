import type { AnyObject } from './objects.ts';
import { className, namespaceTeams, randomAgent } from './random/agents.ts';
import { type Dice, dice } from './random/dice.ts';
import { type Link, links } from './random/links.ts';
import { randomScrape, secretName } from './random/scrapes.ts';
import { type App, apps, randomPods, randomService } from './random/workloads.ts';
import type { SetUp } from './set-ups.ts';

/** A small cluster out of chance: objects as people would write them, and the names of what is in them. */
export interface RandomSetUp extends SetUp {
  readonly index: number;
  /** VMServiceScrapes. */
  readonly scrapes: readonly AnyObject[];
  /** VMAgents. */
  readonly agents: readonly AnyObject[];
  /** Without data: their names and keys are what counts. */
  readonly secrets: readonly AnyObject[];
  /** The link of the chain that is broken on purpose; others may be broken by chance. */
  readonly broken: Link | undefined;
  /** What came up, sorted: `role-service`, `rule-hashmod`, `pod-succeeded`, … */
  readonly features: readonly string[];
}

/** The share of set-ups with a broken link. */
const brokenShare = 0.45;

/**
 * The same set-ups for the same seed. Pods, Services and namespaces are made for {@link placeSetUps}; scrapes, agents
 * and Secrets need no cluster: what vmagent is given of them is for the caller to say, which is what is tested.
 *
 * ```ts
 * const setUps = randomSetUps(seed, 500);
 * console.log(`seed ${seed}\n${histogram(setUps)}`);
 * ```
 */
export function randomSetUps(seed: number, count: number): RandomSetUp[] {
  return Array.from({ length: count }, (_, index) => randomSetUp(seed, index));
}

/** One of them alone, as in the list. */
export function randomSetUp(seed: number, index: number): RandomSetUp {
  const roll = dice(seed, index);
  const broken = roll.fraction() < brokenShare ? links[roll.below(links.length)] : undefined;
  if (broken !== undefined) roll.note(`broken-${broken}`);
  const namespaces = namespaceNames(roll, `set-up-${index}`);
  const around = {
    namespaces,
    broken,
    turn: index,
    scrapeClass: roll.happens('agent-class', 0.3) ? className : undefined,
  };
  const chosen = shuffled(roll, apps).slice(0, 1 + roll.below(2));
  const workloads = namespaces.flatMap((namespace, place) =>
    chosen.map((app, turn) => workload(roll, namespace, app, 10 + 10 * (3 * place + turn), broken)),
  );
  const scrapes = chosen.flatMap((app, turn) =>
    turn === 0 || roll.happens('scrapes-several', 0.5)
      ? [randomScrape(roll, app, { ...around, app })]
      : [],
  );
  const hasClass = around.scrapeClass !== undefined;
  const agents = agentNames(roll, broken).map((name, place) =>
    // Not the rules whose turn it is in the scrapes.
    randomAgent(roll, name, {
      namespace: namespaces[0],
      hasClass,
      broken,
      turn: index + 7 + place,
    }),
  );
  return {
    index,
    namespaces: namespaces.map((name) => namespaceOf(roll, name)),
    pods: workloads.flatMap(({ pods }) => pods),
    services: workloads.flatMap(({ services }) => services),
    scrapes,
    agents,
    secrets: broken === 'secret-missing' ? [] : namespaces.map(secretIn),
    broken,
    features: [...roll.features].sort(),
  };
}

function namespaceNames(roll: Dice, prefix: string): [string, ...string[]] {
  return roll.happens('namespaces-two', 0.25) ? [`${prefix}-a`, `${prefix}-b`] : [`${prefix}-a`];
}

function namespaceOf(roll: Dice, name: string): AnyObject {
  const metadata = { name, labels: { team: roll.any(namespaceTeams) } };
  return { apiVersion: 'v1', kind: 'Namespace', metadata };
}

function secretIn(namespace: string): AnyObject {
  const metadata = { namespace, name: secretName };
  return { apiVersion: 'v1', kind: 'Secret', metadata, data: { username: '', password: '' } };
}

function agentNames(roll: Dice, broken: Link | undefined): string[] {
  if (broken === 'agent-missing') return [];
  return roll.happens('agents-two', 0.15) ? ['main', 'second'] : ['main'];
}

interface Workload {
  readonly pods: readonly AnyObject[];
  readonly services: readonly AnyObject[];
}

/** Pods of an app and the Services in front of them. */
function workload(
  roll: Dice,
  namespace: string,
  app: App,
  address: number,
  broken: Link | undefined,
): Workload {
  const names = roll.happens('services-two', 0.4) ? [app, `${app}-more`] : [app];
  const isComponent = app === 'etcd' && roll.happens('component-etcd', 0.7);
  return {
    pods: randomPods(roll, namespace, app, address, broken, isComponent),
    services: names.map((name) => randomService(roll, namespace, app, name, broken, isComponent)),
  };
}

function shuffled<T>(roll: Dice, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: roll.fraction() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** How many set-ups have each feature, most first. */
export function histogramOf(setUps: readonly RandomSetUp[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const feature of setUps.flatMap(({ features }) => features)) {
    counts.set(feature, (counts.get(feature) ?? 0) + 1);
  }
  return new Map([...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)));
}

/** The histogram as lines of text. */
export function histogram(setUps: readonly RandomSetUp[]): string {
  return [...histogramOf(setUps)]
    .map(([feature, count]) => `${String(count).padStart(6)} ${feature}`)
    .join('\n');
}
