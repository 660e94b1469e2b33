import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { auditEvents, makeNamespace } from '../support/control-plane.ts';
import {
  at,
  defineResources,
  eventually,
  gateway,
  gatewayLabels,
  type Namespaced,
  quiet,
  type Reconciling,
  startReconciling,
  vmagent,
  within,
} from '../support/reconciling.ts';

/** Objects that do not keep still, and what people are told of it. */

let plane: ControlPlane;
let running: Reconciling;

/** Few writes, and fast, so that a test sees the end of them: five, then one in two seconds. */
const damping = { writes: 5, every: 2_000 };

beforeAll(async () => {
  plane = await startControlPlane({ label: 'restless' });
  await Promise.all([
    defineResources(plane, 'vmservicescrape.yaml'),
    defineResources(plane, 'multigres.yaml'),
    defineResources(plane, 'vmagents.yaml'),
  ]);
  await within(plane, 'default').create('vmagents', vmagent('main'));
  running = await startReconciling(plane, 'test', { tuning: { damping } });
});

afterAll(async () => {
  await running?.stop();
  await plane?.stop();
});

async function namespace(): Promise<Namespaced> {
  return within(plane, await makeNamespace(plane, 'restless'));
}

async function ourWrites(space: Namespaced): Promise<string[]> {
  const events = await auditEvents({ auditLog: plane.auditLog ?? '' }, space.name);
  return events
    .filter((event) => String(at(event, 'userAgent')).startsWith('autoscrape/'))
    .map(({ verb, objectRef }) => `${verb} ${objectRef?.name}`);
}

async function repeat(times: number, every: number, act: (time: number) => Promise<unknown>) {
  for (let time = 0; time < times; time += 1) {
    await act(time);
    await sleep(every);
  }
}

const unstable = (space: Namespaced) =>
  running.reconciler.status().unstable.filter(({ key }) => key.startsWith(`${space.name}/`));

/** The Events of a namespace: what each says, and how often it was said. */
async function told(space: Namespaced): Promise<string[]> {
  const events = await space.list('events');
  return events
    .filter((event) => at(event, 'reportingController') === 'autoscrape.multigres.com')
    .map(
      (event) =>
        `${at(event, 'type')} ${at(event, 'reason')} ${at(event, 'regarding', 'name')}: ${at(event, 'note')}`,
    )
    .sort();
}

describe('a bounded number of writes', () => {
  test('for a Service that two resources fight over, with both causes named', async () => {
    const space = await namespace();
    const owner = async (plural: string, kind: string): Promise<object> => {
      const apiVersion = 'multigres.com/v1alpha1';
      const made = await space.create(plural, { apiVersion, kind, metadata: { name: 'sample' } });
      return {
        apiVersion,
        kind,
        name: 'sample',
        uid: at(made, 'metadata', 'uid'),
        controller: true,
      };
    };
    const service = (component: string, port: object, ownedBy: object) => {
      const labels = {
        'app.kubernetes.io/name': 'multigres',
        'app.kubernetes.io/component': component,
        'app.kubernetes.io/instance': 'sample',
        'app.kubernetes.io/part-of': 'multigres',
      };
      return {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'sample', labels, ownerReferences: [ownedBy] },
        spec: { clusterIP: 'None', selector: labels, ports: [port] },
      };
    };
    const client = { name: 'client', port: 2379 };
    const http = { name: 'http', port: 15100 };
    const one = service('etcd', client, await owner('etcds', 'Etcd'));
    const two = service('multigateway', http, await owner('multigateways', 'MultiGateway'));
    await repeat(40, 50, (time) =>
      space.apply('services/sample', 'fighting', time % 2 === 0 ? one : two),
    );
    const writes = await ourWrites(space);
    // Five at once, and two seconds passed.
    expect(writes.length).toBeLessThanOrEqual(8);
    expect(unstable(space)).toEqual([
      {
        key: `${space.name}/sample`,
        causes: expect.arrayContaining([
          'it is etcd of Etcd/sample, and its scrape is not there',
          'it exposes no metrics as it is configured',
        ]),
      },
    ]);
    const events = await eventually(
      'the Event',
      () => told(space),
      (all) => all.some((event) => event.includes('ScrapeUnstable')),
    );
    expect(events.length).toBeLessThanOrEqual(4);
    // Where it comes to rest, the scrape follows.
    await space.apply('services/sample', 'fighting', one);
    await eventually(
      'the scrape of the last state',
      () => space.list('vmservicescrapes'),
      (scrapes) => scrapes.length === 1,
    );
  });

  test('for a Service that is deleted and made again and again', async () => {
    const space = await namespace();
    await repeat(30, 60, async () => {
      await space.create('services', gateway('gw'));
      await sleep(20);
      await space.remove('services/gw');
    });
    expect((await ourWrites(space)).length).toBeLessThanOrEqual(10);
    const [found] = unstable(space);
    expect(found?.key).toBe(`${space.name}/gw`);
    // Which two of these stand there depends on how far the garbage collector was.
    expect([
      'it is multigateway, and its scrape is not there',
      'it is multigateway, and its Service was made again',
      'the Service is gone',
    ]).toEqual(expect.arrayContaining([...(found?.causes ?? ['none'])]));
    expect(found?.causes).toHaveLength(2);
    await eventually(
      'no scrape of what is gone',
      () => space.list('vmservicescrapes'),
      (scrapes) => scrapes.length === 0,
    );
  });

  test('for a scrape that somebody keeps editing', async () => {
    const space = await namespace();
    await space.create('services', gateway('gw'));
    await eventually(
      'the scrape',
      () => space.get('vmservicescrapes/gw-metrics'),
      (scrape) => scrape !== undefined,
    );
    await repeat(40, 50, () =>
      space.patch('vmservicescrapes/gw-metrics?fieldManager=meddler', {
        spec: { endpoints: [{ port: 'http', path: '/wrong' }] },
      }),
    );
    expect((await ourWrites(space)).length).toBeLessThanOrEqual(8);
    expect(unstable(space)[0]?.causes).toContain(
      'it is multigateway, and spec.endpoints[0].path of its scrape differs, last written by meddler',
    );
    await eventually(
      'it being put back in the end',
      () => space.get('vmservicescrapes/gw-metrics'),
      (scrape) => at(scrape, 'spec', 'endpoints', 0, 'path') === '/metrics',
    );
  });
});

