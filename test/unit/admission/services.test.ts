import { describe, expect, test } from '@jest/globals';
import { routes } from '../../../src/admission/index.ts';
import {
  add,
  admitting,
  answerTo,
  complete,
  draftGatewayLabels,
  draftPoolerLabels,
  ownedBy,
  type Plain,
  patchFor,
  patchOf,
  reviewOf,
} from './reviews.ts';

const label = {
  name: '/metadata/labels/app.kubernetes.io~1name',
  instance: '/metadata/labels/app.kubernetes.io~1instance',
  component: '/metadata/labels/app.kubernetes.io~1component',
  partOf: '/metadata/labels/app.kubernetes.io~1part-of',
};

/** A Service of a multigateway of the draft whose labels are all there, so that a patch is about its ports alone. */
function gateway(spec: Plain): Plain {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'gw', labels: complete(draftGatewayLabels, 'gw') },
    spec: { selector: { app: 'gw' }, type: 'ClusterIP', ...spec },
  };
}

function gatewayPatch(spec: Plain): unknown {
  return patchFor('Service', gateway(spec));
}

const httpPort = { name: 'http', port: 8080, protocol: 'TCP', targetPort: 8080 };

describe('the labels of a Service', () => {
  test('come whole where there is no map of labels', () => {
    const object = {
      metadata: {
        name: 'topo',
        ownerReferences: [ownedBy('multigres.io/v1alpha1', 'Etcd', 'main')],
      },
      spec: { selector: { app: 'topo' }, ports: [{ name: 'client', port: 2379 }] },
    };
    const wanted = {
      'app.kubernetes.io/name': 'etcd',
      'app.kubernetes.io/instance': 'main',
      'app.kubernetes.io/component': 'etcd',
      'app.kubernetes.io/part-of': 'multigres',
    };
    expect(patchFor('Service', object)).toEqual([add('/metadata/labels', wanted)]);
    const withNull = { ...object, metadata: { ...object.metadata, labels: null } };
    expect(patchFor('Service', withNull)).toEqual([add('/metadata/labels', wanted)]);
  });

  test('come one by one where others are there, and none is overwritten', () => {
    const object = {
      metadata: {
        name: 'topo',
        labels: {
          'app.kubernetes.io/name': 'our-etcd',
          'app.kubernetes.io/instance': '',
          team: 'a',
        },
        ownerReferences: [ownedBy('multigres.io/v1alpha1', 'Etcd', 'main')],
      },
      spec: { selector: { app: 'topo' }, ports: [{ name: 'client', port: 2379 }] },
    };
    expect(patchFor('Service', object)).toEqual([
      add(label.component, 'etcd'),
      add(label.partOf, 'multigres'),
    ]);
  });

  test('say what the selector says of the pods', () => {
    const object = {
      metadata: { name: 'gw', labels: draftGatewayLabels },
      spec: {
        selector: {
          'app.kubernetes.io/instance': 'orders',
          'app.kubernetes.io/part-of': 'shop-platform',
        },
        ports: [httpPort],
      },
    };
    expect(patchFor('Service', object)).toEqual([
      add(label.instance, 'orders'),
      add(label.partOf, 'shop-platform'),
    ]);
  });

  test('take an alias of the component from the selector, but never another component', () => {
    const owner = ownedBy('multigres.com/v1alpha1', 'TopoServer', 'orders-topo');
    const topo = (component: string): Plain => ({
      metadata: { name: 'topo', ownerReferences: [owner] },
      spec: {
        selector: { 'app.kubernetes.io/component': component },
        ports: [{ name: 'client', port: 2379 }],
      },
    });
    const labels = {
      'app.kubernetes.io/name': 'multigres',
      'app.kubernetes.io/instance': 'orders-topo',
      'app.kubernetes.io/part-of': 'multigres',
    };
    expect(patchFor('Service', topo('etcd'))).toEqual([
      add('/metadata/labels', { ...labels, 'app.kubernetes.io/component': 'etcd' }),
    ]);
    expect(patchFor('Service', topo('multigateway'))).toEqual([
      add('/metadata/labels', { ...labels, 'app.kubernetes.io/component': 'toposerver' }),
    ]);
  });

  test.each([
    [
      'the cluster',
      { 'multigres.com/cluster': 'orders' },
      [ownedBy('v1', 'Thing', 'own')],
      'orders',
    ],
    ['the controlling owner', {}, [ownedBy('v1', 'Thing', 'own')], 'own'],
    ['the object', {}, [{ ...ownedBy('v1', 'Thing', 'own'), controller: false }], 'gw'],
  ])('have as instance %s', (_of, labels, ownerReferences, instance) => {
    const object = {
      metadata: {
        name: 'gw',
        labels: { ...draftGatewayLabels, 'app.kubernetes.io/part-of': 'multigres', ...labels },
        ownerReferences,
      },
      spec: { selector: { app: 'gw' }, ports: [httpPort] },
    };
    expect(patchFor('Service', object)).toEqual([add(label.instance, instance)]);
  });

  test('have no instance while the API server has yet to make the name', () => {
    const object = {
      metadata: { generateName: 'gw-', labels: draftGatewayLabels },
      spec: { selector: { app: 'gw' }, ports: [httpPort] },
    };
    const outcome = answerTo(admitting(), reviewOf('Service', { object }));
    expect(patchOf(outcome)).toEqual([add(label.partOf, 'multigres')]);
    expect(outcome.touched).toBeUndefined();
  });

  test('leave out a value that Kubernetes would refuse, and the record says so', () => {
    const name = 'orders-postgres-default-0-inf-multiorch-in-a-zone-with-a-long-name';
    const object = {
      metadata: {
        name: 'gw',
        labels: draftGatewayLabels,
        ownerReferences: [ownedBy('v1', 'Thing', name)],
      },
      spec: { selector: { app: 'gw' }, ports: [httpPort] },
    };
    const outcome = answerTo(admitting(), reviewOf('Service', { object }));
    expect(patchOf(outcome)).toEqual([add(label.partOf, 'multigres')]);
    expect(outcome.answer.response.warnings).toBeUndefined();
    expect(outcome.record.findings).toEqual([
      {
        code: 'label-value-invalid',
        severity: 'info',
        object: { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'gw' },
        field: 'metadata.labels["app.kubernetes.io/instance"]',
        message: `the label is missing, and "${name}" can't be its value: Kubernetes takes at most 63 letters, digits, '-', '_' or '.'`,
        fix: 'set the label yourself',
        certain: true,
      },
    ]);
  });

  test('can each be switched off', () => {
    const object = {
      metadata: {
        name: 'topo',
        ownerReferences: [ownedBy('multigres.io/v1alpha1', 'Etcd', 'main')],
      },
      spec: { selector: { app: 'topo' }, ports: [{ name: 'client', port: 2379 }] },
    };
    const labels = { name: false, instance: false, component: true, partOf: false };
    expect(patchFor('Service', object, { labels })).toEqual([
      add('/metadata/labels', { 'app.kubernetes.io/component': 'etcd' }),
    ]);
    const none = { name: false, instance: false, component: false, partOf: false };
    expect(patchFor('Service', object, { labels: none })).toEqual([]);
  });

  test.each([
    ['a text', 'many'],
    ['a list', ['many']],
    ['a number', 7],
  ])('are not added to labels that are %s', (_what, labels) => {
    const object = {
      metadata: {
        name: 'topo',
        labels,
        ownerReferences: [ownedBy('multigres.io/v1alpha1', 'Etcd', 'main')],
      },
      spec: { selector: { app: 'topo' }, ports: [{ name: 'client', port: 2379 }] },
    };
    expect(patchFor('Service', object)).toEqual([]);
  });

  test('that would make it another entry of the catalogue are left out', () => {
    // With part-of and component, the name `our-store` means the newest dialect's etcd, which gets no port.
    const object = {
      metadata: { name: 'store', labels: { 'app.kubernetes.io/name': 'our-store' } },
      spec: { selector: { app: 'store' }, ports: [{ port: 2379 }] },
    };
    const admit = admitting({ route: routes.inject });
    const outcome = answerTo(admit, reviewOf('Service', { object }));
    expect(patchOf(outcome)).toEqual([
      add(label.instance, 'store'),
      add(label.component, 'etcd'),
      add('/spec/ports/0/name', 'client'),
    ]);
    expect(outcome.record.findings).toEqual([
      {
        code: 'label-would-mislead',
        severity: 'info',
        object: { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'store' },
        field: 'metadata.labels',
        message:
          'app.kubernetes.io/part-of would make it another component than etcd, beside the labels that it has: left out',
        fix: 'write metadata.labels: {app.kubernetes.io/name: etcd}, or set all standard labels yourself',
        certain: true,
      },
    ]);
  });
});

