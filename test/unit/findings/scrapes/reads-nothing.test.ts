import { describe, expect, test } from '@jest/globals';
import { scrapeFindings } from '../../../../src/findings/scrapes/scrape.ts';
import type { KubernetesObject } from '../../../../src/kubernetes/index.ts';
import { inventoryOf, object, pod, scrape, service, statefulSet } from '../../inventory/build.ts';

/** What is said of a scrape of `app: db`. */
function told(spec: object, ...objects: readonly KubernetesObject[]): string[] {
  const selector = { matchLabels: { app: 'db' } };
  return scrapeFindings(scrape('s', { selector, ...spec }), inventoryOf(...objects)).map(
    ({ severity, code, field, message, fix }) => `${severity} ${code} ${field}: ${message}; ${fix}`,
  );
}

function dbService(spec: object) {
  return object({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'shop', name: 'db', labels: { app: 'db' } },
    spec: { selector: { app: 'db' }, ports: [{ name: 'metrics', port: 9090 }], ...spec },
  });
}

const pods = statefulSet('db', { labels: { app: 'db' }, ports: [['metrics', 9090]] });
const endpoints = [{ port: 'metrics' }];

describe('an ExternalName Service', () => {
  const outside = dbService({ type: 'ExternalName', externalName: 'db.example.com' });

  test('is read by role service alone', () => {
    expect(told({ endpoints }, outside)).toEqual([
      'warning external-name spec.discoveryRole: Service db is of type ExternalName and has no endpoints: nothing is read; write discoveryRole: service',
    ]);
    expect(told({ endpoints, discoveryRole: 'service' }, outside)).toEqual([]);
  });

  test('beside one with pods is left alone', () => {
    const inside = service('inside', {
      labels: { app: 'db' },
      selector: { app: 'db' },
      ports: [{ name: 'metrics', port: 9090 }],
    });
    expect(told({ endpoints }, outside, inside, pods)).toEqual([]);
  });
});

