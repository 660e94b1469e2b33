import type { Json, ScrapeClass } from '../kubernetes/index.ts';

/** Adds to a scrape's jobs what an agent's own resource says (operator, `factory/vmscrapes/servicescrape.go`). */
export interface JobOptions {
  /** Members that each discovery gets, such as `api_server` (`apiServerConfig`). */
  readonly discovery?: Json;
  /** `globalScrapeRelabelConfigs`: before all others. */
  readonly firstRules?: readonly Json[];
  /** The class that the scrape has, by name or by default: its rules go before the endpoint's. */
  readonly scrapeClass?: ScrapeClass;
  /** `serviceScrapeRelabelTemplate`: after the endpoint's own rules. */
  readonly lastRules?: readonly Json[];
  readonly enforcedNamespaceLabel?: string;
  readonly overridesHonorLabels?: boolean;
  readonly overridesHonorTimestamps?: boolean;
  readonly minInterval?: string;
  readonly maxInterval?: string;
  /** `enableKubernetesAPISelectors`: the selector goes to the API server instead of into rules. */
  readonly selectsAtApiServer?: boolean;
  /** Every scrape sees its own namespace alone. */
  readonly ownNamespaceOnly?: boolean;
}
