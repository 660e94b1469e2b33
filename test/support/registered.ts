import type { Registration } from '../../src/registration/index.ts';
import { api, type Connection, makeNamespace } from './control-plane.ts';
import { until } from './processes.ts';

const collections = {
  mutating: '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
  validating: '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
};

/**
 * Registers webhooks and waits until the API server calls them: it reads registrations by watch.
 *
 * @param called whether the webhook has been called since this was asked last
 */
export async function register(
  plane: Pick<Connection, 'server' | 'ca' | 'token'>,
  { mutating, validating }: Registration,
  called: () => boolean | Promise<boolean>,
): Promise<void> {
  for (const [collection, body] of [
    [collections.mutating, mutating],
    [collections.validating, validating],
  ] as const) {
    const path = `${collection}/${body.metadata.name}?fieldManager=test&force=true`;
    const contentType = 'application/apply-patch+yaml';
    const answer = await api(plane, 'PATCH', path, { body, contentType });
    if (answer.status >= 300) throw new Error(`not registered: ${JSON.stringify(answer.body)}`);
  }
  const namespace = await makeNamespace(plane, 'registered');
  const probe = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'probe',
      labels: {
        'app.kubernetes.io/part-of': 'multigres',
        'app.kubernetes.io/component': 'multigateway',
      },
    },
    spec: { ports: [{ port: 80 }] },
  };
  const path = `/api/v1/namespaces/${namespace}/services?dryRun=All`;
  await until(async () => {
    await api(plane, 'POST', path, { body: probe });
    return called();
  });
}
