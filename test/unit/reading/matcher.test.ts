import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KubernetesObject, Scrape } from '../../../src/kubernetes/index.ts';
import { readingsBehind, readingsOf, readingsOfService } from '../../../src/reading/matcher.ts';
import type { Reading } from '../../../src/reading/types.ts';
import {
  inventoryOf,
  pod,
  type ServiceParts,
  scrape,
  service,
  statefulSet,
} from '../inventory/build.ts';

const labels = { app: 'db' };
const selector = { matchLabels: labels };

/** A Service of the pods with `app: db`, and a scrape's endpoint that selects it. */
const db = (parts: ServiceParts = {}, name = 'db') =>
  service(name, {
    labels,
    selector: labels,
    ports: [{ name: 'client', port: 80, targetPort: 2379 }],
    ...parts,
  });

const reading = (endpoint: unknown, name = 's') =>
  scrape(name, { selector, endpoints: [endpoint] });

/** `service:port`, with a question mark where it is not certain. */
const shown = (readings: readonly Reading[]) =>
  readings.map(
    ({ service, podPort, certainty }) =>
      `${service.name}:${podPort}${certainty === 'maybe' ? '?' : ''}`,
  );

const read = (one: Scrape, ...objects: readonly KubernetesObject[]) =>
  shown(readingsOf(one, inventoryOf(...objects)));

