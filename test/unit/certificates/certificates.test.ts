import { webcrypto, X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  issue,
  keepCertificates,
  makeAuthority,
  serviceNames,
} from '../../../src/certificates/index.ts';

const now = new Date('2026-06-01T12:00:00.500Z');
const names = { dns: serviceNames('autoscrape', 'ns'), ips: ['127.0.0.1', '::1'] };

describe('an issued certificate', () => {
  test('is for the names, for a server, for as long as asked, and signed by its authority', async () => {
    const authority = await makeAuthority('a CA', { now, days: 30 }, webcrypto);
    const issued = await issue(authority, names, { now, days: 10 }, webcrypto);
    const ca = new X509Certificate(authority.certificate);
    const leaf = new X509Certificate(issued.certificate);
    expect({
      names: leaf.subjectAltName,
      from: leaf.validFromDate.toISOString(),
      to: leaf.validToDate.toISOString(),
      signed: leaf.checkIssued(ca) && leaf.verify(ca.publicKey),
      authorities: [ca.ca, leaf.ca],
      usage: leaf.keyUsage,
      subjects: [ca.subject, leaf.subject],
      key: leaf.publicKey.asymmetricKeyDetails,
    }).toEqual({
      names:
        'DNS:autoscrape.ns.svc, DNS:autoscrape.ns.svc.cluster.local, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
      from: '2026-06-01T11:55:00.000Z',
      to: '2026-06-11T12:00:00.000Z',
      signed: true,
      authorities: [true, false],
      usage: ['1.3.6.1.5.5.7.3.1'],
      subjects: ['CN=a CA', 'CN=autoscrape.ns.svc'],
      key: { namedCurve: 'prime256v1' },
    });
  });

  test('never has the serial number or the key of another', async () => {
    const authority = await makeAuthority('a CA', { now, days: 1 }, webcrypto);
    const all = await Promise.all(
      [1, 2, 3].map(() => issue(authority, names, { now, days: 1 }, webcrypto)),
    );
    const serials = all.map(({ certificate }) => new X509Certificate(certificate).serialNumber);
    expect([new Set(serials).size, new Set(all.map(({ key }) => key)).size]).toEqual([3, 3]);
  });
});

describe('certificates in a folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'autoscrape-')), 'certs');
  });
  afterEach(() => rm(join(folder, '..'), { recursive: true }));

  const keep = (at = now, more: Partial<typeof names> = {}) =>
    keepCertificates(folder, { ...names, ...more }, { now: at, days: 90 }, webcrypto);
  const later = (days: number) => new Date(now.getTime() + days * 86_400_000);
  const contents = async () =>
    Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')));

  test('are made with a key that only its owner reads, and nothing else', async () => {
    const kept = await keep();
    expect([kept.made, kept.notAfter.toISOString(), (await readdir(folder)).sort()]).toEqual([
      'there were none that can be read',
      '2026-08-30T12:00:00.000Z',
      ['ca.crt', 'tls.crt', 'tls.key'],
    ]);
    expect((await stat(kept.files.key)).mode & 0o777).toBe(0o600);
    expect(await readFile(kept.files.ca, 'utf8')).not.toContain('PRIVATE');
  });

  test('stay as they are while they are right', async () => {
    await keep();
    const before = await contents();
    const kept = await keep(later(59), { ips: ['127.0.0.1'] });
    expect([kept.made, await contents()]).toEqual([undefined, before]);
  });

  test.each([
    [
      'two thirds of their time are over',
      () => keep(later(61)),
      'they expire at 2026-08-30T12:00:00.000Z',
    ],
    [
      'they are not for a name or address that is asked for',
      () => keep(now, { dns: [...names.dns, 'localhost'], ips: ['198.51.100.1'] }),
      'they were not for localhost, 198.51.100.1',
    ],
    [
      'the key is that of another',
      async () => {
        const other = await issue(
          await makeAuthority('x', { now, days: 1 }, webcrypto),
          names,
          { now, days: 1 },
          webcrypto,
        );
        await writeFile(join(folder, 'tls.key'), other.key);
        return keep();
      },
      'the key was not that of the certificate',
    ],
    [
      'the CA is another',
      async () => {
        const other = await makeAuthority('autoscrape CA', { now, days: 90 }, webcrypto);
        await writeFile(join(folder, 'ca.crt'), other.certificate);
        return keep();
      },
      'the certificate was not signed by the CA',
    ],
    [
      'one is missing',
      async () => {
        await rm(join(folder, 'ca.crt'));
        return keep();
      },
      'there were none that can be read',
    ],
    [
      'one can not be read',
      async () => {
        await writeFile(join(folder, 'tls.crt'), 'x');
        return keep();
      },
      'there were none that can be read',
    ],
  ])('are made anew when %s', async (_name, change, because) => {
    await keep();
    const before = await contents();
    const kept = await change();
    const after = await contents();
    expect([kept.made, after.filter((file) => before.includes(file))]).toEqual([because, []]);
  });
});
