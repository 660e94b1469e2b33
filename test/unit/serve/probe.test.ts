import { expect, test } from '@jest/globals';
import { builtInCatalogue } from '../../../src/catalogue/index.ts';
import type { ApiResult } from '../../../src/cluster/api/index.ts';
import { noLog } from '../../../src/ground/log.ts';
import { type ProbeOptions, probeWebhook } from '../../../src/serve/probe.ts';
import { defaultPipelineSettings } from '../../../src/settings/types.ts';
import { fakeClient, refused } from '../../support/fake-client.ts';
import { manualClock } from '../../support/manual-clock.ts';

const minutes = 60_000;
const labelled = { metadata: { labels: { 'app.kubernetes.io/instance': 'autoscrape-probe' } } };

/** A probe of a cluster that answers as it is told. */
function probing(answer: () => ApiResult<unknown>, more: Partial<ProbeOptions> = {}) {
  const clock = manualClock();
  const { client, calls } = fakeClient(answer);
  const lines: string[] = [];
  const log = {
    ...noLog,
    info: (_: object, message: string) => lines.push(message),
    warn: (_: object, message: string) => lines.push(message),
  };
  const probe = probeWebhook({
    settings: { namespace: 'probe', every: 5 * minutes },
    labels: () => defaultPipelineSettings.labels,
    catalogue: builtInCatalogue,
    client: () => client,
    leads: () => true,
    clock,
    log,
    ...more,
  });
  return { probe, clock, calls, lines };
}

const admitted = (value: unknown) => (): ApiResult<unknown> => ({ ok: true, value });

test('a Service of a component that lacks labels is tried, and stored by nobody', async () => {
  const { clock, calls } = probing(admitted(labelled));
  await clock.advance(5_000);
  expect(calls).toEqual([
    {
      verb: 'tryCreate',
      of: 'services/probe/autoscrape-probe',
      body: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: {
          namespace: 'probe',
          name: 'autoscrape-probe',
          labels: {
            'app.kubernetes.io/part-of': 'multigres',
            'app.kubernetes.io/component': 'etcd',
          },
        },
        spec: {
          clusterIP: 'None',
          selector: { 'autoscrape.multigres.com/probe': 'nothing' },
          ports: [{ name: 'probe', port: 2379 }],
        },
      },
    },
  ]);
});

test('the webhook is reached where the labels are in the answer', async () => {
  const { probe, clock, lines } = probing(admitted(labelled));
  expect(probe.values()).toEqual([]);
  await clock.advance(5_000);
  expect([probe.values(), probe.waiting(), lines]).toEqual([
    [{ value: 1, labels: {} }],
    [],
    ['the API server reaches the webhook'],
  ]);
});

test('it is not where they are missing; that is said once, and that it is reached again', async () => {
  let value: object = { metadata: {} };
  const { probe, clock, lines } = probing(() => ({ ok: true, value }));
  await clock.advance(11 * minutes);
  expect([probe.values(), probe.waiting()]).toEqual([
    [{ value: 0, labels: {} }],
    [
      {
        name: 'reached',
        ok: false,
        message:
          'the API server does not reach the webhook: what is created is not looked at (one API server was asked)',
      },
    ],
  ]);
  value = labelled;
  await clock.advance(5 * minutes);
  expect([probe.values(), probe.waiting(), lines]).toEqual([
    [{ value: 1, labels: {} }],
    [],
    [
      'the API server does not reach the webhook: what is created is not looked at',
      'the API server reaches the webhook',
    ],
  ]);
});

test.each([
  [
    'somebody else refuses it',
    {},
    (): ApiResult<unknown> => refused(403, 'a policy says no'),
    'a policy says no',
  ],
  [
    'no label could show it',
    { labels: () => ({ ...defaultPipelineSettings.labels, name: false, instance: false }) },
    admitted(labelled),
    'labels.name and labels.instance are switched off',
  ],
])('it is not known where %s', async (_, more, answer, because) => {
  const { probe, clock } = probing(answer, more);
  await clock.advance(5_000);
  expect([probe.values(), probe.waiting()]).toEqual([
    [],
    [
      {
        name: 'reached',
        ok: false,
        message: `whether the API server reaches the webhook is not known: ${because} (one API server was asked)`,
      },
    ],
  ]);
});

test.each([
  ['without a namespace', { settings: { namespace: undefined, every: 5 * minutes } }],
  ['by a follower', { leads: () => false }],
  ['without a way to the API server', { client: () => undefined }],
])('nothing is tried %s', async (_, more) => {
  const { probe, clock, calls } = probing(admitted(labelled), more);
  await clock.advance(60 * minutes);
  expect([calls, probe.values(), probe.waiting()]).toEqual([[], [], []]);
});

test('it is tried no more often than every five minutes, and not after the end', async () => {
  const { probe, clock, calls } = probing(admitted(labelled));
  await clock.advance(59 * minutes);
  expect(calls).toHaveLength(12);
  probe.stop();
  await clock.advance(60 * minutes);
  expect(calls).toHaveLength(12);
});

test("only the review of its own Service is nobody's admission", () => {
  const { probe } = probing(admitted(labelled));
  const own = { dryRun: true, namespace: 'probe', name: 'autoscrape-probe' };
  expect([
    probe.isOwn(own),
    probe.isOwn({ ...own, dryRun: false }),
    probe.isOwn({ ...own, namespace: 'shop' }),
    probe.isOwn({ ...own, name: 'etcd' }),
  ]).toEqual([true, false, false, false]);
});
