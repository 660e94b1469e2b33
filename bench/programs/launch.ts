import { join } from 'node:path';
import { freePorts, ready, start, withFreshPorts } from '../../tools/processes.ts';
import { boundTo } from '../cores.ts';
import type { RunningWebhook, Surroundings } from './program.ts';

/** How a program is to be started. */
export interface Launch {
  readonly name: string;
  readonly program: string;
  /** Its arguments, once the ports are known: the webhook's, and another one for pages. */
  readonly args: (port: number, pagesPort: number) => readonly string[];
  readonly env?: (port: number, pagesPort: number) => Readonly<Record<string, string>>;
  readonly path: string;
  /** Whether it is ready; false and a rejection both mean "not yet". */
  readonly probe: (port: number, pagesPort: number) => Promise<boolean>;
  /** Milliseconds until it has to be ready. */
  readonly patience: number;
}

/** Starts a webhook on free ports of 127.0.0.1, on the cores for the measured program, and waits until it is ready. */
export function launch(
  launched: Launch,
  { folder, cores }: Pick<Surroundings, 'folder' | 'cores'>,
): Promise<RunningWebhook> {
  return withFreshPorts(async () => {
    const [port = 0, pagesPort = 0] = await freePorts(2);
    const command = boundTo(cores.server, launched.program, launched.args(port, pagesPort));
    const startedAt = performance.now();
    const process = await start({
      name: launched.name,
      ...command,
      log: join(folder, `${launched.name}.log`),
      ...(launched.env === undefined ? {} : { env: launched.env(port, pagesPort) }),
    });
    await ready(process, {
      probe: () => launched.probe(port, pagesPort),
      timeout: launched.patience,
    });
    return {
      port,
      path: launched.path,
      pids: [process.pid],
      startedAt,
      readyAt: performance.now(),
      stop: (signal) => process.stop(signal),
    };
  });
}
