import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { FindingOptions } from '../../../../src/findings/scrapes/check.ts';
import { scrapeFindingCodes } from '../../../../src/findings/scrapes/codes.ts';
import { scrapeFindings } from '../../../../src/findings/scrapes/scrape.ts';
import { Inventory } from '../../../../src/inventory/inventory.ts';
import type { KubernetesObject } from '../../../../src/kubernetes/index.ts';
import { inventoryOf, object, scrape, service, statefulSet } from '../../inventory/build.ts';

// A database with a client and a headless Service that are told apart by a label, and pods that declare one port more
// than the Services list.

const selector = { app: 'db' };
const db = service('db', {
  labels: { app: 'db', tier: 'data' },
  selector,
  ports: [
    { name: 'client', port: 80, targetPort: 2379 },
    { name: 'metrics', port: 81, targetPort: 'metrics' },
  ],
});
const headless = service('db-headless', {
  labels: { app: 'db', tier: 'data', headless: 'yes' },
  selector,
  clusterIP: 'None',
  ports: [{ name: 'client', port: 2379 }],
});
const pods = statefulSet('db', {
  labels: selector,
  ports: [
    ['client', 2379],
    ['metrics', 2381],
    ['admin', 9000],
  ],
});
const solo = service('solo', {
  labels: { app: 'solo' },
  selector: { app: 'solo' },
  ports: [{ port: 7000, targetPort: 7001 }],
});
const soloPods = statefulSet('solo', { labels: { app: 'solo' }, ports: [7001] });
const far = service('far', {
  namespace: 'lab',
  labels: { app: 'far' },
  selector: { app: 'far' },
  ports: [{ name: 'metrics', port: 1 }],
});
const world = [
  db,
  headless,
  pods,
  solo,
  soloPods,
  far,
  object({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }),
  object({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'lab' } }),
];

const matchLabels = { app: 'db', tier: 'data' };
const notHeadless = [{ key: 'headless', operator: 'DoesNotExist' }];
const dbOnly = { matchLabels, matchExpressions: notHeadless };

/** The findings of a scrape called `s`, in short. */
function findings(spec: unknown, ...objects: readonly KubernetesObject[]) {
  const inventory = inventoryOf(...world, ...objects);
  return scrapeFindings(scrape('s', spec), inventory).map((one) => ({
    code: one.code,
    severity: one.severity,
    certain: one.certain,
    text: `${one.field}: ${one.message}; ${one.fix}`,
  }));
}

const endpoint = (parts: object) => ({
  selector: dbOnly,
  endpoints: [{ port: 'metrics', ...parts }],
});

interface Mistake {
  readonly code: string;
  readonly severity?: 'error' | 'info';
  readonly certain?: true;
  readonly spec: unknown;
  readonly text: string;
  /** What the fix says, done. */
  readonly fixed: unknown;
  readonly beside?: readonly KubernetesObject[];
}

