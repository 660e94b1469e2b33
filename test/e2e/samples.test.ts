import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as v from 'valibot';
import { auditCommand } from '../../src/commands/audit.ts';
import { command as wait } from '../../src/commands/wait.ts';
import { parseScrape } from '../../src/kubernetes/index.ts';
import { jobsOf } from '../../src/reading/index.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { type Etcd, startEtcd } from '../../tools/etcd.ts';
import { keepLoopback } from '../../tools/loopback.ts';
import { freePorts, type TemporaryFolder, temporaryFolder } from '../../tools/processes.ts';
import { startVictoriaMetrics, startVmagent, type Victoria } from '../../tools/victoria.ts';
import { type Ran, runCommand } from '../support/command.ts';
import { api, makeNamespace } from '../support/control-plane.ts';
import { kubectl } from '../support/kubectl.ts';
import { fixtures } from '../support/objects.ts';
import { until } from '../support/processes.ts';

/**
 * `audit --store` on the whole data path: real etcds, found by a real vmagent through a real API server, and written to
 * a real VictoriaMetrics. One thing is broken at a time, and mended.
 */
const names = ['one', 'two', 'three'] as const;
type Name = (typeof names)[number];

const addressOf = (name: Name) => `198.51.100.${10 + names.indexOf(name)}`;
const port = 2379;
const group = '/apis/operator.victoriametrics.com/v1beta1';
const schemaFile = join(import.meta.dirname, '../../docs/review.schema.json');

let plane: ControlPlane;
let folder: TemporaryFolder;
let namespace: string;
let store: Victoria;
let agent: Victoria;
const etcds = new Map<Name, Etcd>();
const ports = new Map<Name, number>();

/** What the agent's configuration leaves out, and what its own rules drop. */
interface Fault {
  readonly without?: Name;
  readonly drops?: Name;
}

beforeAll(async () => {
  [plane, folder] = await Promise.all([
    startControlPlane({ label: 'samples', controllerManager: false }),
    temporaryFolder('samples'),
  ]);
  const run = await kubectl(plane.kubeconfig, plane.folder);
  const crds = ['vmservicescrape', 'vmagents'].map((file) =>
    join(fixtures, `../crds/${file}.yaml`),
  );
  const { code, stderr } = await run(['apply', ...crds.flatMap((file) => ['-f', file])]);
  if (code !== 0) throw new Error(stderr);
  const kinds = ['vmservicescrapes', 'vmagents'].map(
    (kind) => `crd/${kind}.operator.victoriametrics.com`,
  );
  await run(['wait', '--for=condition=Established', '--timeout=60s', ...kinds]);
  namespace = await makeNamespace(plane, 'samples');
  await writeFile(join(folder.path, 'ca.pem'), plane.ca);
  for (const name of names) {
    const etcd = await startEtcd();
    etcds.set(name, etcd);
    ports.set(name, Number(new URL(etcd.clientUrl).port));
    await makeMember(name);
  }
  store = await startVictoriaMetrics();
  await create(group, 'vmagents', {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMAgent',
    metadata: { name: 'main', namespace },
    spec: {
      serviceScrapeSelector: { matchLabels: { team: 'db' } },
      remoteWrite: [{ url: `${store.url}/api/v1/write` }],
    },
  });
  agent = await startAgent('main', store.url);
}, 120_000);

afterAll(async () => {
  await agent?.stop();
  await store?.stop();
  for (const etcd of etcds.values()) await etcd.stop();
  await plane?.stop();
  await folder?.remove();
});

/** A Service, a pod with an address, the endpoints that a controller would make of them, and the scrape. */
async function makeMember(name: Name): Promise<void> {
  const labels = {
    'app.kubernetes.io/name': 'etcd',
    'app.kubernetes.io/component': 'etcd',
    'app.kubernetes.io/part-of': 'multigres',
    member: name,
  };
  const metadata = { name, namespace, labels };
  const clientPort = { name: 'client', port };
  await create('/api/v1', 'services', {
    metadata,
    spec: { clusterIP: 'None', selector: { member: name }, ports: [clientPort] },
  });
  const containers = [
    { name: 'etcd', image: 'etcd', ports: [{ name: 'client', containerPort: port }] },
  ];
  await create('/api/v1', 'pods', { metadata, spec: { containers } });
  const ip = addressOf(name);
  const status = { phase: 'Running', podIP: ip, podIPs: [{ ip }] };
  await patch(`/api/v1/namespaces/${namespace}/pods/${name}/status`, { status });
  const address = { ip, targetRef: { kind: 'Pod', name, namespace } };
  await create('/api/v1', 'endpoints', {
    metadata,
    subsets: [{ addresses: [address], ports: [clientPort] }],
  });
  await create(group, 'vmservicescrapes', {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMServiceScrape',
    metadata: { name, namespace, labels: { team: 'db' } },
    spec: {
      selector: { matchLabels: { member: name } },
      endpoints: [{ port: 'client', path: '/metrics', interval: '1s' }],
    },
  });
}

