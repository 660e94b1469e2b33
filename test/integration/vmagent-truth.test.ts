import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseScrape } from '../../src/kubernetes/index.ts';
import { jobsOf } from '../../src/reading/index.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import type { AnyObject } from '../support/objects.ts';
import { placeSetUps, planeForSetUps, type SetUp } from '../support/set-ups.ts';
import { type JobTruth, type PlacedJob, vmagentTruth } from '../support/vmagent-truth.ts';

/** Three set-ups small enough to say by hand what vmagent makes of them. */

const namespace = (name: string): AnyObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
});

function pod(place: string, ip: number, ports: readonly object[], condition = 'True'): AnyObject {
  const [inNamespace = '', name = ''] = place.split('/');
  const podIP = `198.51.100.${ip}`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: inNamespace, name, labels: { app: 'etcd' } },
    spec: { containers: [{ name: 'main', image: 'x', ports }] },
    status: {
      phase: condition === 'ended' ? 'Succeeded' : 'Running',
      podIP,
      podIPs: [{ ip: podIP }],
      conditions: [{ type: 'Ready', status: condition === 'ended' ? 'False' : condition }],
    },
  };
}

function service(place: string, labels: Record<string, string>, spec: object): AnyObject {
  const [inNamespace = '', name = ''] = place.split('/');
  const metadata = { namespace: inNamespace, name, labels };
  return { apiVersion: 'v1', kind: 'Service', metadata, spec };
}

/** The jobs of a scrape, in a set-up of these namespaces. */
function scraped(place: string, namespaces: readonly string[], spec: object): PlacedJob[] {
  const [inNamespace = '', name = ''] = place.split('/');
  const scrape = parseScrape({ metadata: { namespace: inNamespace, name }, spec });
  if (scrape === undefined) throw new Error('no scrape');
  return jobsOf(scrape).map((job) => ({ job, namespaces }));
}

const client = { name: 'client', containerPort: 2379 };
const peer = { name: 'peer', containerPort: 2380 };
const selector = { app: 'etcd' };

const setUps: readonly SetUp[] = [
  {
    namespaces: [namespace('one')],
    pods: [
      pod('one/etcd-0', 1, [client, peer]),
      pod('one/etcd-1', 2, [client], 'False'),
      pod('one/etcd-2', 3, [client], 'ended'),
      { ...pod('one/etcd-3', 4, [client]), status: undefined },
    ],
    services: [
      service('one/etcd', { tier: 'store' }, { selector, ports: [client2379('client')] }),
      service('one/other', {}, { selector, ports: [client2379('client')] }),
    ],
  },
  {
    namespaces: [namespace('two')],
    pods: [],
    services: [
      service(
        'two/away',
        { tier: 'store' },
        {
          type: 'ExternalName',
          externalName: 'example.test',
          ports: [client2379('client'), { name: 'peer', port: 2380 }],
        },
      ),
    ],
  },
  {
    namespaces: [namespace('three-a'), namespace('three-b')],
    pods: [pod('three-a/etcd-0', 1, [client, peer]), pod('three-b/etcd-0', 2, [client, peer])],
    services: ['three-a/etcd', 'three-b/etcd'].map((place) =>
      service(
        place,
        { 'a.b/tier': 'store' },
        { clusterIP: 'None', selector, ports: [{ port: 80, targetPort: 'client' }] },
      ),
    ),
  },
];

function client2379(name: string): object {
  return { name, port: 2379 };
}

const jobs: readonly PlacedJob[] = [
  ...scraped('one/etcd', ['one'], {
    selector: { matchLabels: { tier: 'store' } },
    endpoints: [
      { port: 'client', path: 'metrics', params: { a: ['b'] }, interval: '1s' },
      { port: 'client', relabelConfigs: [{ action: 'keep', sourceLabels: ['pod'], regex: '(' }] },
    ],
  }),
  ...scraped('two/away', ['two'], {
    discoveryRole: 'service',
    selector: { matchLabels: { tier: 'store' } },
    endpoints: [
      {
        port: 'client',
        scheme: 'https',
        relabelConfigs: [{ targetLabel: '__metrics_path__', replacement: '/other?x=y' }],
      },
    ],
  }),
  ...scraped('three-a/etcd', ['three-a', 'three-b'], {
    discoveryRole: 'endpointslices',
    namespaceSelector: { any: true },
    selector: { matchExpressions: [{ key: 'a.b/tier', operator: 'Exists' }] },
    endpoints: [
      { targetPort: 'peer' },
      {
        targetPort: 2379,
        relabelConfigs: [
          {
            sourceLabels: ['__address__'],
            regex: '.*\\.2:.*',
            targetLabel: '__address__',
            replacement: '',
          },
        ],
      },
    ],
  }),
];

