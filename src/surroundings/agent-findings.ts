import type { Scrape } from '../kubernetes/index.ts';
import { type Chosen, type LabelsOfNamespace, narrowing, type Refusal, taking } from './agents.ts';
import { type Around, around, listed } from './found.ts';
import type { Unmet } from './labels.ts';
import type { Agent, Surroundings } from './types.ts';

/** What agents do with a scrape. */
export function agentFindings(
  scrape: Scrape,
  surroundings: Surroundings,
  labelsOfNamespace: LabelsOfNamespace,
  isOurs: boolean,
): Around[] {
  const { agents } = surroundings;
  if (agents.length === 0) return [];
  const takings = agents.map((agent) => ({
    agent,
    taking: taking(agent, 'services', scrape, surroundings, labelsOfNamespace),
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
    surroundings,
  );
}

/** The agents that take a scrape, by kind and name; undefined where none is at hand, or labels decide that are not. */
export function agentsOf(
  scrape: Scrape,
  surroundings: Surroundings,
  labelsOfNamespace: LabelsOfNamespace,
): readonly string[] | undefined {
  const { agents } = surroundings;
  const answers = agents.map((agent) => ({
    agent,
    answer: taking(agent, 'services', scrape, surroundings, labelsOfNamespace).answer,
  }));
  if (agents.length === 0 || answers.some(({ answer }) => answer === 'perhaps')) return undefined;
  return answers.filter(({ answer }) => answer === 'yes').map(({ agent }) => nameOf(agent));
}

interface Refused {
  readonly agent: Agent;
  readonly refusal: Refusal;
}

/** The easiest to put right first. */
const order: readonly Refusal['because'][] = [
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
  const reasons = sorted.slice(0, 3).map((one) => `${nameOf(one.agent)} ${reasonOf(one)}`);
  const more = sorted.length > 3 ? `; and ${sorted.length - 3} more do not` : '';
  const [first] = sorted;
  return around('not-selected', {
    field: first?.refusal.because === 'labels' ? 'metadata.labels' : '',
    message: `no agent takes it, so that it is read by nobody: ${reasons.join('; ')}${more}`,
    fix: first === undefined ? '' : fixFor(scrape, first, isOurs),
  });
}

function nameOf({ kind, namespace, name }: Agent): string {
  return `${kind} ${namespace}/${name}`;
}

function reasonOf({ refusal }: Refused): string {
  switch (refusal.because) {
    case 'labels':
      return `takes only scrapes ${wished(refusal.unmet)}`;
    case 'namespace-labels':
      return `takes only scrapes of namespaces ${wished(refusal.unmet)}`;
    case 'other-namespace':
      return 'takes only scrapes of its own namespace';
    case 'takes-nothing':
      return 'takes none, having neither selectors nor selectAllByDefault';
    case 'not-watched':
      return `takes only scrapes of the namespaces that its operator watches (${listed(refusal.watched)})`;
    case 'per-node':
      return 'takes no VMServiceScrapes in daemonSetMode';
  }
}

/** `with team: a, without quiet`. */
function wished(lacking: readonly Unmet[]): string {
  return lacking
    .map(({ key, value }) => (value === undefined ? `without ${key}` : `with ${key}: ${value}`))
    .join(', ');
}

function fixFor(scrape: Scrape, { agent, refusal }: Refused, isOurs: boolean): string {
  switch (refusal.because) {
    case 'labels':
      return labelling(
        refusal.unmet,
        isOurs ? 'scrapes.labels' : 'metadata.labels',
        isOurs ? " in autoscrape's settings" : '',
      );
    case 'namespace-labels':
      return labelling(refusal.unmet, 'metadata.labels', ` in Namespace ${scrape.namespace}`);
    case 'other-namespace':
      return `write spec.serviceScrapeNamespaceSelector: {} in ${nameOf(agent)}`;
    case 'takes-nothing':
      return `write spec.selectAllByDefault: true in ${nameOf(agent)}`;
    case 'not-watched':
      return `add ${scrape.namespace} to WATCH_NAMESPACE of the operator`;
    case 'per-node':
      return `write spec.daemonSetMode: false in ${nameOf(agent)}`;
  }
}

function labelling(lacking: readonly Unmet[], field: string, where: string): string {
  const added = lacking.flatMap(({ key, value }) =>
    value === undefined ? [] : [`${key}: ${quotedIfNeeded(value)}`],
  );
  const removed = lacking.flatMap(({ key, value }) => (value === undefined ? [key] : []));
  return [
    ...(added.length === 0 ? [] : [`write ${field}: {${added.join(', ')}}${where}`]),
    ...removed.map((key) => `remove ${field}[${key}]${where}`),
  ].join('; ');
}

/** What YAML would take for something else than text. */
function quotedIfNeeded(value: string): string {
  return /^(?:true|false|yes|no|on|off|null|y|n|[\d.+-].*|)$/i.test(value) ? `"${value}"` : value;
}

/** All agents that take the scrape look into its own namespace alone, and it says more. */
function narrowed(scrape: Scrape, agents: readonly Agent[], surroundings: Surroundings): Around[] {
  const { namespaceSelector, namespace } = scrape;
  const others = namespaceSelector?.matchNames.filter((name) => name !== namespace) ?? [];
  if (namespaceSelector === undefined || !(namespaceSelector.any || others.length > 0)) return [];
  const [agent] = agents;
  const ways = agents.map((one) => narrowing(one, surroundings));
  if (agent === undefined || ways.some((way) => way === undefined)) return [];
  const what = namespaceSelector.any ? 'any: true' : `matchNames (${listed(others)})`;
  const way = ways[0];
  const because =
    way === 'ignores' ? 'has ignoreNamespaceSelectors' : 'is of an operator with WATCH_NAMESPACE';
  const change =
    way === 'ignores'
      ? `write spec.ignoreNamespaceSelectors: false in ${nameOf(agent)}`
      : `write spec.serviceAccountName: NAME in ${nameOf(agent)}, an account that may read ${namespaceSelector.any ? 'all namespaces' : 'these'}`;
  return [
    around('namespaces-narrowed', {
      field: 'spec.namespaceSelector',
      message: `${nameOf(agent)} ${because}: ${what} counts for nothing, and only Services of namespace ${namespace} are found`,
      fix: `${change}; or remove spec.namespaceSelector, and make one scrape in each namespace`,
    }),
  ];
}

/** Whether some agent may take a scrape of pods. Without agents at hand that is open. */
export function mayBeTaken(
  scrape: Chosen,
  surroundings: Surroundings,
  labelsOfNamespace: LabelsOfNamespace,
): boolean {
  const { agents } = surroundings;
  return (
    agents.length === 0 ||
    agents.some(
      (agent) => taking(agent, 'pods', scrape, surroundings, labelsOfNamespace).answer !== 'no',
    )
  );
}
