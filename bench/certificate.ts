// @peculiar/x509 asks for it.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

/** A certificate for 127.0.0.1 that every program serves. */
export interface Certificate {
  /** Folder with `tls.crt` and `tls.key`. */
  readonly directory: string;
  /** PEM that it is checked with: it is its own authority. */
  readonly ca: string;
}

/** Makes a certificate of the kind that cert-manager would be asked for (ECDSA, P-256) in a new folder. */
export async function makeCertificate(directory: string): Promise<Certificate> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  x509.cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=benchmark',
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.SubjectAlternativeNameExtension([
        { type: 'ip', value: '127.0.0.1' },
        { type: 'dns', value: 'localhost' },
      ]),
    ],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const ca = certificate.toString('pem');
  await mkdir(directory, { recursive: true });
  await Promise.all([
    writeFile(join(directory, 'tls.crt'), ca),
    writeFile(join(directory, 'tls.key'), x509.PemConverter.encode(key, 'PRIVATE KEY'), {
      mode: 0o600,
    }),
  ]);
  return { directory, ca };
}
