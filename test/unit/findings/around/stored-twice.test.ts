import { describe, expect, test } from '@jest/globals';
import { fileOf, reviewOf } from '../../../support/review.ts';

const operator = 'operator.victoriametrics.com/v1beta1';

function target(template = 'labels: { app: web }', selector = 'app: web'): string {
  return `apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { selector: { ${selector} }, ports: [{ name: metrics, port: 9090 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { ${template} }
    spec: { containers: [{ name: web, image: web, ports: [{ name: metrics, containerPort: 9090 }] }] }
`;
}

function scrape(name = 'web', labels = ''): string {
  return `apiVersion: ${operator}
kind: VMServiceScrape
metadata: { name: ${name}, namespace: shop, labels: { ${labels} } }
spec: { selector: { matchLabels: { app: web } }, endpoints: [{ port: metrics }] }
`;
}

function agent(name: string, spec: string): string {
  const url = 'http://vmsingle-db.monitoring.svc.cluster.local:8429/api/v1/write';
  return `apiVersion: ${operator}
kind: VMAgent
metadata: { name: ${name}, namespace: monitoring }
spec: { selectAllByDefault: true, remoteWrite: [{ url: '${url}' }], ${spec} }
`;
}

function store(spec: string, name = 'db'): string {
  return `apiVersion: ${operator}
kind: VMSingle
metadata: { name: ${name}, namespace: monitoring }
spec: { ${spec} }
`;
}

function review(...documents: readonly string[]): string[] {
  return reviewOf([fileOf(documents.join('---\n'))]).findings.map(
    ({ code, severity, object, field, message, fix }) =>
      `${severity} ${code} ${object.kind} ${object.name} ${field}: ${message}; ${fix}`,
  );
}

describe('samples that are stored several times', () => {
  test('by replicas', () => {
    expect(review(target(), scrape(), store(''), agent('main', 'replicaCount: 3'))).toEqual([
      'warning not-deduplicated VMAgent main spec.replicaCount: each of its 3 replicas reads every target, and VMSingle monitoring/db shows no deduplication: samples are stored 3 times; write spec.extraArgs: {dedup.minScrapeInterval: 30s} in VMSingle monitoring/db',
    ]);
  });

  test('by two agents that take the same scrape', () => {
    expect(review(target(), scrape(), store(''), agent('one', ''), agent('two', ''))).toEqual([
      'warning not-deduplicated VMAgent two spec.remoteWrite: it takes scrapes that VMAgent monitoring/one takes as well, and both write to VMSingle monitoring/db, which shows no deduplication; narrow what one of them takes, by spec.serviceScrapeSelector in VMAgent monitoring/two',
    ]);
  });

  test('into a cluster', () => {
    const cluster = `apiVersion: ${operator}
kind: VMCluster
metadata: { name: big, namespace: monitoring }
spec: { vmselect: {}, vmstorage: {} }
`;
    const url = 'http://vminsert-big.monitoring.svc:8480/insert/0/prometheus/api/v1/write';
    const main = `apiVersion: ${operator}
kind: VMAgent
metadata: { name: main, namespace: monitoring }
spec: { selectAllByDefault: true, replicaCount: 2, remoteWrite: [{ url: '${url}' }] }
`;
    expect(review(target(), scrape(), cluster, main)).toEqual([
      'warning not-deduplicated VMAgent main spec.replicaCount: each of its 2 replicas reads every target, and VMCluster monitoring/big shows no deduplication: samples are stored 2 times; write spec.vmselect.extraArgs: {dedup.minScrapeInterval: 30s} in VMCluster monitoring/big, and the same for vmstorage',
    ]);
    const copies = cluster.replace('spec: {', 'spec: { replicationFactor: 2,');
    expect(review(target(), scrape(), copies, main)).toEqual([]);
  });

  const once: Readonly<Record<string, readonly string[]>> = {
    'with the flag on the store': [
      store('extraArgs: { dedup.minScrapeInterval: 15s }'),
      agent('main', 'replicaCount: 2'),
    ],
    'with the variable on the store': [
      store('extraEnvs: [{ name: VM_dedup_minScrapeInterval, value: 15s }]'),
      agent('main', 'replicaCount: 2'),
    ],
    'by replicas that share the targets': [
      store(''),
      agent('main', "replicaCount: 2, extraArgs: { promscrape.cluster.membersCount: '2' }"),
    ],
    'by one replica': [store(''), agent('main', '')],
    'into a store that is not at hand': [store('', 'other'), agent('main', 'replicaCount: 2')],
    'by two agents of which each takes its own': [
      store(''),
      agent('one', 'serviceScrapeNamespaceSelector: {}'),
      agent(
        'two',
        'serviceScrapeNamespaceSelector: {}, serviceScrapeSelector: { matchLabels: { team: b } }',
      ),
    ],
  };

  test.each(Object.entries(once))('%s: nothing is said', (_, around) => {
    expect(review(target(), scrape(), ...around)).toEqual([]);
  });
});