const mistakes: Readonly<Record<string, Mistake>> = {
  'a duration with a capital M': {
    code: 'bad-duration',
    severity: 'error',
    certain: true,
    spec: endpoint({ interval: '1M' }),
    text: 'spec.endpoints[0].interval: "1M" is no duration: vmagent refuses its whole configuration because of it; write interval: 1m',
    fixed: endpoint({ interval: '1m' }),
  },
  'a duration in words': {
    code: 'bad-duration',
    severity: 'error',
    certain: true,
    spec: endpoint({ scrapeTimeout: '5 seconds' }),
    text: 'spec.endpoints[0].scrapeTimeout: "5 seconds" is no duration: vmagent refuses its whole configuration because of it; write scrapeTimeout: 5s',
    fixed: endpoint({ scrapeTimeout: '5s' }),
  },
  'an interval under its other name': {
    code: 'bad-duration',
    severity: 'error',
    certain: true,
    spec: endpoint({ scrape_interval: 'often' }),
    text: 'spec.endpoints[0].scrape_interval: "often" is no duration: vmagent refuses its whole configuration because of it; write scrape_interval: 30s',
    fixed: endpoint({ scrape_interval: '30s' }),
  },
  'a duration among the parameters': {
    code: 'bad-duration',
    severity: 'error',
    certain: true,
    spec: endpoint({ vm_scrape_params: { scrape_offset: '1h30' } }),
    text: 'spec.endpoints[0].vm_scrape_params.scrape_offset: "1h30" is no duration: vmagent refuses its whole configuration because of it; write scrape_offset: 30s',
    fixed: endpoint({ vm_scrape_params: { scrape_offset: '30s' } }),
  },
  'a timeout above the interval': {
    code: 'timeout-above-interval',
    spec: endpoint({ interval: '10s', scrapeTimeout: '30s' }),
    text: 'spec.endpoints[0].scrapeTimeout: "30s" is longer than the interval of "10s", and is cut to it; write scrapeTimeout: 10s',
    fixed: endpoint({ interval: '10s', scrapeTimeout: '10s' }),
  },
  'no endpoints': {
    code: 'endpoints-missing',
    severity: 'error',
    certain: true,
    spec: { selector: dbOnly },
    text: 'spec.endpoints: the field is required, and missing; write endpoints: [{port: metrics}]',
    fixed: { selector: dbOnly, endpoints: [{ port: 'metrics' }] },
  },
  'an empty list of endpoints': {
    code: 'no-endpoints',
    spec: { selector: dbOnly, endpoints: [] },
    text: 'spec.endpoints: the list is empty, so that nothing is read; write endpoints: [{port: metrics}]',
    fixed: { selector: dbOnly, endpoints: [{ port: 'metrics' }] },
  },
  'endpoints that are no list': {
    code: 'wrong-type',
    severity: 'error',
    certain: true,
    spec: { selector: dbOnly, endpoints: { port: 'metrics' } },
    text: 'spec.endpoints: {"port":"metrics"} is a map, not a list; write it as a list: with a hyphen before each entry of endpoints',
    fixed: { selector: dbOnly, endpoints: [{ port: 'metrics' }] },
  },
  'a port number that is no text': {
    code: 'wrong-type',
    severity: 'error',
    certain: true,
    spec: { selector: dbOnly, endpoints: [{ port: 81 }] },
    text: 'spec.endpoints[0].port: 81 is a number, and port is the name of a port of the Service; write port: metrics',
    fixed: { selector: dbOnly, endpoints: [{ port: 'metrics' }] },
  },
  'an interval that is no text': {
    code: 'wrong-type',
    severity: 'error',
    certain: true,
    spec: endpoint({ interval: 30 }),
    text: 'spec.endpoints[0].interval: 30 is a number, not a string; write interval: 30s',
    fixed: endpoint({ interval: '30s' }),
  },
  'a label value that is no text': {
    code: 'wrong-type',
    severity: 'error',
    certain: true,
    spec: {
      selector: { matchLabels: { app: 'db', headless: true } },
      endpoints: [{ port: 'client' }],
    },
    text: 'spec.selector.matchLabels.headless: true is a boolean, not a string; write headless: "true"',
    fixed: { selector: dbOnly, endpoints: [{ port: 'metrics' }] },
  },
  'a boolean in quotes': {
    code: 'wrong-type',
    severity: 'error',
    certain: true,
    spec: { ...endpoint({}), namespaceSelector: { any: 'true' } },
    text: 'spec.namespaceSelector.any: "true" is a string, not a boolean; write any: true without quotes',
    fixed: { ...endpoint({}), namespaceSelector: { any: true } },
  },
  'a role that there is not': {
    code: 'unknown-value',
    severity: 'error',
    certain: true,
    spec: { ...endpoint({}), discoveryRole: 'endpoint' },
    text: 'spec.discoveryRole: "endpoint" is none of endpoints, endpointslices, service; write discoveryRole: endpoints',
    fixed: { ...endpoint({}), discoveryRole: 'endpoints' },
  },
  'a scheme that there is not': {
    code: 'unknown-value',
    severity: 'error',
    certain: true,
    spec: endpoint({ scheme: 'Http' }),
    text: 'spec.endpoints[0].scheme: "Http" is none of http, https; write scheme: http',
    fixed: endpoint({ scheme: 'http' }),
  },
  'a field that is misspelled': {
    code: 'unknown-field',
    spec: endpoint({ scrapeInterval: '30s' }),
    text: 'spec.endpoints[0].scrapeInterval: there is no such field: the API server drops it; write scrape_interval instead',
    fixed: endpoint({ scrape_interval: '30s' }),
  },
  'a selector that is misspelled': {
    code: 'unknown-field',
    spec: { selector: { matchlabels: matchLabels }, endpoints: [{ port: 'metrics' }] },
    text: 'spec.selector.matchlabels: there is no such field: the API server drops it; write matchLabels instead',
    fixed: { selector: dbOnly, endpoints: [{ port: 'metrics' }] },
  },
  'an operator that there is not': {
    code: 'bad-selector',
    severity: 'error',
    certain: true,
    spec: {
      selector: { matchLabels, matchExpressions: [{ key: 'headless', operator: 'NotExists' }] },
      endpoints: [{ port: 'metrics' }],
    },
    text: 'spec.selector.matchExpressions[0].operator: "NotExists" is none of In, NotIn, Exists, DoesNotExist: the operator rejects the scrape; write operator: DoesNotExist',
    fixed: {
      selector: { matchLabels, matchExpressions: [{ key: 'headless', operator: 'DoesNotExist' }] },
      endpoints: [{ port: 'metrics' }],
    },
  },
  'an operator without values': {
    code: 'bad-selector',
    severity: 'error',
    certain: true,
    spec: {
      selector: { matchLabels, matchExpressions: [...notHeadless, { key: 'app', operator: 'In' }] },
      endpoints: [{ port: 'metrics' }],
    },
    text: 'spec.selector.matchExpressions[1].values: In needs values: the operator rejects the scrape; write values, or operator: Exists',
    fixed: {
      selector: {
        matchLabels,
        matchExpressions: [...notHeadless, { key: 'app', operator: 'Exists' }],
      },
      endpoints: [{ port: 'metrics' }],
    },
  },
  'alternatives in a label value': {
    code: 'selector-not-literal',
    spec: {
      selector: { matchLabels: { app: 'db|dbx' }, matchExpressions: notHeadless },
      endpoints: [{ port: 'metrics' }],
    },
    text: 'spec.selector.matchLabels: "db|dbx" is no value of a label: newer operators reject the scrape; write it under matchExpressions: {key: app, operator: In, values: [db, dbx]}',
    fixed: {
      selector: {
        matchExpressions: [...notHeadless, { key: 'app', operator: 'In', values: ['db', 'dbx'] }],
      },
      endpoints: [{ port: 'metrics' }],
    },
  },
  'an empty selector': {
    code: 'empty-selector',
    spec: { selector: {}, endpoints: [{ port: 'metrics' }] },
    text: 'spec.selector: it selects every Service of namespace shop (db, db-headless, solo); write spec.selector.matchLabels: {app: db}',
    fixed: { selector: { matchLabels: { app: 'db' } }, endpoints: [{ port: 'metrics' }] },
  },
  'no selector': {
    code: 'empty-selector',
    spec: { endpoints: [{ port: 'metrics' }] },
    text: ': without a selector it selects every Service of namespace shop (db, db-headless, solo); write spec.selector.matchLabels: {app: db}',
    fixed: { selector: { matchLabels: { app: 'db' } }, endpoints: [{ port: 'metrics' }] },
  },
  'an empty namespaceSelector that means all': {
    code: 'empty-namespace-selector',
    spec: {
      selector: { matchLabels: { app: 'far' } },
      namespaceSelector: {},
      endpoints: [{ port: 'metrics' }],
    },
    text: "spec.namespaceSelector: it means only the scrape's own namespace, shop; Services such as lab/far match in others; write any: true for all namespaces, or remove it",
    fixed: {
      selector: { matchLabels: { app: 'far' } },
      namespaceSelector: { any: true },
      endpoints: [{ port: 'metrics' }],
    },
  },
  'an empty namespaceSelector that makes no difference': {
    code: 'empty-namespace-selector',
    severity: 'info',
    spec: { ...endpoint({}), namespaceSelector: {} },
    text: "spec.namespaceSelector: it means only the scrape's own namespace, shop, as without it; remove it, or write any: true for all namespaces",
    fixed: endpoint({}),
  },
  'a namespace that there is not': {
    code: 'namespace-missing',
    spec: {
      selector: { matchLabels: { app: 'far' } },
      namespaceSelector: { matchNames: ['labs'] },
      endpoints: [{ port: 'metrics' }],
    },
    text: 'spec.namespaceSelector.matchNames[0]: there is no namespace "labs"; write lab',
    fixed: {
      selector: { matchLabels: { app: 'far' } },
      namespaceSelector: { matchNames: ['lab'] },
      endpoints: [{ port: 'metrics' }],
    },
  },
  'a Service in another namespace': {
    code: 'selects-nothing',
    spec: { selector: { matchLabels: { app: 'far' } }, endpoints: [{ port: 'metrics' }] },
    text: 'spec.namespaceSelector: no Service in shop is selected, but lab/far would be; write namespaceSelector: {matchNames: [lab]}',
    fixed: {
      selector: { matchLabels: { app: 'far' } },
      namespaceSelector: { matchNames: ['lab'] },
      endpoints: [{ port: 'metrics' }],
    },
  },
  'a label with another value': {
    code: 'selects-nothing',
    spec: {
      selector: { matchLabels: { app: 'db', tier: 'date' }, matchExpressions: notHeadless },
      endpoints: [{ port: 'metrics' }],
    },
    text: 'spec.selector.matchLabels: no Service is selected; nearest is db, whose tier is "data"; write tier: data',
    fixed: endpoint({}),
  },
  'a label that the Service lacks': {
    code: 'selects-nothing',
    spec: {
      selector: { matchLabels: { ...matchLabels, cell: 'a' }, matchExpressions: notHeadless },
      endpoints: [{ port: 'metrics' }],
    },
    text: 'spec.selector.matchLabels: no Service is selected; nearest is db, which has no cell; remove cell',
    fixed: endpoint({}),
  },
  'the right value under another key': {
    code: 'selects-nothing',
    spec: {
      selector: { matchLabels: { 'app.kubernetes.io/name': 'solo' } },
      endpoints: [{ targetPort: 7001 }],
    },
    text: 'spec.selector.matchLabels: no Service is selected; nearest is solo, which has app, not app.kubernetes.io/name; write app instead of app.kubernetes.io/name',
    fixed: { selector: { matchLabels: { app: 'solo' } }, endpoints: [{ targetPort: 7001 }] },
  },
  'an expression that keeps the Service out': {
    code: 'selects-nothing',
    spec: {
      selector: {
        matchLabels: { app: 'solo' },
        matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['solo'] }],
      },
      endpoints: [{ targetPort: 7001 }],
    },
    text: 'spec.selector.matchExpressions[0]: no Service is selected; nearest is solo, whose app is "solo"; remove matchExpressions[0]',
    fixed: { selector: { matchLabels: { app: 'solo' } }, endpoints: [{ targetPort: 7001 }] },
  },
  'a rule that keeps a Service of another name': {
    code: 'selects-nothing',
    spec: {
      selector: { matchLabels },
      endpoints: [
        {
          port: 'client',
          relabelConfigs: [{ action: 'keep', sourceLabels: ['service'], regex: 'db-headles' }],
        },
      ],
    },
    text: 'spec.endpoints[0].relabelConfigs[0].regex: it keeps only Service db-headles; the selected ones are db, db-headless; write regex: db-headless',
    fixed: {
      selector: { matchLabels },
      endpoints: [
        {
          port: 'client',
          relabelConfigs: [{ action: 'keep', sourceLabels: ['service'], regex: 'db-headless' }],
        },
      ],
    },
  },
  'a selector that nothing comes near': {
    code: 'selects-nothing',
    spec: { selector: { matchLabels: { color: 'blue' } }, endpoints: [{ port: 'metrics' }] },
    text: 'spec.selector: no Service in shop is selected, and none comes near; check the labels, or make the Service',
    fixed: endpoint({}),
  },
  'a port name that is misspelled': {
    code: 'port-not-found',
    spec: endpoint({ port: 'metric' }),
    text: 'spec.endpoints[0].port: "metric" is no port of db: there are client, metrics; write port: metrics',
    fixed: endpoint({ port: 'metrics' }),
  },
  'a container port given as a Service port': {
    code: 'port-not-found',
    spec: endpoint({ port: 'admin' }),
    text: 'spec.endpoints[0].port: "admin" is no port of db: there are client, metrics; write targetPort: admin instead of port',
    fixed: { selector: dbOnly, endpoints: [{ targetPort: 'admin' }] },
  },
  'a number given as a name': {
    code: 'port-is-number',
    spec: endpoint({ port: '80' }),
    text: 'spec.endpoints[0].port: no port of db is called "80"; port 80 is called client; write port: client',
    fixed: endpoint({ port: 'client' }),
  },
  'the number of a pod port given as a name': {
    code: 'port-is-number',
    spec: endpoint({ port: '2379' }),
    text: 'spec.endpoints[0].port: no port of db is called "2379"; port 80 is called client; write port: client',
    fixed: endpoint({ port: 'client' }),
  },
  'a port without a name': {
    code: 'port-unnamed',
    spec: { selector: { matchLabels: { app: 'solo' } }, endpoints: [{ port: 'http' }] },
    text: 'spec.endpoints[0].port: port 7000 of solo has no name, "http" or other; where port 7001 has the metrics, write targetPort: 7001 instead of port',
    fixed: { selector: { matchLabels: { app: 'solo' } }, endpoints: [{ targetPort: 7001 }] },
  },
  'a targetPort number in quotes': {
    code: 'target-port-quoted',
    severity: 'error',
    certain: true,
    spec: { selector: dbOnly, endpoints: [{ targetPort: '2381' }] },
    text: 'spec.endpoints[0].targetPort: "2381" in quotes is the name of a container port, and no port can have that name; write targetPort: 2381 without quotes',
    fixed: { selector: dbOnly, endpoints: [{ targetPort: 2381 }] },
  },
  'a targetPort that no container declares': {
    code: 'target-port-undeclared',
    spec: { selector: dbOnly, endpoints: [{ targetPort: 2382 }] },
    text: 'spec.endpoints[0].targetPort: no container declares port 2382; they declare client (2379), metrics (2381), admin (9000); write targetPort: 2381',
    fixed: { selector: dbOnly, endpoints: [{ targetPort: 2381 }] },
  },
  "a Service port's number given as targetPort": {
    code: 'target-port-undeclared',
    spec: { selector: dbOnly, endpoints: [{ targetPort: 80 }] },
    text: 'spec.endpoints[0].targetPort: no container declares port 80; they declare client (2379), metrics (2381), admin (9000); write port: client instead of targetPort',
    fixed: { selector: dbOnly, endpoints: [{ port: 'client' }] },
  },
  'neither port nor targetPort': {
    code: 'no-port',
    spec: { selector: dbOnly, endpoints: [{}] },
    text: 'spec.endpoints[0]: without port or targetPort every port is read: client, metrics, admin; write port: metrics',
    fixed: { selector: dbOnly, endpoints: [{ port: 'metrics' }] },
  },
  'a targetPort that is not looked at': {
    code: 'target-port-ignored',
    severity: 'info',
    spec: endpoint({ port: 'client', targetPort: 9000 }),
    text: 'spec.endpoints[0].targetPort: it is not looked at, because port "client" is there, which leads to 2379; remove targetPort, or port',
    fixed: endpoint({ port: 'client' }),
  },
  'an expression that Go does not compile': {
    code: 'bad-relabel-rule',
    severity: 'error',
    certain: true,
    spec: endpoint({
      relabelConfigs: [{ action: 'drop', sourceLabels: ['pod'], regex: '(?!db).*' }],
    }),
    text: 'spec.endpoints[0].relabelConfigs[0].regex: Go can\'t compile "(?!db).*" (invalid or unsupported Perl syntax: `(?!`): vmagent skips the endpoint; write it in Go\'s syntax (RE2): no lookaround, no back-references',
    fixed: endpoint({ relabelConfigs: [{ action: 'keep', sourceLabels: ['pod'], regex: 'db.*' }] }),
  },
  'an action that there is not': {
    code: 'bad-relabel-rule',
    severity: 'error',
    certain: true,
    spec: endpoint({ metricRelabelConfigs: [{ action: 'label_drop', regex: 'x' }] }),
    text: 'spec.endpoints[0].metricRelabelConfigs[0].action: "label_drop" is no action: vmagent skips the endpoint; write action: labeldrop',
    fixed: endpoint({ metricRelabelConfigs: [{ action: 'labeldrop', regex: 'x' }] }),
  },
  'rules that drop every target': {
    code: 'relabelling-drops-all',
    spec: endpoint({
      relabelConfigs: [
        { targetLabel: 'team', replacement: 'x' },
        { action: 'keep', sourceLabels: ['namespace'], regex: 'prod' },
      ],
    }),
    text: 'spec.endpoints[0].relabelConfigs: the rules drop every target; the first to go is dropped by relabelConfigs[1] (keep namespace prod); correct or remove relabelConfigs[1]',
    fixed: endpoint({ relabelConfigs: [{ targetLabel: 'team', replacement: 'x' }] }),
  },
  'two Services in front of the same pods': {
    code: 'scraped-twice',
    spec: { selector: { matchLabels }, endpoints: [{ port: 'client' }] },
    text: 'spec.endpoints[0]: Services shop/db-headless and db lead to the same pods: port 2379 is read twice; add relabelConfigs: [{action: keep, sourceLabels: [service], regex: db-headless}]',
    fixed: {
      selector: { matchLabels },
      endpoints: [
        {
          port: 'client',
          relabelConfigs: [{ action: 'keep', sourceLabels: ['service'], regex: 'db-headless' }],
        },
      ],
    },
  },
  'two endpoints that read the same port': {
    code: 'scraped-twice',
    spec: { selector: dbOnly, endpoints: [{ port: 'metrics' }, { targetPort: 2381 }] },
    text: 'spec.endpoints[1]: it reads port 2381 of db as endpoints[0] does; remove spec.endpoints[1], or spec.endpoints[0]',
    fixed: { selector: dbOnly, endpoints: [{ port: 'metrics' }] },
  },
  'a target that another scrape reads': {
    code: 'already-scraped',
    spec: endpoint({ port: 'client' }),
    beside: [
      scrape('other', {
        selector: { matchLabels: { headless: 'yes' } },
        endpoints: [{ port: 'client' }],
      }),
    ],
    text: 'spec.endpoints[0]: VMServiceScrape other reads port 2379 of db already; remove VMServiceScrape shop/other, or this one',
    fixed: endpoint({ port: 'metrics' }),
  },
  'a target that another scrape may read': {
    code: 'perhaps-already-scraped',
    severity: 'info',
    spec: endpoint({ port: 'client' }),
    beside: [
      scrape('other', {
        selector: dbOnly,
        endpoints: [
          {
            port: 'client',
            relabelConfigs: [
              { action: 'keep', sourceLabels: ['__meta_kubernetes_pod_node_name'], regex: 'n1' },
            ],
          },
        ],
      }),
    ],
    text: "spec.endpoints[0]: VMServiceScrape other may read port 2379 of db as well: it can't be decided here; where it does, remove VMServiceScrape shop/other, or spec.endpoints[0]",
    fixed: endpoint({ port: 'metrics' }),
  },
  'no path, where an annotation has one': {
    code: 'path-missing',
    spec: { selector: { matchLabels: { app: 'app' } }, endpoints: [{ port: 'http' }] },
    beside: [
      service('app', {
        labels: { app: 'app' },
        selector: { app: 'app' },
        ports: [{ name: 'http', port: 8080 }],
      }),
      statefulSet('app', {
        labels: { app: 'app' },
        ports: [['http', 8080]],
        annotations: { 'prometheus.io/port': '8080', 'prometheus.io/path': '/actuator/prometheus' },
      }),
    ],
    text: 'spec.endpoints[0].path: without it /metrics is read; port 8080 of shop/app has its metrics elsewhere; write path: /actuator/prometheus',
    fixed: {
      selector: { matchLabels: { app: 'app' } },
      endpoints: [{ port: 'http', path: '/actuator/prometheus' }],
    },
  },
  'no path, where the software has another': {
    code: 'path-missing',
    spec: { selector: { matchLabels: { app: 'store' } }, endpoints: [{ port: 'api' }] },
    beside: [
      service('store', {
        labels: { app: 'store' },
        selector: { app: 'store' },
        ports: [{ name: 'api', port: 9000 }],
      }),
      statefulSet('store', {
        labels: { app: 'store' },
        ports: [['api', 9000]],
        image: 'quay.io/minio/minio:RELEASE.2025-01-01@sha256:0',
      }),
    ],
    text: 'spec.endpoints[0].path: without it /metrics is read; port 9000 of shop/store has its metrics elsewhere; write path: /minio/v2/metrics/cluster',
    fixed: {
      selector: { matchLabels: { app: 'store' } },
      endpoints: [{ port: 'api', path: '/minio/v2/metrics/cluster' }],
    },
  },
};

