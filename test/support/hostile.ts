/**
 * The largest objects that somebody could store, each large in another way: etcd takes requests of 1.5 MiB
 * (https://etcd.io/docs/v3.5/dev-guide/limit/).
 */

type Plain = Readonly<Record<string, unknown>>;

/** One object that is large in one way. */
export interface Hostile {
  /** The kind, and what there is so much of: `VMServiceScrape: values of a selector`. */
  readonly name: string;
  readonly object: Plain;
  /** The path of its kind in its namespace, as the API server has it. */
  readonly collection: string;
}

type Made = Omit<Hostile, 'collection'>;

/**
 * Builds an object of each kind for each list or text in it that may be long. They are in one namespace.
 *
 * @param bytes of JSON that each has at most
 */
export function hostileObjects(namespace: string, bytes = 1_400_000): Hostile[] {
  largest = bytes;
  const made = [
    ...scrapes(namespace),
    ...otherScrapes(namespace),
    ...agents(namespace),
    ...core(namespace),
  ];
  return made.map((one) => ({ ...one, collection: collectionOf(one.object, namespace) }));
}

function collectionOf({ apiVersion, kind }: Plain, namespace: string): string {
  if (kind === 'Namespace') return '/api/v1/namespaces';
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  return `${root}/namespaces/${namespace}/${String(kind).toLowerCase()}s`;
}

let largest = 0;

/** As many of `item` as fit. */
function many<T>(item: (index: number) => T): T[] {
  const size = JSON.stringify(item(100_000)).length + 1;
  return Array.from({ length: Math.floor(largest / size) }, (_, index) => item(index));
}

const operator = 'operator.victoriametrics.com/v1beta1';

function scrapes(namespace: string): Made[] {
  const scrape = (about: string, spec: Plain, metadata: Plain = {}): Made => ({
    name: `VMServiceScrape: ${about}`,
    object: {
      apiVersion: operator,
      kind: 'VMServiceScrape',
      metadata: { namespace, name: 'large', generation: 1, ...metadata },
      spec: {
        selector: {},
        namespaceSelector: { any: true },
        endpoints: [{ port: 'metrics' }],
        ...spec,
      },
    },
  });
  const endpoint = (fields: Plain): Plain => ({ endpoints: [{ port: 'metrics', ...fields }] });
  const rules = (rule: (index: number) => Plain): Plain => endpoint({ relabelConfigs: many(rule) });
  return [
    scrape('values of a selector', {
      selector: { matchExpressions: [{ key: 'app', operator: 'In', values: many((i) => `${i}`) }] },
    }),
    scrape('values that are refused', {
      selector: {
        matchExpressions: [{ key: 'app', operator: 'NotIn', values: many((i) => `${i}`) }],
      },
    }),
    scrape('alternatives in one value', {
      selector: { matchLabels: { app: many((i) => i % 10).join('|') } },
    }),
    scrape('an expression in one value', {
      selector: { matchLabels: { app: many(() => '(a|b)*?').join('') } },
    }),
    scrape('requirements', {
      selector: { matchExpressions: many((i) => ({ key: `k${i}`, operator: 'DoesNotExist' })) },
    }),
    scrape('labels of a selector', {
      selector: { matchLabels: Object.fromEntries(many((i) => [`k${i}`, 'v'])) },
    }),
    scrape('namespaces', {
      namespaceSelector: { matchNames: many((i) => (i === 0 ? namespace : `ns-${i}`)) },
    }),
    scrape('endpoints', { endpoints: many((i) => ({ port: `p${i}` })) }),
    scrape('endpoints alike', { endpoints: many(() => ({ port: 'metrics' })) }),
    scrape(
      'rules',
      rules(() => ({ targetLabel: 'a', replacement: 'b' })),
    ),
    scrape(
      'rules over all labels',
      rules(() => ({ action: 'labelmap', regex: '__meta_(.*)' })),
    ),
    scrape(
      'rules that double the labels',
      rules((i) => ({ action: 'labelmap', regex: '(.*)', replacement: `a${i}_$1` })),
    ),
    scrape(
      'rules that make labels',
      rules((i) => ({ targetLabel: `l${i}`, replacement: 'b' })),
    ),
    scrape(
      'rules that lengthen a label',
      rules(() => ({
        sourceLabels: ['a', 'a'],
        targetLabel: 'a',
        replacement: 'bbbb$1$1',
        regex: '(.*)',
      })),
    ),
    scrape(
      'sources of a rule',
      endpoint({
        relabelConfigs: [{ sourceLabels: many((i) => `l${i}`), targetLabel: 'a' }],
      }),
    ),
    scrape(
      'an expression in a rule',
      endpoint({
        relabelConfigs: [
          { sourceLabels: ['a'], regex: many((i) => `${i}x*`).join('|'), targetLabel: 'a' },
        ],
      }),
    ),
    scrape(
      'conditions of a rule',
      endpoint({
        relabelConfigs: [{ if: many((i) => `{a="${i}"}`), action: 'drop' }],
      }),
    ),
    scrape(
      'a long condition',
      endpoint({
        relabelConfigs: [{ if: `{${many((i) => `a${i}="b"`).join(',')}}`, action: 'drop' }],
      }),
    ),
    scrape('parameters', endpoint({ params: Object.fromEntries(many((i) => [`p${i}`, ['v']])) })),
    scrape('values of a parameter', endpoint({ params: { p: many((i) => `${i}`) } })),
    scrape('a path', endpoint({ path: `/${'a'.repeat(largest)}` })),
    scrape('unknown fields', Object.fromEntries(many((i) => [`unknown${i}`, 1]))),
    scrape('fields within fields', { unknown: nested(largest) }),
    scrape('labels to take over', { targetLabels: many((i) => `l${i}`) }),
    scrape('labels of pods to take over', { podTargetLabels: many((i) => `l${i}`) }),
    scrape('labels', {}, { labels: Object.fromEntries(many((i) => [`l${i}`, 'v'])) }),
    scrape(
      'owners',
      {},
      {
        ownerReferences: many((i) => ({ apiVersion: 'v1', kind: 'A', name: `${i}`, uid: `${i}` })),
      },
    ),
    {
      name: 'VMServiceScrape: conditions of its status',
      object: {
        apiVersion: operator,
        kind: 'VMServiceScrape',
        metadata: { namespace, name: 'large', generation: 1 },
        spec: { selector: {}, namespaceSelector: { any: true }, endpoints: [{ port: 'metrics' }] },
        status: {
          updateStatus: 'operational',
          conditions: many((i) => ({
            type: `a${i}.monitoring.vmagent.victoriametrics.com/Applied`,
            status: 'True',
          })),
        },
      },
    },
  ];
}

