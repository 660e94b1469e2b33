import { nearest } from '../../ground/nearest.ts';
import type { Agent, Scrape } from '../../kubernetes/index.ts';
import { agentsIn, namespaceLabels, type PlanContext } from '../../planning/index.ts';
import { agentName, narrowing, type Refusal, refusalText, taking } from '../../reading/index.ts';
import type { Unmet } from '../../selection/index.ts';
import type { ObjectRef } from '../finding.ts';
import { refOfScrape } from '../scrapes/found.ts';
import { type FoundEdit, oneWay, type Remedy, setting } from '../scrapes/remedy.ts';
import { type Around, around, listed, yamlText } from './found.ts';

/** Says what agents make of a scrape: that none takes it, or that they look into fewer namespaces than it says. */
export function agentFindings(scrape: Scrape, context: PlanContext, isOurs: boolean): Around[] {
  const { watched } = context.evidence;
  const agents = agentsIn(context.inventory);
  if (agents.length === 0) return [];
  const takings = agents.map((agent) => ({
    agent,
    taking: taking(agent, 'serviceScrape', scrape, watched, namespaceLabels(context)),
  }));
  const refusals = takings.flatMap(({ agent, taking: one }) =>
    one.answer === 'no' ? [{ agent, refusal: one.refusal }] : [],
  );
  if (refusals.length === agents.length) return [notSelected(scrape, refusals, isOurs)];
  if (takings.some(({ taking: one }) => one.answer === 'perhaps')) return [];
  const taken = takings.filter(({ taking: one }) => one.answer === 'yes');
  return narrowed(
    scrape,
    taken.map(({ agent }) => agent),
    watched,
  );
}

interface Refused {
  readonly agent: Agent;
  readonly refusal: Refusal;
}

/** The easiest to put right first. */
const order: readonly Refusal['because'][] = [
  'scrape-class',
  'files',
  'labels',
  'namespace-labels',
  'other-namespace',
  'takes-nothing',
  'not-watched',
  'per-node',
];

function notSelected(scrape: Scrape, refusals: readonly Refused[], isOurs: boolean): Around {
  const sorted = refusals.toSorted(
    (a, b) => order.indexOf(a.refusal.because) - order.indexOf(b.refusal.because),
  );
  const reasons = sorted
    .slice(0, 3)
    .map(({ agent, refusal }) => `${agentName(agent)} ${refusalText(refusal)}`);
  const more = sorted.length > 3 ? `; and ${sorted.length - 3} more do not` : '';
  const [first] = sorted;
  return around('not-selected', {
    field: fieldOf(first?.refusal),
    message: `no agent takes it, so that it is read by nobody: ${reasons.join('; ')}${more}`,
    ...(first === undefined ? { fix: '' } : fixFor(scrape, first, isOurs)),
  });
}

function fieldOf(refusal: Refusal | undefined): string {
  switch (refusal?.because) {
    case 'labels':
      return 'metadata.labels';
    case 'scrape-class':
      return 'spec.scrapeClass';
    case 'files':
      return `spec.${refusal.field}`;
    default:
      return '';
  }
}

function fixFor(scrape: Scrape, { agent, refusal }: Refused, isOurs: boolean): Remedy {
  switch (refusal.because) {
    case 'labels':
      return labelling(
        refusal.unmet,
        isOurs ? 'scrapes.labels' : 'metadata.labels',
        isOurs ? " in autoscrape's settings" : '',
        isOurs ? undefined : refOfScrape(scrape),
      );
    case 'namespace-labels':
      return labelling(refusal.unmet, 'metadata.labels', ` in Namespace ${scrape.namespace}`, {
        apiVersion: 'v1',
        kind: 'Namespace',
        namespace: '',
        name: scrape.namespace,
      });
    case 'other-namespace':
      return inAgent(agent, 'serviceScrapeNamespaceSelector', {}, '{}');
    case 'takes-nothing':
      return inAgent(agent, 'selectAllByDefault', true, 'true');
    case 'not-watched':
      return { fix: `add ${scrape.namespace} to WATCH_NAMESPACE of the operator` };
    case 'per-node':
      return inAgent(agent, 'daemonSetMode', false, 'false');
    case 'scrape-class':
      return classFix(agent, refusal.name);
    case 'files':
      return { fix: `take the credentials from a Secret instead of spec.${refusal.field}` };
  }
}

/** One of the classes that the agent has, or none. */
function classFix(agent: Agent, name: string): Remedy {
  const names = agent.classes.map((one) => one.name);
  const meant = nearest(name, names);
  return meant === undefined
    ? {
        fix: `remove spec.scrapeClass, or define the class in spec.scrapeClasses of ${agentName(agent)}`,
      }
    : oneWay(`write spec.scrapeClass: ${meant}`, setting('scrapeClass', meant));
}

function inAgent(agent: Agent, field: string, value: unknown, written: string): Remedy {
  const { kind, namespace, name } = agent;
  const object = { apiVersion: 'operator.victoriametrics.com/v1beta1', kind, namespace, name };
  const edit: FoundEdit = { action: 'set', path: ['spec', field], value, object };
  return oneWay(`write spec.${field}: ${written} in ${agentName(agent)}`, edit);
}

/** @param object whose labels these are; undefined where they are no object's */
function labelling(
  lacking: readonly Unmet[],
  field: string,
  where: string,
  object: ObjectRef | undefined,
): Remedy {
  const added = lacking.flatMap(({ key, value }) =>
    value === undefined ? [] : [`${key}: ${yamlText(value)}`],
  );
  const removed = lacking.flatMap(({ key, value }) => (value === undefined ? [key] : []));
  const fix = [
    ...(added.length === 0 ? [] : [`write ${field}: {${added.join(', ')}}${where}`]),
    ...removed.map((key) => `remove ${field}[${key}]${where}`),
  ].join('; ');
  if (object === undefined) return { fix };
  const edits = lacking.map(({ key, value }): FoundEdit => {
    const path = ['metadata', 'labels', key];
    return value === undefined
      ? { action: 'remove', path, object }
      : { action: 'set', path, value, object };
  });
  return oneWay(fix, ...edits);
}

/** All agents that take the scrape look into its own namespace alone, and it says more. */
function narrowed(
  scrape: Scrape,
  agents: readonly Agent[],
  watched: ReadonlySet<string> | undefined,
): Around[] {
  const { namespaceSelector, namespace } = scrape;
  const others = namespaceSelector?.matchNames.filter((name) => name !== namespace) ?? [];
  if (namespaceSelector === undefined || !(namespaceSelector.any || others.length > 0)) return [];
  const [agent] = agents;
  // `ignoreNamespaceSelectors` is read by no operator from v0.70 on, and which one runs is not shown.
  const ways = agents.map((one) => narrowing(one, watched));
  if (agent === undefined || ways.some((way) => way !== 'watched')) return [];
  const what = namespaceSelector.any ? 'all of them' : listed(others);
  return [
    around('namespaces-narrowed', {
      field: 'spec.namespaceSelector',
      message: `${agentName(agent)} looks into namespace ${namespace} alone, not into ${what}: its operator has WATCH_NAMESPACE`,
      fix: `write spec.serviceAccountName: NAME in ${agentName(agent)}, an account that may read them, or make a scrape in each namespace`,
    }),
  ];
}