describe('an endpoint reads', () => {
  test('the pod port that the named Service port leads to', () => {
    expect(read(reading({ port: 'client' }), db())).toEqual(['db:2379']);
    expect(read(reading({ port: 'peer' }), db())).toEqual([]);
  });

  test('the Service port number where there is no targetPort', () => {
    expect(
      read(reading({ port: 'client' }), db({ ports: [{ name: 'client', port: 80 }] })),
    ).toEqual(['db:80']);
  });

  test('the number that the pods give to a named targetPort, each of them where they differ', () => {
    const named = db({ ports: [{ name: 'client', port: 80, targetPort: 'etcd' }] });
    const endpoint = reading({ port: 'client' });
    expect(read(endpoint, named)).toEqual(['db:etcd']);
    expect(read(endpoint, named, statefulSet('db', { labels, ports: [['etcd', 1]] }))).toEqual([
      'db:1',
    ]);
    expect(
      read(
        endpoint,
        named,
        statefulSet('db', { labels, ports: [['etcd', 1]] }),
        pod('db-0', { labels, ports: [['etcd', 2]] }),
      ),
    ).toEqual(['db:2', 'db:1']);
    expect(read(endpoint, named, statefulSet('db', { labels, ports: [['other', 1]] }))).toEqual([]);
  });

  test('a declared container port by targetPort, also one that the Service does not list', () => {
    const pods = statefulSet('db', { labels, ports: [['client', 2379], ['metrics', 2381], 9] });
    expect(read(reading({ targetPort: 'metrics' }), db(), pods)).toEqual(['db:2381']);
    expect(read(reading({ targetPort: 2381 }), db(), pods)).toEqual(['db:2381']);
    expect(read(reading({ targetPort: 9 }), db(), pods)).toEqual(['db:9']);
    expect(read(reading({ targetPort: 2379 }), db(), pods)).toEqual(['db:2379']);
    expect(read(reading({ targetPort: 4 }), db(), pods)).toEqual([]);
    expect(read(reading({ targetPort: '2381' }), db(), pods)).toEqual([]);
  });

  test('no port by targetPort that the containers do not declare, though the Service leads there', () => {
    const pods = statefulSet('db', { labels, ports: [9] });
    expect(read(reading({ targetPort: 2379 }), db(), pods)).toEqual([]);
    expect(read(reading({ port: 'client' }), db(), pods)).toEqual(['db:2379']);
  });

  test('perhaps a targetPort where no pod is known to declare it', () => {
    expect(read(reading({ targetPort: 2381 }), db())).toEqual(['db:2381?']);
    expect(read(reading({ targetPort: 2379 }), db())).toEqual(['db:2379?']);
    expect(
      read(reading({ targetPort: 'etcd' }), db({ ports: [{ port: 80, targetPort: 'etcd' }] })),
    ).toEqual(['db:etcd']);
  });

  test('every port where it names none, or an empty or zero one', () => {
    const pods = statefulSet('db', {
      labels,
      ports: [
        ['client', 2379],
        ['metrics', 2381],
      ],
    });
    for (const endpoint of [{}, { port: '' }, { targetPort: 0 }, { targetPort: '' }]) {
      expect(read(reading(endpoint), db(), pods)).toEqual(['db:2379', 'db:2381']);
    }
  });

  test('the Service port where it names that and a targetPort', () => {
    const pods = statefulSet('db', { labels, ports: [2379, 2381] });
    expect(read(reading({ port: 'client', targetPort: 2381 }), db(), pods)).toEqual(['db:2379']);
  });

  test('a pod port once, although two ports of the Service lead there', () => {
    const ports = [
      { name: 'a', port: 80, targetPort: 1 },
      { name: 'b', port: 81, targetPort: 1 },
    ];
    expect(read(reading({}), db({ ports }))).toEqual(['db:1']);
  });

  test('a pod port for certain, where one of several ways to it is certain', () => {
    const rule = {
      action: 'drop_if_equal',
      sourceLabels: [
        '__meta_kubernetes_endpoint_port_name',
        'endpoint',
        '__meta_kubernetes_pod_ip',
      ],
    };
    const ways = ['1', 'b'].map((name, index) => ({ name, port: 80 + index, targetPort: 1 }));
    const pods = statefulSet('db', { labels, ports: [1] });
    for (const ports of [ways, ways.toReversed()]) {
      const endpoint = reading({ targetPort: 1, relabelConfigs: [rule] });
      expect(read(endpoint, db({ ports }), pods)).toEqual(['db:1']);
    }
  });

  test('the number that a named targetPort has for the protocol of the Service port', () => {
    const pods = pod('db-0', { labels, ports: [['dns', 53]] });
    const byProtocol = (protocol: string) =>
      read(
        reading({ port: 'dns' }),
        db({ ports: [{ name: 'dns', port: 53, targetPort: 'dns', protocol }] }),
        pods,
      );
    expect(byProtocol('TCP')).toEqual(['db:53']);
    expect(byProtocol('UDP')).toEqual([]);
  });

  test('nothing of Services without pods of their own', () => {
    const endpoint = reading({ port: 'client' });
    expect(read(endpoint, db({ selector: {} }))).toEqual([]);
    expect(read(endpoint, service('db', { labels, ports: [{ name: 'client', port: 1 }] }))).toEqual(
      [],
    );
    expect(read(endpoint, db({ type: 'ExternalName' }))).toEqual([]);
    expect(read(reading({}), db({ ports: [] }), statefulSet('db', { labels, ports: [1] }))).toEqual(
      [],
    );
  });

  test('what its relabelling lets pass', () => {
    const rule = (regex: string, sourceLabels = ['__meta_kubernetes_pod_container_port_name']) =>
      reading({ relabelConfigs: [{ action: 'keep', sourceLabels, regex }] });
    const pods = statefulSet('db', {
      labels,
      ports: [
        ['client', 2379],
        ['metrics', 2381],
      ],
    });
    expect(read(rule('metrics'), db(), pods)).toEqual(['db:2381']);
    expect(read(rule('metrics'), db())).toEqual(['db:2379?']);
    expect(read(rule('.+', ['__meta_kubernetes_endpoint_port_name']), db(), pods)).toEqual([
      'db:2379',
    ]);
    expect(read(rule('db', ['__meta_kubernetes_pod_label_app']), db(), pods)).toEqual([
      'db:2379',
      'db:2381',
    ]);
    expect(read(rule('x', ['__meta_kubernetes_pod_label_x']), db(), pods)).toEqual([]);
    expect(read(rule('x', ['__meta_kubernetes_pod_label_x']), db())).toEqual(['db:2379?']);
    expect(read(rule('0', ['__meta_kubernetes_pod_label_pod_template_hash']), db(), pods)).toEqual([
      'db:2379?',
      'db:2381?',
    ]);
    expect(read(rule('db', ['service']), db(), pods)).toEqual(['db:2379', 'db:2381']);
    expect(read(rule('true', ['__meta_kubernetes_service_labelpresent_app']), db(), pods)).toEqual([
      'db:2379',
      'db:2381',
    ]);
    expect(read(rule('', ['__meta_kubernetes_service_label_tier']), db(), pods)).toEqual([
      'db:2379',
      'db:2381',
    ]);
  });

  test('by the role that it is discovered with', () => {
    const pods = statefulSet('db', {
      labels,
      ports: [
        ['client', 2379],
        ['metrics', 2381],
      ],
    });
    const byRole = (discoveryRole: string, endpoint: unknown) =>
      read(scrape('s', { discoveryRole, selector, endpoints: [endpoint] }), db(), pods);
    expect(byRole('endpointslice', { port: 'client' })).toEqual(['db:2379']);
    expect(byRole('endpointslices', {})).toEqual(['db:2379', 'db:2381']);
    expect(byRole('service', { port: 'client' })).toEqual(['db:2379?']);
    expect(byRole('service', {})).toEqual(['db:2379?']);
    expect(byRole('service', { targetPort: 9 })).toEqual(['db:2379?']);
    expect(byRole('pod', { port: 'client' })).toEqual([]);
  });
});

