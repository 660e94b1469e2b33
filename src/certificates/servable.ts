import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { reasonOf } from '../ground/reason.ts';

/** A certificate with its key, as PEM. */
export interface CertificatePair {
  /** The serving certificate, and those between it and its CA. */
  readonly certificate: string;
  readonly key: string;
}

/** A pair that can be served, with what is told of it. */
export interface ServableCertificate {
  readonly pair: CertificatePair;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 of the certificate, to tell one from the next. */
  readonly fingerprint: string;
  /** The names that it is for, as the certificate has them. */
  readonly names: string;
}

/**
 * Checks that a pair can be served now: both can be read, the key is the certificate's, and it is valid at `now`.
 * The check of the key is ours to make: OpenSSL takes a pair of different types (an RSA key with an EC certificate),
 * and then every handshake fails.
 *
 * @returns the certificate, or the reason why it can't be served
 */
export function servable(
  pair: CertificatePair,
  now: Date,
): ServableCertificate | { readonly because: string } {
  try {
    const leaf = new X509Certificate(pair.certificate);
    const key = createPrivateKey(pair.key);
    if (!leaf.checkPrivateKey(key)) return { because: 'the key is not that of the certificate' };
    createSecureContext({ cert: pair.certificate, key: pair.key });
    const { validFromDate: notBefore, validToDate: notAfter } = leaf;
    if (notAfter <= now) return { because: `it expired at ${notAfter.toISOString()}` };
    if (notBefore > now) return { because: `it is valid only from ${notBefore.toISOString()} on` };
    const names = (leaf.subjectAltName ?? '').slice(0, 1_024);
    return { pair, notBefore, notAfter, fingerprint: leaf.fingerprint256, names };
  } catch (error) {
    return {
      because: `it can't be read: ${reasonOf(error)}`,
    };
  }
}
