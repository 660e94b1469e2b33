import { createPrivateKey, type webcrypto, X509Certificate } from 'node:crypto';
import { issue, makeAuthority, type Names } from './issue.ts';
import {
  bundleOf,
  certificatesIn,
  type Lifetimes,
  type Material,
  stillTrusted,
  type Work,
} from './material.ts';

export interface RemakeOptions {
  readonly names: Names;
  readonly lifetimes: Lifetimes;
  readonly now: Date;
  /** Where keys and serial numbers come from. */
  readonly crypto: webcrypto.Crypto;
}

const day = 24 * 3_600_000;

/**
 * Makes anew what {@link Work} asks for, and leaves the rest as it is. The key of a CA is gone with the CA that comes
 * after it: nothing can be signed with it any more.
 *
 * @param alsoTrusted CAs that somebody trusts already: where a CA is made, they stay trusted for the time of a
 *   certificate, as those of `material` do
 */
export async function remake(
  material: Material,
  { make }: Work,
  alsoTrusted: readonly X509Certificate[],
  { names, lifetimes, now, crypto }: RemakeOptions,
): Promise<Material> {
  const present = certificatesIn(material.authorities);
  if (make === 'bundle') {
    const [signing, ...former] = present;
    return { ...material, authorities: bundled(signing, former, lifetimes, now) };
  }
  const authority =
    make === 'authority'
      ? await makeAuthority('autoscrape CA', { now, days: lifetimes.authority / day }, crypto)
      : { certificate: present[0]?.toString() ?? '', key: pkcs8(material.authorityKey) };
  const signing = new X509Certificate(authority.certificate);
  // Not longer than the CA, with which it would end in any case.
  const left = signing.validToDate.getTime() - now.getTime();
  const days = Math.min(lifetimes.certificate, left) / day;
  const issued = await issue(authority, names, { now, days }, crypto);
  const former = make === 'authority' ? [...present, ...alsoTrusted] : present.slice(1);
  return {
    ...issued,
    authorities: bundled(signing, former, lifetimes, now),
    authorityKey: authority.key,
  };
}

function bundled(
  signing: X509Certificate | undefined,
  former: readonly X509Certificate[],
  lifetimes: Lifetimes,
  now: Date,
): string {
  if (signing === undefined) return '';
  return bundleOf([signing, ...stillTrusted(signing, former, lifetimes, now)]);
}

/** In the one form in which keys are read for signing; somebody's own CA may come in another. */
function pkcs8(pem: string): string {
  return createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem' }).toString();
}
