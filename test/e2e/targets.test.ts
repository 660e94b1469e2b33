import { readFile, rename, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { auditCommand } from '../../src/commands/audit.ts';
import { parseScrape } from '../../src/kubernetes/index.ts';
import { jobsOf } from '../../src/reading/index.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { keepLoopback } from '../../tools/loopback.ts';
import { freePorts, type TemporaryFolder, temporaryFolder } from '../../tools/processes.ts';
import {
  startVictoriaMetrics,
  startVmagent,
  type Victoria,
  type VictoriaOptions,
} from '../../tools/victoria.ts';
import { runCommand } from '../support/command.ts';
import { api, makeNamespace } from '../support/control-plane.ts';
import { kubectl } from '../support/kubectl.ts';
import { fixtures } from '../support/objects.ts';
import { until } from '../support/processes.ts';

/**
 * `audit --targets` against real agents, which find real pods by an API server and read real servers: one pod for each
 * thing that can happen to a target. The addresses of pods are of a range for documentation, and relabelling leads from
 * there to the loopback.
 */
const pods = ['up', 'refused', 'notfound', 'html', 'dropped', 'missing', 'twice'] as const;
type Name = (typeof pods)[number];

const addressOf = (name: Name) => `198.51.100.${10 + pods.indexOf(name)}`;
const port = 9187;

let plane: ControlPlane;
let folder: TemporaryFolder;
let namespace: string;
let agent: Victoria;
let store: Victoria;
const servers: Server[] = [];
const schemaFile = join(import.meta.dirname, '../../docs/review.schema.json');
const configFile = () => join(folder.path, 'scrape.json');

const flags = ['-promscrape.kubernetesSDCheckInterval=250ms'];

beforeAll(async () => {
  [plane, folder] = await Promise.all([
    startControlPlane({ label: 'targets', controllerManager: false }),
    temporaryFolder('targets'),
  ]);
  const run = await kubectl(plane.kubeconfig, plane.folder);
  const { code, stderr } = await run([
    'apply',
    '-f',
    join(fixtures, '../crds/vmservicescrape.yaml'),
  ]);
  if (code !== 0) throw new Error(stderr);
  namespace = await makeNamespace(plane, 'targets');
  const scrapes = await Promise.all(pods.map(makePool));
  await writeConfig(scrapes);
  store = await startVictoriaMetrics({ configFile: configFile(), flags });
  agent = await startVmagent({
    configFile: configFile(),
    writeTo: `${store.url}/api/v1/write`,
    flags,
  });
  await Promise.all([allRead(agent), allRead(store)]);
}, 120_000);

afterAll(async () => {
  await agent?.stop();
  await store?.stop();
  for (const server of servers) server.close();
  await plane?.stop();
  await folder?.remove();
});

/** A Service, a pod with an address, the endpoints that a controller would make of them, and the scrape. */
async function makePool(name: Name): Promise<object> {
  const labels = {
    'app.kubernetes.io/name': 'multipooler',
    'app.kubernetes.io/component': 'pooler',
    pool: name,
  };
  const metadata = { name, namespace, labels };
  await create('/api/v1', 'services', {
    metadata,
    spec: { clusterIP: 'None', selector: { pool: name }, ports: [{ name: 'metrics', port }] },
  });
  const containers = [
    { name: 'main', image: 'x', ports: [{ name: 'metrics', containerPort: port }] },
  ];
  await create('/api/v1', 'pods', { metadata, spec: { containers } });
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
  const ip = addressOf(name);
  const status = { phase: 'Running', podIP: ip, podIPs: [{ ip }] };
  await api(plane, 'PATCH', path, {
    body: { status },
    contentType: 'application/merge-patch+json',
  });
  await create('/api/v1', 'endpoints', {
    metadata,
    subsets: [
      {
        addresses: [{ ip, targetRef: { kind: 'Pod', name, namespace } }],
        ports: [{ name: 'metrics', port }],
      },
    ],
  });
  const scrape = {
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: { pool: name } },
      endpoints: [{ port: 'metrics', path: '/metrics', interval: '1s' }],
    },
  };
  await create('/apis/operator.victoriametrics.com/v1beta1', 'vmservicescrapes', {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMServiceScrape',
    ...scrape,
  });
  return scrape;
}

