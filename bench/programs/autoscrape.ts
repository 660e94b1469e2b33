import { join } from 'node:path';
import { routes } from '../../src/admission/index.ts';
import { request } from '../../tools/http.ts';
import { imageStart } from './image.ts';
import { launch } from './launch.ts';
import type { RunningWebhook, Surroundings, Webhook } from './program.ts';

/** The command as people get it: `npm run build` makes it. */
const bundle = join(import.meta.dirname, '../../dist/autoscrape.mjs');

/** Ours, with everything on: TLS, all checks, stores, telemetry and a line in the log for each decision. */
export const autoscrape: Webhook = {
  name: 'autoscrape',
  start: (surroundings) => startAutoscrape(surroundings, {}),
};

/** Starts `autoscrape serve` as its container image does, and waits until it is ready. */
export async function startAutoscrape(
  surroundings: Surroundings,
  env: Readonly<Record<string, string>>,
): Promise<RunningWebhook> {
  const { certificate, cluster, nodeFlags = [] } = surroundings;
  const image = await imageStart();
  return launch(
    {
      name: 'autoscrape',
      program: process.execPath,
      args: (port, pagesPort) => [
        ...image.nodeFlags,
        ...nodeFlags,
        bundle,
        'serve',
        '--server-host=127.0.0.1',
        `--server-port=${port}`,
        `--server-metrics-port=${pagesPort}`,
        `--server-tls-directory=${certificate.directory}`,
        `--kubernetes-kubeconfig=${cluster.kubeconfig}`,
      ],
      env: () => ({
        // A pod gives the API servers time to hear that it is gone; here nobody sends it anything any more.
        AUTOSCRAPE_SERVER_DRAIN_PROPAGATION: '0s',
        ...image.env,
        ...env,
      }),
      path: `${routes.strong.path}?timeout=2s`,
      probe: async (_port, pagesPort) =>
        (await request(`http://127.0.0.1:${pagesPort}/readyz`, { timeout: 1_000 })).status === 200,
      patience: 60_000,
    },
    surroundings,
  );
}