/** Objects within objects, as deep as some bytes of JSON allow. */
function nested(bytes: number): unknown {
  let value: unknown = 1;
  for (let depth = 0; depth < Math.min(bytes / 6, 900); depth += 1) value = { a: value };
  return value;
}

function otherScrapes(namespace: string): Made[] {
  const of = (kind: string, about: string, spec: Plain): Made => ({
    name: `${kind}: ${about}`,
    object: {
      apiVersion: operator,
      kind,
      metadata: { namespace, name: 'large', generation: 1 },
      spec,
    },
  });
  return [
    of('VMPodScrape', 'endpoints', {
      selector: {},
      namespaceSelector: { any: true },
      podMetricsEndpoints: many((i) => ({ port: `p${i}` })),
    }),
    of('VMPodScrape', 'values of a selector', {
      selector: {
        matchExpressions: [{ key: 'app', operator: 'NotIn', values: many((i) => `${i}`) }],
      },
      namespaceSelector: { any: true },
      podMetricsEndpoints: [{ port: 'metrics' }],
    }),
    of('VMPodScrape', 'rules', {
      selector: {},
      namespaceSelector: { any: true },
      podMetricsEndpoints: [
        {
          port: 'metrics',
          relabelConfigs: many(() => ({ action: 'labelmap', regex: '__meta_(.*)' })),
        },
      ],
    }),
    of('VMStaticScrape', 'targets', {
      targetEndpoints: [{ targets: many((i) => `10.0.${i >> 8}.${i & 255}:9090`) }],
    }),
    of('VMStaticScrape', 'entries', { targetEndpoints: many((i) => ({ targets: [`a${i}:1`] })) }),
  ];
}

