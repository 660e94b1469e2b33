import { webcrypto } from 'node:crypto';
import { issue, makeAuthority } from '../../src/certificates/index.ts';

/** A certificate, its key, and the authority that it is checked with, in PEM. */
export interface LocalCertificate {
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
}

/** Makes one of 127.0.0.1, or of other names, valid for a day, as `autoscrape certs` does. */
export async function localCertificate(
  names: Parameters<typeof issue>[1] = { dns: [], ips: ['127.0.0.1'] },
): Promise<LocalCertificate> {
  const validity = { now: new Date(), days: 1 };
  const authority = await makeAuthority('autoscrape test', validity, webcrypto);
  const issued = await issue(authority, names, validity, webcrypto);
  return { ...issued, ca: authority.certificate };
}
