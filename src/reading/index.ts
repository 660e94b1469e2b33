export {
  agentName,
  type ChosenScrape,
  classFor,
  conditionName,
  jobOptionsOf,
  type LabelsOfNamespace,
  narrowing,
  type Refusal,
  shareStore,
  type Taking,
  taking,
} from './agents.ts';
export {
  containerPorts,
  type Discovered,
  discoveredBehind,
  hasEndpoints,
  isPodOf,
  podPortOf,
  type Seat,
  seatOf,
  seatOf as podSeat,
  type Target,
  unseenBehind,
} from './discovery.ts';
export {
  intervalOfEndpoint,
  type JobConfig,
  jobName,
  jobsOf,
  readsEverySlice,
  roleOf,
  secretFields,
} from './job.ts';
export type { JobOptions } from './job-options.ts';
export { ownRule, type RuleSource } from './job-rules.ts';
export {
  passesPort,
  readingsBehind,
  readingsOf,
  readingsOfEndpoint,
  readingsThrough,
  trialsOf,
} from './matcher.ts';
export { refusalText } from './refusals.ts';
export { parsedRule, problemOf, type RuleProblem, relabelActions } from './relabel.ts';
export { isSameRequest, pathAndQuery, type ScrapeRequest } from './request.ts';
export { type Trial, type TriedJob, tryJob } from './try-job.ts';
export type { PortChoice, Reading } from './types.ts';