describe('readings', () => {
  const headless = db({ clusterIP: 'None' }, 'db-headless');
  const inventory = inventoryOf(
    db(),
    headless,
    db({ selector: { ...labels, pod: '0' }, labels: { app: 'one' } }, 'db-0'),
    reading({ port: 'client' }, 'a'),
    scrape('b', { selector: { matchLabels: { app: 'one' } }, endpoints: [{}, { port: 'client' }] }),
  );

  test('of a scrape name each Service that leads to the port', () => {
    expect(readingsOf(reading({ port: 'client' }), inventory)).toEqual([
      {
        scrape: reading({ port: 'client' }),
        endpoint: 0,
        service: db(),
        podPort: 2379,
        certainty: 'yes',
        because: '',
        request: { scheme: 'http', path: '/metrics', query: '' },
        pods: 'all',
      },
      {
        scrape: reading({ port: 'client' }),
        endpoint: 0,
        service: headless,
        podPort: 2379,
        certainty: 'yes',
        because: '',
        request: { scheme: 'http', path: '/metrics', query: '' },
        pods: 'all',
      },
    ]);
  });

  test('of a Service name each scrape and endpoint', () => {
    const one = inventory.service('shop', 'db-0');
    const found = one === undefined ? [] : readingsOfService(one, inventory);
    expect(found.map(({ scrape, endpoint }) => `${scrape.name}[${endpoint}]`)).toEqual([
      'b[0]',
      'b[1]',
    ]);
  });

  test('behind a Service include those by way of others in front of its pods', () => {
    const found = readingsBehind(db(), inventory);
    expect(found.map(({ scrape, service }) => `${scrape.name} ${service.name}`)).toEqual([
      'a db',
      'b db-0',
      'b db-0',
      'a db-headless',
    ]);
  });

  test('are the same from either side', () => {
    const endpoint = fc.record(
      {
        port: fc.constantFrom('client', 'peer', 'c.*'),
        targetPort: fc.constantFrom(1, 2, 'client', 'x'),
        relabelConfigs: fc.constantFrom(
          [{ action: 'keep', sourceLabels: ['service'], regex: 'a' }],
          [{ action: 'drop', sourceLabels: ['unknown'], regex: 'a' }],
        ),
      },
      { requiredKeys: [] },
    );
    const anyService = fc.record({
      labels: fc.constantFrom({ app: 'x' }, { app: 'y' }, {}),
      selector: fc.constantFrom({ app: 'x' }, { app: 'y', tier: 'z' }, undefined),
      ports: fc.array(
        fc.record({
          name: fc.constantFrom('client', 'peer', ''),
          port: fc.constantFrom(1, 2),
          targetPort: fc.constantFrom(undefined, 2, 'client'),
        }),
        { maxLength: 2 },
      ),
    });
    fc.assert(
      fc.property(
        fc.array(anyService, { maxLength: 4 }),
        fc.array(fc.array(endpoint, { maxLength: 2 }), { maxLength: 3 }),
        fc.boolean(),
        (parts, endpoints, withPods) => {
          const services = parts.map((one, index) => service('abcd'.charAt(index), one));
          const scrapes = endpoints.map((some, index) =>
            scrape(`s${index}`, { selector: { matchLabels: { app: 'x' } }, endpoints: some }),
          );
          const pods = withPods
            ? [pod('p', { labels: { app: 'x' }, ports: [['client', 1], 3] })]
            : [];
          const known = inventoryOf(...services, ...scrapes, ...pods);
          const key = (one: Reading) =>
            `${one.scrape.name} ${one.endpoint} ${one.service.name} ${one.podPort} ${one.certainty}`;
          const ofScrapes = scrapes.flatMap((one) => readingsOf(one, known).map(key));
          const ofServices = services.flatMap((one) => readingsOfService(one, known).map(key));
          expect(ofServices.sort()).toEqual(ofScrapes.sort());
        },
      ),
    );
  });
});
