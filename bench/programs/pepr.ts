import { join } from 'node:path';
import { api } from '../../test/support/control-plane.ts';
import { request } from '../../tools/http.ts';
import { define, makeNamespace } from '../cluster.ts';
import { launch } from './launch.ts';
import { peprModule } from './pepr-module.ts';
import type { Cluster, RunningWebhook, Surroundings, Webhook } from './program.ts';

/** A part of the path that Pepr wants to hear; a Secret in a cluster. */
const secret = 'benchmark';

/** Pepr's admission controller: one of the two deployments that `pepr build` makes, as that runs it. */
export const pepr: Webhook = {
  name: 'pepr',
  start: (surroundings) => startPepr(surroundings, 'admission'),
};

/** Starts one of Pepr's two controllers, and what it keeps in the cluster. */
export async function startPepr(
  surroundings: Surroundings,
  role: 'admission' | 'watcher',
): Promise<RunningWebhook> {
  const script = await peprModule();
  const { certificate, cluster } = surroundings;
  await prepare(cluster);
  return launch(
    {
      name: `pepr-${role}`,
      program: process.execPath,
      args: () => [...(surroundings.nodeFlags ?? []), script],
      env: (port) => ({
        KUBECONFIG: cluster.kubeconfig,
        PEPR_PORT: String(port),
        PEPR_API_PATH: secret,
        PEPR_WATCH_MODE: String(role === 'watcher'),
        PEPR_PRETTY_LOG: 'false',
        LOG_LEVEL: 'info',
        SSL_CERT_PATH: join(certificate.directory, 'tls.crt'),
        SSL_KEY_PATH: join(certificate.directory, 'tls.key'),
      }),
      path: `/mutate/${secret}?timeout=2s`,
      // It listens before it knows its routes.
      probe: async (port) => {
        const answer = await request(`https://127.0.0.1:${port}/healthz`, { ca: certificate.ca });
        return answer.status === 200;
      },
      patience: 60_000,
    },
    surroundings,
  );
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
