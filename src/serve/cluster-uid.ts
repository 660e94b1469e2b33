import * as v from 'valibot';
import { type Client, resources } from '../cluster/api/index.ts';
import { type Clock, pause } from '../ground/clock.ts';

/** How long the first export of metrics may wait for the uid, in milliseconds. */
const atMost = 10_000;

const namespaceSchema = v.object({ metadata: v.object({ uid: v.string() }) });

/** Milliseconds until a failed attempt is repeated. */
const pauseBetween = 1_000;

/**
 * The uid of the namespace `kube-system`, which stands for the cluster's own
 * (https://opentelemetry.io/docs/specs/semconv/registry/attributes/k8s/, `k8s.cluster.uid`). Tried for ten seconds; undefined
 * where it was not found by then.
 */
export async function readClusterUid(
  client: Pick<Client, 'get'>,
  clock: Clock,
): Promise<string | undefined> {
  for (const end = clock.now() + atMost; ; await pause(clock, pauseBetween)) {
    const uid = await readOnce(client);
    if (uid !== undefined || clock.now() >= end) return uid;
  }
}

async function readOnce(client: Pick<Client, 'get'>): Promise<string | undefined> {
  const answer = await client.get(resources.namespaces, '', 'kube-system', { metadataOnly: true });
  if (!answer.ok) return undefined;
  const read = v.safeParse(namespaceSchema, answer.value);
  return read.success ? read.output.metadata.uid : undefined;
}

/** A cluster's uid that somebody waits for, and others find out. */
export interface ExpectedUid {
  /** Undefined where it was not found in time. */
  readonly uid: Promise<string | undefined>;
  readonly found: (uid: string | undefined) => void;
}

/** Expects a uid for ten seconds. */
export function expectUid(clock: Clock): ExpectedUid {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  void pause(clock, atMost).then(() => resolve(undefined));
  return { uid: promise, found: resolve };
}
