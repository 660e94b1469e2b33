/** A certificate in PEM, as far as anybody looks. */
const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

/**
 * Values of the chart that are not its defaults, by path, at least one for each; those that have an effect only beside
 * others come with them. `test/integration/chart.test.ts` sees to it that none is forgotten.
 */
export const otherValues: Readonly<
  Record<string, { readonly to: unknown; readonly with?: object }>
> = {
  enabled: { to: false },
  'global.imageRegistry': { to: 'registry.example.com' },
  'global.imagePullSecrets': { to: [{ name: 'registry' }, 'other'] },
  replicaCount: { to: 3 },
  'image.registry': { to: 'registry.example.com' },
  'image.repository': { to: 'registry.example.com/autoscrape' },
  'image.tag': { to: '9.9.9' },
  'image.digest': { to: `sha256:${'a1'.repeat(32)}` },
  'image.pullPolicy': { to: 'Always' },
  'image.pullSecrets': { to: ['registry'] },
  fullnameOverride: { to: 'scraper' },
  nameOverride: { to: 'scraper' },
  namespaceOverride: { to: 'elsewhere' },
  commonLabels: { to: { team: 'metrics' } },
  commonAnnotations: { to: { note: 'hello' } },
  deploymentAnnotations: { to: { note: 'hello' } },
  podLabels: { to: { team: 'metrics' } },
  podAnnotations: { to: { note: 'hello' } },
  'serviceAccount.create': { to: false },
  'serviceAccount.name': { to: 'robot' },
  'serviceAccount.annotations': { to: { note: 'hello' } },
  'rbac.create': { to: false },
  'rbac.readAgents': { to: false },
  'rbac.ownerGroups': { to: ['example.com'] },
  resources: { to: { limits: { cpu: '1', memory: '1Gi' } } },
  'podDisruptionBudget.enabled': { to: false },
  'podDisruptionBudget.maxUnavailable': { to: '50%' },
  'podDisruptionBudget.minAvailable': { to: 1 },
  'podDisruptionBudget.unhealthyPodEvictionPolicy': { to: 'IfHealthyBudget' },
  revisionHistoryLimit: { to: 3 },
  strategy: { to: { type: 'Recreate' } },
  hostNetwork: { to: true },
  dnsPolicy: { to: 'Default' },
  dnsConfig: { to: { options: [{ name: 'ndots', value: '1' }] } },
  'ports.webhook': { to: 10_250 },
  'ports.metrics': { to: 10_251 },
  topologySpreadConstraints: {
    to: [
      {
        maxSkew: 2,
        topologyKey: 'topology.kubernetes.io/zone',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { app: 'other' } },
      },
    ],
  },
  priorityClassName: { to: 'system-cluster-critical' },
  affinity: {
    to: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'Exists' }] }],
        },
      },
    },
  },
  tolerations: { to: [{ key: 'dedicated', operator: 'Exists', effect: 'NoSchedule' }] },
  nodeSelector: { to: { 'kubernetes.io/os': 'linux' } },
  podSecurityContext: {
    to: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
  },
  securityContext: { to: { runAsGroup: 1000 } },
  terminationGracePeriodSeconds: { to: 60 },
  'drain.propagationSeconds': { to: 10 },
  'drain.deadlineSeconds': { to: 50 },
  lifecycle: { to: { preStop: { sleep: { seconds: 10 } } } },
  startupProbe: { to: { failureThreshold: 120 } },
  livenessProbe: { to: { timeoutSeconds: 10 } },
  readinessProbe: { to: { periodSeconds: 5 } },
  extraArgs: { to: ['--log-level=debug'] },
  extraEnv: { to: [{ name: 'OTEL_RESOURCE_ATTRIBUTES', value: 'zone=a' }] },
  extraVolumes: { to: [{ name: 'more', configMap: { name: 'more' } }] },
  extraVolumeMounts: {
    to: [{ name: 'more', mountPath: '/more' }],
    with: { extraVolumes: [{ name: 'more', emptyDir: {} }] },
  },
  extraObjects: {
    to: [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: '{{ include "autoscrape.name" . }}-more',
          namespace: 'autoscrape-system',
        },
      },
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-text\n  namespace: {{ .Release.Namespace }}',
    ],
  },
  'service.port': { to: 8443 },
  'service.metricsPort': { to: 9090 },
  'service.annotations': { to: { note: 'hello' } },
  'webhook.failurePolicy': { to: 'Fail' },
  'webhook.timeoutSeconds': { to: 1 },
  'webhook.namespaceSelector': {
    to: {
      matchLabels: { tier: 'data' },
      matchExpressions: [{ key: 'skip', operator: 'DoesNotExist' }],
    },
  },
  'webhook.objectSelector': {
    to: { matchLabels: { tier: 'data' }, matchExpressions: [{ key: 'a', operator: 'Exists' }] },
  },
  'webhook.condition': { to: 'object.kind == "Service"\n&& request.operation == "CREATE"' },
  'webhook.annotations': { to: { note: 'hello' } },
  catalogue: { to: 'partOf: other\ndialects: []\n' },
  settings: { to: { components: { multiorch: 'scrape' }, log: { level: 'debug' } } },
  'certificates.mode': { to: 'certManager' },
  'certificates.secretName': { to: 'mine' },
  'certificates.caBundle': {
    to: pem,
    with: { certificates: { mode: 'existingSecret' } },
  },
  'certificates.certManager.issuerRef': {
    to: { name: 'company', kind: 'ClusterIssuer', group: 'cert-manager.io' },
    with: { certificates: { mode: 'certManager' } },
  },
  'certificates.certManager.duration': {
    to: '720h0m0s',
    with: { certificates: { mode: 'certManager' } },
  },
  'certificates.certManager.renewBefore': {
    to: '240h0m0s',
    with: { certificates: { mode: 'certManager' } },
  },
  'metrics.tls': { to: true },
  'metrics.access': { to: 'authorized' },
  'metrics.readers': {
    to: [{ name: 'vmagent', namespace: 'monitoring' }],
    with: { metrics: { access: 'authorized' } },
  },
  'otlp.endpoint': { to: 'http://vmsingle-main.monitoring.svc:8429/opentelemetry' },
  'otlp.interval': { to: '30s' },
  'otlp.headersSecret.name': { to: 'otlp' },
  'otlp.headersSecret.key': { to: 'all', with: { otlp: { headersSecret: { name: 'otlp' } } } },
  'networkPolicy.enabled': { to: false },
  'networkPolicy.metricsFrom': {
    to: [{ namespaceSelector: { matchLabels: { team: 'metrics' } } }],
  },
  'networkPolicy.egress': { to: [{ ports: [{ port: 443, protocol: 'TCP' }] }] },
  'probe.enabled': { to: true },
  'probe.namespace': { to: 'tried', with: { probe: { enabled: true } } },
  'serviceScrape.enabled': { to: true },
  'serviceScrape.interval': { to: '1m', with: { serviceScrape: { enabled: true } } },
  'serviceScrape.labels': { to: { team: 'metrics' }, with: { serviceScrape: { enabled: true } } },
  'serviceScrape.insecureSkipVerify': {
    to: true,
    with: { serviceScrape: { enabled: true }, metrics: { tls: true, access: 'authorized' } },
  },
  'rule.enabled': { to: true },
  'rule.labels': { to: { team: 'metrics' }, with: { rule: { enabled: true } } },
};
