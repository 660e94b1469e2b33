export {
  agentsIn,
  knowsAgents,
  type Listener,
  listeners,
  namespaceLabels,
  shareStores,
  storesShared,
} from './audience.ts';
export { servicesSeenBy } from './candidates.ts';
export {
  type Displacement,
  identified,
  isOptedOut,
  isOurs,
  isScraped,
  noEvidence,
  type PlanContext,
} from './context.ts';
export { byPlace, coverage, coverageByScrapes, coverageOfUnit } from './coverage.ts';
export { manifestDifference } from './difference.ts';
export { asStored } from './manifest.ts';
export {
  carriesMetrics,
  metricsPlaces,
  portChoice,
  selectsPods,
  targetOf,
} from './metrics-port.ts';
export { eachPlan, planAll, planService, wantedScrapes } from './planner.ts';
export { readersOf } from './readers.ts';
export { stateOrder, states } from './states.ts';
export type {
  ChainLink,
  Coverage,
  CoverageState,
  FacetPlan,
  ManifestEndpoint,
  ScrapeManifest,
  ServicePlan,
  WantedScrape,
} from './types.ts';
export { eachUnit, namespacesOf, type Unit } from './units.ts';
export type { Reader, Way } from './ways.ts';