describe('the metrics port of a Service', () => {
  test('is added at the end where it is missing', () => {
    expect(gatewayPatch({ ports: [{ name: 'postgres', port: 5432 }] })).toEqual([
      add('/spec/ports/-', httpPort),
    ]);
  });

  test('forces a name on an unnamed single port, that of its target or of its number', () => {
    expect(gatewayPatch({ ports: [{ port: 5432, targetPort: 'postgres' }] })).toEqual([
      add('/spec/ports/0/name', 'postgres'),
      add('/spec/ports/-', httpPort),
    ]);
    expect(gatewayPatch({ ports: [{ name: '', port: 5432 }] })).toEqual([
      add('/spec/ports/0/name', 'port-5432'),
      add('/spec/ports/-', httpPort),
    ]);
    expect(
      gatewayPatch({ ports: [{ name: null, port: 53, protocol: 'UDP', targetPort: 'http' }] }),
    ).toEqual([add('/spec/ports/0/name', 'port-53'), add('/spec/ports/-', httpPort)]);
  });

  test('that was added before forces a name on the unnamed port that its author puts beside it', () => {
    const ours = { name: 'http', port: 8080, protocol: 'TCP', targetPort: 8080 };
    for (const type of ['ClusterIP', 'LoadBalancer', 'NodePort']) {
      expect(gatewayPatch({ type, ports: [ours, { port: 6432, targetPort: 'postgres' }] })).toEqual(
        [add('/spec/ports/1/name', 'postgres')],
      );
    }
    expect(gatewayPatch({ ports: [{ port: 6432 }, { ...ours, port: 8081 }] })).toEqual([]);
    expect(gatewayPatch({ ports: [ours, { port: 1 }, { port: 2 }] })).toEqual([]);
  });

  test('that was added before is told of where its author gives its name to another', () => {
    const object = gateway({ ports: [httpPort, { name: 'http', port: 80 }] });
    const outcome = answerTo(admitting(), reviewOf('Service', { object }));
    expect(outcome.answer.response).toEqual({
      uid: 'e9a5f9a2-0d1a-4a93-8f06-3f8f1d3f0c11',
      allowed: true,
      warnings: [
        'autoscrape: spec.ports[1].name: the name "http" is also that of port 8080, where the metrics of multigateway are, and which autoscrape may have added; give this port another name, or remove port 8080 first [port-name-taken]',
      ],
    });
  });

  test('gets its name where it has none', () => {
    expect(gatewayPatch({ ports: [{ port: 8080 }] })).toEqual([add('/spec/ports/0/name', 'http')]);
    expect(
      gatewayPatch({
        ports: [
          { name: 'postgres', port: 5432 },
          { port: 80, targetPort: 8080 },
        ],
      }),
    ).toEqual([add('/spec/ports/1/name', 'http')]);
  });

  test.each([
    ['the number, under any name', { name: 'web', port: 8080 }],
    ['the name as target', { name: 'web', port: 80, targetPort: 'http' }],
    ['the number as target', { name: 'web', port: 80, targetPort: 8080 }],
    [
      'the number, and a target that only pods can tell',
      { name: 'web', port: 8080, targetPort: 'console' },
    ],
    ['both, sent on elsewhere', { name: 'http', port: 8080, targetPort: 3000 }],
    [
      'the number, with the target 0 that means the same',
      { name: 'web', port: 8080, targetPort: 0 },
    ],
  ])('is there when a port has %s', (_what, port) => {
    expect(gatewayPatch({ ports: [port] })).toEqual([]);
  });

  test.each([
    ['LoadBalancer', { type: 'LoadBalancer' }],
    ['NodePort', { type: 'NodePort' }],
    ['one with external addresses', { externalIPs: ['198.51.100.7'] }],
    ['one that is not headless and has no port', { ports: [] }],
  ])('is never added to a Service that is %s', (_what, spec) => {
    expect(gatewayPatch({ ports: [{ name: 'postgres', port: 5432 }], ...spec })).toEqual([]);
  });

  test('gets no name on a LoadBalancer, which a new name would make its provider configure again', () => {
    expect(gatewayPatch({ type: 'LoadBalancer', ports: [{ port: 8080 }] })).toEqual([]);
  });

  test.each([
    ['ExternalName', { type: 'ExternalName', externalName: 'gw.example.com' }],
    ['without a selector', { selector: undefined }],
    ['with an empty selector', { selector: {} }],
  ])('and labels are never added to a Service %s', (_what, spec) => {
    const object = {
      metadata: { name: 'gw', labels: draftGatewayLabels },
      spec: { selector: { app: 'gw' }, ports: [{ port: 5432 }], ...spec },
    };
    expect(patchFor('Service', object)).toEqual([]);
  });

  test.each([
    ['absent', {}],
    ['null', { ports: null }],
    ['empty', { ports: [] }],
  ])('comes to a headless Service whose ports are %s', (what, spec) => {
    expect(gatewayPatch({ clusterIP: 'None', ...spec })).toEqual([
      what === 'empty' ? add('/spec/ports/-', httpPort) : add('/spec/ports', [httpPort]),
    ]);
  });

  test.each([
    ['a text', 'http'],
    ['a map', { http: 8080 }],
    ['a list with a number in it', [{ name: 'postgres', port: 5432 }, 8080]],
    ['a list with a port without number', [{ name: 'postgres' }]],
    ['a list with a numeric name', [{ name: 7, port: 5432 }]],
    ['a list with an odd protocol', [{ port: 5432, protocol: {} }]],
    ['a list with an odd target', [{ port: 5432, targetPort: true }]],
    ['a list of several of which one has no name', [{ name: 'a', port: 1 }, { port: 2 }]],
  ])('is not added to ports that are %s', (_what, ports) => {
    expect(gatewayPatch({ ports })).toEqual([]);
  });

  test('is found, and added, in a list of 250', () => {
    const many = Array.from({ length: 249 }, (_, at) => ({ name: `p${at}`, port: 20_000 + at }));
    expect(gatewayPatch({ ports: [...many, { port: 8080, name: 'http' }] })).toEqual([]);
    const other = { name: 'last', port: 30_000 };
    expect(gatewayPatch({ ports: [...many, other] })).toEqual([add('/spec/ports/-', httpPort)]);
  });

  test('does not collide with the same number of another protocol', () => {
    expect(gatewayPatch({ ports: [{ name: 'quic', port: 8080, protocol: 'UDP' }] })).toEqual([
      add('/spec/ports/-', httpPort),
    ]);
  });

  test.each([
    ['TCP', { name: 'http', port: 80, targetPort: 80 }],
    ['UDP', { name: 'http', port: 8080, protocol: 'UDP' }],
  ])(
    'is not added where its name is taken by a %s port, and a warning says so',
    (_protocol, port) => {
      const outcome = answerTo(
        admitting(),
        reviewOf('Service', {
          object: gateway({ ports: [{ name: 'postgres', port: 5432 }, port] }),
        }),
      );
      expect(outcome.answer.response).toEqual({
        uid: 'e9a5f9a2-0d1a-4a93-8f06-3f8f1d3f0c11',
        allowed: true,
        warnings: [
          'autoscrape: spec.ports[1].name: the name "http" belongs to a port that does not lead to 8080, where the metrics of multigateway are: no port was added; give that port another name, or let it target 8080 [port-name-taken]',
        ],
      });
    },
  );

  test('is not added where its number is taken, and a warning says so', () => {
    const outcome = answerTo(
      admitting(),
      reviewOf('Service', {
        object: gateway({ ports: [{ name: 'web', port: 8080, targetPort: 3000 }] }),
      }),
    );
    expect(outcome.answer.response).toEqual({
      uid: 'e9a5f9a2-0d1a-4a93-8f06-3f8f1d3f0c11',
      allowed: true,
      warnings: [
        'autoscrape: spec.ports[0].port: number 8080, where the metrics of multigateway are, belongs to port "web", which leads elsewhere: no port was added; give that port another number, or add a port "http" that targets 8080 under a free one [port-number-taken]',
      ],
    });
  });

  test('keeps its number unnamed where another port has its name', () => {
    const ports = [{ port: 8080 }, { name: 'http', port: 80, targetPort: 80 }];
    const outcome = answerTo(admitting(), reviewOf('Service', { object: gateway({ ports }) }));
    expect(patchOf(outcome)).toEqual([]);
    expect(outcome.record.findings.map((finding) => finding.code)).toEqual(['port-name-taken']);
  });

  test('is not looked after where the settings push or ignore the component', () => {
    const object = gateway({ ports: [{ port: 8080 }] });
    expect(patchFor('Service', object, { components: { multigateway: 'push' } })).toEqual([]);
    expect(patchFor('Service', object, { components: { multigateway: 'ignore' } })).toEqual([]);
    expect(patchFor('Service', object, { components: { multiorch: 'ignore' } })).toEqual([
      add('/spec/ports/0/name', 'http'),
    ]);
  });

  test('is warned of when its Service turns from the inside to the outside', () => {
    const ports = [{ name: 'postgres', port: 5432 }, httpPort];
    const object = gateway({ ports, type: 'LoadBalancer' });
    const review = reviewOf('Service', { object, before: gateway({ ports }) });
    expect(answerTo(admitting(), review).answer.response).toEqual({
      uid: 'e9a5f9a2-0d1a-4a93-8f06-3f8f1d3f0c11',
      allowed: true,
      warnings: [
        'autoscrape: spec.ports[1]: as a LoadBalancer the Service shows the metrics of multigateway (port 8080) outside the cluster; remove the port if that is not meant [port-exposed]',
      ],
    });
    const again = reviewOf('Service', { object, before: object });
    expect(answerTo(admitting(), again).answer.response.warnings).toBeUndefined();
  });
});