async function create(group: string, plural: string, body: object): Promise<void> {
  const answer = await api(plane, 'POST', `${group}/namespaces/${namespace}/${plural}`, { body });
  if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
}

/** What the operator would make of the scrapes: of all but one, with a rule that drops another's target. */
async function writeConfig(scrapes: readonly object[]): Promise<void> {
  const ca = join(folder.path, 'ca.pem');
  await writeFile(ca, plane.ca);
  const [free = 0] = await freePorts(1);
  const listening: Record<Name, number> = {
    up: await serve('text/plain', 200, 'pooler_up 1\n'),
    refused: free,
    notfound: await serve('text/plain', 404, 'no'),
    html: await serve('text/html', 200, '<!doctype html><title>hello</title>\n'),
    dropped: free,
    missing: free,
    twice: await serve('text/plain', 200, 'pooler_up 1\n'),
  };
  const discovery = {
    api_server: plane.server,
    bearer_token: plane.token,
    tls_config: { ca_file: ca },
  };
  const lastRules = [
    { action: 'drop', source_labels: ['__address__'], regex: `${addressOf('dropped')}:.*` },
    ...pods.map((name) => ({
      source_labels: ['__address__'],
      regex: `${addressOf(name)}:.*`,
      target_label: '__address__',
      replacement: `127.0.0.1:${listening[name]}`,
    })),
    keepLoopback,
  ];
  const jobs = scrapes.flatMap((value) => {
    const scrape = parseScrape(JSON.parse(JSON.stringify(value)));
    if (scrape === undefined || scrape.name === 'missing') return [];
    return jobsOf(scrape, { discovery, lastRules });
  });
  const byHand = {
    job_name: 'by-hand',
    scrape_interval: '1s',
    static_configs: [{ targets: [`127.0.0.1:${listening.twice}`] }],
  };
  await writeFile(`${configFile()}.new`, JSON.stringify({ scrape_configs: [...jobs, byHand] }));
  await rename(`${configFile()}.new`, configFile());
}

async function serve(type: string, status: number, text: string): Promise<number> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'Content-Type': type }).end(text);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Until each target that an agent can have was read once: five pods, and one by hand. */
async function allRead(victoria: Victoria): Promise<void> {
  await until(async () => {
    const targets = await victoria.targets();
    return (
      targets.length === 6 &&
      targets.every(({ health, lastError }) => health === 'up' || lastError !== '')
    );
  });
}

function audit(...args: string[]) {
  const cluster = ['--kubernetes-kubeconfig', plane.kubeconfig, '-n', namespace];
  return runCommand('audit', auditCommand, [...cluster, ...args]);
}

interface Told {
  readonly pod: string;
  readonly state: string;
  readonly because: string;
}

async function toldOf(...args: string[]): Promise<Record<string, string>> {
  const { out } = await audit('-o', 'json', ...args);
  const schema = JSON.parse(await readFile(schemaFile, 'utf8'));
  const validate = new Ajv2020({ strict: true }).compile(schema);
  validate(JSON.parse(out));
  expect(validate.errors).toBeNull();
  const targets: Told[] = JSON.parse(out).targets;
  return Object.fromEntries(
    targets.map(({ pod, state, because }) => [pod, `${state}: ${because}`]),
  );
}

