import jsonpatch from 'fast-json-patch';
import * as v from 'valibot';
import { type AuditEvent, auditEvents, type Connection } from './control-plane.ts';
import { until } from './processes.ts';

const patchSchema = v.object({
  webhook: v.string(),
  patch: v.array(v.strictObject({ op: v.literal('add'), path: v.string(), value: v.unknown() })),
});

/** One round of a webhook that patched, as the audit log says. It reads additions alone: anything else is an error. */
export type AuditedPatch = v.InferOutput<typeof patchSchema>;

const objectSchema = v.looseObject({
  kind: v.string(),
  metadata: v.looseObject({ name: v.string() }),
});
const createdSchema = v.looseObject({
  responseStatus: v.looseObject({ code: v.literal(201) }),
  objectRef: v.looseObject({ resource: v.string() }),
  responseObject: objectSchema,
});

/** `Kind name`. */
export function keyOf(object: unknown): string {
  const { kind, metadata } = v.parse(objectSchema, object);
  return `${kind} ${metadata.name}`;
}

/**
 * What webhooks patched in each object that was created in a namespace, by {@link keyOf}, from the audit log: the API
 * server's own account of it (https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#mutating-webhook-auditing-annotations).
 *
 * @param keys of the objects to wait for: the server writes its log just after it answered
 */
export async function patchesOnCreation(
  plane: Pick<Connection, 'auditLog'>,
  namespace: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, readonly AuditedPatch[]>> {
  const found = new Map<string, readonly AuditedPatch[]>();
  await until(async () => {
    for (const event of await auditEvents(plane, namespace)) {
      const created = v.safeParse(createdSchema, event);
      if (created.success) found.set(keyOf(created.output.responseObject), patchesOf(event));
    }
    return keys.every((key) => found.has(key));
  });
  return found;
}

function patchesOf({ annotations = {} }: AuditEvent): AuditedPatch[] {
  return Object.keys(annotations)
    .filter((key) => key.startsWith('patch.webhook.admission.k8s.io/'))
    .sort()
    .map((key) => v.parse(patchSchema, JSON.parse(annotations[key] ?? '')));
}

/** An object with patches applied to it; the object itself stays as it is. */
export function patched(object: object, patches: readonly AuditedPatch[]): object {
  return patches.reduce(
    (before, { patch }) => jsonpatch.applyPatch(before, patch, true, false).newDocument,
    object,
  );
}

const given = ['uid', 'resourceVersion', 'creationTimestamp', 'managedFields', 'namespace'];
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const addresses = ['clusterIP', 'clusterIPs', 'healthCheckNodePort'];

const storedSchema = v.looseObject({
  metadata: v.looseObject({ annotations: v.optional(v.record(v.string(), v.unknown())) }),
  spec: v.optional(
    v.looseObject({
      clusterIP: v.optional(v.string()),
      ports: v.optional(v.array(v.record(v.string(), v.unknown()))),
    }),
  ),
});

/** A stored object without what differs between two that were created from one file in two namespaces. */
export function comparable(object: unknown): object {
  const { metadata, spec, ...rest } = v.parse(storedSchema, object);
  const { annotations, ...meta } = without(metadata, given);
  const kept = without(Object(annotations ?? {}), [lastApplied]);
  return {
    ...rest,
    metadata: { ...meta, ...(Object.keys(kept).length === 0 ? {} : { annotations: kept }) },
    ...(spec === undefined ? {} : { spec: comparableSpec(spec) }),
  };
}

/** Without addresses and node ports, which the API server draws. */
function comparableSpec(spec: NonNullable<v.InferOutput<typeof storedSchema>['spec']>): object {
  const { ports, ...drawn } = without(spec, spec.clusterIP === 'None' ? [] : addresses);
  if (ports === undefined || !Array.isArray(ports)) return drawn;
  return { ...drawn, ports: ports.map((port) => without(port, ['nodePort'])) };
}

function without(object: object, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}
