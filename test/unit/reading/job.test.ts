import { describe, expect, test } from '@jest/globals';
import { parseScrape, type Scrape } from '../../../src/kubernetes/index.ts';
import { jobsOf, secretFields } from '../../../src/reading/index.ts';

function scrape(spec: unknown): Scrape {
  const parsed = parseScrape({ metadata: { namespace: 'shop', name: 'etcd' }, spec });
  if (parsed === undefined) throw new Error('no scrape');
  return parsed;
}

/** The rules that every job of the role `endpoints` has between the port and the label `endpoint`. */
const labelRules = [
  {
    source_labels: [
      '__meta_kubernetes_endpoint_address_target_kind',
      '__meta_kubernetes_endpoint_address_target_name',
    ],
    separator: ';',
    regex: 'Node;(.*)',
    replacement: '$1',
    target_label: 'node',
  },
  {
    source_labels: [
      '__meta_kubernetes_endpoint_address_target_kind',
      '__meta_kubernetes_endpoint_address_target_name',
    ],
    separator: ';',
    regex: 'Pod;(.*)',
    replacement: '$1',
    target_label: 'pod',
  },
  { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
  { source_labels: ['__meta_kubernetes_pod_container_name'], target_label: 'container' },
  { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
  { source_labels: ['__meta_kubernetes_service_name'], target_label: 'service' },
  { source_labels: ['__meta_kubernetes_service_name'], target_label: 'job', replacement: '$1' },
];

describe('the jobs of a scrape', () => {
  test('the minimal scrape becomes one job that keeps its labels and its port, in its own namespace', () => {
    const jobs = jobsOf(
      scrape({
        selector: { matchLabels: { b: 'two', 'app.kubernetes.io/name': 'etcd' } },
        endpoints: [{ port: 'client', path: '/metrics', interval: '30s' }],
      }),
    );
    expect(jobs).toEqual([
      {
        job_name: 'serviceScrape/shop/etcd/0',
        honor_labels: false,
        kubernetes_sd_configs: [{ role: 'endpoints', namespaces: { names: ['shop'] } }],
        scrape_interval: '30s',
        metrics_path: '/metrics',
        relabel_configs: [
          {
            action: 'keep',
            source_labels: ['__meta_kubernetes_service_label_app_kubernetes_io_name'],
            regex: 'etcd',
          },
          { action: 'keep', source_labels: ['__meta_kubernetes_service_label_b'], regex: 'two' },
          {
            action: 'keep',
            source_labels: ['__meta_kubernetes_endpoint_port_name'],
            regex: 'client',
          },
          ...labelRules,
          { target_label: 'endpoint', replacement: 'client' },
        ],
      },
    ]);
  });

  test('each operator of matchExpressions becomes its rule, and an unknown one none', () => {
    const [job] = jobsOf(
      scrape({
        selector: {
          matchExpressions: [
            { key: 'a/x', operator: 'In', values: ['one', 'two'] },
            { key: 'b', operator: 'NotIn', values: ['three'] },
            { key: 'c', operator: 'Exists' },
            { key: 'd', operator: 'DoesNotExist' },
            { key: 'e', operator: 'Gt', values: ['1'] },
          ],
        },
        endpoints: [{}],
      }),
    );
    expect(job?.relabel_configs).toEqual([
      {
        action: 'keep',
        source_labels: ['__meta_kubernetes_service_label_a_x'],
        regex: 'one|two',
      },
      { action: 'drop', source_labels: ['__meta_kubernetes_service_label_b'], regex: 'three' },
      {
        action: 'keep',
        source_labels: ['__meta_kubernetes_service_labelpresent_c'],
        regex: 'true',
      },
      {
        action: 'drop',
        source_labels: ['__meta_kubernetes_service_labelpresent_d'],
        regex: 'true',
      },
      ...labelRules,
    ]);
  });

  test.each([
    ['a port name', { port: 'http', targetPort: 80 }, 'endpoint_port_name', 'http'],
    ['a container port name', { targetPort: 'web' }, 'pod_container_port_name', 'web'],
    ['a container port number', { targetPort: 9187 }, 'pod_container_port_number', '9187'],
    ['a quoted number, which is a name', { targetPort: '80' }, 'pod_container_port_name', '80'],
  ])('%s is kept by its own meta label', (_what, endpoint, label, regex) => {
    const [job] = jobsOf(scrape({ endpoints: [endpoint] }));
    expect(job?.relabel_configs).toEqual([
      { action: 'keep', source_labels: [`__meta_kubernetes_${label}`], regex },
      ...labelRules,
      { target_label: 'endpoint', replacement: regex },
    ]);
  });

  test('an endpoint without port and targetPort keeps every port', () => {
    const [job] = jobsOf(scrape({ endpoints: [{ port: '', targetPort: 0 }] }));
    expect(job?.relabel_configs).toEqual(labelRules);
  });

  test('the role service knows neither pods nor target ports', () => {
    const [byPort, byTarget] = jobsOf(
      scrape({
        discoveryRole: 'service',
        podTargetLabels: ['tier'],
        attach_metadata: { node: true },
        endpoints: [{ port: 'http' }, { targetPort: 80 }],
      }),
    );
    const [, , , , namespace, service, job] = labelRules;
    expect(byPort?.kubernetes_sd_configs).toEqual([
      { role: 'service', namespaces: { names: ['shop'] } },
    ]);
    expect(byPort?.relabel_configs).toEqual([
      { action: 'keep', source_labels: ['__meta_kubernetes_service_port_name'], regex: 'http' },
      namespace,
      service,
      job,
      { target_label: 'endpoint', replacement: 'http' },
    ]);
    expect(byTarget?.relabel_configs).toEqual([namespace, service, job]);
  });

  test('the role endpointslices has meta labels of its own', () => {
    const [job] = jobsOf(
      scrape({ discoveryRole: 'endpointslices', endpoints: [{ port: 'http' }] }),
    );
    const address = [
      '__meta_kubernetes_endpointslice_address_target_kind',
      '__meta_kubernetes_endpointslice_address_target_name',
    ];
    const [node, pod, podName, ...others] = labelRules;
    expect(job?.relabel_configs).toEqual([
      {
        action: 'keep',
        source_labels: ['__meta_kubernetes_endpointslice_port_name'],
        regex: 'http',
      },
      { ...node, source_labels: address },
      { ...pod, source_labels: address },
      podName,
      ...others,
      { target_label: 'endpoint', replacement: 'http' },
    ]);
  });

  test.each([
    ['its own', undefined, ['shop']],
    ['its own for an empty selector', {}, ['shop']],
    ['those named', { matchNames: ['b', 'a'] }, ['b', 'a']],
  ])('the namespaces watched are %s', (_what, namespaceSelector, names) => {
    const [job] = jobsOf(scrape({ namespaceSelector, endpoints: [{}] }));
    expect(job?.kubernetes_sd_configs).toEqual([{ role: 'endpoints', namespaces: { names } }]);
  });

  test('any: true watches every namespace, unless the agent sees its own alone', () => {
    const everywhere = scrape({ namespaceSelector: { any: true }, endpoints: [{}] });
    expect(jobsOf(everywhere)[0]?.kubernetes_sd_configs).toEqual([{ role: 'endpoints' }]);
    expect(jobsOf(everywhere, { ownNamespaceOnly: true })[0]?.kubernetes_sd_configs).toEqual([
      { role: 'endpoints', namespaces: { names: ['shop'] } },
    ]);
  });

  test('every setting of an endpoint that needs no Secret reaches the job', () => {
    const [job] = jobsOf(
      scrape({
        sampleLimit: 10,
        seriesLimit: 20,
        jobLabel: 'app.kubernetes.io/name',
        targetLabels: ['multigres.com/cell'],
        podTargetLabels: ['role'],
        endpoints: [
          {
            port: 'http',
            honorLabels: true,
            honorTimestamps: false,
            interval: '1m',
            scrape_interval: '10s',
            scrapeTimeout: '5s',
            path: '/m',
            proxyURL: 'http://proxy',
            follow_redirects: false,
            params: { module: ['a'] },
            scheme: 'HTTPS',
            bearerTokenFile: '/token',
            seriesLimit: 30,
            max_scrape_size: '16MB',
            attach_metadata: { node: true },
            vm_scrape_params: { stream_parse: true, disable_keep_alive: true },
            relabelConfigs: [
              { action: 'keep', sourceLabels: ['a', 'b'], targetLabel: 'c', regex: ['x', 'y'] },
              { source_labels: ['d'], target_label: 'e', if: '{f="g"}' },
            ],
            metricRelabelConfigs: [{ action: 'labeldrop', regex: 'pod_.*' }],
          },
        ],
      }),
      { discovery: { api_server: 'https://127.0.0.1' }, lastRules: [{ action: 'labelmap' }] },
    );
    expect(job).toEqual({
      job_name: 'serviceScrape/shop/etcd/0',
      honor_labels: true,
      honor_timestamps: false,
      kubernetes_sd_configs: [
        {
          role: 'endpoints',
          attach_metadata: { node: true },
          namespaces: { names: ['shop'] },
          api_server: 'https://127.0.0.1',
        },
      ],
      scrape_interval: '10s',
      scrape_timeout: '5s',
      metrics_path: '/m',
      proxy_url: 'http://proxy',
      follow_redirects: false,
      params: { module: ['a'] },
      scheme: 'https',
      bearer_token_file: '/token',
      relabel_configs: [
        {
          action: 'keep',
          source_labels: ['__meta_kubernetes_endpoint_port_name'],
          regex: 'http',
        },
        ...labelRules.slice(0, -1),
        {
          source_labels: ['__meta_kubernetes_service_label_multigres_com_cell'],
          target_label: 'multigres_com_cell',
          regex: '(.+)',
          replacement: '$1',
        },
        {
          source_labels: ['__meta_kubernetes_pod_label_role'],
          target_label: 'role',
          regex: '(.+)',
          replacement: '$1',
        },
        ...labelRules.slice(-1),
        {
          source_labels: ['__meta_kubernetes_service_label_app_kubernetes_io_name'],
          target_label: 'job',
          regex: '(.+)',
          replacement: '$1',
        },
        { target_label: 'endpoint', replacement: 'http' },
        { action: 'keep', source_labels: ['a', 'b'], target_label: 'c', regex: ['x', 'y'] },
        { source_labels: ['d'], target_label: 'e', if: '{f="g"}' },
        { action: 'labelmap' },
      ],
      sample_limit: 10,
      series_limit: 30,
      max_scrape_size: '16MB',
      metric_relabel_configs: [{ action: 'labeldrop', regex: 'pod_.*' }],
      stream_parse: true,
      disable_keepalive: true,
    });
  });

  test('what comes from Secrets is named, and not in the job', () => {
    const secured = scrape({
      endpoints: [{ port: 'a', basicAuth: {}, tlsConfig: {} }, { port: 'b' }],
    });
    expect([0, 1, 2].map((endpoint) => secretFields(secured, endpoint))).toEqual([
      ['tlsConfig', 'basicAuth'],
      [],
      [],
    ]);
    expect(jobsOf(secured).map((job) => Object.keys(job))).toEqual([
      ['job_name', 'honor_labels', 'kubernetes_sd_configs', 'relabel_configs'],
      ['job_name', 'honor_labels', 'kubernetes_sd_configs', 'relabel_configs'],
    ]);
  });

  test('a spec that is no object has no jobs', () => {
    expect(jobsOf(scrape('nonsense'))).toEqual([]);
    expect(jobsOf(scrape({ endpoints: 'nonsense' }))).toEqual([]);
  });
});
