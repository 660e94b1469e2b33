import { createPrivateKey, X509Certificate } from 'node:crypto';
import { issuedAt, type Names } from './issue.ts';

/** Certificates and keys that renew themselves, as texts (PEM), right or wrong; what is missing is empty. */
export interface Material {
  /** What is served. */
  readonly certificate: string;
  readonly key: string;
  /** All CAs that are trusted: first the one that signs, then former ones, whose certificates may still be served. */
  readonly authorities: string;
  /** The key of the first of them. */
  readonly authorityKey: string;
}

/** How long what is made anew is valid, in milliseconds. */
export interface Lifetimes {
  readonly certificate: number;
  readonly authority: number;
}

/** What is to be made anew. With a CA comes a certificate that it signs. */
export interface Work {
  readonly make: 'authority' | 'certificate' | 'bundle';
  /** An end of "made a new certificate: …". */
  readonly because: string;
  /** Time brought it, and nobody's doing. */
  readonly planned: boolean;
}

/** What is to be said of {@link Material} at one moment. */
export interface JudgedMaterial {
  /** Those that can be read, first the one that signs. */
  readonly authorities: readonly X509Certificate[];
  /** Which of them signed the certificate; undefined where the certificate can't be served. */
  readonly issuer: X509Certificate | undefined;
  /** Undefined where all is right. */
  readonly work: Work | undefined;
}

/** Renewed when this share of the time is left, as cert-manager does it (https://cert-manager.io/docs/usage/certificate/#renewal). */
const renewedAt = 1 / 3;

/** Former CAs that are kept: who makes more in the time of one certificate does it by hand. */
const mostFormer = 4;

/** Judges certificates at one moment. What is not right is for {@link remake} to make anew. */
export function judge(
  material: Material,
  names: Names,
  lifetimes: Lifetimes,
  now: Date,
): JudgedMaterial {
  const authorities = certificatesIn(material.authorities);
  const leaf = readLeaf(material, now);
  const issuer =
    'because' in leaf
      ? undefined
      : authorities.find(
          (ca) => leaf.checkIssued(ca) && leaf.verify(ca.publicKey) && ca.validToDate > now,
        );
  const [signing] = authorities;
  const work =
    authorityWork(signing, material.authorityKey, now) ??
    certificateWork(leaf, issuer, signing, names, now) ??
    bundleWork(authorities, lifetimes, now);
  return { authorities, issuer, work };
}

function authorityWork(
  signing: X509Certificate | undefined,
  key: string,
  now: Date,
): Work | undefined {
  const repair = (because: string): Work => ({ make: 'authority', because, planned: false });
  if (signing === undefined) return repair('there was no CA that can be read');
  if (!signing.ca) return repair('the first certificate of the CAs was none of a CA');
  if (!isKeyOf(key, signing)) return repair('the key of the CA was missing, or not its own');
  return timeWork('authority', 'the CA', signing, now);
}

function certificateWork(
  leaf: X509Certificate | { readonly because: string },
  issuer: X509Certificate | undefined,
  signing: X509Certificate | undefined,
  { dns, ips }: Names,
  now: Date,
): Work | undefined {
  const repair = (because: string): Work => ({ make: 'certificate', because, planned: false });
  if ('because' in leaf) return repair(leaf.because);
  if (issuer === undefined || issuer !== signing) {
    return repair('the certificate was not signed by the CA');
  }
  const missing = [
    ...dns.filter((name) => leaf.checkHost(name) === undefined),
    ...ips.filter((address) => leaf.checkIP(address) === undefined),
  ];
  if (missing.length > 0) return repair(`the certificate was not for ${missing.join(', ')}`);
  return timeWork('certificate', 'the certificate', leaf, now);
}

function bundleWork(
  [signing, ...former]: readonly X509Certificate[],
  lifetimes: Lifetimes,
  now: Date,
): Work | undefined {
  if (signing === undefined) return undefined;
  if (stillTrusted(signing, former, lifetimes, now).length === former.length) return undefined;
  return {
    make: 'bundle',
    because: 'nothing that a former CA signed is valid any more',
    planned: true,
  };
}

function timeWork(
  make: 'authority' | 'certificate',
  what: string,
  certificate: X509Certificate,
  now: Date,
): Work | undefined {
  const { validFromDate, validToDate } = certificate;
  const until = validToDate.toISOString();
  if (validToDate <= now) return { make, because: `${what} expired at ${until}`, planned: false };
  if (validFromDate > now) {
    const from = validFromDate.toISOString();
    return { make, because: `${what} was valid only from ${from} on`, planned: false };
  }
  if (renewalOf(certificate) > now) return undefined;
  return { make, because: `${what} expires at ${until}`, planned: true };
}

/** When a certificate is to be renewed: after two thirds of its time. */
export function renewalOf(certificate: X509Certificate): Date {
  const to = certificate.validToDate.getTime();
  return new Date(to - (to - issuedAt(certificate).getTime()) * renewedAt);
}

/**
 * Those former CAs that stay trusted beside the one that signs. Whatever they signed was signed before it was made,
 * and lives no longer than a certificate does: after that time no replica, cut off as it may be, can serve it.
 */
export function stillTrusted(
  signing: X509Certificate,
  former: readonly X509Certificate[],
  lifetimes: Lifetimes,
  now: Date,
): X509Certificate[] {
  if (now.getTime() >= issuedAt(signing).getTime() + lifetimes.certificate) return [];
  return distinct([signing, ...former])
    .slice(1)
    .filter(({ validToDate }) => validToDate > now)
    .slice(0, mostFormer);
}

/** Each certificate once, in their order. */
export function distinct(certificates: readonly X509Certificate[]): X509Certificate[] {
  return [...new Map(certificates.map((one) => [one.fingerprint256, one])).values()];
}

/** The certificates of a text (PEM) that can be read, each once. */
export function certificatesIn(text: string): X509Certificate[] {
  const found = text.match(blocks) ?? [];
  const read = found.slice(0, mostRead).flatMap((pem) => {
    try {
      return [new X509Certificate(pem)];
    } catch {
      return [];
    }
  });
  return distinct(read);
}

const blocks = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Of one text: a Secret may hold 1 MiB. */
const mostRead = 64;

/** Certificates as one text (PEM). */
export function bundleOf(certificates: readonly X509Certificate[]): string {
  return certificates.map((one) => one.toString()).join('');
}

function readLeaf(
  { certificate, key }: Material,
  now: Date,
): X509Certificate | { readonly because: string } {
  if (certificate === '' || key === '') {
    return { because: `there was no ${certificate === '' ? 'certificate' : 'key'}` };
  }
  let leaf: X509Certificate;
  try {
    leaf = new X509Certificate(certificate);
  } catch {
    return { because: 'the certificate could not be read' };
  }
  if (!isKeyOf(key, leaf)) return { because: 'the key was not that of the certificate' };
  const { validFromDate, validToDate } = leaf;
  if (validToDate <= now)
    return { because: `the certificate expired at ${validToDate.toISOString()}` };
  if (validFromDate > now) {
    return { because: `the certificate was valid only from ${validFromDate.toISOString()} on` };
  }
  return leaf;
}

/** Whether a key (PEM) is a certificate's, and of the kind that we make: P-256. */
function isKeyOf(pem: string, certificate: X509Certificate): boolean {
  try {
    const key = createPrivateKey(pem);
    return (
      key.asymmetricKeyDetails?.namedCurve === 'prime256v1' && certificate.checkPrivateKey(key)
    );
  } catch {
    return false;
  }
}