const expected = () => ({
  dropped: 'dropped: the agent finds it, and relabelling drops it',
  html: 'empty: it answers without a sample: not in the text format of Prometheus, or empty',
  missing: `missing: the agent has no target of job serviceScrape/${namespace}/missing/0`,
  notfound: 'down: HTTP 404: there is nothing under that path',
  refused: 'down: connection refused: nothing listens on that port of the pod',
  twice: `twice: it is read by jobs serviceScrape/${namespace}/twice/0, by-hand, under different labels`,
  up: 'up: up',
});

test('vmagent and a single-node VictoriaMetrics are asked for each target that is expected', async () => {
  expect(await toldOf('--targets', agent.url)).toEqual(expected());
  expect(await toldOf('--targets', `${store.url}/api/v1/targets`)).toEqual(expected());
  // Two that have the same targets are replicas: nothing is twice for that.
  expect(await toldOf('--targets', agent.url, '--targets', store.url)).toEqual(expected());
});

test('what is wrong is a finding for each scrape, and the exit code says so', async () => {
  const ran = await audit('--targets', agent.url, '--fail-on', 'warning');
  expect(ran.code).toBe(1);
  expect(ran.err).toContain(`read 6 targets of ${agent.url}/api/v1/targets\n`);
  expect(ran.out).toContain(`
  down     multipooler  ${namespace}/refused:9187   [target-down]
    connection refused: nothing listens on that port of the pod
    Fix: look whether`);
  expect(ran.out).toContain('  1 of 7 targets up\n');
  const codes = [...ran.out.matchAll(/\[(target-\w+)\]/g)].map(([, code]) => code);
  expect(codes.sort()).toEqual([
    'target-down',
    'target-down',
    'target-dropped',
    'target-empty',
    'target-missing',
    'target-twice',
  ]);
});

test('the page has them too', async () => {
  const { out } = await audit('--targets', agent.url, '-o', 'html');
  expect(out).toContain('<h2 id="targets">Targets</h2>');
  expect(out.match(/data-item="target"/g)).toHaveLength(7);
});

test('an agent that keeps no original labels is believed, and what it cannot tell is said', async () => {
  const options: VictoriaOptions & { configFile: string; writeTo: string } = {
    configFile: configFile(),
    writeTo: `${store.url}/api/v1/write`,
    flags: [...flags, '-promscrape.dropOriginalLabels'],
  };
  const quiet = await startVmagent(options);
  try {
    await allRead(quiet);
    expect(await toldOf('--targets', quiet.url)).toEqual({
      ...expected(),
      missing: expect.stringContaining('(the agent does not tell'),
      dropped: expect.stringMatching(
        /^missing: the agent has no target of job .*\/dropped\/0 \(the agent does not tell/,
      ),
    });
  } finally {
    await quiet.stop();
  }
});

test('a URL that leads to no targets is told, and ends with 2', async () => {
  const html = await serve('text/html', 200, '<!doctype html><title>hello</title>');
  const json = await serve('application/json', 200, '{"status":"success"}');
  const secret = await serve('text/plain', 401, 'no');
  const [free = 0] = await freePorts(1);
  const said = async (url: string) => {
    const { code, out, err } = await audit('--targets', url);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    return err
      .split('\n')
      .filter((line) => line.startsWith('--targets'))
      .join();
  };
  const at = (number: number) => `http://127.0.0.1:${number}`;
  expect(await said(at(html))).toBe(
    `--targets ${at(html)}/api/v1/targets: it answers HTML, not JSON: is it vmagent or a single-node VictoriaMetrics?`,
  );
  expect(await said(at(json))).toMatch(/it answers JSON, but no list of targets \(data: /);
  expect(await said(`http://user:hidden@127.0.0.1:${secret}`)).toBe(
    `--targets ${at(secret)}/api/v1/targets: it answers with HTTP 401: give --targets-header 'Authorization: …'`,
  );
  expect(await said(at(free))).toMatch(/ECONNREFUSED/);
  expect(await said('vmagent:8429')).toBe(
    '--targets: found "vmagent:8429", expected http://host:port',
  );
});
