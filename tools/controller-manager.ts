import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from './http.ts';
import { type Running, ready, start } from './processes.ts';

/**
 * Controllers that tests need: those that make pods of workloads, slices of Services, and clean up.
 * Without the last one a namespace that had a StatefulSet is never deleted to its end.
 */
export const controllers: readonly string[] = [
  'deployment-controller',
  'replicaset-controller',
  'statefulset-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'endpointslice-controller',
  'serviceaccount-controller',
  'disruption-controller',
  'persistentvolumeclaim-protection-controller',
];

/** Where kube-controller-manager listens, and what it runs. */
export type ControllerManagerSettings = {
  readonly program: string;
  /** Folder with `kubeconfig`. It gets `controller-certs/` and `kube-controller-manager.log`. */
  readonly folder: string;
  readonly port: number;
  readonly controllers: readonly string[];
  /** More flags; one given here wins over ours. */
  readonly flags: readonly string[];
};

/** Starts kube-controller-manager on 127.0.0.1 and waits until all its controllers are there. */
export async function runControllerManager(settings: ControllerManagerSettings): Promise<Running> {
  const { program, folder, port, controllers: wanted, flags } = settings;
  const certificates = join(folder, 'controller-certs');
  const manager = await start({
    name: 'kube-controller-manager',
    program,
    args: [
      `--kubeconfig=${join(folder, 'kubeconfig')}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      `--cert-dir=${certificates}`,
      `--controllers=${wanted.join(',')}`,
      '--leader-elect=false',
      '--use-service-account-credentials=true',
      ...flags,
    ],
    log: join(folder, 'kube-controller-manager.log'),
  });
  const probe = async (): Promise<boolean> => {
    const ca = await readFile(join(certificates, 'kube-controller-manager.crt'), 'utf8');
    const url = `https://127.0.0.1:${port}/healthz?verbose`;
    const { status, body } = await request(url, { ca, timeout: 1_000 });
    // Healthy it is at once; its controllers are listed when they are all there. Until then it would
    // not survive a loss of the API server, after that it does.
    return status === 200 && wanted.every((name) => body.includes(`]${name} ok`));
  };
  return ready(manager, { probe, timeout: 60_000 });
}
