import { join } from 'node:path';
import { api } from '../../test/support/control-plane.ts';
import { freePorts, gone, start } from '../../tools/processes.ts';
import { define, makeNamespace } from '../cluster.ts';
import { boundTo } from '../cores.ts';
import { launch } from './launch.ts';
import { peprModule } from './pepr-module.ts';
import type { Cluster, Controller, Surroundings, Webhook } from './program.ts';

/** A part of the path that Pepr wants to hear; a Secret in a cluster. */
const secret = 'benchmark';

/** Pepr's admission controller: one of the two deployments that `pepr build` makes, as that runs it. */
export const pepr: Webhook = {
  name: 'pepr',
  start: async (surroundings) => {
    const script = await peprModule();
    await prepare(surroundings.cluster);
    return launch(
      {
        name: 'pepr',
        program: process.execPath,
        args: () => [...(surroundings.nodeFlags ?? []), script],
        env: (port) => environment(surroundings, port, 'admission'),
        path: `/mutate/${secret}?timeout=2s`,
        // It answers reviews only when it has read what it keeps in the cluster, and then says that it is healthy.
        probe: async () => true,
        patience: 60_000,
      },
      surroundings,
    );
  },
};

/** Pepr's other controller: its watch, in a process of its own, as it runs in production. */
export const peprWatcher: Controller = {
  name: 'pepr',
  start: async (surroundings) => {
    const script = await peprModule();
    const { cluster, cores, folder } = surroundings;
    await prepare(cluster);
    const [port = 0] = await freePorts(1);
    const startedAt = performance.now();
    const running = await start({
      name: 'pepr-watcher',
      ...boundTo(cores.server, process.execPath, [script]),
      log: join(folder, 'pepr-watcher.log'),
      env: environment(surroundings, port, 'watcher'),
    });
    return { pids: [running.pid], startedAt, gone: gone(running), stop: () => running.stop() };
  },
};

function environment(
  { certificate, cluster }: Surroundings,
  port: number,
  role: 'admission' | 'watcher',
): Readonly<Record<string, string>> {
  return {
    KUBECONFIG: cluster.kubeconfig,
    PEPR_PORT: String(port),
    PEPR_API_PATH: secret,
    PEPR_WATCH_MODE: String(role === 'watcher'),
    PEPR_PRETTY_LOG: 'false',
    LOG_LEVEL: 'info',
    SSL_CERT_PATH: join(certificate.directory, 'tls.crt'),
    SSL_KEY_PATH: join(certificate.directory, 'tls.key'),
  };
}

const namespace = 'pepr-system';

/** What Pepr finds in a cluster: its namespace, and the definition that its own start-up script applies. */
async function prepare(cluster: Cluster): Promise<void> {
  const known = await api(cluster, 'GET', `/api/v1/namespaces/${namespace}`);
  if (known.status === 200) return;
  await makeNamespace(cluster, namespace);
  const text = { type: 'object', additionalProperties: { type: 'string' } };
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'peprstores.pepr.dev' },
    spec: {
      group: 'pepr.dev',
      scope: 'Namespaced',
      names: { plural: 'peprstores', singular: 'peprstore', kind: 'PeprStore' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { data: text } } },
        },
      ],
    },
  };
  await define(cluster, definition, '/apis/pepr.dev/v1/peprstores');
}
