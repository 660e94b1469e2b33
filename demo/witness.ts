import * as v from 'valibot';
import { type AuditEvent, auditEvents, type Connection } from '../test/support/control-plane.ts';
import type { AnyObject } from '../test/support/objects.ts';
import { waitFor } from './wait.ts';

/** One operation of a JSON patch (RFC 6902). autoscrape only ever adds. */
const operationSchema = v.object({
  op: v.literal('add'),
  path: v.string(),
  value: v.unknown(),
});

/** What the API server's audit log says of one write: which webhooks it called, and what they changed. */
export type Write = {
  /** The names of the mutating webhooks that it called. */
  readonly called: readonly string[];
  readonly patch: readonly v.InferOutput<typeof operationSchema>[];
};

/** The write that stored this object, by the API server's own word. It writes its audit log just after it answered. */
export async function writeOf(
  plane: Pick<Connection, 'auditLog'>,
  { kind, metadata }: AnyObject,
  namespace: string,
): Promise<Write> {
  const event = await waitFor(`${kind} ${metadata.name} in the audit log`, async () =>
    (await auditEvents(plane, namespace)).findLast(
      ({ objectRef, verb }) =>
        verb === 'patch' &&
        objectRef?.name === metadata.name &&
        objectRef.resource === `${kind.toLowerCase()}s`,
    ),
  );
  return writeIn(event);
}

/** The annotations that admission leaves in an event (https://kubernetes.io/docs/reference/labels-annotations-taints/audit-annotations/). */
function writeIn({ annotations = {} }: AuditEvent): Write {
  const of = (prefix: string): unknown[] =>
    Object.entries(annotations)
      .filter(([key]) => key.startsWith(`${prefix}.webhook.admission.k8s.io/`))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, value]) => JSON.parse(value));
  const called = of('mutation').map((value) => v.parse(callSchema, value).webhook);
  const patch = of('patch').flatMap((value) => v.parse(patchSchema, value).patch);
  return { called, patch };
}

const callSchema = v.looseObject({ webhook: v.string() });
const patchSchema = v.looseObject({ patch: v.array(operationSchema) });
