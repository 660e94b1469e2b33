import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { keptClient, succeeded } from '../../bench/client.ts';
import type { JobConfig } from '../../src/reading/index.ts';
import { request } from '../../tools/http.ts';
import { temporaryFolder } from '../../tools/processes.ts';
import { type Discovered, startVmagent, type Victoria } from '../../tools/victoria.ts';
import { discoverable } from './discoverable.ts';
import type { Plane } from './set-ups.ts';

/** A job, and the namespaces of its set-up: all that it sees, where it would see every namespace. */
export interface PlacedJob {
  readonly job: JobConfig;
  readonly namespaces: readonly string[];
}

type Labels = Readonly<Record<string, string>>;

/** A target as vmagent has it. Where there is no pod, or no Service, the name is empty. */
export interface TrueTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly service: string;
  readonly scrapeUrl: string;
  readonly labels: Labels;
  readonly discoveredLabels: Labels;
}

/** What was discovered, and is no target: relabelling dropped it, or it is there twice. */
export type DroppedTarget = Pick<TrueTarget, 'namespace' | 'pod' | 'service' | 'discoveredLabels'>;

/** What vmagent makes of a job. */
export interface JobTruth {
  /** Why it leaves the whole job out; undefined where it does not. */
  readonly refused: string | undefined;
  /** Sorted, as `dropped` is: two answers that say the same are equal. */
  readonly active: readonly TrueTarget[];
  readonly dropped: readonly DroppedTarget[];
}

/**
 * Asks a real vmagent what it makes of jobs: starts one with all of them, waits until it has discovered every Service
 * that they can see, and gives the targets of each, by the job's name.
 *
 * Nothing is read. The jobs are given a proxy on the loopback that hangs up, which is all that vmagent connects to, and
 * an interval of an hour. So `__scrape_interval__` and `__scrape_timeout__` are not those of the job in
 * `discoveredLabels`; all else is as in a cluster, since no rule is added.
 *
 * ```ts
 * const plane = await startControlPlane(planeForSetUps);
 * await placeSetUps(plane, setUps);
 * const truth = await vmagentTruth(plane, jobs);
 * truth.get('serviceScrape/shop/etcd/0')?.active.map(({ pod, scrapeUrl }) => [pod, scrapeUrl]);
 * ```
 *
 * @throws where two jobs have one name, or discovery does not settle, with what is missing
 */
export async function vmagentTruth(
  plane: Plane,
  jobs: readonly PlacedJob[],
): Promise<ReadonlyMap<string, JobTruth>> {
  const names = jobs.map(({ job }) => job.job_name);
  if (new Set(names).size < names.length) throw new Error('two jobs have one name');
  const expected = await expectedServices(plane, jobs);
  const folder = await temporaryFolder('truth');
  const nobody = await hangingUp();
  let agent: Victoria | undefined;
  try {
    const ca = join(folder.path, 'ca.pem');
    const configFile = join(folder.path, 'scrape.json');
    const discovery = {
      api_server: plane.server,
      bearer_token: plane.token,
      tls_config: { ca_file: ca },
    };
    const configured = jobs.map((job) => inert(job, discovery, nobody.url));
    await writeFile(ca, plane.ca);
    await writeFile(configFile, JSON.stringify({ scrape_configs: configured }));
    agent = await startVmagent({ configFile, writeTo: `${nobody.url}/api/v1/write`, flags });
    const { discovered, refused } = await settled(agent, jobs.length, expected);
    return truthOf(names, discovered, refused);
  } finally {
    await agent?.stop();
    nobody.close();
    await folder.remove();
  }
}

const checkInterval = 500;

const flags = [
  `-promscrape.kubernetesSDCheckInterval=${checkInterval}ms`,
  '-promscrape.maxDroppedTargets=10000000',
  // Hundreds of namespaces are thousands of watches.
  '-promscrape.kubernetes.useHTTP2Client',
  // A field that it does not know is left out, as by the operator's older agents.
  '-promscrape.config.strictParse=false',
];

/** A job as it is, but for where it discovers, and that nothing is read. */
function inert({ job, namespaces }: PlacedJob, discovery: object, proxy: string): object {
  const { scrape_timeout: _timeout, ...others } = job;
  const [found] = job.kubernetes_sd_configs;
  const seen = { namespaces: { names: namespaces }, ...found, ...discovery };
  return { ...others, kubernetes_sd_configs: [seen], scrape_interval: '1h', proxy_url: proxy };
}

/** A server that closes each connection. */
async function hangingUp(): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, close: () => server.close() };
}

/** The Services of which each job must see a target, by the job's name, as `namespace/name`. */
type ExpectedServices = ReadonlyMap<string, readonly string[]>;

async function expectedServices(
  plane: Plane,
  jobs: readonly PlacedJob[],
): Promise<ExpectedServices> {
  using client = keptClient(plane, 3);
  const read = async (path: string): Promise<unknown> =>
    JSON.parse(succeeded(await client.send('GET', path), path));
  const byRole = await discoverable(read);
  return new Map(
    jobs.map(({ job, namespaces }) => {
      const [{ role, namespaces: { names } = { names: namespaces }, selectors }] =
        job.kubernetes_sd_configs;
      const services = names.flatMap((name) => byRole(role, name));
      // By the API server's selectors less is seen, or nothing.
      return [job.job_name, selectors === undefined ? services : []];
    }),
  );
}

