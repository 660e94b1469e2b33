import { isJson, list, type Scrape } from '../../src/kubernetes/index.ts';
import type { JobOptions } from '../../src/reading/index.ts';
import { type Model, ourModel } from './model-truth.ts';

/** Models that are wrong on purpose: a comparison that does not tell them from ours is worth nothing. */

/** Takes every scrape for one that each agent has, whatever agent and scrape are labelled. */
export const takesEverything: Model = { ...ourModel, takes: () => 'yes' };

/** Leaves out the rules of the endpoint, its class, and the agent. */
export const ignoresRelabelling: Model = {
  ...ourModel,
  trials: (scrape, endpoint, discovered, options) =>
    ourModel.trials(
      withoutRules(scrape),
      endpoint,
      discovered,
      options === undefined ? undefined : withoutRulesOfAgent(options),
    ),
};

function withoutRules(scrape: Scrape): Scrape {
  const spec = isJson(scrape.spec) ? scrape.spec : {};
  const endpoints = list(spec, 'endpoints').map((endpoint) => {
    if (!isJson(endpoint)) return endpoint;
    const { relabelConfigs: _left, ...others } = endpoint;
    return others;
  });
  return { ...scrape, spec: { ...spec, endpoints } };
}

function withoutRulesOfAgent({ scrapeClass, ...options }: JobOptions): JobOptions {
  return {
    ...options,
    firstRules: [],
    lastRules: [],
    ...(scrapeClass === undefined ? {} : { scrapeClass: { ...scrapeClass, relabelConfigs: [] } }),
  };
}
