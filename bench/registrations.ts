import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { parse } from 'yaml';
import type { MatchCondition } from '../src/registration/index.ts';
import { api } from '../test/support/control-plane.ts';
import { send } from './cluster.ts';
import { added } from './inputs/services.ts';
import type { Cluster, RunningWebhook } from './programs/program.ts';

const path = '/apis/admissionregistration.k8s.io/v1';

/** Whose webhook is called depends on the namespace alone: so all of them are there at the same time. */
function only(namespace: string) {
  return { key: 'kubernetes.io/metadata.name', operator: 'In', values: [namespace] };
}

/** Registers a peer for the Services of one namespace. A call that fails fails the write: it would be seen. */
export async function registerPeer(
  cluster: Cluster,
  name: string,
  namespace: string,
  program: RunningWebhook,
  ca: string,
): Promise<void> {
  const [route = '/'] = program.path.split('?');
  await send(cluster, 'POST', `${path}/mutatingwebhookconfigurations`, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name: `${name}.bench.multigres.com`,
        clientConfig: clientConfig(program, route, ca),
        admissionReviewVersions: ['v1'],
        rules: [services],
        namespaceSelector: { matchExpressions: [only(namespace)] },
        failurePolicy: 'Fail',
        sideEffects: 'None',
        timeoutSeconds: 10,
      },
    ],
  });
}

const services = {
  apiGroups: [''],
  apiVersions: ['v1'],
  resources: ['services'],
  operations: ['CREATE', 'UPDATE'],
  scope: 'Namespaced',
};

const registrationSchema = v.looseObject({
  webhooks: v.array(
    v.looseObject({
      clientConfig: v.looseObject({ service: v.looseObject({ path: v.string() }) }),
      namespaceSelector: v.looseObject({ matchExpressions: v.array(v.unknown()) }),
    }),
  ),
});

/** What of a registration is otherwise than the project's manifest has it. */
export interface Otherwise {
  /** Its name; the manifest's if not said. */
  readonly name?: string;
  /** Instead of the manifest's. */
  readonly conditions?: readonly MatchCondition[];
}

/**
 * Registers ours as the project's own manifest does it, match conditions and all, but for where it listens and in
 * which namespace. Another program can be registered so as well: then it is asked as ours is.
 */
export async function registerOurs(
  cluster: Cluster,
  namespace: string,
  program: RunningWebhook,
  ca: string,
  { name = ours, conditions }: Otherwise = {},
): Promise<void> {
  const file = join(import.meta.dirname, '../deploy/kustomize/base/webhooks.yaml');
  const [text = ''] = (await readFile(file, 'utf8')).split(/^---$/m);
  const { webhooks, ...rest } = v.parse(registrationSchema, parse(text));
  await send(cluster, 'POST', `${path}/mutatingwebhookconfigurations`, {
    ...rest,
    metadata: { name },
    webhooks: webhooks.map((webhook) => ({
      ...webhook,
      clientConfig: clientConfig(program, webhook.clientConfig.service.path, ca),
      namespaceSelector: {
        matchExpressions: [...webhook.namespaceSelector.matchExpressions, only(namespace)],
      },
      failurePolicy: 'Fail',
      ...(conditions === undefined ? {} : { matchConditions: conditions }),
    })),
  });
}

/** Takes the registration of ours away. */
export async function unregisterOurs(cluster: Cluster): Promise<void> {
  await api(cluster, 'DELETE', `${path}/mutatingwebhookconfigurations/${ours}`);
}

/** As the manifest names it. */
const ours = 'autoscrape';

function clientConfig({ port }: RunningWebhook, route: string, ca: string): object {
  return {
    url: `https://127.0.0.1:${port}${route}`,
    caBundle: Buffer.from(ca).toString('base64'),
  };
}

/** The same additions by the API server itself: a MutatingAdmissionPolicy with its binding to one namespace. */
export async function registerPolicy(cluster: Cluster, namespace: string): Promise<void> {
  const name = 'bench-policy';
  const [nameLabel, instance, component, partOf] = added.labels;
  const label = (key: string | undefined, value: string): string =>
    `("${key}" in object.metadata.labels ? [] : [JSONPatch{op: "add", path: "/metadata/labels/" + jsonpatch.escapeKey("${key}"), value: ${value}}])`;
  const { name: portName, number } = added.port;
  const port = `(object.spec.ports.exists(p, p.port == ${number}) ? [] : [JSONPatch{op: "add", path: "/spec/ports/-", value: Object.spec.ports{name: "${portName}", port: ${number}, protocol: "TCP", targetPort: ${number}}}])`;
  const expression = [
    label(nameLabel, '"etcd"'),
    label(instance, 'object.metadata.name'),
    label(component, '"etcd"'),
    label(partOf, '"multigres"'),
    port,
  ].join(' + ');
  await send(cluster, 'POST', `${path}/mutatingadmissionpolicies`, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingAdmissionPolicy',
    metadata: { name },
    spec: {
      matchConstraints: { resourceRules: [services] },
      mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }],
      failurePolicy: 'Fail',
      reinvocationPolicy: 'Never',
    },
  });
  await send(cluster, 'POST', `${path}/mutatingadmissionpolicybindings`, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingAdmissionPolicyBinding',
    metadata: { name },
    spec: {
      policyName: name,
      matchResources: { namespaceSelector: { matchExpressions: [only(namespace)] } },
    },
  });
}