describe('no write at all', () => {
  test('for an operator that applies its Services ten times a second', async () => {
    const space = await namespace();
    await space.apply('services/gw', 'operator', gateway('gw'));
    const made = await eventually(
      'the scrape',
      () => space.get('vmservicescrapes/gw-metrics'),
      (scrape) => scrape !== undefined,
    );
    await repeat(30, 30, () => space.apply('services/gw', 'operator', gateway('gw')));
    await quiet(running);
    expect(await space.get('vmservicescrapes/gw-metrics')).toEqual(made);
    expect(await ourWrites(space)).toEqual(['patch gw-metrics']);
  });

  test('for one that reads, overwrites and updates them, with a change that is no matter to the scrape', async () => {
    const space = await namespace();
    await space.create('services', gateway('gw'));
    const made = await eventually(
      'the scrape',
      () => space.get('vmservicescrapes/gw-metrics'),
      (scrape) => scrape !== undefined,
    );
    await repeat(30, 30, async (time) => {
      const service = await space.get('services/gw');
      await space.replace('services/gw', {
        ...Object(service),
        metadata: { ...Object(at(service, 'metadata')), annotations: { round: String(time) } },
      });
    });
    await quiet(running);
    expect(await space.get('vmservicescrapes/gw-metrics')).toEqual(made);
    expect(await ourWrites(space)).toEqual(['patch gw-metrics']);
  });

  test('for the status that the VictoriaMetrics operator writes', async () => {
    const space = await namespace();
    await space.create('services', gateway('gw'));
    await eventually(
      'the scrape',
      () => space.get('vmservicescrapes/gw-metrics'),
      (scrape) => scrape !== undefined,
    );
    await repeat(10, 30, (time) =>
      space.patch('vmservicescrapes/gw-metrics/status', {
        status: { updateStatus: 'operational', observedGeneration: time },
      }),
    );
    await quiet(running);
    expect(await ourWrites(space)).toEqual(['patch gw-metrics']);
  });
});

describe('people are told on the Service', () => {
  test('once, of a scrape that was made, and of one that was handed over', async () => {
    const space = await namespace();
    await space.create('services', gateway('gw'));
    await eventually(
      'the first Event',
      () => told(space),
      (all) => all.length === 1,
    );
    await space.create('vmservicescrapes', {
      apiVersion: 'operator.victoriametrics.com/v1beta1',
      kind: 'VMServiceScrape',
      metadata: { name: 'mine' },
      spec: {
        selector: { matchLabels: gatewayLabels('gw') },
        endpoints: [{ port: 'http', path: '/metrics' }],
      },
    });
    // Scrapes of other tests have the operator's word, so that it counts here too.
    await space.patch('vmservicescrapes/mine/status', {
      status: { updateStatus: 'operational', observedGeneration: 1 },
    });
    await eventually(
      'the other',
      () => told(space),
      (all) => all.length >= 2,
    );
    // A restart says nothing that was said.
    await running.stop();
    running = await startReconciling(plane, 'test', { tuning: { damping } });
    await quiet(running);
    await sleep(300);
    expect(await told(space)).toEqual([
      `Normal ScrapeCreated gw: VMServiceScrape gw-metrics makes the metrics of multigateway be read`,
      `Normal ScrapeHandedOver gw: left to VMServiceScrape ${space.name}/mine, which reads it and is not of autoscrape`,
    ]);
  });

  test('of what is not possible, and why', async () => {
    const space = await namespace();
    await space.create('services', gateway('vmagent-gw'));
    expect(
      await eventually(
        'the Event',
        () => told(space),
        (all) => all.length > 0,
      ),
    ).toEqual([
      `Warning ScrapeNotPossible vmagent-gw: no VMServiceScrape is made: every name that its scrape could have is taken in namespace ${space.name}`,
    ]);
  });
});
