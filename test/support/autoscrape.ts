import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from '../../tools/http.ts';
import { freePorts, ready, start, temporaryFolder, withFreshPorts } from '../../tools/processes.ts';
import { localCertificate } from './certificate.ts';

/** autoscrape itself, as a process of its own. */
export interface Autoscrape {
  /** `https://127.0.0.1:<port>`, where the API server is to send its reviews. */
  readonly url: string;
  /** PEM that its certificate is checked with. */
  readonly ca: string;
  /** `http://127.0.0.1:<port>`, of `/metrics` and `/readyz`; `https:` with `--server-metrics-tls`. */
  readonly pages: string;
  /** The file with its log. */
  readonly log: string;
  /** Ends it at once and removes what it left. */
  stop(): Promise<void>;
}

/**
 * Starts `autoscrape serve` on free ports of 127.0.0.1, and returns when it is ready.
 *
 * @param flags further ones
 * @param program what Node.js runs: the sources if not said
 * @param env further environment variables
 */
export function startAutoscrape(
  kubeconfig: string,
  flags: readonly string[] = [],
  program = join(import.meta.dirname, '../../src/main.ts'),
  env: Readonly<Record<string, string>> = {},
): Promise<Autoscrape> {
  return withFreshPorts(async () => {
    const folder = await temporaryFolder('webhook');
    const at = (name: string) => join(folder.path, name);
    try {
      const { certificate, key, ca } = await localCertificate();
      await Promise.all([
        writeFile(at('tls.crt'), certificate),
        writeFile(at('tls.key'), key, { mode: 0o600 }),
      ]);
      const [port = 0, metricsPort = 0] = await freePorts(2);
      const scheme = flags.includes('--server-metrics-tls') ? 'https' : 'http';
      const pages = `${scheme}://127.0.0.1:${metricsPort}`;
      const log = at('autoscrape.log');
      const running = await start({
        name: 'autoscrape',
        program: process.execPath,
        args: [
          program,
          'serve',
          '--server-host=127.0.0.1',
          `--server-port=${port}`,
          `--server-metrics-port=${metricsPort}`,
          `--server-tls-directory=${folder.path}`,
          `--kubernetes-kubeconfig=${kubeconfig}`,
          ...flags,
        ],
        log,
        env,
      });
      await ready(running, {
        probe: async () => (await request(`${pages}/readyz`, { ca })).status === 200,
        timeout: 30_000,
      });
      return {
        url: `https://127.0.0.1:${port}`,
        ca,
        pages,
        log,
        stop: async () => {
          await running.stop();
          await folder.remove();
        },
      };
    } catch (error) {
      await folder.remove();
      throw error;
    }
  });
}
