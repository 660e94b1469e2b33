export { agentName, narrowing, type Refusal, type Taking, taking, wholeOptions } from './agents.ts';
export { type Answer, both } from './answer.ts';
export {
  agentsIn,
  knowsAgents,
  type Listener,
  listeners,
  namespaceLabels,
  storesShared,
} from './audience.ts';
export {
  type Displacement,
  type Evidence,
  facetOf,
  identified,
  isOptedOut,
  isOurs,
  isScraped,
  noEvidence,
  type PlanContext,
  type Settle,
  treatmentOf,
} from './context.ts';
export { byPlace, coverage, coverageByScrapes, coverageOfUnit } from './coverage.ts';
export { manifestDifference } from './difference.ts';
export { containerPorts, hasEndpoints, seatOf as podSeat } from './discovery.ts';
export { durationOf } from './duration.ts';
export { findingOptions } from './finding-options.ts';
export type { FindingOptions } from './findings/check.ts';
export { type CodeEntry, type ScrapeFindingCode, scrapeFindingCodes } from './findings/codes.ts';
export { sameTarget } from './findings/readings.ts';
export { scrapeFindings } from './findings/scrape.ts';
export { Inventory, type Kind } from './inventory.ts';
export { type JobConfig, jobName, jobsOf, secretFields } from './job.ts';
export type { Discovery } from './job-discovery.ts';
export type { JobOptions } from './job-options.ts';
export type { Relabeling } from './job-rules.ts';
export { selectsLabels, type Unmet } from './label-selector.ts';
export { asStored } from './manifest.ts';
export { readingsBehind, readingsOf, readingsOfService } from './matcher.ts';
export { carriesMetrics, metricsPlaces, selectsPods, targetOf } from './metrics-port.ts';
export { isPattern, patternOf } from './pattern.ts';
export { eachPlan, planAll, planService, wantedScrapes } from './planner.ts';
export { readersOf } from './readers.ts';
export { refusalText } from './refusals.ts';
export { isSameRequest, pathAndQuery } from './request.ts';
export { type StateEntry, stateOrder, states } from './states.ts';
export { sanitisedValue } from './target-labels.ts';
export * from './types.ts';
export { eachUnit, namespacesOf, type Unit, unitsOf } from './units.ts';
export { type Verdict, verdictOf } from './verdict.ts';
export { type Audited, judged, type Reader, readerName, type Way } from './ways.ts';