async function create(path: string, plural: string, body: object): Promise<void> {
  const answer = await api(plane, 'POST', `${path}/namespaces/${namespace}/${plural}`, { body });
  if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
}

async function patch(path: string, body: object): Promise<void> {
  const answer = await api(plane, 'PATCH', path, {
    body,
    contentType: 'application/merge-patch+json',
  });
  if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
}

/** Starts an agent as the operator would have it: with its own name as an external label. */
async function startAgent(name: string, writesTo: string): Promise<Victoria> {
  const configFile = await configure(name);
  return startVmagent({
    configFile,
    writeTo: `${writesTo}/api/v1/write`,
    flags: ['-promscrape.kubernetesSDCheckInterval=250ms', '-remoteWrite.flushInterval=200ms'],
  });
}

/** Writes what the operator would make of the stored scrapes; pods' addresses lead to the loopback. */
async function configure(name: string, { without, drops }: Fault = {}): Promise<string> {
  const discovery = {
    api_server: plane.server,
    bearer_token: plane.token,
    tls_config: { ca_file: join(folder.path, 'ca.pem') },
  };
  const source_labels = ['__address__'];
  const lastRules = [
    { source_labels, target_label: 'instance' },
    ...(drops === undefined
      ? []
      : [{ action: 'drop', source_labels, regex: `${addressOf(drops)}:.*` }]),
    ...names.map((one) => ({
      source_labels,
      regex: `${addressOf(one)}:.*`,
      target_label: '__address__',
      replacement: `127.0.0.1:${ports.get(one)}`,
    })),
    keepLoopback,
  ];
  const { body } = await api(plane, 'GET', `${group}/namespaces/${namespace}/vmservicescrapes`);
  const { items } = v.parse(v.looseObject({ items: v.array(v.unknown()) }), body);
  const jobs = items.flatMap((item) => {
    const scrape = parseScrape(item);
    return scrape === undefined || scrape.name === without
      ? []
      : jobsOf(scrape, { discovery, lastRules });
  });
  const file = join(folder.path, `${name}.json`);
  const global = { external_labels: { prometheus: `${namespace}/${name}` } };
  await writeFile(`${file}.new`, JSON.stringify({ global, scrape_configs: jobs }));
  await rename(`${file}.new`, file);
  return file;
}

function audit(...args: string[]): Promise<Ran> {
  const cluster = ['--kubernetes-kubeconfig', plane.kubeconfig, '-n', namespace];
  return runCommand('audit', auditCommand, [...cluster, ...args]);
}

const reportSchema = v.object({
  headline: v.optional(v.string(), ''),
  findings: v.array(
    v.object({ code: v.string(), message: v.string(), object: v.object({ name: v.string() }) }),
  ),
  samples: v.optional(
    v.array(
      v.object({
        services: v.array(v.string()),
        state: v.string(),
        link: v.string(),
        because: v.string(),
        series: v.optional(v.number()),
      }),
    ),
    [],
  ),
  targets: v.optional(v.array(v.object({ state: v.string() })), []),
});

const bySamples = () => ['--store', store.url, '--max-age', '5s'];

/** What an audit says, checked against the published form. */
async function told(...args: string[]) {
  const { out, err } = await audit('-o', 'json', ...args);
  if (out === '') throw new Error(err);
  const validate = new Ajv2020({ strict: true }).compile(
    JSON.parse(await readFile(schemaFile, 'utf8')),
  );
  validate(JSON.parse(out));
  expect(validate.errors).toBeNull();
  const report = v.parse(reportSchema, JSON.parse(out));
  const codes = report.findings.filter(({ code }) => /^(?:samples|target)-/.test(code));
  return {
    ...report,
    states: Object.fromEntries(report.samples.map(({ services, state }) => [services[0], state])),
    codes: codes.map(({ code, object }) => `${code} ${object.name}`).sort(),
  };
}

/** Waits until an audit by samples has these findings, and no others; gives what it says then. */
async function untilFound(codes: readonly string[], ...args: string[]) {
  let last = await told(...bySamples(), ...args);
  await until(async () => {
    last = await told(...bySamples(), ...args);
    return JSON.stringify(last.codes) === JSON.stringify(codes);
  }).catch((error: unknown) => {
    throw new Error(JSON.stringify(last, undefined, 1), { cause: error });
  });
  return last;
}

