import { describe, expect, test } from '@jest/globals';
import { readRegistrations } from '../../../src/certificates/registrations.ts';
import { isVacant, readSecret } from '../../../src/certificates/secret.ts';
import type { ApiResult } from '../../../src/cluster/api/index.ts';
import { fakeClient, noSuch, refused } from '../../support/fake-client.ts';

/** Reading a Secret and registrations, before anything is made anew. */

const place = { namespace: 'ns', name: 'autoscrape-tls' };
const faults: [string, ApiResult<unknown>, string][] = [
  ['a 404 of something in between', refused(404, 'NotFound'), 'refused'],
  ['a refusal', refused(403, 'Forbidden'), 'refused'],
  ['JSON of something else', { ok: true, value: { kind: 'Status', metadata: {} } }, 'unreadable'],
];

describe('a Secret', () => {
  const read = (answer: ApiResult<unknown>) =>
    readSecret(fakeClient(() => answer).client, place, {});

  test('that the API server does not have is vacant', async () => {
    const held = await read(noSuch(place.name));
    expect(held.ok && [held.value.resourceVersion, isVacant(held.value)]).toEqual([
      undefined,
      true,
    ]);
  });

  test.each(faults)('is not vacant because of %s', async (_, answer, code) => {
    expect(await read(answer)).toMatchObject({ ok: false, error: { code } });
  });
});

describe('registrations', () => {
  const live = (kind: string) => ({
    kind,
    metadata: { uid: 'u', resourceVersion: '1' },
    webhooks: [{ name: 'w', clientConfig: {} }],
  });
  const read = (mutating: ApiResult<unknown>) =>
    readRegistrations(
      fakeClient(({ of }) =>
        of.startsWith('mutating')
          ? mutating
          : { ok: true, value: live('ValidatingWebhookConfiguration') },
      ).client,
      'autoscrape',
      {},
    );
  const kinds = async (mutating: ApiResult<unknown>) => {
    const found = await read(mutating);
    return found.ok ? found.value.map(({ kind }) => kind) : found.error.code;
  };

  test('are those that the API server has', async () => {
    expect([
      await kinds({ ok: true, value: live('MutatingWebhookConfiguration') }),
      await kinds(noSuch('autoscrape')),
    ]).toEqual([
      ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'],
      ['ValidatingWebhookConfiguration'],
    ]);
  });

  test.each(faults)('are not fewer because of %s', async (_, answer, code) => {
    expect(await kinds(answer)).toBe(code);
  });

  test('of another kind are not those that were asked for', async () => {
    expect(await kinds({ ok: true, value: live('ValidatingWebhookConfiguration') })).toBe(
      'unreadable',
    );
  });
});