describe('the gateways of the operator', () => {
  const labels = {
    'app.kubernetes.io/component': 'multigateway',
    'app.kubernetes.io/instance': 'orders',
    'app.kubernetes.io/name': 'multigres',
    'app.kubernetes.io/part-of': 'multigres',
  };
  const clusterWide = {
    metadata: {
      name: 'orders-multigateway',
      labels,
      ownerReferences: [ownedBy('multigres.com/v1alpha1', 'MultigresCluster', 'orders')],
    },
    spec: {
      selector: { 'app.kubernetes.io/component': 'multigateway' },
      ports: [{ name: 'postgres', port: 5432, targetPort: 'postgres' }],
    },
  };

  test('get no port, neither by the catalogue nor when scraping is forced', () => {
    expect(patchFor('Service', clusterWide)).toEqual([]);
    expect(patchFor('Service', clusterWide, { components: { multigateway: 'scrape' } })).toEqual(
      [],
    );
  });

  test('get a name for the port that they have when scraping is forced', () => {
    const unnamed = {
      ...clusterWide,
      spec: { ...clusterWide.spec, ports: [{ port: 15_100, targetPort: 'http' }] },
    };
    expect(patchFor('Service', unnamed)).toEqual([]);
    expect(patchFor('Service', unnamed, { components: { multigateway: 'scrape' } })).toEqual([
      add('/spec/ports/0/name', 'http'),
    ]);
  });

  test('get an optional port neither, which only their pods could tell of', () => {
    const pool = {
      metadata: {
        name: 'orders-pool',
        labels: { ...labels, 'app.kubernetes.io/component': 'shard-pool' },
        ownerReferences: [ownedBy('multigres.com/v1alpha1', 'Shard', 'orders-0')],
      },
      spec: {
        clusterIP: 'None',
        selector: { 'app.kubernetes.io/component': 'shard-pool' },
        ports: [{ name: 'postgres', port: 5432 }],
      },
    };
    expect(patchFor('Service', pool)).toEqual([]);
  });
});

