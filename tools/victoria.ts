import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { findBinaries } from './binaries.ts';
import { request } from './http.ts';
import { assertStaysOnLoopback, isOnLoopback } from './loopback.ts';
import {
  freePorts,
  type Running,
  ready,
  start,
  temporaryFolder,
  withFreshPorts,
} from './processes.ts';

/** How VictoriaMetrics or vmagent is to run. */
export type VictoriaOptions = {
  /** Loopback address to listen on; 127.0.0.1 if not said. */
  readonly address?: string;
  /** Port to listen on; a free one if not said. */
  readonly port?: number;
  /**
   * Path of a scrape configuration (`-promscrape.config`); read again on `reload()`. Each time it is checked first
   * that nothing but the loopback is read: see {@link assertStaysOnLoopback}.
   */
  readonly configFile?: string;
  /** More flags, for example `-opentelemetry.usePrometheusNaming`. */
  readonly flags?: readonly string[];
};

/** A running VictoriaMetrics or vmagent. */
export type Victoria = {
  /** Base URL. */
  readonly url: string;
  readonly process: Running;
  /**
   * Has the scrape configuration read again.
   * @throws with the reason when it is refused, by it or by {@link assertStaysOnLoopback}: then the old one stays in force.
   */
  reload(): Promise<void>;
  /** The targets that it knows by now: `/api/v1/targets`, `activeTargets`. */
  targets(): Promise<Target[]>;
  /** All that it has discovered, in one answer: the active targets, and those that it dropped. */
  discovered(): Promise<Discovered>;
  /** Ends it and removes its data. May be called again. */
  stop(): Promise<void>;
};

/** An active target, as Prometheus' API describes it. */
export type Target = v.InferOutput<typeof targetSchema>;

const labelsSchema = v.record(v.string(), v.string());

const targetSchema = v.object({
  /** Name of the job. */
  scrapePool: v.string(),
  scrapeUrl: v.string(),
  /** `up`, `down` or `unknown`. */
  health: v.string(),
  lastError: v.string(),
  lastSamplesScraped: v.number(),
  labels: labelsSchema,
  discoveredLabels: labelsSchema,
});

const targetsSchema = v.object({
  data: v.object({
    activeTargets: v.array(targetSchema),
    droppedTargets: v.array(v.object({ discoveredLabels: labelsSchema })),
  }),
});

/** `/api/v1/targets`. */
export type Discovered = v.InferOutput<typeof targetsSchema>['data'];

const vectorSchema = v.object({
  data: v.object({
    resultType: v.literal('vector'),
    result: v.array(v.object({ metric: labelsSchema, value: v.tuple([v.number(), v.string()]) })),
  }),
});

/** One sample of an instant query. */
export type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number };

/**
 * Starts a single-node VictoriaMetrics. It ends, and its data go, with `stop()` or with this process.
 *
 * @throws {StartError} when it does not start; `configFile` is read then, and a bad one is fatal.
 */
export async function startVictoriaMetrics(
  options: VictoriaOptions = {},
): Promise<Victoria & Store> {
  const victoria = await run('victoria-metrics', options, (folder) => [
    `-storageDataPath=${join(folder, 'data')}`,
    // What was just stored is to be seen at once: by default a query leaves out the last 30 s.
    '-search.latencyOffset=0s',
  ]);
  return { ...victoria, query: (expression) => query(victoria.url, expression) };
}

/** What only a store can do. */
export type Store = {
  /** The samples that a PromQL expression gives now, those of the last moment included. */
  query(expression: string): Promise<Sample[]>;
};

/**
 * Starts vmagent, which scrapes what `configFile` says and writes to `writeTo`
 * (`<VictoriaMetrics' url>/api/v1/write`). It ends with `stop()` or with this process.
 *
 * @throws {StartError} when it does not start; `configFile` is read then, and a bad one is fatal.
 */
