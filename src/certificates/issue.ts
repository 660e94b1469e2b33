import type { webcrypto, X509Certificate } from 'node:crypto';
import type * as x509 from '@peculiar/x509';

/** Who is believed: a certificate that signs others, with the key that it signs with. */
export interface Authority {
  /** PEM: what a registration's `caBundle` holds, in base64. */
  readonly certificate: string;
  /** PEM (PKCS #8). */
  readonly key: string;
}

/** A serving certificate with its key, both PEM. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

/** From when to when: both ends are in UTC, whole seconds. */
export interface Validity {
  readonly now: Date;
  /** May be a part of a day. */
  readonly days: number;
}

/** What a serving certificate is for. */
export interface Names {
  readonly dns: readonly string[];
  readonly ips: readonly string[];
}

const signing = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** Other machines' clocks may be behind ours. */
const backdated = 5 * 60_000;

const day = 24 * 3_600_000;

/**
 * Makes an authority with a P-256 key, which signs serving certificates and no further authorities.
 *
 * @param crypto where keys and serial numbers come from
 */
export async function makeAuthority(
  name: string,
  validity: Validity,
  crypto: webcrypto.Crypto,
): Promise<Authority> {
  const library = await loaded();
  const keys = await crypto.subtle.generateKey(signing, true, ['sign', 'verify']);
  const certificate = await library.X509CertificateGenerator.createSelfSigned(
    {
      name: commonName(name),
      keys,
      signingAlgorithm: signing,
      ...dates(validity),
      extensions: [
        new library.BasicConstraintsExtension(true, 0, true),
        new library.KeyUsagesExtension(library.KeyUsageFlags.keyCertSign, true),
        await library.SubjectKeyIdentifierExtension.create(keys.publicKey, false, crypto),
      ],
    },
    crypto,
  );
  return { certificate: pem(certificate), key: await keyPem(library, keys.privateKey, crypto) };
}

/**
 * Issues a serving certificate with a P-256 key.
 *
 * @param names DNS names and IP addresses; at least one
 * @param crypto where keys and serial numbers come from
 */
export async function issue(
  authority: Authority,
  names: Names,
  validity: Validity,
  crypto: webcrypto.Crypto,
): Promise<Issued> {
  const library = await loaded();
  const issuer = new library.X509Certificate(authority.certificate);
  const [raw = new ArrayBuffer(0)] = library.PemConverter.decode(authority.key);
  const signingKey = await crypto.subtle.importKey('pkcs8', raw, signing, false, ['sign']);
  const keys = await crypto.subtle.generateKey(signing, true, ['sign', 'verify']);
  const [first = 'autoscrape'] = [...names.dns, ...names.ips];
  const certificate = await library.X509CertificateGenerator.create(
    {
      subject: commonName(first),
      issuer: issuer.subjectName,
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: signing,
      ...dates(validity),
      extensions: [
        new library.BasicConstraintsExtension(false, undefined, true),
        new library.KeyUsagesExtension(library.KeyUsageFlags.digitalSignature, true),
        new library.ExtendedKeyUsageExtension([library.ExtendedKeyUsage.serverAuth]),
        new library.SubjectAlternativeNameExtension([
          ...names.dns.map((value) => ({ type: 'dns', value }) as const),
          ...names.ips.map((value) => ({ type: 'ip', value }) as const),
        ]),
        await library.AuthorityKeyIdentifierExtension.create(issuer, false, crypto),
        await library.SubjectKeyIdentifierExtension.create(keys.publicKey, false, crypto),
      ],
    },
    crypto,
  );
  return { certificate: pem(certificate), key: await keyPem(library, keys.privateKey, crypto) };
}

/** The names by which an API server calls a Service (https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/). */
export function serviceNames(service: string, namespace: string): string[] {
  return [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`];
}

/** When a certificate was made by {@link makeAuthority} or {@link issue}: its validity begins a little earlier. */
export function issuedAt(certificate: X509Certificate): Date {
  return new Date(certificate.validFromDate.getTime() + backdated);
}

/** Loaded when a certificate is made: it costs more than everything else at start. It asks for the polyfill first. */
async function loaded(): Promise<typeof x509> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

/** X.520 allows 64 characters; who checks a certificate reads the alternative names. */
function commonName(name: string): x509.JsonName {
  return [{ CN: [name.slice(0, 64)] }];
}

function dates({ now, days }: Validity) {
  const start = Math.floor(now.getTime() / 1_000) * 1_000;
  return {
    notBefore: new Date(start - backdated),
    notAfter: new Date(start + Math.round(days * day)),
  };
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

async function keyPem(
  library: typeof x509,
  key: webcrypto.CryptoKey,
  crypto: webcrypto.Crypto,
): Promise<string> {
  const raw = await crypto.subtle.exportKey('pkcs8', key);
  return `${library.PemConverter.encode(raw, library.PemConverter.PrivateKeyTag)}\n`;
}