async function untilWell(): Promise<void> {
  await untilFound([]);
}

test('all is well: every etcd has fresh samples, each once', async () => {
  const { headline, states, samples } = await untilFound([]);
  expect(headline).toMatch(/^3 of 3 components have samples no older than \d s, each once\.$/);
  expect(states).toEqual({ one: 'sampled', two: 'sampled', three: 'sampled' });
  expect(samples.every(({ series = 0 }) => series > 100)).toBe(true);
  // Under the prefix that VictoriaMetrics and vmselect have.
  const prefixed = ['--store', `${store.url}/prometheus`, '--max-age', '5s'];
  const { out, code } = await audit(...prefixed, '--fail-on', 'warning');
  expect(code).toBe(0);
  expect(out.split('\n')[0]).toMatch(/^3 of 3 components have samples/);
  expect(out).toMatch(
    /^ {2}NAMESPACE +COMPONENTS {2}STATES +SAMPLED\n {2}\S+ +3 +3 covered {2}3 of 3$/m,
  );
});

test('remote write to nowhere: targets alone are blind to it', async () => {
  const [free = 0] = await freePorts(1);
  await agent.stop();
  agent = await startAgent('main', `http://127.0.0.1:${free}`);
  await until(async () => (await agent.targets()).every(({ health }) => health === 'up'));
  const blind = await told('--targets', agent.url);
  expect(blind.targets.map(({ state }) => state)).toEqual(['up', 'up', 'up']);
  expect(blind.codes).toEqual([]);
  const codes = names.toSorted().map((name) => `samples-not-written ${name}`);
  const { headline, samples } = await untilFound(codes, '--targets', agent.url);
  expect(samples.map(({ link }) => link)).toEqual(['write', 'write', 'write']);
  expect(headline).toMatch(
    /^0 of 3 components have samples; etcd of samples-\w+ has none any more: its agent reads it, and the samples do not get to a store: none of its writes has got through, and \d+ were tried again; and 2 more, see below\.$/,
  );
  await agent.stop();
  agent = await startAgent('main', store.url);
  await untilWell();
});

test('no agent takes the scrape', async () => {
  const path = `${group}/namespaces/${namespace}/vmservicescrapes/one`;
  await patch(path, { metadata: { labels: { team: 'other' } } });
  await configure('main', { without: 'one' });
  await agent.reload();
  const { samples } = await untilFound(['samples-missing one']);
  expect(samples.find(({ services }) => services[0] === 'one')).toMatchObject({
    link: 'agent',
    because: expect.stringMatching(
      /^no agent takes VMServiceScrape .*; its samples ended \d+ s ago$/,
    ),
  });
  await patch(path, { metadata: { labels: { team: 'db' } } });
  await configure('main');
  await agent.reload();
  await untilWell();
});

test('wait ends when the samples are there', async () => {
  await agent.stop();
  await untilFound(names.toSorted().map((name) => `samples-stale ${name}`));
  const cluster = ['--kubernetes-kubeconfig', plane.kubeconfig, '-n', namespace];
  const waiting = (...args: string[]) =>
    runCommand('wait', () => wait, [...cluster, '--for=sampled', ...bySamples(), ...args]);
  const early = await waiting('--timeout=0');
  expect({ code: early.code, out: early.out }).toEqual({ code: 1, out: '' });
  expect(early.err).toMatch(/^timed out\netcd of \S+ \(Pod\/one\) is stale: its last sample is/);
  const [ran] = await Promise.all([
    waiting('--timeout=50s', 'etcd'),
    startAgent('main', store.url).then((started) => {
      agent = started;
    }),
  ]);
  const lines = names.toSorted().map((name) => `etcd of ${namespace} (Pod/${name}) sampled\n`);
  expect({ ...ran, out: ran.out.split(/(?<=\n)/).sort() }).toEqual({
    code: 0,
    err: '',
    out: lines,
  });
});

test('an etcd is killed', async () => {
  await etcds.get('two')?.stop();
  const { states, headline } = await untilFound(['samples-target-down two']);
  expect(states).toEqual({ one: 'sampled', two: 'none', three: 'sampled' });
  expect(headline).toMatch(
    /^2 of 3 components have samples no older than \d s; etcd of \S+ has none: an agent asks it for metrics and fails \(up is 0\)\.$/,
  );
  const { samples } = await told(...bySamples(), '--targets', agent.url);
  expect(samples.find(({ services }) => services[0] === 'two')?.because).toBe(
    "its agent can't read it: connection refused: nothing listens on that port of the pod",
  );
  etcds.set('two', await startEtcd({ clientPort: ports.get('two') ?? 0 }));
  await untilWell();
});