export async function startVmagent(
  options: VictoriaOptions & { readonly configFile: string; readonly writeTo: string },
): Promise<Victoria> {
  if (!isOnLoopback(options.writeTo)) throw new Error(`${options.writeTo} is not on the loopback`);
  return run('vmagent', options, (folder) => [
    `-remoteWrite.url=${options.writeTo}`,
    `-remoteWrite.tmpDataPath=${join(folder, 'queue')}`,
  ]);
}

async function run(
  name: 'victoria-metrics' | 'vmagent',
  { address = '127.0.0.1', port, configFile, flags = [] }: VictoriaOptions,
  ownFlags: (folder: string) => string[],
): Promise<Victoria> {
  const checked = async (): Promise<void> => {
    if (configFile !== undefined) assertStaysOnLoopback(await readFile(configFile, 'utf8'));
  };
  await checked();
  const pathOf = await findBinaries([name]);
  const folder = await temporaryFolder(name);
  const log = join(folder.path, `${name}.log`);
  try {
    const attempt = async (): Promise<Victoria> => {
      const [free = 0] = await freePorts(1, address);
      const url = `http://${address}:${port ?? free}`;
      const process = await start({
        name,
        program: pathOf(name),
        args: [
          `-httpListenAddr=${url.slice('http://'.length)}`,
          ...(configFile === undefined ? [] : [`-promscrape.config=${configFile}`]),
          ...ownFlags(folder.path),
          ...flags,
        ],
        log,
      });
      // Another server may have taken our port in the meantime: this one shows our folder among its flags.
      // It answers before it reads its scrape configuration, and ends when that is bad.
      const probe = async (): Promise<boolean> => {
        const { body } = await request(`${url}/metrics`, { timeout: 1_000 });
        const configured =
          configFile === undefined || /^vm_promscrape_config_last_reload_successful 1$/m.test(body);
        return configured && body.includes(folder.path);
      };
      await ready(process, { probe, timeout: 30_000 });
      return {
        url,
        process,
        reload: async () => {
          await checked();
          await reload(url, process);
        },
        targets: async () => (await targets(url, 'active')).activeTargets,
        discovered: () => targets(url, 'any'),
        stop: async () => {
          await process.stop();
          await folder.remove();
        },
      };
    };
    return await (port === undefined ? withFreshPorts(attempt) : attempt());
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

async function reload(url: string, { name, log }: Running): Promise<void> {
  const before = { said: (await readFile(log, 'utf8')).length, reloads: await reloads(url) };
  await get(`${url}/-/reload`);
  // It answers before it reads the file. A new configuration is counted; the rest is said in the log only.
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(25)) {
    const said = (await readFile(log, 'utf8')).slice(before.said);
    const refusal = /cannot read .* on SIGHUP: (.*); continuing with the previous config/.exec(
      said,
    );
    if (refusal !== null) throw new Error(`${name} refused its configuration: ${refusal[1]}`);
    if (said.includes('nothing changed in') || (await reloads(url)) > before.reloads) return;
  }
  throw new Error(`${name} did not read its configuration again within 10 s`);
}

async function reloads(url: string): Promise<number> {
  const counter = /^vm_promscrape_config_reloads_total (\d+)$/m.exec(await get(`${url}/metrics`));
  return Number(counter?.[1] ?? 0);
}

async function targets(url: string, state: 'active' | 'any'): Promise<Discovered> {
  const answer = await get(`${url}/api/v1/targets?state=${state}`, 60_000);
  return v.parse(targetsSchema, JSON.parse(answer)).data;
}

async function query(url: string, expression: string): Promise<Sample[]> {
  await get(`${url}/internal/force_flush`);
  const answer = await get(`${url}/api/v1/query?${new URLSearchParams({ query: expression })}`);
  const { data } = v.parse(vectorSchema, JSON.parse(answer));
  return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

async function get(url: string, timeout = 5_000): Promise<string> {
  const { status, body } = await request(url, { timeout });
  if (status >= 300) throw new Error(`GET ${url}: ${status} ${body}`);
  return body;
}