let plane: ControlPlane;
let truth: ReadonlyMap<string, JobTruth>;

beforeAll(async () => {
  plane = await startControlPlane(planeForSetUps);
  await placeSetUps(plane, setUps);
  truth = await vmagentTruth(plane, jobs);
}, 120_000);

afterAll(async () => {
  await plane?.stop();
});

const of = (name: string) => truth.get(name);
const reads = (name: string) =>
  of(name)?.active.map(({ namespace: where, pod: of, service: by, scrapeUrl }) => [
    `${where}/${of}`,
    by,
    scrapeUrl,
  ]);
const drops = (name: string) =>
  of(name)
    ?.dropped.map(({ namespace: where, pod: of, service: by, discoveredLabels }) =>
      [`${where}/${of}`, by, discoveredLabels.__address__].join(' '),
    )
    .sort();

describe('what vmagent makes of a job', () => {
  test('pods that run are targets, ready or not, with path and parameters; the rest is dropped', () => {
    expect(reads('serviceScrape/one/etcd/0')).toEqual([
      ['one/etcd-0', 'etcd', 'http://198.51.100.1:2379/metrics?a=b'],
      ['one/etcd-1', 'etcd', 'http://198.51.100.2:2379/metrics?a=b'],
    ]);
    expect(drops('serviceScrape/one/etcd/0')).toEqual([
      'one/etcd-0 etcd 198.51.100.1:2380',
      'one/etcd-0 other 198.51.100.1:2379',
      'one/etcd-0 other 198.51.100.1:2380',
      'one/etcd-1 other 198.51.100.2:2379',
    ]);
  });

  test('labels are as they would be stored, and discovered ones as they were before relabelling', () => {
    const [target] = of('serviceScrape/one/etcd/0')?.active ?? [];
    expect(target?.labels).toEqual({
      container: 'main',
      endpoint: 'client',
      instance: '198.51.100.1:2379',
      job: 'etcd',
      namespace: 'one',
      pod: 'etcd-0',
      service: 'etcd',
    });
    expect(target?.discoveredLabels).toMatchObject({
      __address__: '198.51.100.1:2379',
      __meta_kubernetes_endpoint_ready: 'true',
      __meta_kubernetes_service_label_tier: 'store',
      __metrics_path__: 'metrics',
      __param_a: 'b',
      job: 'serviceScrape/one/etcd/0',
    });
  });

  test('one with a rule that it can not parse has no targets, and the reason', () => {
    expect(of('serviceScrape/one/etcd/1')).toEqual({
      refused: expect.stringContaining('missing closing )'),
      active: [],
      dropped: [],
    });
  });

  test('the role service has a target for each port, and relabelling rewrites what is asked', () => {
    expect(reads('serviceScrape/two/away/0')).toEqual([
      ['two/', 'away', 'https://away.two.svc:2379/other?x=y'],
    ]);
    expect(drops('serviceScrape/two/away/0')).toEqual(['two/ away away.two.svc:2380']);
  });

  test('all namespaces are those of the set-up, and a port that no Service names is found by the pod', () => {
    expect(reads('serviceScrape/three-a/etcd/0')).toEqual([
      ['three-a/etcd-0', 'etcd', 'http://198.51.100.1:2380/metrics'],
      ['three-b/etcd-0', 'etcd', 'http://198.51.100.2:2380/metrics'],
    ]);
  });

  test('a target without an address is dropped', () => {
    expect(reads('serviceScrape/three-a/etcd/1')).toEqual([
      ['three-a/etcd-0', 'etcd', 'http://198.51.100.1:2379/metrics'],
    ]);
    expect(drops('serviceScrape/three-a/etcd/1')).toEqual([
      'three-a/etcd-0 etcd 198.51.100.1:2380',
      'three-b/etcd-0 etcd 198.51.100.2:2379',
      'three-b/etcd-0 etcd 198.51.100.2:2380',
    ]);
  });
});

test('two jobs of one name are an error', async () => {
  const [job] = jobs;
  const twice = job === undefined ? [] : [job, job];
  await expect(vmagentTruth(plane, twice)).rejects.toThrow('two jobs have one name');
});
