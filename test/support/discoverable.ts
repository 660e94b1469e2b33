import * as v from 'valibot';

/** Of which Services vmagent finds targets in a namespace, by a role of its discovery: `namespace/name`. */
export type Discoverable = (role: string, namespace: string) => readonly string[];

const metadataSchema = v.object({
  name: v.string(),
  namespace: v.string(),
  labels: v.optional(v.record(v.string(), v.string()), {}),
});
const someSchema = v.nullish(v.array(v.unknown()));

const servicesSchema = v.object({
  items: v.array(v.object({ metadata: metadataSchema, spec: v.object({ ports: someSchema }) })),
});
const endpointsSchema = v.object({
  items: v.array(
    v.object({
      metadata: metadataSchema,
      subsets: v.nullish(
        v.array(
          v.object({ ports: someSchema, addresses: someSchema, notReadyAddresses: someSchema }),
        ),
      ),
    }),
  ),
});
const slicesSchema = v.object({
  items: v.array(v.object({ metadata: metadataSchema, ports: someSchema, endpoints: someSchema })),
});

const serviceOfSlice = 'kubernetes.io/service-name';

/**
 * Reads Services, Endpoints and EndpointSlices, and says which Services have a port to be found: a Service itself for
 * the role `service`, else a port of its endpoints.
 *
 * @param read gives the decoded list at a path of the API server
 */
export async function discoverable(
  read: (path: string) => Promise<unknown>,
): Promise<Discoverable> {
  const services = v.parse(servicesSchema, await read('/api/v1/services'));
  const endpoints = v.parse(endpointsSchema, await read('/api/v1/endpoints'));
  const slices = v.parse(slicesSchema, await read('/apis/discovery.k8s.io/v1/endpointslices'));
  const some = (list: readonly unknown[] | null | undefined) => (list ?? []).length > 0;
  const found = {
    service: services.items
      .filter(({ spec }) => some(spec.ports))
      .map(({ metadata: { namespace, name } }) => ({ namespace, name })),
    endpoints: endpoints.items
      .filter(({ subsets }) =>
        (subsets ?? []).some(
          ({ ports, addresses, notReadyAddresses }) =>
            some(ports) && (some(addresses) || some(notReadyAddresses)),
        ),
      )
      .map(({ metadata: { namespace, name } }) => ({ namespace, name })),
    slices: slices.items
      .filter(({ ports, endpoints: parts }) => some(ports) && some(parts))
      .map(({ metadata: { namespace, labels } }) => ({
        namespace,
        name: labels[serviceOfSlice] ?? '',
      })),
  };
  const byNamespace = {
    service: inNamespaces(found.service),
    endpoints: inNamespaces(found.endpoints),
    slices: inNamespaces(found.slices),
  };
  return (role, namespace) => {
    const kind = role === 'service' || role === 'endpoints' ? role : 'slices';
    return byNamespace[kind].get(namespace) ?? [];
  };
}

function inNamespaces(
  found: readonly { readonly namespace: string; readonly name: string }[],
): ReadonlyMap<string, readonly string[]> {
  const groups = Map.groupBy(found, ({ namespace }) => namespace);
  return new Map(
    [...groups].map(([namespace, some]) => [
      namespace,
      [...new Set(some.map(({ name }) => `${namespace}/${name}`))],
    ]),
  );
}
