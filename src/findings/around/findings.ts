import type { Scrape } from '../../kubernetes/index.ts';
import { isOurs, knowsAgents, listeners, type PlanContext } from '../../planning/index.ts';
import { agentName, readingsOf } from '../../reading/index.ts';
import type { Finding } from '../finding.ts';
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
  const telling = new Telling();
  const judged: Scrape[] = [];
  for (const scrape of scrapes) {
    if (scrape.deleting) continue;
    judged.push(scrape);
    const ours = isOurs(scrape, settings);
    telling.tell(scrape, [
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
    ]);
  }
  return [...telling.findings(), ...deduplicationFindings(judged, surroundings, context)];
}

/**
 * What {@link surroundingFindings} says of agents alone: it needs nothing but what a running autoscrape watches. Found
 * in small steps: whoever asks for the next one may have let others have a turn.
 */
export function* eachAgentFinding(context: PlanContext): Generator<undefined, readonly Finding[]> {
  const telling = new Telling();
  for (const scrape of context.inventory.scrapes()) {
    if (scrape.deleting) continue;
    telling.tell(scrape, agentFindings(scrape, context, isOurs(scrape, context.settings)));
    yield;
  }
  return telling.findings();
}

/** Gathers the findings around scrapes: what is wrong with many in the same way is said once, with the others' names. */
class Telling {
  private readonly gathered: Finding[] = [];
  private readonly told = new Map<string, { readonly at: number; readonly alike: Finding[] }>();

  tell(scrape: Scrape, found: readonly Around[]): void {
    for (const one of found.slice(0, most)) {
      const key = `${one.code} ${one.severity} ${one.field} ${one.message} ${one.fix}`;
      const finding = findingAround(scrape, one);
      const earlier = this.told.get(key);
      if (earlier !== undefined) {
        earlier.alike.push(finding);
        continue;
      }
      this.told.set(key, { at: this.gathered.length, alike: [] });
      this.gathered.push(finding);
    }
  }

  findings(): readonly Finding[] {
    const alike = new Map([...this.told.values()].map((one) => [one.at, one.alike]));
    return this.gathered.map((finding, at) => {
      const others = alike.get(at) ?? [];
      if (others.length === 0) return finding;
      const message = `${finding.message} (the same is true of ${others.length} more)`;
      return { ...withAll(finding, others), message, alike: others.map(({ object }) => object) };
    });
  }
}

/** A finding whose ways put right what is wrong with all objects that are alike; one edit of each field is enough. */
function withAll(finding: Finding, others: readonly Finding[]): Finding {
  if (finding.ways === undefined) return finding;
  const ways = finding.ways.map(({ text, edits }, index) => {
    const all = [...edits, ...others.flatMap((other) => other.ways?.[index]?.edits ?? [])];
    return { text, edits: [...new Map(all.map((edit) => [JSON.stringify(edit), edit])).values()] };
  });
  return { ...finding, ways };
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
