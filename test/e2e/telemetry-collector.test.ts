import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { type Collector, startCollector } from '../../tools/otelcol.ts';
import { type Store, startVictoriaMetrics, type Victoria } from '../../tools/victoria.ts';
import { type Autoscrape, startAutoscrape } from '../support/autoscrape.ts';
import { documented, eventually, series, useAll } from '../support/telemetry-roads.ts';

/** The configuration that docs/telemetry.md gives to its readers. */
const configuration = join(import.meta.dirname, '../../deploy/samples/otel-collector.yaml');

let plane: ControlPlane;
let victoria: Victoria & Store;
let collector: Collector;
let autoscrape: Autoscrape;

beforeAll(async () => {
  [plane, victoria] = await Promise.all([
    startControlPlane({ label: 'collector', controllerManager: false }),
    startVictoriaMetrics({ flags: ['-opentelemetry.usePrometheusNaming'] }),
  ]);
  collector = await startCollector(configuration, victoria.url);
  autoscrape = await startAutoscrape(plane.kubeconfig, [
    `--telemetry-otlp-endpoint=${collector.url}`,
    '--telemetry-otlp-interval=1s',
    '--kubernetes-namespace=default',
    '--probe-namespace=default',
    '--kubernetes-pod=autoscrape-0',
  ]);
  await useAll(plane, autoscrape);
}, 240_000);

afterAll(async () => {
  await autoscrape?.stop();
  await collector?.stop();
  await victoria?.stop();
  await plane?.stop();
});

test('through an OpenTelemetry Collector every documented metric arrives, under its one name', async () => {
  const missing = async (): Promise<string[]> => {
    const arrived = new Set((await series(victoria)).map(({ metric }) => metric));
    return documented.filter((name) => !arrived.has(name));
  };
  await eventually(missing, []);
}, 60_000);

test('and no series under a name that is documented nowhere', async () => {
  const arrived = new Set((await series(victoria)).map(({ metric }) => metric));
  expect([...arrived].filter((name) => !documented.includes(name))).toEqual([]);
});

test('with the attributes of who sent it, and none of the collector', async () => {
  const [build, ...more] = await victoria.query('autoscrape_build_info');
  expect([Object.keys(build?.labels ?? {}).sort(), more]).toEqual([
    [
      '__name__',
      'k8s_cluster_uid',
      'k8s_namespace_name',
      'k8s_pod_name',
      'node',
      'service_instance_id',
      'service_name',
      'service_version',
      'version',
    ],
    [],
  ]);
});
