import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { builtInCatalogue } from '../../../src/catalogue/index.ts';
import {
  judgeCertificate,
  judgeDefinitions,
  judgeLeader,
  judgePods,
  judgeRegistration,
  judgeRights,
  judgeTrust,
  judgeVersion,
  type ObjectRead,
} from '../../../src/check/index.ts';
import { defaultRegistration, registration } from '../../../src/registration/index.ts';
import { localCertificate } from '../../support/certificate.ts';

const there = <T>(value: T): ObjectRead<T> => ({ state: 'there', value });
const missing = { state: 'missing' } as const;
const unknown = { state: 'unknown', why: 'forbidden' } as const;
const short = ({ outcome, message }: { readonly outcome: string; readonly message: string }) =>
  `${outcome}: ${message}`;

let secret: ObjectRead;
let end: number;
let ca: string;
let otherCa: string;

beforeAll(async () => {
  const made = await localCertificate();
  const data = { 'tls.crt': Buffer.from(made.certificate).toString('base64') };
  secret = there({ data });
  end = Date.parse(new X509Certificate(made.certificate).validTo);
  ca = made.ca;
  otherCa = (await localCertificate()).ca;
});

test('the version is told by what is served', () => {
  expect(short(judgeVersion(there(['validatingadmissionpolicies'])))).toBe(
    'ok: Kubernetes is 1.30 or newer',
  );
  expect(short(judgeVersion(there(['mutatingwebhookconfigurations'])))).toBe(
    'failed: Kubernetes is older than 1.30',
  );
  expect(short(judgeVersion(unknown))).toBe('unknown: forbidden');
});

test('an absent resource is a warning: it may come later', () => {
  expect(judgeDefinitions('served').outcome).toBe('ok');
  expect(judgeDefinitions('absent').outcome).toBe('warning');
  expect(judgeDefinitions('unknown').outcome).toBe('unknown');
});

test('a registration is there, and fits the catalogue', () => {
  const catalogue = builtInCatalogue();
  const { mutating } = registration(catalogue, defaultRegistration);
  expect(judgeRegistration(catalogue, there(mutating)).outcome).toBe('ok');
  expect(judgeRegistration(catalogue, missing).outcome).toBe('failed');
  expect(judgeRegistration(catalogue, unknown).outcome).toBe('unknown');
  const [first] = mutating.webhooks;
  expect(short(judgeRegistration(catalogue, there({ ...mutating, webhooks: [first] })))).toMatch(
    /^failed: the registration does not fit: inject\.autoscrape/,
  );
});

describe('a caBundle', () => {
  const both = (bundle: string | undefined): ObjectRead[] => {
    const caBundle = bundle === undefined ? undefined : Buffer.from(bundle).toString('base64');
    const made = registration(builtInCatalogue(), { ...defaultRegistration, caBundle: undefined });
    return [made.mutating, made.validating].map((one) =>
      there({
        webhooks: one.webhooks.map(({ name, clientConfig }) => ({
          name,
          clientConfig: { ...clientConfig, caBundle },
        })),
      }),
    );
  };

  test('fits the certificate that its CA signed, also beside another CA', () => {
    expect(judgeTrust(both(ca), secret).outcome).toBe('ok');
    expect(judgeTrust(both(`${otherCa}${ca}`), secret).outcome).toBe('ok');
  });

  test('of another CA of the same name does not', () => {
    expect(short(judgeTrust(both(otherCa), secret))).toBe(
      'failed: the caBundle of strong.autoscrape.multigres.com does not fit the certificate',
    );
    expect(judgeTrust(both('garbage'), secret).outcome).toBe('failed');
  });

  test('has to be there, and where the Secret may not be read nobody knows', () => {
    expect(short(judgeTrust(both(undefined), secret))).toMatch(/^failed: .* has no caBundle/);
    expect(judgeTrust(both(ca), unknown).outcome).toBe('unknown');
    expect(judgeTrust([missing, missing], secret).outcome).toBe('unknown');
  });
});

test('a certificate is good, ends soon, or has ended', () => {
  const days = (count: number) => new Date(end - count * 86_400_000);
  const date = new Date(end).toISOString().slice(0, 10);
  expect(short(judgeCertificate(secret, days(15)))).toBe(
    `ok: the certificate is valid until ${date}`,
  );
  expect(short(judgeCertificate(secret, days(13)))).toBe(
    `warning: the certificate ends on ${date}, in 13 days`,
  );
  expect(short(judgeCertificate(secret, days(0)))).toBe(`failed: the certificate ended on ${date}`);
  expect(judgeCertificate(missing, days(15)).outcome).toBe('failed');
  expect(judgeCertificate(unknown, days(15)).outcome).toBe('unknown');
  expect(judgeCertificate(there({ data: {} }), days(15)).outcome).toBe('failed');
});

test('pods are ready, some of them, or none', () => {
  const pod = (status: string) => ({
    metadata: { name: 'a' },
    status: { conditions: [{ type: 'Ready', status }] },
  });
  expect(short(judgePods(there([pod('True'), pod('True')])))).toBe('ok: 2 of 2 pods are ready');
  expect(short(judgePods(there([pod('True'), pod('False')])))).toBe(
    'warning: 1 of 2 pods are ready',
  );
  expect(short(judgePods(there([pod('False')])))).toBe('failed: 0 of 1 pods are ready');
  expect(judgePods(there([])).outcome).toBe('failed');
  expect(judgePods(unknown).outcome).toBe('unknown');
});

test('a leader has renewed its Lease', () => {
  const renewTime = '2026-11-28T12:00:00.000000Z';
  const lease = there({ spec: { holderIdentity: 'a', renewTime, leaseDurationSeconds: 5 } });
  expect(short(judgeLeader(lease, new Date('2026-11-28T12:00:04Z')))).toBe('ok: a leads');
  expect(judgeLeader(lease, new Date('2026-11-28T12:00:06Z')).outcome).toBe('failed');
  expect(judgeLeader(there({ spec: {} }), new Date()).outcome).toBe('failed');
  expect(judgeLeader(missing, new Date()).outcome).toBe('failed');
  expect(judgeLeader(unknown, new Date()).outcome).toBe('unknown');
});

test('rights that are missing are named', () => {
  const right = { verb: 'create', group: 'apps', resource: 'deployments', namespace: '' };
  expect(judgeRights('who', [{ ...right, allowed: true }], 'fix').outcome).toBe('ok');
  expect(judgeRights('who', [{ ...right, allowed: undefined }], 'fix').outcome).toBe('unknown');
  expect(judgeRights('who', [{ ...right, allowed: false }], 'fix')).toEqual({
    name: 'rights',
    outcome: 'failed',
    message: 'who may not create deployments.apps',
    fix: 'fix',
  });
});
