import { expect, test } from '@jest/globals';
import { owningAccount } from '../../../src/cluster/api/index.ts';
import { fakeClient, refused } from '../../support/fake-client.ts';

const review = (username: string, uid?: string) => ({
  ok: true as const,
  value: { status: { userInfo: { username, uid } } },
});

test('a ServiceAccount owns what is made beside it', async () => {
  const { client, calls } = fakeClient(() => review('system:serviceaccount:metrics:robot', 'u-1'));
  expect(await owningAccount(client, 'metrics')).toEqual([
    { apiVersion: 'v1', kind: 'ServiceAccount', name: 'robot', uid: 'u-1' },
  ]);
  expect(calls.map(({ verb, body }) => ({ verb, body }))).toEqual([
    {
      verb: 'create',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    },
  ]);
});

test.each([
  ['a person', review('admin', 'u-1')],
  ['an account of another namespace', review('system:serviceaccount:other:robot', 'u-1')],
  ['an account whose namespace begins alike', review('system:serviceaccount:metrics2:a', 'u-1')],
  ['an account without a uid', review('system:serviceaccount:metrics:robot')],
  ['nobody, where the API server refuses to say', refused(403, 'Forbidden')],
  ['nobody, where the answer is none', { ok: true as const, value: {} }],
])('nothing is owned by %s', async (_who, answer) => {
  const { client } = fakeClient(() => answer);
  expect(await owningAccount(client, 'metrics')).toEqual([]);
});