test('a rule that is not in the scrape drops a target', async () => {
  await configure('main', { drops: 'three' });
  await agent.reload();
  await untilFound(['samples-stale three']);
  const { samples } = await untilFound(
    ['samples-dropped three', 'target-dropped three'].toSorted(),
    '--targets',
    agent.url,
  );
  expect(samples.find(({ services }) => services[0] === 'three')?.because).toBe(
    'the agent finds it, and relabelling drops it',
  );
  await configure('main');
  await agent.reload();
  await untilWell();
});

test('two agents write the same', async () => {
  const second = await startAgent('second', store.url);
  try {
    const { findings, headline } = await untilFound(
      names.toSorted().map((name) => `samples-twice ${name}`),
    );
    expect(findings.find(({ code }) => code === 'samples-twice')?.message).toBe(
      `the samples of etcd in pod one are in the store 2 times, as {prometheus="${namespace}/main"} and {prometheus="${namespace}/second"}`,
    );
    expect(headline).toMatch(/; 3 have them more than once\.$/);
  } finally {
    await second.stop();
  }
  await untilWell();
});

test.each([
  ['with the names of Prometheus', ['-opentelemetry.usePrometheusNaming']],
  ['with the names of OpenTelemetry', []],
])('a component that pushes, in a store %s', async (_, flags) => {
  const shop = await makeNamespace(plane, 'pushing');
  const labels = {
    'app.kubernetes.io/name': 'multigres',
    'app.kubernetes.io/component': 'multiorch',
    'app.kubernetes.io/part-of': 'multigres',
  };
  const env = [
    { name: 'OTEL_METRICS_EXPORTER', value: 'otlp' },
    { name: 'OTEL_RESOURCE_ATTRIBUTES', value: `multigres.cluster=${shop}` },
  ];
  const pod = {
    metadata: { name: 'orch', labels },
    spec: { containers: [{ name: 'o', image: 'x', env }] },
  };
  await api(plane, 'POST', `/api/v1/namespaces/${shop}/pods`, { body: pod });
  const status = { phase: 'Running', podIP: '198.51.100.40', podIPs: [{ ip: '198.51.100.40' }] };
  await patch(`/api/v1/namespaces/${shop}/pods/orch/status`, { status });
  const receiver = await startVictoriaMetrics({ flags });
  try {
    const said = async () => {
      const cluster = ['--kubernetes-kubeconfig', plane.kubeconfig, '-n', shop];
      const { out } = await runCommand('audit', auditCommand, [
        ...cluster,
        '--store',
        receiver.url,
      ]);
      return out.split('\n')[0];
    };
    expect(await said()).toBe(
      `0 of 1 component has samples; multiorch of ${shop} has none: it is told to send metrics and not where to: it tries https://localhost:4318/v1/metrics in its own pod, where nothing takes them.`,
    );
    await push(`${receiver.url}/opentelemetry/v1/metrics`, {
      'service.name': 'multiorch',
      'service.instance.id': 'zone-a-1',
      'multigres.cluster': shop,
    });
    await until(async () =>
      /^1 of 1 component has samples no older than/.test((await said()) ?? ''),
    );
  } finally {
    await receiver.stop();
  }
});

/** Pushes what every process of the database pushes, once, as its SDK does. */
async function push(url: string, attributes: Readonly<Record<string, string>>): Promise<void> {
  const exporter = new OTLPMetricExporter({ url });
  const reader = new PeriodicExportingMetricReader({ exporter });
  const provider = new MeterProvider({
    readers: [reader],
    resource: resourceFromAttributes(attributes),
  });
  const counter = provider.getMeter('runtime').createCounter('process.cpu.time', { unit: 's' });
  counter.add(1, { 'cpu.mode': 'user' });
  counter.add(1, { 'cpu.mode': 'system' });
  await provider.shutdown();
}

test('a store that cannot be asked ends with 2, and says why', async () => {
  const said = async (url: string) => {
    const { code, out, err } = await audit('--store', url);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    return err.split('\n').find((line) => line.startsWith('--store'));
  };
  const [free = 0] = await freePorts(1);
  expect(await said(`http://127.0.0.1:${free}`)).toMatch(/ECONNREFUSED/);
  expect(await said(agent.url)).toContain('queries are answered by Prometheus');
  expect(await said(plane.server)).toMatch(/certificate/);
});
