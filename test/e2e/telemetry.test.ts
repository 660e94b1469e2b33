import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { version } from '../../src/version.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { type TemporaryFolder, temporaryFolder } from '../../tools/processes.ts';
import { startVictoriaMetrics, type Victoria } from '../../tools/victoria.ts';
import { type Autoscrape, startAutoscrape } from '../support/autoscrape.ts';
import { api } from '../support/control-plane.ts';
import {
  documented,
  eventually,
  exported,
  isOnBoth,
  series,
  useAll,
} from '../support/telemetry-roads.ts';

/** Both roads bring a value that often, in seconds. */
const interval = 1;

let plane: ControlPlane;
let folder: TemporaryFolder;
let victoria: Victoria;
let autoscrape: Autoscrape;

beforeAll(async () => {
  folder = await temporaryFolder('telemetry');
  const configFile = join(folder.path, 'scrape.yaml');
  await writeFile(configFile, 'scrape_configs: []\n');
  [plane, victoria] = await Promise.all([
    startControlPlane({ label: 'telemetry', controllerManager: false }),
    startVictoriaMetrics({ configFile, flags: ['-opentelemetry.usePrometheusNaming'] }),
  ]);
  autoscrape = await startAutoscrape(plane.kubeconfig, [
    `--telemetry-otlp-endpoint=${victoria.url}/opentelemetry`,
    `--telemetry-otlp-interval=${interval}s`,
    '--telemetry-resource=deployment.environment.name=test',
    '--kubernetes-namespace=default',
    '--kubernetes-pod=autoscrape-0',
    '--kubernetes-node=node-1',
  ]);
  await writeFile(
    configFile,
    JSON.stringify({
      scrape_configs: [
        {
          job_name: 'autoscrape',
          scrape_interval: `${interval}s`,
          static_configs: [{ targets: [autoscrape.pages.slice('http://'.length)] }],
        },
      ],
    }),
  );
  await victoria.reload();
  await useAll(plane, autoscrape);
}, 180_000);

afterAll(async () => {
  await autoscrape?.stop();
  await victoria?.stop();
  await plane?.stop();
  await folder?.remove();
});

test('every documented metric is found by OTLP and by scrape, with one name and the same labels', async () => {
  const missing = async (): Promise<string[]> => {
    const found = await series(victoria);
    return documented.filter((name) => !found.some((one) => one.metric === name && isOnBoth(one)));
  };
  await eventually(missing, []);

  // What is on one road alone would be a name or a label that the roads do not share.
  const apart = async (): Promise<string[]> =>
    (await series(victoria)).filter((one) => !isOnBoth(one)).map(({ key }) => key);
  await eventually(apart, []);
}, 120_000);

test('a value that came by OTLP is one that was scraped within an interval of it', async () => {
  // Two intervals more, so that there are scraped values on both sides of a sent one.
  await sleep(5_000 * interval);
  // These differ from one moment to the next.
  const momentary = /^(?:process_resident_memory_bytes|v8js_memory_heap_)/;
  const compared = (await series(victoria)).filter((one) => !momentary.test(one.key));
  const wrong = compared.flatMap(({ key, sent, scraped }) => {
    const [last] = sent.slice(-3);
    if (last === undefined) return [`${key}: nothing was sent`];
    const near = scraped
      .filter(({ at }) => Math.abs(at - last.at) <= 2_000 * interval)
      .map(({ value }) => value);
    const fits = Math.min(...near) <= last.value && last.value <= Math.max(...near);
    return fits ? [] : [`${key}: sent ${last.value}, scraped ${near.join(', ')}`];
  });
  expect({ wrong, some: compared.length > 300 }).toEqual({ wrong: [], some: true });
}, 60_000);

test('what comes by OTLP has the attributes of its resource', async () => {
  const { body } = await api(plane, 'GET', '/api/v1/namespaces/kube-system');
  const cluster = v.parse(v.object({ metadata: v.object({ uid: v.string() }) }), body).metadata.uid;
  const found = (await exported(victoria)).find(
    ({ metric }) => metric.__name__ === 'autoscrape_build_info' && metric.job === undefined,
  );
  expect(found?.metric).toEqual({
    __name__: 'autoscrape_build_info',
    version,
    node: process.versions.node,
    service_name: 'autoscrape',
    service_version: version,
    service_instance_id: 'default.autoscrape-0',
    k8s_cluster_uid: cluster,
    k8s_namespace_name: 'default',
    k8s_pod_name: 'autoscrape-0',
    k8s_node_name: 'node-1',
    deployment_environment_name: 'test',
  });
});
