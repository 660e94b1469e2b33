import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { parse } from 'yaml';
import { routes } from '../../src/admission/index.ts';
import { definitions, prometheusName } from '../../src/telemetry/index.ts';
import { version } from '../../src/version.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { request } from '../../tools/http.ts';
import { type TemporaryFolder, temporaryFolder } from '../../tools/processes.ts';
import { startVictoriaMetrics, type Victoria } from '../../tools/victoria.ts';
import { type Autoscrape, startAutoscrape } from '../support/autoscrape.ts';
import { api, makeNamespace } from '../support/control-plane.ts';
import { fixtures, readObjects } from '../support/objects.ts';

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
  await useAll();
}, 180_000);

afterAll(async () => {
  await autoscrape?.stop();
  await victoria?.stop();
  await plane?.stop();
  await folder?.remove();
});

test('every documented metric is found by OTLP and by scrape, with one name and the same labels', async () => {
  const documented = Object.values(definitions).map((definition) => prometheusName(definition));
  const missing = async (): Promise<string[]> => {
    const found = await series();
    return documented.filter((name) => !found.some((one) => one.metric === name && isOnBoth(one)));
  };
  await eventually(missing, []);

  // What is on one road alone would be a name or a label that the roads do not share.
  const apart = async (): Promise<string[]> =>
    (await series()).filter((one) => !isOnBoth(one)).map(({ key }) => key);
  await eventually(apart, []);
}, 120_000);

test('a value that came by OTLP is one that was scraped within an interval of it', async () => {
  // Two intervals more, so that there are scraped values on both sides of a sent one.
  await sleep(5_000 * interval);
  // These differ from one moment to the next.
  const momentary = /^(?:process_resident_memory_bytes|v8js_memory_heap_)/;
  const compared = (await series()).filter((one) => !momentary.test(one.key));
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
  const found = (await exported()).find(
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

/** Causes something for each metric that counts what happens. */
async function useAll(): Promise<void> {
  const crd = parse(await readFile(join(fixtures, '../crds/vmservicescrape.yaml'), 'utf8'));
  await api(plane, 'POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    body: Object(crd),
  });
  const namespace = await makeNamespace(plane, 'shop');
  for (const object of await readObjects(join(fixtures, 'draft/etcd.yaml'))) {
    if (object.kind !== 'Service') continue;
    const service = { ...object, metadata: { ...Object(object.metadata), namespace } };
    await api(plane, 'POST', `/api/v1/namespaces/${namespace}/services`, { body: service });
  }
  const scrape = {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMServiceScrape',
    metadata: { name: 'wrong', namespace },
    spec: { selector: {}, endpoints: [{ port: 'http', interval: 'often' }] },
  };
  await review(routes.scrapes.path, 'VMServiceScrape', 'operator.victoriametrics.com', scrape);
  await request(`${autoscrape.url}${routes.strong.path}`, {
    method: 'POST',
    ca: autoscrape.ca,
    body: 'no review',
  });
  await hangUp();
  const plain = connect(Number(new URL(autoscrape.url).port), '127.0.0.1');
  plain.end('this is no TLS\r\n\r\n');
  plain.on('error', () => {});
  await once(plain, 'close');
}

async function review(path: string, kind: string, group: string, object: object): Promise<void> {
  const { status } = await request(`${autoscrape.url}${path}`, {
    method: 'POST',
    ca: autoscrape.ca,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: {
        uid: '1',
        kind: { group, version: 'v1beta1', kind },
        resource: { group, version: 'v1beta1', resource: `${kind.toLowerCase()}s` },
        name: 'wrong',
        namespace: 'default',
        operation: 'CREATE',
        userInfo: {},
        object,
        dryRun: false,
      },
    }),
  });
  expect(status).toBe(200);
}

/** Begins a review and goes away in the middle of it. */
async function hangUp(): Promise<void> {
  const port = Number(new URL(autoscrape.url).port);
  const socket = connectTls({ port, host: '127.0.0.1', ca: autoscrape.ca });
  await once(socket, 'secureConnect');
  const headers = `Host: a\r\nContent-Type: application/json\r\nContent-Length: 100`;
  socket.write(`POST ${routes.strong.path} HTTP/1.1\r\n${headers}\r\n\r\n{`);
  await sleep(200);
  socket.destroy();
}

interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly value: number;
}

/** One series, as it came on each road. */
interface Roads {
  /** Name and own labels, without those that a road adds. */
  readonly key: string;
  /** The metric that it is of: a histogram's without `_bucket`, `_sum` and `_count`. */
  readonly metric: string;
  readonly sent: readonly Sample[];
  readonly scraped: readonly Sample[];
}

function isOnBoth({ sent, scraped }: Roads): boolean {
  return sent.length > 0 && scraped.length > 0;
}

const added =
  /^(?:job|instance|service_(?:name|version|instance_id)|k8s_\w+|deployment_environment_name|__name__)$/;

const histograms: ReadonlySet<string> = new Set(
  Object.values(definitions)
    .filter(({ kind }) => kind === 'histogram')
    .map((definition) => prometheusName(definition)),
);

async function series(): Promise<Roads[]> {
  const found = new Map<string, { metric: string; sent: Sample[]; scraped: Sample[] }>();
  for (const { metric, values, timestamps } of await exported()) {
    const name = metric.__name__ ?? '';
    // What a scrape says of itself, and of the resource, which OTLP has as labels.
    if (/^(?:scrape_|up$|target_info$)/.test(name)) continue;
    const own = Object.entries(metric).filter(([label]) => !added.test(label));
    const key = `${name}${JSON.stringify(own.sort())}`;
    const base = name.replace(/_(?:bucket|sum|count)$/, '');
    const one = found.get(key) ?? {
      metric: histograms.has(base) ? base : name,
      sent: [],
      scraped: [],
    };
    found.set(key, one);
    const samples = timestamps.flatMap((at, index) => {
      const value = values[index] ?? null;
      return value === null ? [] : [{ at, value }];
    });
    (metric.job === undefined ? one.sent : one.scraped).push(...samples);
  }
  return [...found].map(([key, one]) => ({ key, ...one }));
}

const exportedSchema = v.object({
  metric: v.record(v.string(), v.string()),
  // null where a series ended.
  values: v.array(v.nullable(v.number())),
  timestamps: v.array(v.number()),
});

/** Every sample that VictoriaMetrics has. */
async function exported(): Promise<v.InferOutput<typeof exportedSchema>[]> {
  await request(`${victoria.url}/internal/force_flush`);
  const query = new URLSearchParams({ 'match[]': '{__name__!=""}' });
  const { body } = await request(`${victoria.url}/api/v1/export?${query}`, { timeout: 30_000 });
  return body
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => v.parse(exportedSchema, JSON.parse(line)));
}

/** Waits for what is expected; after half a minute the test fails with what is there instead. */
async function eventually<Value>(read: () => Promise<Value>, expected: Value): Promise<void> {
  let last = await read();
  for (const end = Date.now() + 30_000; Date.now() < end; last = await read()) {
    if (JSON.stringify(last) === JSON.stringify(expected)) break;
    await sleep(500);
  }
  expect(last).toEqual(expected);
}