describe('a Service that its writer rewrites', () => {
  const owner = ownedBy('multigres.io/v1alpha1', 'MultiPooler', 'pool');
  const written = {
    metadata: { name: 'pool', labels: { app: 'pool' }, ownerReferences: [owner] },
    spec: { selector: { app: 'pool' }, ports: [{ port: 5432, protocol: 'TCP', targetPort: 5432 }] },
  };

  test('gets back on update what the writer dropped, so that nothing stored changes', () => {
    const created = answerTo(admitting(), reviewOf('Service', { object: written }));
    const before = {
      metadata: {
        ...written.metadata,
        labels: { app: 'pool', ...complete(draftPoolerLabels, 'pool') },
      },
      spec: {
        ...written.spec,
        ports: [
          { name: 'port-5432', port: 5432, protocol: 'TCP', targetPort: 5432 },
          { name: 'metrics', port: 9187, protocol: 'TCP', targetPort: 9187 },
        ],
      },
    };
    const updated = answerTo(admitting(), reviewOf('Service', { object: written, before }));
    expect(patchOf(updated)).toEqual(patchOf(created));
    expect(patchOf(created)).toEqual([
      add(label.name, 'multipooler'),
      add(label.instance, 'pool'),
      add(label.component, 'pooler'),
      add(label.partOf, 'multigres'),
      add('/spec/ports/0/name', 'port-5432'),
      add('/spec/ports/-', { name: 'metrics', port: 9187, protocol: 'TCP', targetPort: 9187 }),
    ]);
  });
});
