/**
 * The links of the chain from pods to an agent, each of which a set-up can have broken: for every Service, scrape or
 * agent that it has.
 */
export const links = [
  'pods-missing',
  'pods-ended',
  'pods-never-run',
  'service-selects-nothing',
  'port-not-there',
  'target-port-not-declared',
  'selector-matches-nothing',
  'namespace-not-looked-at',
  'rule-not-parsable',
  'rule-drops-all',
  'agent-missing',
  'agent-does-not-select',
  'template-drops-all',
  'class-unknown',
  'secret-missing',
] as const;

export type Link = (typeof links)[number];

/** The links that only VMAgents, their settings and Secrets show: vmagent never gets such a job, or another one. */
export const linksOfAgents: ReadonlySet<Link> = new Set([
  'agent-missing',
  'agent-does-not-select',
  'template-drops-all',
  'class-unknown',
  'secret-missing',
]);