describe('a scrape with a mistake', () => {
  test.each(Object.entries(mistakes))('%s: gets the finding meant, and no other', (_, mistake) => {
    const { code, severity = 'warning', certain = false, text } = mistake;
    expect(findings(mistake.spec, ...(mistake.beside ?? []))).toEqual([
      { code, severity, certain, text },
    ]);
  });

  test.each(Object.entries(mistakes))('%s: has none once the fix is applied', (_, mistake) => {
    expect(findings(mistake.fixed, ...(mistake.beside ?? []))).toEqual([]);
  });

  test('is found in every way that the catalogue lists', () => {
    const tested = new Set(Object.values(mistakes).map((mistake) => mistake.code));
    const elsewhere = ['annotated-pods', 'overwritten'];
    // test/unit/findings/scrapes/reads-nothing.test.ts
    const ofReading = [
      'external-name',
      'no-metrics-there',
      'one-of-many',
      'read-at-two-addresses',
      'too-large',
      'wrong-scheme',
    ];
    expect([...tested, ...elsewhere, ...ofReading].sort()).toEqual(
      Object.keys(scrapeFindingCodes).sort(),
    );
  });

  test('of its form has the finding whatever the inventory knows, others only where it knows enough', () => {
    const nothing = new Inventory();
    for (const object of world) nothing.put(object);
    const codes = Object.values(mistakes).flatMap((mistake) =>
      scrapeFindings(scrape('s', mistake.spec), nothing).map((one) => one.code),
    );
    expect([...new Set(codes)].sort()).toEqual([
      'bad-duration',
      'bad-relabel-rule',
      'bad-selector',
      'empty-selector',
      'endpoints-missing',
      'no-endpoints',
      'no-port',
      'selector-not-literal',
      'target-port-quoted',
      'timeout-above-interval',
      'unknown-field',
      'unknown-value',
      'wrong-type',
    ]);
  });
});

