import {
  eachAgentFinding,
  type Finding,
  findingOptions,
  scrapeFindings,
} from '../findings/index.ts';
import {
  byPlace,
  type Coverage,
  coverageOfUnit,
  eachPlan,
  eachUnit,
  isOurs,
  namespacesOf,
  type PlanContext,
  type WantedScrape,
} from '../planning/index.ts';
import { explainedScrapes, stateFindings } from './findings.ts';
import { missingScrape } from './stored.ts';

/** How a cluster stands by what is stored in it: what an audit says of it, but for what admission would add. */
export interface Standing {
  readonly coverage: readonly Coverage[];
  readonly findings: readonly Finding[];
  /** The scrapes that are not there. */
  readonly missing: readonly WantedScrape[];
}

/**
 * How the cluster of an inventory stands, found in small steps: whoever asks for the next one may have let others have
 * a turn. What changes in between is seen in part.
 */
export function* standing(context: PlanContext): Generator<undefined, Standing> {
  const coverage: Coverage[] = [];
  for (const namespace of namespacesOf(context.inventory)) {
    const from = coverage.length;
    for (const unit of eachUnit(context, namespace)) {
      coverage.push(...coverageOfUnit(unit, context));
      yield;
    }
    coverage.push(...coverage.splice(from).sort(byPlace));
    yield;
  }
  const missing: WantedScrape[] = [];
  for (const { wanted } of eachPlan(context)) {
    if (wanted !== undefined && missingScrape(wanted, context.inventory)?.difference === '') {
      missing.push(wanted);
    }
    yield;
  }
  const findings: Finding[] = [];
  if (context.settings.scrapes.findings !== 'off') {
    const told = findingOptions(context);
    for (const scrape of context.inventory.scrapes()) {
      if (isOurs(scrape, context.settings)) continue;
      findings.push(...scrapeFindings(scrape, context.inventory, told));
      yield;
    }
    findings.push(...(yield* eachAgentFinding(context)));
  }
  findings.push(...stateFindings(coverage, missing, explainedScrapes(findings)));
  return { coverage, findings, missing };
}
