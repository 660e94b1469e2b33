import type { CodeEntry } from '../finding.ts';

/** What is found by looking at what is around a scrape: agents, Secrets, scrapes of other kinds. */
export const surroundingFindingCodes = {
  'not-selected': {
    severity: 'warning',
    certain: false,
    title: 'No VMAgent takes the scrape',
    explanation:
      'A VMAgent (or a VMSingle that scrapes) takes scrapes by their labels, `serviceScrapeSelector`, and by those of ' +
      'their namespace, `serviceScrapeNamespaceSelector`. An empty selector takes all. Where only the first is there, ' +
      "scrapes of the agent's own namespace alone count; where neither is, `selectAllByDefault` decides, and without it " +
      'nothing is taken. Of an operator that watches certain namespaces (`WATCH_NAMESPACE`) the agents take the scrapes of ' +
      'all of these, whatever the namespaces are labelled: that is seen where its Deployment is among the objects. A ' +
      'scrape that no agent takes is read by nobody, and nothing in it says so. Told only where agents are at hand.',
  },
  'namespaces-narrowed': {
    severity: 'warning',
    certain: false,
    title: 'An agent that looks into fewer namespaces than the scrape says',
    explanation:
      'Where the operator is told to watch certain namespaces (`WATCH_NAMESPACE`) and the agent has no ' +
      '`serviceAccountName`, the agent looks into the own namespace of each scrape alone, whatever its ' +
      '`namespaceSelector` says. (`ignoreNamespaceSelectors` did the same in operators up to v0.68; from v0.70 on it ' +
      'is read nowhere.)',
  },
  'secret-missing': {
    severity: 'warning',
    certain: false,
    title: 'A Secret or ConfigMap that an endpoint names is missing, or its key',
    explanation:
      "The operator leaves the scrape out of the agent's configuration until it is there. It is looked for in the " +
      "scrape's namespace. Told only where other Secrets (or ConfigMaps) of that namespace are among the objects at hand, " +
      'and no other object mentions the name, as one does that makes a Secret.',
  },
  'selects-no-pods': {
    severity: 'warning',
    certain: false,
    title: 'The selected Services select no pods',
    explanation:
      'A Service without pods has no endpoints, so that nothing is read through it. Told where all of a folder is at ' +
      'hand, nothing else in it makes pods that the Service may mean, and one workload that no Service selects differs ' +
      'in one label alone.',
  },
  'not-deduplicated': {
    severity: 'warning',
    certain: false,
    title: 'Every sample is stored several times',
    explanation:
      'Each replica of a VMAgent (`replicaCount`) reads every target, and so does each of two agents that take the same ' +
      'scrapes. Their store keeps all of it unless it has `dedup.minScrapeInterval`: `rate` and `sum_over_time` are too ' +
      'large, and disks fill in half the time. Told where the VMSingle or VMCluster that they write to is at hand. Replicas ' +
      'that share the targets (`promscrape.cluster.membersCount`) are left alone.',
  },
  'read-by-other-kind': {
    severity: 'warning',
    certain: false,
    title: 'A VMPodScrape, PodMonitor or ServiceMonitor reads the same target',
    explanation:
      'The samples are stored twice, under other labels: every sum over them is too large. No VMServiceScrape shows it. ' +
      'The VictoriaMetrics operator converts PodMonitors and ServiceMonitors unless it is told not to. Merely for your ' +
      'information where relabelling decides that is not followed here.',
  },
} as const satisfies Readonly<Record<string, CodeEntry>>;

export type SurroundingCode = keyof typeof surroundingFindingCodes;
