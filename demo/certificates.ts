import { webcrypto } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issue, makeAuthority } from '../src/certificates/index.ts';

/** A folder with `tls.crt` and `tls.key`, and the PEM that the certificate is checked with. */
export type Certificates = { readonly folder: string; readonly ca: string };

/** Makes an authority and a certificate for 127.0.0.1, valid for a day, as `autoscrape certs` does. */
export async function writeCertificates(parent: string): Promise<Certificates> {
  const folder = join(parent, 'webhook-tls');
  const validity = { now: new Date(), days: 1 };
  const authority = await makeAuthority('autoscrape demo', validity, webcrypto);
  const names = { dns: [], ips: ['127.0.0.1'] };
  const { certificate, key } = await issue(authority, names, validity, webcrypto);
  await mkdir(folder, { mode: 0o700 });
  await Promise.all([
    writeFile(join(folder, 'tls.crt'), certificate),
    writeFile(join(folder, 'tls.key'), key, { mode: 0o600 }),
  ]);
  return { folder, ca: authority.certificate };
}
