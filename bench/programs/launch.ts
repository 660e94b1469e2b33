import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts, gone, ready, start, withFreshPorts } from '../../tools/processes.ts';
import { boundTo } from '../cores.ts';
import { ask } from './ask.ts';
import type { RunningWebhook, Surroundings } from './program.ts';

/** How a program is to be started. */
export interface Launch {
  readonly name: string;
  readonly program: string;
  /** Its arguments, once the ports are known: the webhook's, and another one for pages. */
  readonly args: (port: number, pagesPort: number) => readonly string[];
  readonly env?: (port: number, pagesPort: number) => Readonly<Record<string, string>>;
  readonly path: string;
  /** Whether it says that it is ready; false and a rejection both mean "not yet". */
  readonly probe: (port: number, pagesPort: number) => Promise<boolean>;
  /** Milliseconds until it has to be ready. */
  readonly patience: number;
}

/**
 * Starts a webhook on free ports of 127.0.0.1, on the cores for the measured program, and waits until it has answered
 * a review and is ready.
 */
export function launch(
  launched: Launch,
  { folder, cores, certificate }: Pick<Surroundings, 'folder' | 'cores' | 'certificate'>,
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
    const { path, patience } = launched;
    const { ca } = certificate;
    const answers = async () => (await ask({ port, path }, ca, review)).status === 200;
    await ready(process, { probe: closely(answers), timeout: patience });
    const answeredAt = performance.now();
    await ready(process, {
      probe: closely(() => launched.probe(port, pagesPort)),
      timeout: patience,
    });
    return {
      port,
      pagesPort,
      path,
      pids: [process.pid],
      startedAt,
      answeredAt,
      readyAt: performance.now(),
      gone: gone(process),
      stop: () => process.stop('TERM'),
    };
  });
}

/** Some time-outs are as long as a second; between two of them somebody has to look whether the program ended. */
const glance = 500;

/** Probes every 2 ms for half a second: what is measured is a start of a few hundred milliseconds. */
function closely(probe: () => Promise<boolean>): () => Promise<boolean> {
  return async () => {
    for (const end = performance.now() + glance; performance.now() < end; await sleep(2)) {
      if (await probe().catch(() => false)) return true;
    }
    return false;
  };
}

/** The first review of every program: of a Service that nobody recognises. */
const review = JSON.stringify({
  kind: 'AdmissionReview',
  apiVersion: 'admission.k8s.io/v1',
  request: {
    uid: '9f4d1c7e-6f0a-4a53-8c3e-0d2b7a615e10',
    kind: { group: '', version: 'v1', kind: 'Service' },
    resource: { group: '', version: 'v1', resource: 'services' },
    name: 'other',
    namespace: 'default',
    operation: 'CREATE',
    userInfo: { username: 'somebody' },
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'other', namespace: 'default' },
      spec: { type: 'ClusterIP', selector: { app: 'other' }, ports: [{ port: 80 }] },
    },
    oldObject: null,
    dryRun: false,
    options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
  },
});
