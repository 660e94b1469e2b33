import { createPrivateKey, type webcrypto, X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issue, makeAuthority, type Names, type Validity } from './issue.ts';

/** Certificates in a folder: `ca.crt`, `tls.crt` and `tls.key`, all PEM. */
export interface Kept {
  readonly files: { readonly ca: string; readonly certificate: string; readonly key: string };
  readonly notAfter: Date;
  /** What was done: kept as they were, or made, for the reason given. */
  readonly made: string | undefined;
}

/** Renewed when this share of their time is left, as cert-manager does it. */
const renewedAt = 1 / 3;

/**
 * Makes sure that a folder holds a serving certificate for `names` and the CA that signed it. What is there stays
 * while it is right, for all of the names, and has a third of its time left. Else both are made anew: the key of the
 * CA is kept nowhere.
 *
 * @param crypto where keys and serial numbers come from
 * @throws where the folder can't be written
 */
export async function keepCertificates(
  folder: string,
  names: Names,
  validity: Validity,
  crypto: webcrypto.Crypto,
): Promise<Kept> {
  const files = {
    ca: join(folder, 'ca.crt'),
    certificate: join(folder, 'tls.crt'),
    key: join(folder, 'tls.key'),
  };
  const present = await examined(files, names, validity.now);
  if ('notAfter' in present) return { files, notAfter: present.notAfter, made: undefined };

  const authority = await makeAuthority('autoscrape CA', validity, crypto);
  const issued = await issue(authority, names, validity, crypto);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await replace(files.ca, authority.certificate, 0o644);
  await replace(files.key, issued.key, 0o600);
  await replace(files.certificate, issued.certificate, 0o644);
  const notAfter = new X509Certificate(issued.certificate).validToDate;
  return { files, notAfter, made: present.because };
}

type ExaminedPair = { readonly notAfter: Date } | { readonly because: string };

async function examined(files: Kept['files'], names: Names, now: Date): Promise<ExaminedPair> {
  let ca: X509Certificate;
  let leaf: X509Certificate;
  try {
    ca = new X509Certificate(await readFile(files.ca));
    leaf = new X509Certificate(await readFile(files.certificate));
    const key = createPrivateKey(await readFile(files.key));
    if (!leaf.checkPrivateKey(key)) return { because: 'the key was not that of the certificate' };
  } catch {
    return { because: 'there were none that can be read' };
  }
  if (!leaf.checkIssued(ca) || !leaf.verify(ca.publicKey)) {
    return { because: 'the certificate was not signed by the CA' };
  }
  const missing = [
    ...names.dns.filter((name) => leaf.checkHost(name) === undefined),
    ...names.ips.filter((address) => leaf.checkIP(address) === undefined),
  ];
  if (missing.length > 0) return { because: `they were not for ${missing.join(', ')}` };
  const notAfter = new Date(Math.min(leaf.validToDate.getTime(), ca.validToDate.getTime()));
  const whole = notAfter.getTime() - leaf.validFromDate.getTime();
  const left = notAfter.getTime() - now.getTime();
  if (left < whole * renewedAt) return { because: `they expire at ${notAfter.toISOString()}` };
  return { notAfter };
}

/** Writes a file as a whole: who reads it meanwhile gets the old one or the new one. */
async function replace(file: string, text: string, mode: number): Promise<void> {
  const beside = `${file}.new`;
  await writeFile(beside, text, { mode });
  await rename(beside, file);
}
