import type { Agent, Scrape } from '../../kubernetes/index.ts';
import { agentsIn, namespaceLabels, type PlanContext } from '../../planning/index.ts';
import { agentName, taking } from '../../reading/index.ts';
import type { Finding } from '../finding.ts';
import { remedyOf } from '../scrapes/found.ts';
import { type FoundEdit, oneWay, type Remedy } from '../scrapes/remedy.ts';
import { surroundingFindingCodes } from './codes.ts';
import { isAddressOf } from './stores.ts';
import type { Store, Surroundings } from './types.ts';

/** More scrapes than this are not looked at to see whether two agents take the same one. */
const mostScrapes = 200;

/**
 * Says which agents store each sample several times: those with replicas, and those that take a scrape that another
 * one takes as well, where the store that both write to is at hand and shows no deduplication.
 */
export function deduplicationFindings(
  scrapes: readonly Scrape[],
  { stores, sharing }: Surroundings,
  context: PlanContext,
): Finding[] {
  if (stores.length === 0 || scrapes.length === 0) return [];
  const agents = agentsIn(context.inventory).flatMap((agent): Writing[] => {
    const written = stores.filter((store) => writesTo(agent, store));
    return written.every((one) => one.deduplicates) || agent.perNode
      ? []
      : [{ agent, stores: written.filter((one) => !one.deduplicates) }];
  });
  const takes = new Map(
    agents.map(({ agent }) => [agent, takenBy(agent, scrapes.slice(0, mostScrapes), context)]),
  );
  return agents.flatMap((one, index): Finding[] => {
    const taken = takes.get(one.agent) ?? new Set();
    const [store] = one.stores;
    if (taken.size === 0 || store === undefined) return [];
    if (one.agent.replicas > 1 && !sharing.has(agentName(one.agent)))
      return [replicated(one.agent, store)];
    const other = agents
      .slice(0, index)
      .find(
        (earlier) =>
          earlier.stores.includes(store) &&
          [...(takes.get(earlier.agent) ?? [])].some((scrape) => taken.has(scrape)),
      );
    return other === undefined ? [] : [doubled(one.agent, other.agent, store)];
  });
}

/** An agent, and the stores without deduplication that it writes to. */
interface Writing {
  readonly agent: Agent;
  readonly stores: readonly Store[];
}

function writesTo({ stores }: Agent, store: Store): boolean {
  return stores.some((address) => isAddressOf(store, address));
}

function takenBy(agent: Agent, scrapes: readonly Scrape[], context: PlanContext): Set<Scrape> {
  const { watched } = context.evidence;
  const labels = namespaceLabels(context);
  return new Set(
    scrapes.filter(
      (scrape) => taking(agent, 'serviceScrape', scrape, watched, labels).answer === 'yes',
    ),
  );
}

function replicated(agent: Agent, store: Store): Finding {
  return finding(
    agent,
    'spec.replicaCount',
    `each of its ${agent.replicas} replicas reads every target, and ${storeName(store)} shows no deduplication: samples are stored ${agent.replicas} times`,
    deduplicating(store),
  );
}

function doubled(agent: Agent, other: Agent, store: Store): Finding {
  return finding(
    agent,
    'spec.remoteWrite',
    `it takes scrapes that ${agentName(other)} takes as well, and both write to ${storeName(store)}, which shows no deduplication`,
    { fix: `narrow what one of them takes, by spec.serviceScrapeSelector in ${agentName(agent)}` },
  );
}

/** The flag's value is best the interval of the scrapes. */
function deduplicating(store: Store): Remedy {
  const { kind, namespace, name } = store;
  const object = { apiVersion: 'operator.victoriametrics.com/v1beta1', kind, namespace, name };
  const [key, value] = ['dedup.minScrapeInterval', '30s'];
  const parts = kind === 'VMSingle' ? [[]] : [['vmselect'], ['vmstorage']];
  const edits = parts.map((part): FoundEdit => {
    return { action: 'set', path: ['spec', ...part, 'extraArgs', key], value, object };
  });
  const flag = `{${key}: ${value}}`;
  const fix =
    kind === 'VMSingle'
      ? `write spec.extraArgs: ${flag} in ${storeName(store)}`
      : `write spec.vmselect.extraArgs: ${flag} in ${storeName(store)}, and the same for vmstorage`;
  return oneWay(fix, ...edits);
}

function storeName({ kind, namespace, name }: Store): string {
  return `${kind} ${namespace}/${name}`;
}

function finding(
  { kind, namespace, name }: Agent,
  field: string,
  message: string,
  remedy: Remedy,
): Finding {
  const object = { apiVersion: 'operator.victoriametrics.com/v1beta1', kind, namespace, name };
  const { severity, certain } = surroundingFindingCodes['not-deduplicated'];
  return {
    code: 'not-deduplicated',
    severity,
    object,
    field,
    message,
    fix: remedy.fix,
    ...remedyOf(remedy, object),
    certain,
  };
}