function agents(namespace: string): Made[] {
  const agent = (about: string, spec: Plain): Made => ({
    name: `VMAgent: ${about}`,
    object: {
      apiVersion: operator,
      kind: 'VMAgent',
      metadata: { namespace, name: 'large', generation: 1 },
      spec: {
        selectAllByDefault: true,
        remoteWrite: [{ url: 'http://vm:8428/api/v1/write' }],
        ...spec,
      },
    },
  });
  return [
    agent('values of a selector', {
      serviceScrapeSelector: {
        matchExpressions: [{ key: 'app', operator: 'NotIn', values: many((i) => `${i}`) }],
      },
    }),
    agent('labels of a selector', {
      serviceScrapeSelector: { matchLabels: Object.fromEntries(many((i) => [`k${i}`, 'v'])) },
    }),
    agent('rules for every scrape', {
      serviceScrapeRelabelTemplate: many(() => ({ action: 'labelmap', regex: '__meta_(.*)' })),
    }),
    agent('places to write to', {
      remoteWrite: many((i) => ({ url: `http://vm-${i}:8428/api/v1/write` })),
    }),
    agent('scrape classes', { scrapeClasses: many((i) => ({ name: `c${i}` })) }),
    agent('external labels', { externalLabels: Object.fromEntries(many((i) => [`l${i}`, 'v'])) }),
  ];
}

function core(namespace: string): Made[] {
  const labels = {
    'app.kubernetes.io/component': 'etcd',
    'app.kubernetes.io/part-of': 'multigres',
  };
  const service = (about: string, metadata: Plain, spec: Plain): Made => ({
    name: `Service: ${about}`,
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace, name: 'large', labels, ...metadata },
      spec: { selector: labels, ports: [{ name: 'metrics', port: 2381 }], ...spec },
    },
  });
  const set = (about: string, spec: Plain, metadata: Plain = {}): Made => ({
    name: `StatefulSet: ${about}`,
    object: {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { namespace, name: 'large', labels },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels, ...metadata }, spec },
      },
    },
  });
  const pod = (about: string, metadata: Plain, spec: Plain): Made => ({
    name: `Pod: ${about}`,
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace, name: 'large', labels, ...metadata },
      spec,
      status: { podIP: '10.0.0.9' },
    },
  });
  const etcd = (fields: Plain): Plain => ({ name: 'etcd', image: 'etcd', ...fields });
  return [
    service('ports', {}, { ports: many((i) => ({ name: `p${i}`, port: (i % 65_535) + 1 })) }),
    service(
      'labels',
      { labels: { ...labels, ...Object.fromEntries(many((i) => [`l${i}`, 'v'])) } },
      {},
    ),
    service(
      'labels of its selector',
      {},
      { selector: Object.fromEntries(many((i) => [`l${i}`, 'v'])) },
    ),
    service(
      'owners',
      {
        ownerReferences: many((i) => ({ apiVersion: 'v1', kind: 'A', name: `${i}`, uid: `${i}` })),
      },
      {},
    ),
    service('annotations', { annotations: { a: 'x'.repeat(262_000) } }, {}),
    set('containers', { containers: many((i) => etcd({ name: `c${i}` })) }),
    set('ports', {
      containers: [
        etcd({ ports: many((i) => ({ name: `p${i}`, containerPort: (i % 65_535) + 1 })) }),
      ],
    }),
    set('ports without a name', {
      containers: [etcd({ ports: many((i) => ({ containerPort: (i % 65_535) + 1 })) })],
    }),
    set('flags', {
      containers: [
        etcd({ args: many((i) => `--listen-metrics-urls=http://0.0.0.0:${(i % 60_000) + 1}`) }),
      ],
    }),
    set('variables', {
      containers: [
        etcd({ env: many((i) => ({ name: `ETCD_LISTEN_${i}`, value: 'http://0.0.0.0:1' })) }),
      ],
    }),
    set(
      'labels',
      { containers: [etcd({})] },
      { labels: { ...labels, ...Object.fromEntries(many((i) => [`l${i}`, 'v'])) } },
    ),
    pod(
      'labels',
      { labels: { ...labels, ...Object.fromEntries(many((i) => [`l${i}`, 'v'])) } },
      { containers: [etcd({})] },
    ),
    pod(
      'ports',
      {},
      {
        containers: [
          etcd({ ports: many((i) => ({ name: `p${i}`, containerPort: (i % 65_535) + 1 })) }),
        ],
      },
    ),
    pod('containers', {}, { containers: many((i) => etcd({ name: `c${i}` })) }),
    {
      name: 'Namespace: labels',
      object: {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: namespace, labels: Object.fromEntries(many((i) => [`l${i}`, 'v'])) },
      },
    },
  ];
}