describe('a scrape that a ServiceMonitor of the same name overwrites', () => {
  const monitor = (labels: object) =>
    object({
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'ServiceMonitor',
      metadata: { namespace: 'shop', name: 's', labels },
    });

  test('is told so', () => {
    expect(findings(endpoint({}), monitor({ team: 'a' }))).toEqual([
      {
        code: 'overwritten',
        severity: 'warning',
        certain: false,
        text: ': the operator converts the ServiceMonitor of the same name to this scrape, and overwrites it; rename it, or ServiceMonitor shop/s',
      },
    ]);
  });

  test('is not, where it is the converted one', () => {
    const inventory = inventoryOf(...world, monitor({ team: 'a' }));
    const converted = scrape('s', endpoint({}), { labels: { team: 'a' } });
    const owned = scrape('s', endpoint({}), { owners: [{ kind: 'ServiceMonitor', name: 's' }] });
    expect(scrapeFindings(converted, inventory)).toEqual([]);
    expect(scrapeFindings(owned, inventory)).toEqual([]);
  });

  test('of a ServiceMonitor without labels, the converted one has none either', () => {
    const inventory = inventoryOf(...world, monitor({}));
    expect(scrapeFindings(scrape('s', endpoint({})), inventory)).toEqual([]);
    const labelled = scrape('s', endpoint({}), { labels: { team: 'a' } });
    expect(scrapeFindings(labelled, inventory).map(({ code }) => code)).toEqual(['overwritten']);
  });
});

