import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { expect } from '@jest/globals';
import * as v from 'valibot';
import { parse } from 'yaml';
import { routes } from '../../src/admission/index.ts';
import { definitions, prometheusName } from '../../src/telemetry/index.ts';
import { request } from '../../tools/http.ts';
import type { Victoria } from '../../tools/victoria.ts';
import type { Autoscrape } from './autoscrape.ts';
import { api, type Connection, makeNamespace } from './control-plane.ts';
import { fixtures, readObjects } from './objects.ts';

type Plane = Pick<Connection, 'server' | 'ca' | 'token'>;

/** What every metric of docs/metrics.md is called on both roads. */
export const documented: readonly string[] = Object.values(definitions).map((definition) =>
  prometheusName(definition),
);

/** Has the API server serve VMServiceScrapes. */
export async function serveScrapes(plane: Plane): Promise<void> {
  const crd = parse(await readFile(join(fixtures, '../crds/vmservicescrape.yaml'), 'utf8'));
  await api(plane, 'POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    body: Object(crd),
  });
}

/** Causes something for each metric that counts what happens. */
export async function useAll(plane: Plane, autoscrape: Autoscrape): Promise<void> {
  await serveScrapes(plane);
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
  await review(
    autoscrape,
    routes.scrapes.path,
    'VMServiceScrape',
    'operator.victoriametrics.com',
    scrape,
  );
  await request(`${autoscrape.url}${routes.strong.path}`, {
    method: 'POST',
    ca: autoscrape.ca,
    body: 'no review',
  });
  await hangUp(autoscrape);
  const plain = connect(Number(new URL(autoscrape.url).port), '127.0.0.1');
  plain.end('this is no TLS\r\n\r\n');
  plain.on('error', () => {});
  await once(plain, 'close');
}

/** Has a review of a made-up object answered. @throws where the answer has another status than 200 */
export async function review(
  autoscrape: Autoscrape,
  path: string,
  kind: string,
  group: string,
  object: object,
): Promise<void> {
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
  if (status !== 200) throw new Error(`a review was answered with ${status}`);
}

/** Begins a review and goes away in the middle of it. */
export async function hangUp(autoscrape: Autoscrape): Promise<void> {
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
export interface Roads {
  /** Name and own labels, without those that a road adds. */
  readonly key: string;
  /** The metric that it is of: a histogram's without `_bucket`, `_sum` and `_count`. */
  readonly metric: string;
  readonly sent: readonly Sample[];
  readonly scraped: readonly Sample[];
}

/** Whether it came on both roads. */
export function isOnBoth({ sent, scraped }: Roads): boolean {
  return sent.length > 0 && scraped.length > 0;
}

const added =
  /^(?:job|instance|service_(?:name|version|instance_id)|k8s_\w+|deployment_environment_name|__name__)$/;

const histograms: ReadonlySet<string> = new Set(
  Object.values(definitions)
    .filter(({ kind }) => kind === 'histogram')
    .map((definition) => prometheusName(definition)),
);

/** Every series that VictoriaMetrics has, but for what a scrape says of itself. */
export async function series(victoria: Pick<Victoria, 'url'>): Promise<Roads[]> {
  const found = new Map<string, { metric: string; sent: Sample[]; scraped: Sample[] }>();
  for (const { metric, values, timestamps } of await exported(victoria)) {
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
export async function exported(
  victoria: Pick<Victoria, 'url'>,
): Promise<v.InferOutput<typeof exportedSchema>[]> {
  await request(`${victoria.url}/internal/force_flush`);
  const query = new URLSearchParams({ 'match[]': '{__name__!=""}' });
  const { body } = await request(`${victoria.url}/api/v1/export?${query}`, { timeout: 30_000 });
  return body
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => v.parse(exportedSchema, JSON.parse(line)));
}

/** Waits for what is expected; after half a minute the test fails with what is there instead. */
export async function eventually<Value>(
  read: () => Promise<Value>,
  expected: Value,
): Promise<void> {
  let last = await read();
  for (const end = Date.now() + 30_000; Date.now() < end; last = await read()) {
    if (JSON.stringify(last) === JSON.stringify(expected)) break;
    await sleep(500);
  }
  expect(last).toEqual(expected);
}
