import { expect, test } from '@jest/globals';
import { parseWorkload } from '../../../src/kubernetes/index.ts';

test('of the variables of a container only those are kept that say what it serves: others may hold secrets', () => {
  const env = [
    { name: 'OTEL_METRICS_EXPORTER', value: 'otlp' },
    { name: 'OTEL_EXPORTER_OTLP_HEADERS', value: 'authorization=Bearer secret, x-scope=a' },
    {
      name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
      value: 'https://me:secret@otlp.example.com/v1?token=secret',
    },
    { name: 'ETCD_LISTEN_METRICS_URLS', value: 'http://0.0.0.0:2381' },
    { name: 'PGPASSWORD', value: 'secret' },
    { name: 'OTEL_METRICS_EXPORTER_FROM', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } },
  ];
  const workload = parseWorkload(
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: 'a', namespace: 'b' },
      spec: { template: { spec: { containers: [{ name: 'main', env }] } } },
    },
    'StatefulSet',
  );
  expect(workload?.template.containers.map((container) => container.env)).toEqual([
    {
      OTEL_METRICS_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otlp.example.com/v1',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization,x-scope',
      ETCD_LISTEN_METRICS_URLS: 'http://0.0.0.0:2381',
    },
  ]);
  expect(JSON.stringify(workload)).not.toContain('secret');
});