describe('pods that are annotated', () => {
  const annotations = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '7001' };
  const spec = { selector: { matchLabels: { app: 'solo' } }, endpoints: [{ targetPort: 7001 }] };
  const annotatedPods = (extra: object) =>
    statefulSet('solo', {
      labels: { app: 'solo' },
      ports: [7001, 1],
      annotations: { ...annotations, ...extra },
    });

  test('are read twice where a job goes by annotations', () => {
    expect(findings(spec, annotatedPods({}))).toEqual([
      {
        code: 'annotated-pods',
        severity: 'info',
        certain: false,
        text: 'spec.endpoints[0]: the pods behind solo are annotated prometheus.io/scrape: "true" as well; where a job goes by it, remove the annotation prometheus.io/scrape from the pods, or leave them out of that job',
      },
    ]);
  });

  test('are not, where the annotation means another port or says no', () => {
    expect(findings(spec, annotatedPods({ 'prometheus.io/port': '1' }))).toEqual([]);
    expect(findings(spec, annotatedPods({ 'prometheus.io/scrape': 'false' }))).toEqual([]);
  });
});

describe('a scrape that is right has no finding', () => {
  const keepService = (regex: string) => [
    { action: 'keep', sourceLabels: ['__meta_kubernetes_service_name'], regex },
  ];

  const right: Readonly<Record<string, { spec: unknown; beside?: readonly KubernetesObject[] }>> = {
    'where a headless and a ClusterIP Service are told apart by DoesNotExist': {
      spec: {
        selector: dbOnly,
        endpoints: [{ port: 'client', path: '/metrics', interval: '30s' }],
      },
    },
    'where they are told apart by a rule': {
      spec: {
        selector: { matchLabels },
        endpoints: [{ port: 'client', relabelConfigs: keepService('db') }],
      },
    },
    'where two scrapes read different ports': {
      spec: { selector: dbOnly, endpoints: [{ port: 'client' }] },
      beside: [scrape('other', { selector: dbOnly, endpoints: [{ port: 'metrics' }] })],
    },
    'where two scrapes read different paths of one port': {
      spec: { selector: dbOnly, endpoints: [{ port: 'client' }] },
      beside: [
        scrape('other', { selector: dbOnly, endpoints: [{ port: 'client', path: '/probe' }] }),
      ],
    },
    'where two endpoints read one port with different parameters': {
      spec: {
        selector: dbOnly,
        endpoints: [
          { port: 'client', params: { module: ['a'] } },
          { port: 'client', params: { module: ['b'] } },
        ],
      },
    },
    'where another scrape keeps another Service of the same labels': {
      spec: {
        selector: { matchLabels },
        endpoints: [{ port: 'metrics', relabelConfigs: keepService('db') }],
      },
      beside: [
        scrape('other', {
          selector: { matchLabels },
          endpoints: [{ port: 'client', relabelConfigs: keepService('db-headless') }],
        }),
      ],
    },
    'where the targetPort is declared and no Service lists it': {
      spec: { selector: dbOnly, endpoints: [{ targetPort: 'admin' }, { targetPort: 2381 }] },
    },
    'where a Service port is called 8080': {
      spec: { selector: { matchLabels: { app: 'odd' } }, endpoints: [{ port: '8080' }] },
      beside: [
        service('odd', {
          labels: { app: 'odd' },
          selector: { app: 'odd' },
          ports: [{ name: '8080', port: 80, targetPort: 8081 }],
        }),
      ],
    },
    'where one of the selected Services has the port': {
      spec: { selector: { matchLabels: { app: 'db' } }, endpoints: [{ port: 'metrics' }] },
    },
    'where there is but one port to read': {
      spec: { selector: { matchLabels: { app: 'solo' } }, endpoints: [{}] },
    },
    'where a rule chooses the port': {
      spec: {
        selector: dbOnly,
        endpoints: [
          {
            relabelConfigs: [
              {
                action: 'keep',
                sourceLabels: ['__meta_kubernetes_pod_container_port_name'],
                regex: 'admin',
              },
            ],
          },
        ],
      },
    },
    'where no pod is known that could declare the targetPort': {
      spec: { selector: { matchLabels: { app: 'new' } }, endpoints: [{ targetPort: 9 }] },
      beside: [
        service('new', {
          labels: { app: 'new' },
          selector: { app: 'new' },
          ports: [{ name: 'http', port: 80 }],
        }),
      ],
    },
    'where the selector is empty and rules keep what is meant': {
      spec: {
        selector: {},
        endpoints: [
          {
            port: 'metrics',
            relabelConfigs: [
              {
                action: 'keep',
                sourceLabels: ['__meta_kubernetes_service_label_app'],
                regex: 'db',
              },
            ],
          },
        ],
      },
    },
    'where durations are unusual': {
      spec: endpoint({ interval: '1m30s', scrapeTimeout: '15' }),
    },
    'where the timeout is long and the interval is the agent’s': {
      spec: endpoint({ scrapeTimeout: '1m' }),
    },
    'where all namespaces are meant': {
      spec: {
        selector: { matchLabels: { app: 'far' } },
        namespaceSelector: { any: true },
        endpoints: [{ port: 'metrics' }],
      },
    },
    'where the namespaceSelector says that it is not all': {
      spec: { ...endpoint({}), namespaceSelector: { any: false } },
    },
    'where fields are of a later version': {
      spec: { ...endpoint({ brandNewThing: true }), somethingElse: { a: 1 } },
    },
    'where it is in the inventory itself': {
      spec: endpoint({}),
      beside: [scrape('s', endpoint({}))],
    },
    'where two endpoints share the pods by what is not known here': {
      spec: {
        selector: dbOnly,
        endpoints: ['n1', 'n2'].map((regex) => ({
          port: 'client',
          relabelConfigs: [
            { action: 'keep', sourceLabels: ['__meta_kubernetes_pod_node_name'], regex },
          ],
        })),
      },
    },
    'where a field is null': {
      spec: endpoint({ interval: null, targetPort: null }),
    },
    'where autoscrape reads the target until it sees this one': {
      spec: endpoint({ port: 'client' }),
      beside: [{ ...scrape('ours', endpoint({ port: 'client' })), managers: ['autoscrape'] }],
    },
  };

  test.each(Object.entries(right))('%s', (_, { spec, beside = [] }) => {
    expect(findings(spec, ...beside)).toEqual([]);
  });
});

