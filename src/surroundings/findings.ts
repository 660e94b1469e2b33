import type { Scrape } from '../kubernetes/index.ts';
import {
  agentName,
  type Finding,
  isOurs,
  knowsAgents,
  listeners,
  type ObjectRef,
  type PlanContext,
  readingsOf,
} from '../scrape/index.ts';
import { agentFindings } from './agent-findings.ts';
import { deduplicationFindings } from './deduplication.ts';
import { type Around, findingAround } from './found.ts';
import { noPodsFindings } from './no-pods.ts';
import { otherKindFindings, otherReadings } from './other-kinds.ts';
import { referenceFindings } from './references.ts';
import type { Surroundings } from './types.ts';

/** More than this of one scrape are not told. */
const most = 20;

/**
 * What is wrong with scrapes that only their surroundings show: agents that do not take them, Secrets that are missing,
 * scrapes of other kinds that read the same. What the surroundings do not show is not claimed.
 *
 * @param isConverted whether the operator has had its time to convert ServiceMonitors and PodMonitors
 */
export function surroundingFindings(
  scrapes: Iterable<Scrape>,
  surroundings: Surroundings,
  context: PlanContext,
  isConverted = false,
): Finding[] {
  const { inventory, settings } = context;
  const others = otherReadings(surroundings, context, isConverted);
  const comparesReadings = others.monitors.size + others.podReaders.length > 0;
  const findings: Finding[] = [];
  const told = new Map<string, { readonly at: number; readonly alike: ObjectRef[] }>();
  const judged: Scrape[] = [];
  for (const scrape of scrapes) {
    if (scrape.deleting) continue;
    judged.push(scrape);
    const ours = isOurs(scrape, settings);
    const found: Around[] = [
      ...agentFindings(scrape, context, ours),
      ...referenceFindings(scrape, surroundings),
      // A cluster shows neither DaemonSets nor other makers of pods.
      ...(isConverted ? [] : noPodsFindings(scrape, surroundings, context)),
      ...(comparesReadings
        ? otherKindFindings(
            readingsOf(scrape, inventory),
            listeners(scrape, 'serviceScrape', context, undefined),
            others,
            context,
            ours,
          )
        : []),
    ];
    for (const one of found.slice(0, most)) {
      // What is wrong with many in the same way is said once.
      const key = `${one.code} ${one.severity} ${one.field} ${one.message} ${one.fix}`;
      const earlier = told.get(key);
      if (earlier !== undefined) {
        earlier.alike.push(findingAround(scrape, one).object);
        continue;
      }
      told.set(key, { at: findings.length, alike: [] });
      findings.push(findingAround(scrape, one));
    }
  }
  for (const { at, alike } of told.values()) {
    const first = findings[at];
    if (first === undefined || alike.length === 0) continue;
    const message = `${first.message} (the same is true of ${alike.length} more)`;
    findings[at] = { ...first, message, alike };
  }
  return [...findings, ...deduplicationFindings(judged, surroundings, context)];
}

/** Returns the names of the agents that take a scrape; undefined where that can't be told. */
export function agentsTaking(scrape: Scrape, context: PlanContext): readonly string[] | undefined {
  const missing = context.evidence.missingReference(scrape);
  const heard = listeners(scrape, 'serviceScrape', context, missing);
  if (heard.some(({ answer }) => answer === 'perhaps')) return undefined;
  const taking = heard.flatMap(({ answer, agent }) => (answer === 'yes' ? [agent] : []));
  if (taking.includes(undefined)) return undefined;
  if (taking.length === 0 && !knowsAgents(context.inventory)) return undefined;
  return taking.flatMap((agent) => (agent === undefined ? [] : [agentName(agent)]));
}
