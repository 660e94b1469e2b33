import { generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { makeAuthority } from '../../../src/certificates/index.ts';
import {
  certificatesIn,
  judge,
  type Lifetimes,
  type Material,
  renewalOf,
  stillTrusted,
} from '../../../src/certificates/material.ts';
import { remake } from '../../../src/certificates/remake.ts';

const start = new Date('2026-06-01T12:00:00Z');
const day = 86_400_000;
const lifetimes: Lifetimes = { certificate: 90 * day, authority: 360 * day };
const names = { dns: ['autoscrape.ns.svc'], ips: [] };
const nothing: Material = { certificate: '', key: '', authorities: '', authorityKey: '' };
const all = { make: 'authority', because: '', planned: true } as const;

const dayAfter = (days: number) => new Date(start.getTime() + days * day);
const made = (
  material: Material,
  work: Parameters<typeof remake>[1],
  now: Date,
  also: X509Certificate[] = [],
) => remake(material, work, also, { names, lifetimes, now, crypto: webcrypto });
const workOf = (material: Material, now: Date) => judge(material, names, lifetimes, now).work;

/** What was made at {@link start}. */
let first: Material;
let authority: X509Certificate;
beforeAll(async () => {
  first = await made(nothing, all, start);
  authority = new X509Certificate(first.authorities);
});

describe('certificates that were just made', () => {
  test('are right, signed by their CA, and as long valid as asked', () => {
    const { work, issuer, authorities } = judge(first, names, lifetimes, start);
    expect([work, issuer?.fingerprint256, authorities.length]).toEqual([
      undefined,
      authority.fingerprint256,
      1,
    ]);
    const leaf = new X509Certificate(first.certificate);
    expect([leaf.validToDate, authority.validToDate]).toEqual([dayAfter(90), dayAfter(360)]);
  });

  test('are due after two thirds of their time, the certificate and the CA each', async () => {
    expect([renewalOf(new X509Certificate(first.certificate)), renewalOf(authority)]).toEqual([
      dayAfter(60),
      dayAfter(240),
    ]);
    expect(workOf(first, new Date(dayAfter(60).getTime() - 1_000))).toBeUndefined();
    expect(workOf(first, dayAfter(60))).toEqual({
      make: 'certificate',
      because: 'the certificate expires at 2026-08-30T12:00:00.000Z',
      planned: true,
    });
    const later = await made(
      first,
      { make: 'certificate', because: '', planned: true },
      dayAfter(200),
    );
    expect(workOf(later, new Date(dayAfter(240).getTime() - 1_000))).toBeUndefined();
    expect(workOf(later, dayAfter(240))).toEqual({
      make: 'authority',
      because: 'the CA expires at 2027-05-27T12:00:00.000Z',
      planned: true,
    });
  });

  test('are made anew for names that they are not for', () => {
    expect(judge(first, { dns: ['other.ns.svc'], ips: [] }, lifetimes, start).work).toEqual({
      make: 'certificate',
      because: 'the certificate was not for other.ns.svc',
      planned: false,
    });
  });
});

describe('what is wrong', () => {
  const rsa = generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;

  test.each<[string, Partial<Material>, number, string, string]>([
    ['no CA', { authorities: '' }, 0, 'authority', 'there was no CA that can be read'],
    ['a CA that is none', { authorities: 'x' }, 0, 'authority', 'there was no CA that can be read'],
    [
      'no key of the CA',
      { authorityKey: '' },
      0,
      'authority',
      'the key of the CA was missing, or not its own',
    ],
    [
      'an RSA key of the CA',
      { authorityKey: rsa },
      0,
      'authority',
      'the key of the CA was missing, or not its own',
    ],
    ['a CA that expired', {}, 360, 'authority', 'the CA expired at 2027-05-27T12:00:00.000Z'],
    ['no certificate', { certificate: '' }, 0, 'certificate', 'there was no certificate'],
    ['no key', { key: '' }, 0, 'certificate', 'there was no key'],
    [
      'half a certificate',
      { certificate: '-----BEGIN' },
      0,
      'certificate',
      'the certificate could not be read',
    ],
    ['an RSA key', { key: rsa }, 0, 'certificate', 'the key was not that of the certificate'],
    [
      'a certificate that expired',
      {},
      90,
      'certificate',
      'the certificate expired at 2026-08-30T12:00:00.000Z',
    ],
    [
      'a clock that went back',
      {},
      -1,
      'authority',
      'the CA was valid only from 2026-06-01T11:55:00.000Z on',
    ],
  ])('%s is found', (_name, change, days, make, because) => {
    expect(workOf({ ...first, ...change }, dayAfter(days))).toEqual({
      make,
      because,
      planned: false,
    });
  });

  test("the CA's own certificate is not served", () => {
    const wrong = { ...first, certificate: first.authorities, key: first.authorityKey };
    expect(workOf(wrong, start)?.make).toBe('certificate');
  });

  test('a certificate of somebody else is not served, however well it fits its key', async () => {
    const other = await made(nothing, all, start);
    const judged = judge(
      { ...first, certificate: other.certificate, key: other.key },
      names,
      lifetimes,
      start,
    );
    expect([judged.issuer, judged.work]).toEqual([
      undefined,
      { make: 'certificate', because: 'the certificate was not signed by the CA', planned: false },
    ]);
  });

  test.each(['authority', 'certificate'] as const)('is right after making the %s', async (make) => {
    const wrong = make === 'authority' ? { ...first, authorityKey: rsa } : { ...first, key: rsa };
    const right = await made(wrong, { make, because: '', planned: false }, dayAfter(1));
    expect(workOf(right, dayAfter(1))).toBeUndefined();
    expect(certificatesIn(right.authorities).map((one) => one.fingerprint256)).toContain(
      authority.fingerprint256,
    );
  });
});

describe('a change of the CA', () => {
  const fingerprints = (material: Material) =>
    certificatesIn(material.authorities).map((one) => one.fingerprint256);

  test('keeps the former one trusted until nothing that it signed can be valid any more', async () => {
    const second = await made(first, all, dayAfter(240));
    expect(fingerprints(second).slice(1)).toEqual([authority.fingerprint256]);
    expect(second.authorityKey).not.toBe(first.authorityKey);
    const renewed = await made(
      second,
      { make: 'certificate', because: '', planned: true },
      dayAfter(300),
    );
    expect(fingerprints(renewed)).toEqual(fingerprints(second));
    expect(workOf(renewed, new Date(dayAfter(330).getTime() - 1_000))).toBeUndefined();
    const bundle = {
      make: 'bundle',
      because: 'nothing that a former CA signed is valid any more',
      planned: true,
    } as const;
    expect(workOf(renewed, dayAfter(330))).toEqual(bundle);
    const rest = await made(renewed, bundle, dayAfter(330));
    const [signing] = certificatesIn(second.authorities);
    expect(rest).toEqual({ ...renewed, authorities: signing?.toString() });
    expect(workOf(rest, dayAfter(330))).toBeUndefined();
  });

  test('keeps what others trust already, where everything else is lost', async () => {
    const second = await made(nothing, all, dayAfter(1), [authority]);
    expect(fingerprints(second)).toEqual([fingerprints(second)[0], authority.fingerprint256]);
  });

  test('keeps four former ones at most, none twice, and none that expired', async () => {
    const many = await Promise.all(
      [10, 10, 10, 10, 10, 1].map((days) => makeAuthority('ca', { now: start, days }, webcrypto)),
    );
    const [signing, ...others] = many.map(({ certificate }) => new X509Certificate(certificate));
    if (signing === undefined) throw new Error('none');
    const kept = stillTrusted(
      signing,
      [signing, ...others.toReversed(), ...others],
      lifetimes,
      dayAfter(2),
    );
    expect(kept).toEqual(others.slice(0, 4).toReversed());
  });

  test('gives a certificate no more time than its CA has', async () => {
    const late = await made(
      first,
      { make: 'certificate', because: '', planned: true },
      dayAfter(350),
    );
    expect(new X509Certificate(late.certificate).validToDate).toEqual(dayAfter(360));
  });
});
