import type { Labels, Scrape } from '../kubernetes/index.ts';
import { type Finding, isOurs, type PlanContext, readingsOf } from '../scrape/index.ts';
import { agentFindings, agentsOf, mayBeTaken } from './agent-findings.ts';
import type { LabelsOfNamespace } from './agents.ts';
import { type Around, findingAround } from './found.ts';
import { otherKindFindings, otherReadings } from './other-kinds.ts';
import { referenceFindings } from './references.ts';
import type { Surroundings } from './types.ts';

/** More than this of one scrape are not told. */
const most = 20;

/**
 * What is wrong with scrapes that only their surroundings show: agents that do not take them, Secrets that are missing,
 * scrapes of other kinds that read the same. What the surroundings do not show is not claimed.
 */
export function surroundingFindings(
  scrapes: Iterable<Scrape>,
  surroundings: Surroundings,
  context: PlanContext,
): Finding[] {
  const { inventory, settings } = context;
  const labelsOfNamespace = namespaceLabelsIn(context);
  const others = otherReadings(surroundings, inventory, (podScrape) =>
    mayBeTaken(podScrape, surroundings, labelsOfNamespace),
  );
  const comparesReadings = others.monitors.size + others.podScrapes.length > 0;
  const findings: Finding[] = [];
  const told = new Map<string, { readonly at: number; more: number }>();
  for (const scrape of scrapes) {
    if (scrape.deleting) continue;
    const ours = isOurs(scrape, settings);
    const found: Around[] = [
      ...agentFindings(scrape, surroundings, labelsOfNamespace, ours),
      ...referenceFindings(scrape, surroundings),
      ...(comparesReadings
        ? otherKindFindings(readingsOf(scrape, inventory), others, inventory, ours)
        : []),
    ];
    for (const one of found.slice(0, most)) {
      // Our scrapes are made alike: what puts one of them right is said once.
      const key = `${one.message} ${one.fix}`;
      const earlier = told.get(key);
      if (ours && one.code === 'not-selected' && earlier !== undefined) {
        earlier.more += 1;
        continue;
      }
      if (ours) told.set(key, { at: findings.length, more: 0 });
      findings.push(findingAround(scrape, one));
    }
  }
  for (const { at, more } of told.values()) {
    const first = findings[at];
    if (first === undefined || more === 0) continue;
    findings[at] = { ...first, message: `${first.message} (the same is true of ${more} more)` };
  }
  return findings;
}

function namespaceLabelsIn({ inventory }: PlanContext): LabelsOfNamespace {
  return (name) => {
    const namespace = inventory.namespace(name);
    // The API server gives every namespace this label.
    const own: Labels = { 'kubernetes.io/metadata.name': name };
    return namespace === undefined
      ? { labels: own, complete: false }
      : { labels: { ...namespace.labels, ...own }, complete: true };
  };
}

/** The agents that take a scrape; undefined where that can't be told. */
export function agentsTaking(
  scrape: Scrape,
  surroundings: Surroundings,
  context: PlanContext,
): readonly string[] | undefined {
  return agentsOf(scrape, surroundings, namespaceLabelsIn(context));
}
