import type { X509Certificate } from 'node:crypto';
import * as v from 'valibot';
import {
  type ApiError,
  type ApiResult,
  type CallOptions,
  type Client,
  failure,
  isGone,
  type Resource,
  resources,
} from '../cluster/api/index.ts';
import { certificatesIn, distinct } from './material.ts';

/** One registration of webhooks, as far as it is about whom the API server trusts. */
export interface Registered {
  readonly kind: RegistrationKind;
  readonly resource: Resource;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly webhooks: readonly { readonly name: string; readonly caBundle: string }[];
}

type RegistrationKind = 'MutatingWebhookConfiguration' | 'ValidatingWebhookConfiguration';

const kinds: readonly (readonly [RegistrationKind, Resource])[] = [
  ['MutatingWebhookConfiguration', resources.mutatingRegistrations],
  ['ValidatingWebhookConfiguration', resources.validatingRegistrations],
];

const registeredSchema = v.object({
  kind: v.string(),
  metadata: v.object({ uid: v.string(), resourceVersion: v.string() }),
  webhooks: v.nullish(
    v.array(
      v.object({
        name: v.string(),
        clientConfig: v.object({ caBundle: v.optional(v.string(), '') }),
      }),
    ),
    [],
  ),
});

/** Reads the registrations of a name, the mutating and the validating one; none where there is none. */
export async function readRegistrations(
  client: Client,
  name: string,
  limits: CallOptions,
): Promise<ApiResult<readonly Registered[]>> {
  const answers = await Promise.all(
    kinds.map(async ([kind, resource]) => {
      const answer = await client.get(resource, '', name, limits);
      return { kind, resource, answer };
    }),
  );
  const found: Registered[] = [];
  for (const { kind, resource, answer } of answers) {
    if (!answer.ok) {
      if (isGone(answer.error, name)) continue;
      return answer;
    }
    const read = v.safeParse(registeredSchema, answer.value);
    // Where there is no registration nobody has to trust us: what can't be read is not that.
    if (!read.success || read.output.kind !== kind) {
      return { ok: false, error: failure('unreadable', `the answer is no ${kind}`) };
    }
    const { metadata, webhooks } = read.output;
    const entries = (webhooks ?? []).map((one) => ({
      name: one.name,
      caBundle: Buffer.from(one.clientConfig.caBundle, 'base64').toString('utf8'),
    }));
    found.push({ kind, resource, name, ...metadata, webhooks: entries });
  }
  return { ok: true, value: found };
}

/** The CAs that any webhook of them trusts. */
export function trustedBy(registered: readonly Registered[]): X509Certificate[] {
  return distinct(
    registered.flatMap(({ webhooks }) =>
      webhooks.flatMap(({ caBundle }) => certificatesIn(caBundle)),
    ),
  );
}

/** The webhooks among them, by name, that do not trust a CA; where there are no registrations, nobody calls. */
export function distrusting(
  registered: readonly Registered[],
  { fingerprint256 }: X509Certificate,
): string[] {
  return registered.flatMap(({ webhooks }) =>
    webhooks
      .filter(
        ({ caBundle }) =>
          !certificatesIn(caBundle).some((one) => one.fingerprint256 === fingerprint256),
      )
      .map(({ name }) => name),
  );
}

/**
 * Puts a `caBundle` into every webhook of a registration that has another one, by server-side apply of this one field.
 * The registration must be the one that was read, in the state in which it was read: one that is gone is not made
 * again, and no webhook that is gone either.
 *
 * @param bundle PEM
 * @returns whether anything had to be written
 */
export async function putBundle(
  client: Client,
  { kind, resource, name, uid, resourceVersion, webhooks }: Registered,
  bundle: string,
  limits: CallOptions,
): Promise<{ readonly written: boolean; readonly error: ApiError | undefined }> {
  if (webhooks.every(({ caBundle }) => caBundle === bundle))
    return { written: false, error: undefined };
  const caBundle = Buffer.from(bundle).toString('base64');
  const manifest = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name, uid, resourceVersion },
    webhooks: webhooks.map((one) => ({ name: one.name, clientConfig: { caBundle } })),
  };
  const answer = await client.apply(resource, '', name, manifest, true, limits);
  return { written: answer.ok, error: answer.ok ? undefined : answer.error };
}
