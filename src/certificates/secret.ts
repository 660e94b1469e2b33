import * as v from 'valibot';
import {
  type ApiResult,
  type CallOptions,
  type Client,
  failure,
  isGone,
  resources,
} from '../cluster/api/index.ts';
import type { Material } from './material.ts';

/** What the Secret holds, at one moment. */
export interface Held {
  /** Which state of the Secret it is; undefined where there is none. */
  readonly resourceVersion: string | undefined;
  readonly material: Material;
}

/** The keys in the Secret: those of `kubernetes.io/tls` and of cert-manager, and the CA's own. */
const keys = {
  certificate: 'tls.crt',
  key: 'tls.key',
  authorities: 'ca.crt',
  authorityKey: 'ca.key',
} as const satisfies Record<keyof Material, string>;

const secretSchema = v.object({
  kind: v.literal('Secret'),
  metadata: v.object({ resourceVersion: v.string() }),
  data: v.optional(v.nullable(v.record(v.string(), v.string()))),
});

type SecretObject = v.InferOutput<typeof secretSchema>;

/** One Secret. */
export interface SecretRef {
  readonly namespace: string;
  readonly name: string;
}

/** Reads the Secret; where there is none, everything in it is empty. */
export async function readSecret(
  client: Client,
  { namespace, name }: SecretRef,
  limits: CallOptions,
): Promise<ApiResult<Held>> {
  const answer = await client.get(resources.secrets, namespace, name, limits);
  if (!answer.ok) {
    return isGone(answer.error, name) ? { ok: true, value: heldIn(undefined) } : answer;
  }
  return held(answer.value);
}

/** Reads an answer. One that is no Secret is not an empty Secret, into which anyone may put a new CA. */
function held(answer: unknown): ApiResult<Held> {
  const read = v.safeParse(secretSchema, answer);
  if (!read.success) return { ok: false, error: failure('unreadable', 'the answer is no Secret') };
  return { ok: true, value: heldIn(read.output) };
}

/**
 * Stores certificates: creates the Secret where there was none, else changes it by server-side apply, if it is still
 * what it was. What others keep in it stays.
 *
 * @param owners of the Secret that is created: it goes with them
 */
export async function writeSecret(
  client: Client,
  { namespace, name }: SecretRef,
  { resourceVersion }: Held,
  material: Material,
  owners: readonly object[],
  limits: CallOptions,
): Promise<ApiResult<Held>> {
  const { secrets } = resources;
  const secret = { apiVersion: 'v1', kind: 'Secret', data: encoded(material) };
  const metadata = { namespace, name };
  const answer =
    resourceVersion === undefined
      ? await client.create(
          secrets,
          namespace,
          { ...secret, metadata: { ...metadata, labels, ownerReferences: owners }, type },
          limits,
        )
      : await client.apply(
          secrets,
          namespace,
          name,
          { ...secret, metadata: { ...metadata, resourceVersion } },
          true,
          limits,
        );
  return answer.ok ? held(answer.value) : answer;
}

/** cert-manager makes Secrets of this type too. */
const type = 'kubernetes.io/tls';
const labels = { 'app.kubernetes.io/name': 'autoscrape' };

/** Whether nobody has put anything there: anyone may be the first. */
export function isVacant({ material }: Held): boolean {
  return Object.values(material).every((text) => text === '');
}

function heldIn(object: SecretObject | undefined): Held {
  const text = (key: string) => {
    const value = object?.data?.[key];
    return value === undefined ? '' : Buffer.from(value, 'base64').toString('utf8');
  };
  return {
    resourceVersion: object?.metadata.resourceVersion,
    material: {
      certificate: text(keys.certificate),
      key: text(keys.key),
      authorities: text(keys.authorities),
      authorityKey: text(keys.authorityKey),
    },
  };
}

function encoded(material: Material): Record<string, string> {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return {
    [keys.certificate]: base64(material.certificate),
    [keys.key]: base64(material.key),
    [keys.authorities]: base64(material.authorities),
    [keys.authorityKey]: base64(material.authorityKey),
  };
}
