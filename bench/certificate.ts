import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { localCertificate } from '../test/support/certificate.ts';

/** A certificate for 127.0.0.1 that every program serves. */
export interface Certificate {
  /** Folder with `tls.crt` and `tls.key`. */
  readonly directory: string;
  /** PEM that it is checked with. */
  readonly ca: string;
}

/** Makes a certificate of the kind that `autoscrape certs` makes (ECDSA, P-256) in a new folder. */
export async function makeCertificate(directory: string): Promise<Certificate> {
  const { certificate, key, ca } = await localCertificate();
  await mkdir(directory, { recursive: true });
  await Promise.all([
    writeFile(join(directory, 'tls.crt'), certificate),
    writeFile(join(directory, 'tls.key'), key, { mode: 0o600 }),
  ]);
  return { directory, ca };
}
