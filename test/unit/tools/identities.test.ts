import { expect, test } from '@jest/globals';
import { kubeconfig, userFile } from '../../../tools/identities.ts';

test('a file of users has a line for each, with the groups quoted', () => {
  const users = [
    { name: 'admin', token: 't1', groups: ['system:masters'] },
    { name: 'some', token: 't2', groups: ['a', 'b'] },
  ];
  expect(userFile(users)).toBe('t1,admin,admin,"system:masters"\nt2,some,some,"a,b"\n');
});

test('a kubeconfig has one context, and its authority in base64', () => {
  const text = kubeconfig({ server: 'https://127.0.0.1:1', ca: 'PEM', token: 't' });
  expect(JSON.parse(text)).toEqual({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'autoscrape',
        cluster: { server: 'https://127.0.0.1:1', 'certificate-authority-data': 'UEVN' },
      },
    ],
    users: [{ name: 'autoscrape', user: { token: 't' } }],
    contexts: [{ name: 'autoscrape', context: { cluster: 'autoscrape', user: 'autoscrape' } }],
    'current-context': 'autoscrape',
  });
});