describe('a dual-stack Service', () => {
  const dual = dbService({ ipFamilyPolicy: 'PreferDualStack', ipFamilies: ['IPv6', 'IPv4'] });
  const twice =
    'warning read-at-two-addresses spec.discoveryRole: each pod behind db is read twice, at its IPv4 and at its IPv6 address: the Service is dual-stack; write discoveryRole: endpoints, or keep one __meta_kubernetes_endpointslice_address_type';

  test.each(['endpointslices', 'endpointslice'])('is read twice by role %s', (discoveryRole) => {
    expect(told({ endpoints, discoveryRole }, dual, pods)).toEqual([twice]);
  });

  test('is read once by role endpoints, and where a rule keeps one family', () => {
    const relabelConfigs = [
      {
        action: 'keep',
        sourceLabels: ['__meta_kubernetes_endpointslice_address_type'],
        regex: 'IPv4',
      },
    ];
    const kept = [{ port: 'metrics', relabelConfigs }];
    expect(told({ endpoints }, dual, pods)).toEqual([]);
    expect(told({ endpoints: kept, discoveryRole: 'endpointslices' }, dual, pods)).toEqual([]);
  });

  test.each([
    { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv6'] },
    { ipFamilyPolicy: 'PreferDualStack' },
    {},
  ])('is none with %j: it may have one family', (spec) => {
    const role = { endpoints, discoveryRole: 'endpointslices' };
    expect(told(role, dbService(spec), pods)).toEqual([]);
  });
});

describe('role service', () => {
  const parts = { labels: { app: 'db' }, ports: [['metrics', 9090]] as const };

  test('reads one of several pods', () => {
    const role = { endpoints, discoveryRole: 'service' };
    expect(told(role, dbService({}), pod('db-0', parts), pod('db-1', parts))).toEqual([
      'info one-of-many spec.discoveryRole: role service reads the address of db, where another of its pods may answer each time; write discoveryRole: endpoints',
    ]);
    expect(told(role, dbService({}), pod('db-0', parts))).toEqual([]);
  });
});

describe('a rule that drops by what only pods have', () => {
  const dropping = (rule: object) => ({
    endpoints: [{ port: 'metrics', relabelConfigs: [{ action: 'drop', ...rule }] }],
  });
  const name = ['__meta_kubernetes_pod_name'];

  test('is found before the pods are there, by their names', () => {
    expect(told(dropping({ sourceLabels: name, regex: 'db-.*' }), dbService({}), pods)).toEqual([
      'warning relabelling-drops-all spec.endpoints[0].relabelConfigs: the rules drop every target; the first to go is dropped by relabelConfigs[0] (drop __meta_kubernetes_pod_name db-.*); correct or remove relabelConfigs[0]',
    ]);
  });

  test.each([
    { sourceLabels: name, regex: 'db-0' },
    { sourceLabels: name, regex: 'other-.*' },
    { sourceLabels: ['__meta_kubernetes_pod_node_name'], regex: 'node-.*' },
  ])('%j: says nothing where some pod may stay', (rule) => {
    expect(told(dropping(rule), dbService({}), pods)).toEqual([]);
  });
});

describe('no Service selected', () => {
  test('for a label that the pods alone have', () => {
    const bare = service('db', { selector: { id: '7' }, ports: [{ name: 'metrics', port: 9090 }] });
    const labelled = statefulSet('db', { labels: { app: 'db', id: '7' }, ports: [9090] });
    const others = Array.from({ length: 40 }, (_, n) =>
      service(`other-${n}`, { labels: { app: `other-${n}` }, selector: { app: `other-${n}` } }),
    );
    expect(told({ endpoints }, bare, labelled, ...others)).toEqual([
      'warning selects-nothing spec.selector.matchLabels: no Service is selected; nearest is db, whose pods have app, and which itself has not; write metadata.labels: {app: db} in Service shop/db',
    ]);
  });

  test('for the name of a Service in the place of its label', () => {
    const named = service('db', { labels: { app: 'database' }, selector: { app: 'database' } });
    expect(told({ endpoints }, named)).toEqual([
      'warning selects-nothing spec.selector.matchLabels: no Service is selected; nearest is db, of that name, whose app is "database"; write app: database',
    ]);
  });

  test('where several are equally far off: none of them is proposed', () => {
    const selector = { matchLabels: { app: 'db', part: 'shop' } };
    const some = ['cart', 'mail'].map((app) =>
      service(app, { labels: { app, part: 'shop' }, selector: { app } }),
    );
    const found = told({ selector, endpoints }, ...some);
    expect(found).toEqual([expect.stringMatching(/; check the labels, or make the Service$/)]);
  });

  test("is not said of the API server's own Service, which is in nobody's files", () => {
    const spec = {
      selector: { matchLabels: { component: 'apiserver', provider: 'kubernetes' } },
      namespaceSelector: { matchNames: ['default'] },
      endpoints: [{ port: 'https', scheme: 'https' }],
    };
    const home = object({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
    expect(told(spec, home)).toEqual([]);
  });
});

describe('a port that the Service does not have', () => {
  const web = dbService({ ports: [{ name: 'http', port: 80, targetPort: 8080 }] });
  const webPods = statefulSet('db', { labels: { app: 'db' }, ports: [['http', 8080]] });
  const fixes: Readonly<Record<string, readonly [endpoint: object, fix: string]>> = {
    'by number, which nobody declares': [
      { port: '9100' },
      'add port 9100 to Service db under a name, and write that name',
    ],
    'as a number, which nobody declares': [
      { port: 9100 },
      'add port 9100 to Service db under a name, and write that name',
    ],
    'by number, of a container': [{ port: 8081 }, 'write targetPort: 8081 instead of port'],
    'by name': [
      { port: 'metrics' },
      'add port metrics to Service db, or write the name of the port that has the metrics',
    ],
    'by targetPort, which nobody declares': [
      { targetPort: 9100 },
      'declare containerPort 9100 in the pods, or write the port that has the metrics',
    ],
    'by targetPort in quotes, which nobody declares': [
      { targetPort: '9100' },
      'write targetPort: 9100 without quotes, and declare containerPort 9100 in the pods',
    ],
    'by targetPort in quotes, which the Service leads to': [
      { targetPort: '8080' },
      'write targetPort: 8080 without quotes',
    ],
  };

  test.each(Object.entries(fixes))(
    '%s: another is not proposed for being there',
    (_, [one, fix]) => {
      const declares8081 = statefulSet('db', {
        labels: { app: 'db' },
        ports: [['http', 8080], 8081],
      });
      const behind = 'port' in one && one.port === 8081 ? declares8081 : webPods;
      const found = told({ endpoints: [one] }, web, behind);
      expect(found).toEqual([expect.stringMatching(/; (.*)$/)]);
      expect(found[0]?.endsWith(`; ${fix}`) ? fix : found[0]).toBe(fix);
    },
  );
});

test('a scrape with more than is looked at says so', () => {
  const many = Array.from({ length: 33 }, (_, n) => ({ port: 'metrics', path: `/metrics/${n}` }));
  const [rules] = [Array.from({ length: 201 }, () => ({ action: 'labeldrop', regex: 'a' }))];
  expect(told({ endpoints: many }, dbService({}), pods)).toEqual([
    'info too-large : it has 33 endpoints: of these the first 32 endpoints are judged; split it into several scrapes to have all of it judged',
  ]);
  const ruled = [{ port: 'metrics', metricRelabelConfigs: rules }];
  expect(told({ endpoints: ruled }, dbService({}), pods)).toEqual([
    'info too-large : it has 201 relabel rules: of these the first 200 rules are judged; split it into several scrapes to have all of it judged',
  ]);
});