/** Why jobs were left out, by their names. */
type Refused = ReadonlyMap<string, string>;

/** Waits until every Service that should be is discovered, and two answers in a row are the same. */
async function settled(
  agent: Victoria,
  jobs: number,
  expected: ExpectedServices,
): Promise<{ readonly discovered: Discovered; readonly refused: Refused }> {
  let last: string[] | undefined;
  let missing: string[] = [];
  const deadline = Date.now() + 180_000;
  while (Date.now() < deadline) {
    await sleep(2 * checkInterval);
    const log = await readFile(agent.process.log, 'utf8');
    const refused = refusedIn(log);
    if (!log.includes(`started ${jobs - refused.size} service discovery routines`)) continue;
    const discovered = await agent.discovered();
    const now = fingerprint(discovered);
    const skipped = new Set([...refused.keys(), ...withBadTargets(log)]);
    missing = missingIn(discovered, expected, skipped);
    const applied = await isApplied(agent, discovered, log);
    if (missing.length === 0 && applied && isDeepStrictEqual(now, last)) {
      return { discovered, refused };
    }
    last = now;
  }
  const examples = missing.slice(0, 20).join('\n');
  throw new Error(`vmagent's discovery did not settle in three minutes:\n${examples}`);
}

/** What vmagent logs of a job with a rule that it can't parse. */
function refusedIn(log: string): Refused {
  const lines = log.matchAll(/skipping `scrape_config` for job_name=(\S+) because of error: (.*)/g);
  return new Map([...lines].map(([, job = '', reason = '']) => [job, reason]));
}

/** The jobs of which a target has a URL or an interval that can't be parsed: it is neither active nor dropped. */
function withBadTargets(log: string): string[] {
  const lines = log.matchAll(
    /cannot create kubernetes_sd_config target .* for job_name=([^\s:]+):/g,
  );
  return [...lines].map(([, job = '']) => job);
}

/** All that is compared of an answer. */
function fingerprint({ activeTargets, droppedTargets }: Discovered): string[] {
  const active = activeTargets.map(({ scrapePool, scrapeUrl, labels, discoveredLabels }) =>
    JSON.stringify([scrapePool, scrapeUrl, labels, discoveredLabels]),
  );
  const dropped = droppedTargets.map(({ discoveredLabels }) => JSON.stringify(discoveredLabels));
  return [...active.sort(), ...dropped.sort()];
}

function missingIn(
  { activeTargets, droppedTargets }: Discovered,
  expected: ExpectedServices,
  skipped: ReadonlySet<string>,
): string[] {
  const seen = new Set(
    [...activeTargets, ...droppedTargets].map(({ discoveredLabels }) => {
      const { namespace, service } = placeOf(discoveredLabels);
      return `${jobOf(discoveredLabels)} ${namespace}/${service}`;
    }),
  );
  return [...expected].flatMap(([job, services]) =>
    skipped.has(job)
      ? []
      : services.map((service) => `${job} ${service}`).filter((one) => !seen.has(one)),
  );
}

/** True when all that discovery made has become targets: it counts before they are taken up. */
async function isApplied({ url }: Victoria, discovered: Discovered, log: string): Promise<boolean> {
  const { body } = await request(`${url}/metrics`, { timeout: 30_000 });
  const counters = /^vm_promscrape_discovery_kubernetes_scrape_works\{.*\} (\d+)$/gm;
  const made = [...body.matchAll(counters)].reduce((sum, [, count]) => sum + Number(count), 0);
  const twice = log.includes('skipping duplicate scrape target');
  return twice || made === discovered.activeTargets.length;
}

function truthOf(
  names: readonly string[],
  { activeTargets, droppedTargets }: Discovered,
  refused: Refused,
): ReadonlyMap<string, JobTruth> {
  const active = Map.groupBy(activeTargets, ({ scrapePool }) => scrapePool);
  const dropped = Map.groupBy(droppedTargets, ({ discoveredLabels }) => jobOf(discoveredLabels));
  return new Map(
    names.map((name) => [
      name,
      {
        refused: refused.get(name),
        active: sorted(
          (active.get(name) ?? []).map(({ scrapeUrl, labels, discoveredLabels }) => ({
            scrapeUrl,
            ...placeOf(discoveredLabels),
            labels,
            discoveredLabels,
          })),
        ),
        dropped: sorted(
          (dropped.get(name) ?? []).map(({ discoveredLabels }) => ({
            ...placeOf(discoveredLabels),
            discoveredLabels,
          })),
        ),
      },
    ]),
  );
}

function sorted<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, text: JSON.stringify(item) }))
    .sort((a, b) => (a.text < b.text ? -1 : 1))
    .map(({ item }) => item);
}

/** Discovery gives the job's name as a label. */
function jobOf(discovered: Labels): string {
  return discovered.job ?? '';
}

function placeOf(discovered: Labels): Pick<TrueTarget, 'namespace' | 'pod' | 'service'> {
  return {
    namespace: discovered.__meta_kubernetes_namespace ?? '',
    pod: discovered.__meta_kubernetes_pod_name ?? '',
    service: discovered.__meta_kubernetes_service_name ?? '',
  };
}