describe('pods that a VMPodScrape reads by their annotation', () => {
  const byAnnotation = (name: string, more = '') => `apiVersion: ${operator}
kind: VMPodScrape
metadata: { name: pods, namespace: shop }
spec:
  selector: {}
  podMetricsEndpoints:
    - port: metrics
      relabelConfigs:
        - { action: keep, sourceLabels: [__meta_kubernetes_pod_annotation_${name}], regex: 'true' }${more}
`;
  const annotated = (value: string) =>
    target(
      `labels: { app: web }, annotations: { prometheus.io/scrape: '${value}', prometheus.io/port: '1' }`,
    );

  test('are read twice where they have it, and once where they have not', () => {
    const rule = byAnnotation('prometheus_io_scrape');
    expect(review(annotated('true'), scrape(), rule)).toEqual([
      'warning read-by-other-kind VMServiceScrape web spec.endpoints[0]: VMPodScrape shop/pods reads port 9090 of the pods behind Service web as well; remove VMPodScrape shop/pods, or spec.endpoints[0]',
    ]);
    expect(review(annotated('false'), scrape(), rule)).toEqual([]);
    expect(review(target(), scrape(), rule)).toEqual([]);
  });

  test.each([
    byAnnotation('example_com_scrape'),
    byAnnotation(
      'prometheus_io_scrape',
      '\n        - { action: drop, sourceLabels: [pod], regex: x }',
    ),
  ])('perhaps, where something else decides', (rule) => {
    expect(review(annotated('true'), scrape(), rule)).toEqual([
      'info read-by-other-kind VMServiceScrape web spec.endpoints[0]: VMPodScrape shop/pods may read port 9090 of the pods behind Service web as well: its relabelling decides; remove VMPodScrape shop/pods, or spec.endpoints[0]',
    ]);
  });
});

describe('a Service that selects no pods', () => {
  const apart = target('labels: { app: web }', "app: web, track: '2'");
  const daemons = (labels: string) => `apiVersion: apps/v1
kind: DaemonSet
metadata: { name: web-2, namespace: shop }
spec: { template: { metadata: { labels: { ${labels} } }, spec: { containers: [] } } }
`;

  test('is named with the label that the pods lack', () => {
    expect(review(apart, scrape())).toEqual([
      'warning selects-no-pods VMServiceScrape web spec.selector: Service shop/web selects no pod: track is "2" there, and missing in Deployment web; add label track to the pods of Deployment web, or remove spec.selector[track] in Service shop/web',
    ]);
  });

  const silent: Readonly<Record<string, readonly string[]>> = {
    'where a DaemonSet makes them': [apart, daemons("app: web, track: '2'")],
    'where a custom resource may make them': [
      apart,
      'apiVersion: example.com/v1\nkind: Web\nmetadata: { name: web, namespace: shop }\nspec: {}\n',
    ],
    'where another Service selects the workload': [
      apart,
      target()
        .split('---')[0]
        ?.replace('name: web,', 'name: stable,')
        .replace('labels: { app: web }', 'labels: {}') ?? '',
    ],
    'where the workload differs in every label': [target('labels: { app: other }')],
  };

  test.each(Object.entries(silent))('%s: nothing is said', (_, documents) => {
    expect(review(...documents, scrape())).toEqual([]);
  });

  test('is told although a DaemonSet makes other pods', () => {
    expect(review(apart, daemons('app: log'), scrape())).toHaveLength(1);
  });
});

test('what is wrong with several scrapes alike is said once, with their number', () => {
  const none = `apiVersion: ${operator}
kind: VMAgent
metadata: { name: main, namespace: monitoring }
spec: { serviceScrapeNamespaceSelector: {}, serviceScrapeSelector: { matchLabels: { team: b } } }
`;
  const other = scrape('other').replace('port: metrics', 'port: metrics, path: /other');
  const { findings } = reviewOf([fileOf([target(), scrape(), other, none].join('---\n'))]);
  expect(
    findings.map(({ code, object, message, alike }) => ({
      code,
      name: object.name,
      isCounted: message.endsWith('(the same is true of 1 more)'),
      alike: alike?.map(({ name }) => name),
    })),
  ).toEqual([{ code: 'not-selected', name: 'web', isCounted: true, alike: ['other'] }]);
});
