import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { completionOf, newestFields } from '../../src/pushing/index.ts';
import { findBinaries } from '../../tools/binaries.ts';
import { freePorts, type TemporaryFolder, temporaryFolder } from '../../tools/processes.ts';
import {
  type Store,
  startVictoriaMetrics,
  startVmagent,
  type Victoria,
} from '../../tools/victoria.ts';
import { until } from '../support/processes.ts';
import {
  endpoint,
  front,
  judged,
  metricsEndpoint,
  protocol,
  receiver,
  temporality,
} from '../unit/pushing/scene.ts';

/**
 * What is said of an environment, beside what becomes of it: a program that sends as Multigres' programs do, a real
 * vmagent, and the store behind it. Only addresses become those of this machine.
 */
let folder: TemporaryFolder;
let store: Victoria & Store;
let agent: Victoria;
let sender: string;
let closed: number;

type Environment = Readonly<Record<string, string>>;

const version = 'v1.122.0';
/** The receiver as its resource has it: as old as the vmagent that runs here. */
const objects = [receiver('VMAgent', { image: { tag: version } }), front('vmagent-main', 8429)];
const main = 'http://vmagent-main.monitoring.svc:8429';

beforeAll(async () => {
  folder = await temporaryFolder('pushing');
  const configFile = join(folder.path, 'scrape.yaml');
  await writeFile(configFile, 'scrape_configs: []\n');
  const flags = ['-opentelemetry.usePrometheusNaming'];
  store = await startVictoriaMetrics({ configFile });
  agent = await startVmagent({ configFile, writeTo: `${store.url}/api/v1/write`, flags });
  [closed = 0] = await freePorts(1);
  sender = (await findBinaries(['otelsender']))('otelsender');
}, 600_000);

afterAll(async () => {
  await agent?.stop();
  await store?.stop();
  await folder?.remove();
});

/** The same environment on this machine: what is not there is a port on which nothing listens. */
function here(env: Environment, name: string): Environment {
  const local = Object.entries(env).map(([key, value]) => [
    key,
    value
      .replace(main, agent.url)
      .replace('vmagent-main.monitoring.svc:8429', new URL(agent.url).host)
      .replace(/http:\/\/vmagent-main\.monitoring\.svc:\d+/, `http://127.0.0.1:${closed}`),
  ]);
  return { ...Object.fromEntries(local), OTEL_SERVICE_NAME: name };
}

/** Sends once; gives what the sender says. */
function send(env: Environment): Promise<string> {
  return new Promise((resolve, reject) => {
    const running = spawn(sender, [], { env });
    let said = '';
    running.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
    running.on('error', reject);
    running.on('close', () => resolve(said.trim()));
  });
}

async function arrived(name: string): Promise<number> {
  const found = await store.query(`otelsender_sent_total{service_name="${name}"}`);
  return found.length;
}

const otlp = { OTEL_METRICS_EXPORTER: 'otlp' };
/** The environment that the database's operator makes of the fields that admission adds. */
const variables: Readonly<Record<string, string>> = {
  otlpMetricsEndpoint: metricsEndpoint,
  otlpEndpoint: endpoint,
  metricsExporter: 'OTEL_METRICS_EXPORTER',
  otlpProtocol: protocol,
  metricsTemporality: temporality,
  metricExportInterval: 'OTEL_METRIC_EXPORT_INTERVAL',
};

function completed(fields: typeof newestFields): Environment {
  const found = completionOf(undefined, `${main}/opentelemetry/v1/metrics`, fields);
  if (found.is !== 'wanted') throw new Error(found.advice);
  const entries = Object.entries(found.fields);
  return Object.fromEntries(entries.map(([field, value]) => [variables[field] ?? field, value]));
}

const olderFields = new Map([...newestFields].filter(([name]) => name !== 'otlpMetricsEndpoint'));

test.each<[string, () => Environment]>([
  ['the fields that admission adds', () => completed(newestFields)],
  ['those that it adds with an older definition', () => completed(olderFields)],
  ['the address of all signals', () => ({ ...otlp, [endpoint]: `${main}/opentelemetry` })],
  ['the earlier path', () => ({ ...otlp, [metricsEndpoint]: `${main}/opentelemetry/api/v1/push` })],
])(
  '%s: it arrives, and is said to',
  async (name, env) => {
    expect(judged(env(), objects)).toMatchObject({ state: 'pushed', link: '' });
    expect(await send(here(env(), name))).toBe('sent');
    await until(async () => (await arrived(name)) > 0);
  },
  90_000,
);

test('each fault: nothing arrives, and the link that breaks is named', async () => {
  const faults: readonly (readonly [link: string, Environment])[] = [
    ['exporter', { OTEL_METRICS_EXPORTER: 'otlp,console', [endpoint]: `${main}/opentelemetry` }],
    ['exporter', { ...otlp, [protocol]: 'http/json', [endpoint]: `${main}/opentelemetry` }],
    ['address', otlp],
    ['address', { ...otlp, [endpoint]: 'vmagent-main.monitoring.svc:8429/opentelemetry' }],
    ['protocol', { ...otlp, [protocol]: 'grpc', [endpoint]: main }],
    ['protocol', { ...otlp, [endpoint]: `${main.replace('http', 'https')}/opentelemetry` }],
    ['port', { ...otlp, [endpoint]: 'http://vmagent-main.monitoring.svc:4318/opentelemetry' }],
    ['path', { ...otlp, [endpoint]: main }],
    ['path', { ...otlp, [metricsEndpoint]: main }],
    ['temporality', { ...otlp, [endpoint]: `${main}/opentelemetry`, [temporality]: 'delta' }],
  ];
  const said = await Promise.all(
    faults.map(async ([link, env], index) => {
      const { state, link: broken } = judged(env, objects);
      await send(here(env, `fault-${index}`));
      return { expected: link, broken, state };
    }),
  );
  expect(said).toEqual(
    said.map(({ expected }) => ({ expected, broken: expected, state: 'unread' })),
  );
  // What was sent after them has arrived: so would they have.
  const last = here({ ...otlp, [endpoint]: `${main}/opentelemetry` }, 'after');
  await send(last);
  await until(async () => (await arrived('after')) > 0);
  expect(await Promise.all(faults.map((_, index) => arrived(`fault-${index}`)))).toEqual(
    faults.map(() => 0),
  );
}, 120_000);