describe('findings', () => {
  test('name the scrape, and come with errors first, in the order of the fields', () => {
    const inventory = inventoryOf(...world);
    const endpoints = [
      { port: 'metric' },
      { port: 'client', scrapeTimeout: 'x' },
      { port: 'metrics', interval: 'y' },
    ];
    const found = scrapeFindings(scrape('s', { selector: dbOnly, endpoints }), inventory);
    expect(found.map(({ code, field }) => `${code} ${field}`)).toEqual([
      'bad-duration spec.endpoints[1].scrapeTimeout',
      'bad-duration spec.endpoints[2].interval',
      'port-not-found spec.endpoints[0].port',
    ]);
    expect(found[0]?.object).toEqual({
      apiVersion: 'operator.victoriametrics.com/v1beta1',
      kind: 'VMServiceScrape',
      namespace: 'shop',
      name: 's',
    });
  });

  test('claim nothing of a crowd that has not been looked at in full', () => {
    const crowd = Array.from({ length: 700 }, (_, number) =>
      service(`s${number}`, {
        namespace: 'crowd',
        labels: { app: 'x' },
        selector: { pod: `${number}` },
        ports: [{ name: number === 699 ? 'metrics' : 'http', port: 1 }],
      }),
    );
    const inventory = inventoryOf(...crowd);
    const check = (spec: unknown) =>
      scrapeFindings(scrape('s', spec, { namespace: 'crowd' }), inventory).map(
        ({ code, severity, message }) => ({ code, severity, message }),
      );
    const selector = { matchLabels: { app: 'x' } };
    expect(check({ selector, endpoints: [{ port: 'metrics' }] })).toEqual([
      {
        code: 'too-large',
        severity: 'info',
        message: 'it has more than 64 Services: of these the first 64 are judged',
      },
    ]);
    const none = { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['x'] }] };
    expect(check({ selector: none, endpoints: [{ port: 'http' }] })).toEqual([]);
  });

  test('take the path of the metrics and the ownership of scrapes from who knows them', () => {
    const other = scrape('other', endpoint({}));
    const inventory = inventoryOf(...world, other);
    const codes = (options: FindingOptions) =>
      scrapeFindings(scrape('s', endpoint({})), inventory, options).map((one) => one.code);
    expect(codes({})).toEqual(['already-scraped']);
    expect(codes({ isOurs: (one) => one.name === 'other' })).toEqual([]);
    const elsewhere: FindingOptions['portsOf'] =
      () =>
      ({ number }) =>
        number === 2381
          ? { metrics: true, path: '/m', scheme: 'http', instead: undefined }
          : undefined;
    expect(codes({ isOurs: () => true, portsOf: elsewhere })).toEqual(['path-missing']);
  });

  test('are few, bounded and of one line, whatever the scrape', () => {
    const word = fc.oneof(
      fc.constantFrom(
        'client',
        'metrics',
        '80',
        '2379',
        '30s',
        'x'.repeat(300),
        'a\nb',
        '',
        '\ud800',
      ),
      fc.string(),
    );
    const value: fc.Arbitrary<unknown> = fc.oneof(
      word,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(word, { maxLength: 2 }),
    );
    const anyEndpoint = fc.dictionary(
      fc.constantFrom(
        'port',
        'targetPort',
        'path',
        'interval',
        'scrapeTimeout',
        'scheme',
        'relabelConfigs',
        'targetport',
        'vm_scrape_params',
        '__proto__',
      ),
      fc.oneof(
        value,
        fc.array(
          fc.dictionary(fc.constantFrom('action', 'regex', 'sourceLabels', 'targetLabel'), value),
          { maxLength: 2 },
        ),
      ),
      { noNullPrototype: true },
    );
    const spec = fc.record(
      {
        selector: fc.oneof(
          value,
          fc.record(
            {
              matchLabels: fc.oneof(
                value,
                fc.dictionary(fc.oneof(fc.constantFrom('app', 'tier'), word), value),
              ),
              matchExpressions: fc.array(
                fc.record(
                  {
                    key: value,
                    operator: fc.oneof(value, fc.constant('In')),
                    values: fc.oneof(value, fc.array(word)),
                  },
                  { requiredKeys: [] },
                ),
                { maxLength: 2 },
              ),
            },
            { requiredKeys: [] },
          ),
        ),
        namespaceSelector: fc.oneof(
          value,
          fc.record(
            { any: value, matchNames: fc.array(word, { maxLength: 3 }) },
            { requiredKeys: [] },
          ),
        ),
        discoveryRole: value,
        endpoints: fc.oneof(value, fc.array(anyEndpoint, { maxLength: 40 })),
      },
      { requiredKeys: [] },
    );
    const inventory = inventoryOf(...world);
    fc.assert(
      fc.property(fc.oneof(spec, fc.jsonValue()), (one) => {
        const found = scrapeFindings(scrape('s', one), inventory);
        expect(found.length).toBeLessThanOrEqual(40);
        for (const { field, message, fix } of found) {
          expect(`${field}${message}${fix}`).not.toMatch(/\p{Cc}/u);
          expect(message).not.toBe('');
          expect(fix).not.toBe('');
          expect(`${field}: ${message}; ${fix}`.length).toBeLessThanOrEqual(1810);
        }
      }),
      { numRuns: 500 },
    );
  });
});
