/**
 * What the API server writes into its audit log by default: whole requests and answers of writes to
 * the kinds that autoscrape sees, once each. With them come the annotations
 * `patch.webhook.admission.k8s.io/…`, which say what a webhook patched (Kubernetes: Auditing).
 */
export const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'None', resources: [{ group: '', resources: ['events'] }] },
    {
      level: 'RequestResponse',
      verbs: ['create', 'update', 'patch', 'delete'],
      resources: [{ group: '' }, { group: 'apps' }, { group: 'operator.victoriametrics.com' }],
    },
    { level: 'None' },
  ],
} as const;
