import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { request } from '../tools/http.ts';
import { kubeconfig } from '../tools/identities.ts';
import { freePorts, ready, start, withFreshPorts } from '../tools/processes.ts';
import type { Cluster } from './manifests.ts';

/** The command as people get it: `npm run build` makes it. */
export const bundle = join(import.meta.dirname, '../dist/autoscrape.mjs');

/** A running `autoscrape serve`. */
export type Autoscrape = {
  /** Where the API server reaches the webhook: `https://127.0.0.1:<port>`. */
  readonly url: string;
  /** Where its metrics and pages are: `http://127.0.0.1:<port>`. */
  readonly pages: string;
  /** Its log so far, an object a line. */
  log(): Promise<LogLine[]>;
  /** Ends it; may be called again. */
  stop(): Promise<void>;
};

/** One line of the log. */
export type LogLine = v.InferOutput<typeof lineSchema>;

const lineSchema = v.looseObject({ msg: v.optional(v.string(), '') });

/**
 * Starts `autoscrape serve` as a process of its own and waits until it is ready.
 *
 * @param folder of the caller: settings and log are written there
 * @param tls folder with `tls.crt` and `tls.key`
 * @throws {StartError} with the end of its log
 */
export async function startAutoscrape(
  cluster: Cluster,
  { folder, tls }: { readonly folder: string; readonly tls: string },
): Promise<Autoscrape> {
  const config = join(folder, 'autoscrape.kubeconfig');
  await writeFile(config, kubeconfig(cluster), { mode: 0o600 });
  return withFreshPorts(async () => {
    const [port = 0, metricsPort = 0] = await freePorts(2);
    const log = join(folder, 'autoscrape.log');
    const process_ = await start({
      name: 'autoscrape',
      program: process.execPath,
      args: [
        bundle,
        'serve',
        '--server-host=127.0.0.1',
        `--server-port=${port}`,
        `--server-metrics-port=${metricsPort}`,
        `--server-tls-directory=${tls}`,
        `--kubernetes-kubeconfig=${config}`,
      ],
      log,
    });
    const pages = `http://127.0.0.1:${metricsPort}`;
    await ready(process_, {
      probe: async () => (await request(`${pages}/readyz`, { timeout: 1_000 })).status === 200,
      timeout: 20_000,
    });
    return {
      url: `https://127.0.0.1:${port}`,
      pages,
      log: async () => linesOf(await readFile(log, 'utf8')),
      stop: () => process_.stop(),
    };
  });
}

/** The whole lines of a log; what is no JSON is none of ours. */
function linesOf(text: string): LogLine[] {
  return text
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .map((line) => v.parse(lineSchema, JSON.parse(line)));
}
