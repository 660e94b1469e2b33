import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ChartCluster, startChartCluster } from '../support/chart-cluster.ts';
import { pairwise } from '../support/pairwise.ts';

/** Values of the chart beside each other: whatever two of these choices meet, a real API server takes all objects. */
const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const certificates: readonly object[] = [
  {},
  { certificates: { mode: 'certManager' } },
  { certificates: { mode: 'certManager', certManager: { issuerRef: { name: 'company' } } } },
  {
    certificates: {
      mode: 'certManager',
      certManager: { duration: '720h0m0s', renewBefore: '240h0m0s' },
    },
  },
  { certificates: { mode: 'existingSecret', secretName: 'mine', caBundle: pem } },
];
const choices: Readonly<Record<string, readonly object[]>> = {
  // What cert-manager's annotation stands beside, or not.
  certificates: [
    ...certificates,
    ...certificates.map((one) => ({
      ...one,
      webhook: { annotations: { 'admissions.enforcer/disabled': 'true' } },
    })),
  ],
  names: [
    {},
    { nameOverride: 'scraper' },
    { fullnameOverride: 'a-name-that-is-as-long-as-a-name-may-be-here' },
    { namespaceOverride: 'elsewhere' },
  ],
  image: [
    {},
    { image: { registry: 'mirror.example.com', digest: `sha256:${'a1'.repeat(32)}` } },
    { global: { imageRegistry: 'mirror.example.com', imagePullSecrets: ['one', { name: 'two' }] } },
    { image: { tag: '9.9.9', pullSecrets: ['one'] }, global: { imagePullSecrets: ['one'] } },
  ],
  network: [
    {},
    { hostNetwork: true, ports: { webhook: 10_250, metrics: 10_260 } },
    { hostNetwork: true, dnsPolicy: 'Default', dnsConfig: { nameservers: ['198.51.100.1'] } },
    { ports: { webhook: 4443 }, service: { port: 8443, metricsPort: 9090 } },
  ],
  labels: [
    {},
    { commonLabels: { team: 'a' }, podLabels: { team: 'b' }, commonAnnotations: { note: 'c' } },
    {
      podAnnotations: { note: 'a' },
      deploymentAnnotations: { note: 'b' },
      service: { annotations: { note: 'c' } },
    },
  ],
  rollout: [
    {},
    { strategy: { type: 'Recreate' }, replicaCount: 1, podDisruptionBudget: { enabled: false } },
    { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }, revisionHistoryLimit: 0 },
  ],
  budget: [
    {},
    {
      replicaCount: 3,
      podDisruptionBudget: { minAvailable: '50%', unhealthyPodEvictionPolicy: 'IfHealthyBudget' },
    },
    { replicaCount: 3, podDisruptionBudget: { minAvailable: 2 } },
    { podDisruptionBudget: { maxUnavailable: '25%' } },
  ],
  ends: [
    {},
    { drain: { propagationSeconds: 0, deadlineSeconds: 60 } },
    { lifecycle: { preStop: { sleep: { seconds: 20 } } }, terminationGracePeriodSeconds: 90 },
  ],
  probes: [
    {},
    { startupProbe: { failureThreshold: 300 }, readinessProbe: { timeoutSeconds: 3 } },
    { probe: { enabled: true } },
    { probe: { enabled: true, namespace: 'tried' } },
  ],
  metrics: [
    {},
    { metrics: { tls: true }, serviceScrape: { enabled: true } },
    {
      metrics: {
        tls: true,
        access: 'authorized',
        readers: [{ name: 'vmagent', namespace: 'default' }],
      },
      serviceScrape: { enabled: true, insecureSkipVerify: true, labels: { team: 'd' } },
    },
    { otlp: { endpoint: 'http://receiver:8429/opentelemetry', headersSecret: { name: 'otlp' } } },
  ],
  settings: [
    {},
    { settings: { scrapes: { findings: 'off', managedBy: 'platform' }, log: { level: 'debug' } } },
    { settings: { components: { multiorch: 'scrape' }, server: { bodyLimit: '8Mi' } } },
    { catalogue: 'partOf: other\ndialects: []\n', webhook: { condition: 'true' } },
    { extraArgs: ['--log-level=debug'], extraEnv: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/ca' }] },
  ],
  more: [
    {},
    {
      extraVolumes: [{ name: 'more', emptyDir: {} }],
      extraVolumeMounts: [{ name: 'more', mountPath: '/more' }],
      rule: { enabled: true, labels: { team: 'd' } },
      networkPolicy: { egress: [{ ports: [{ port: 443, protocol: 'TCP' }] }] },
    },
    {
      networkPolicy: { enabled: false },
      extraObjects: [
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ include "autoscrape.name" . }}-more\n  namespace: {{ .Release.Namespace }}\n',
      ],
    },
  ],
  accounts: [
    {},
    { serviceAccount: { create: false, name: 'robot' }, rbac: { readAgents: false } },
    { rbac: { create: false }, serviceAccount: { annotations: { note: 'a' } } },
  ],
  webhook: [
    {},
    { webhook: { failurePolicy: 'Fail', timeoutSeconds: 3 } },
    { webhook: { namespaceSelector: { matchLabels: { tier: 'data' } } } },
  ],
};

let cluster: ChartCluster;
beforeAll(async () => {
  cluster = await startChartCluster('chart-pairs');
}, 600_000);
afterAll(() => cluster?.stop());

const rows = pairwise(choices);

test('there are at least 40 combinations by pairs, drawn the same each time', () => {
  expect(rows.length).toBeGreaterThanOrEqual(40);
  expect(pairwise(choices)).toEqual(rows);
});

test.each(rows.map((row, index) => [index + 1, row] as const))(
  'the API server takes every object of combination %i',
  async (_number, row) => {
    const values = Object.entries(row).reduce<object>(
      (all, [name, choice]) => merged(all, choices[name]?.[choice] ?? {}),
      {},
    );
    const objects = await cluster.rendered(values);
    expect(objects.length).toBeGreaterThan(5);
    expect({ values, refused: await cluster.refused(objects) }).toEqual({ values, refused: [] });
  },
);

/** Both, and what both have as objects merged. */
function merged(one: object, other: object): object {
  const all: Record<string, unknown> = { ...one };
  for (const [key, value] of Object.entries(other)) {
    const before = all[key];
    const both = isPlain(before) && isPlain(value);
    all[key] = both ? merged(before, value) : value;
  }
  return all;
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
