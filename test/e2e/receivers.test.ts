import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { parse } from 'yaml';
import { request } from '../../tools/http.ts';
import { type TemporaryFolder, temporaryFolder } from '../../tools/processes.ts';
import {
  type Store,
  startVictoriaMetrics,
  startVmagent,
  type Victoria,
} from '../../tools/victoria.ts';
import { type Autoscrape, startAutoscrape } from '../support/autoscrape.ts';
import { sharedControlPlane } from '../support/control-plane.ts';
import { until } from '../support/processes.ts';

/**
 * docs/receivers.md, tried: the addresses are those of the guide, and what listens there is started as the samples have
 * it. Only the names of Services become addresses of this machine.
 */
const root = join(import.meta.dirname, '../..');

let folder: TemporaryFolder;
let store: Victoria & Store;
let agent: Victoria;
let insert: Victoria;
/** Of each Service in the guide, what runs here. */
let runsAt: Readonly<Record<string, Victoria>>;

beforeAll(async () => {
  folder = await temporaryFolder('receivers');
  const configFile = join(folder.path, 'scrape.yaml');
  await writeFile(configFile, 'scrape_configs: []\n');
  // As vmsingle.yaml and vmagent.yaml have it.
  store = await startVictoriaMetrics({ configFile, flags: await flagsOf('vmsingle') });
  const { spec } = await sample('vmagent');
  const writeTo = here(spec.remoteWrite?.[0]?.url ?? '', store);
  agent = await startVmagent({ configFile, writeTo, flags: await flagsOf('vmagent') });
  // A vminsert's paths, parsed by what vminsert parses them with.
  const flags = [...(await flagsOf('vmcluster')), '-enableMultitenantHandlers'];
  insert = await startVmagent({ configFile, writeTo, flags });
  runsAt = { 'vmsingle-main': store, 'vmagent-main': agent, 'vminsert-main': insert };
}, 180_000);

afterAll(async () => {
  await insert?.stop();
  await agent?.stop();
  await store?.stop();
  await folder?.remove();
});

test.each(['vmsingle', 'vminsert', 'vmagent'])(
  'what autoscrape sends to the address of %s in the guide is found under its Prometheus names',
  async (name) => {
    const endpoint = (await guided()).find((url) => url.includes(`//${name}-main.`)) ?? '';
    const receiver = runsAt[`${name}-main`];
    if (receiver === undefined) throw new Error(`${name} does not run`);
    const { kubeconfig } = await sharedControlPlane();
    let autoscrape: Autoscrape | undefined;
    try {
      autoscrape = await startAutoscrape(kubeconfig, [
        `--telemetry-otlp-endpoint=${here(endpoint, receiver)}`,
        '--telemetry-otlp-interval=1s',
        '--kubernetes-namespace=default',
        `--kubernetes-pod=to-${name}`,
      ]);
      const { url, ca } = autoscrape;
      // A request, so that there is a name that only OpenTelemetry's conventions have.
      await request(`${url}/admit/strong`, { method: 'POST', ca, body: 'no review' });
      const names = ['autoscrape_build_info', 'http_server_request_duration_seconds_count'];
      const found = async () => {
        const which = `{__name__=~"${names.join('|')}",k8s_pod_name="to-${name}"}`;
        const samples = await store.query(`count by (__name__, service_name) (${which})`);
        return samples.map(({ labels }) => labels).sort((a, b) => (text(a) < text(b) ? -1 : 1));
      };
      await until(async () => (await found()).length >= names.length);
      expect(await found()).toEqual(
        names.map((__name__) => ({ __name__, service_name: 'autoscrape' })),
      );
    } finally {
      await autoscrape?.stop();
    }
  },
  90_000,
);

test('the guide and the samples name the same addresses', async () => {
  const files = ['vmsingle', 'vmcluster', 'vmagent'];
  const comments = await Promise.all(
    files.map(async (name) => {
      const found = /(\S+) +\(OTEL_EXPORTER_OTLP_ENDPOINT\)/.exec(await textOf(name));
      return found?.[1];
    }),
  );
  expect(comments).toEqual(await guided());
});

test('vmagent counts what came by OTLP as the guide says', async () => {
  const guide = await readFile(join(root, 'docs/receivers.md'), 'utf8');
  const counter = /grep '(\S+)'/.exec(guide)?.[1] ?? 'the guide';
  const { body } = await request(`${agent.url}/metrics`);
  const line = body.split('\n').find((one) => one.startsWith(counter));
  expect({ line, some: Number(line?.split(' ')[1]) > 0 }).toEqual({ line, some: true });
});

test('a path without /opentelemetry is refused as the guide says', async () => {
  const wrong = await request(`${store.url}/v1/metrics`, { method: 'POST', body: '' });
  expect({ status: wrong.status, said: wrong.body.includes('unsupported path requested') }).toEqual(
    { status: 400, said: true },
  );
});

const sampleSchema = v.object({
  spec: v.object({
    extraArgs: v.optional(v.record(v.string(), v.string()), {}),
    vminsert: v.optional(v.object({ extraArgs: v.record(v.string(), v.string()) })),
    remoteWrite: v.optional(v.array(v.object({ url: v.string() }))),
  }),
});

function textOf(name: string): Promise<string> {
  return readFile(join(root, `deploy/samples/${name}.yaml`), 'utf8');
}

async function sample(name: string): Promise<v.InferOutput<typeof sampleSchema>> {
  return v.parse(sampleSchema, parse(await textOf(name)));
}

/** The flags that the operator makes of `extraArgs`. */
async function flagsOf(name: string): Promise<string[]> {
  const { spec } = await sample(name);
  const flags = { ...spec.extraArgs, ...spec.vminsert?.extraArgs };
  return Object.entries(flags).map(([flag, value]) => `-${flag}=${value}`);
}

/** The addresses of the guide, in its order. */
async function guided(): Promise<string[]> {
  const guide = await readFile(join(root, 'docs/receivers.md'), 'utf8');
  return [...guide.matchAll(/^OTEL_EXPORTER_OTLP_ENDPOINT=(\S+)$/gm)].map(([, url = '']) => url);
}

/** The same path at what runs here. */
function here(address: string, { url }: Victoria): string {
  return `${url}${new URL(address).pathname}`;
}

function text(value: unknown): string {
  return JSON.stringify(value);
}
