import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseScrape, type Scrape } from '../src/kubernetes/index.ts';
import { type JobConfig, jobsOf } from '../src/reading/index.ts';
import type { Relabeling } from '../src/reading/job-rules.ts';
import { keepLoopback } from '../tools/loopback.ts';
import { temporaryFolder } from '../tools/processes.ts';
import {
  type Sample,
  startVictoriaMetrics,
  startVmagent,
  type Target,
  type Victoria,
} from '../tools/victoria.ts';
import { type Cluster, list } from './manifests.ts';
import type { Place } from './node.ts';

/**
 * What the VictoriaMetrics operator does with stored scrapes: the configuration of an agent that finds
 * targets in the cluster by them, and of a store that it writes to.
 */
export type Agent = {
  /** Where it writes samples to. */
  readonly writesTo: string;
  /**
   * Reads the stored scrapes and, where they have changed, has the agent use them.
   * @returns whether they had changed
   */
  update(): Promise<boolean>;
  /** The targets that the agent has found by now. */
  targets(): Promise<Target[]>;
  /** The samples that a PromQL expression gives now. */
  query(expression: string): Promise<Sample[]>;
  /** Ends both. */
  stop(): Promise<void>;
};

/** How the agent is not like one in a cluster. */
export type AgentOptions = {
  /** Where the pods' processes really are. */
  readonly places: readonly Place[];
  /**
   * The most seconds between two reads of a target, whatever a scrape says; a VMAgent has the same as
   * `maxScrapeInterval`. People do not wait half a minute for a first sample.
   */
  readonly interval: number;
};

/** Starts vmagent and VictoriaMetrics. They see no scrape until the first {@link Agent.update}. */
export async function startAgent(cluster: Cluster, options: AgentOptions): Promise<Agent> {
  const folder = await temporaryFolder('agent');
  const configFile = join(folder.path, 'scrape.json');
  const ca = join(folder.path, 'ca.pem');
  await Promise.all([writeFile(ca, cluster.ca), writeFile(configFile, configuration([]))]);
  const store = await startVictoriaMetrics();
  let agent: Victoria | undefined;
  const stop = async (): Promise<void> => {
    await Promise.all([agent?.stop(), store.stop()]);
    await folder.remove();
  };
  try {
    const writesTo = `${store.url}/api/v1/write`;
    const started = await startVmagent({
      configFile,
      writeTo: writesTo,
      // By default found targets are taken up every 30 s, and samples sent every second.
      flags: ['-promscrape.kubernetesSDCheckInterval=250ms', '-remoteWrite.flushInterval=200ms'],
    });
    agent = started;
    let current = configuration([]);
    const update = async (): Promise<boolean> => {
      const scrapes = await storedScrapes(cluster);
      const wanted = configuration(scrapes.flatMap((one) => jobs(one, cluster, ca, options)));
      if (wanted === current) return false;
      // Renamed into place, so that nobody reads half of it.
      await writeFile(`${configFile}.new`, wanted);
      await rename(`${configFile}.new`, configFile);
      await started.reload();
      current = wanted;
      return true;
    };
    return { writesTo, update, targets: started.targets, query: store.query, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** JSON is YAML too. */
function configuration(jobs: readonly JobConfig[]): string {
  return JSON.stringify({ scrape_configs: jobs }, undefined, 2);
}

/** Every scrape that the API server has, sorted. */
export async function storedScrapes(cluster: Cluster): Promise<Scrape[]> {
  const path = '/apis/operator.victoriametrics.com/v1beta1/vmservicescrapes';
  return (await list(cluster, path))
    .flatMap((item) => parseScrape(item) ?? [])
    .sort((a, b) => compare(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A scrape's jobs, as VMAgent's own settings complete them. */
function jobs(
  scrape: Scrape,
  { server, token }: Cluster,
  ca: string,
  { places, interval }: AgentOptions,
): JobConfig[] {
  const discovery = { api_server: server, bearer_token: token, tls_config: { ca_file: ca } };
  return jobsOf(scrape, { discovery, lastRules: toLoopback(places) }).map((job) => ({
    ...job,
    scrape_interval: `${interval}s`,
  }));
}

/**
 * The rules that lead from a pod's address to its process: `instance` keeps the address of the pod, and
 * what is not one of ours is dropped, so that no packet leaves the machine.
 */
function toLoopback(places: readonly Place[]): Relabeling[] {
  const address = '__address__';
  return [
    { source_labels: [address], target_label: 'instance' },
    ...places.map(({ podIp, port }) => ({
      source_labels: [address],
      regex: `${podIp.replaceAll('.', '\\.')}:.*`,
      target_label: address,
      replacement: `127.0.0.1:${port}`,
    })),
    keepLoopback,
  ];
}
