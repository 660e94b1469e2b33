export {
  facetOf,
  identified,
  isOptedOut,
  isOurs,
  isScraped,
  type PlanContext,
  treatmentOf,
} from './context.ts';
export { byPlace, coverage, coverageOfUnit } from './coverage.ts';
export { findingOptions } from './finding-options.ts';
export type { FindingOptions } from './findings/check.ts';
export { type CodeEntry, type ScrapeFindingCode, scrapeFindingCodes } from './findings/codes.ts';
export { durationOf } from './findings/durations.ts';
export { areSure, isSameTarget, requestOf } from './findings/readings.ts';
export { scrapeFindings } from './findings/scrape.ts';
export { Inventory, type Kind } from './inventory.ts';
export {
  type Discovery,
  type JobConfig,
  type JobOptions,
  jobName,
  jobsOf,
  type Relabeling,
  secretFields,
} from './job.ts';
export { asStored } from './manifest.ts';
export { readingsBehind, readingsOf, readingsOfService } from './matcher.ts';
export { carriesMetrics, selectsPods, targetOf } from './metrics-port.ts';
export { eachPlan, planAll, planService, readsFacet, wantedScrapes } from './planner.ts';
export { containerPorts } from './targets.ts';
export * from './types.ts';
export { eachUnit, namespacesOf, type Unit, unitsOf } from './units.ts';
