import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from '@jest/globals';
import { loadSettings, readCommandLine } from '../../../src/settings/index.ts';
import { otlpAddress, startTelemetry, type Telemetry } from '../../../src/telemetry/index.ts';
import { freePorts } from '../../../tools/processes.ts';

type Environment = Readonly<Record<string, string>>;

async function settingsOf(environment: Environment) {
  const line = readCommandLine([], new Map(), []);
  const { settings, problems } = await loadSettings(line, environment, async () => '');
  expect(problems).toEqual([]);
  return settings;
}

const running: Telemetry[] = [];
const servers: Server[] = [];
afterEach(async () => {
  for (const telemetry of running.splice(0)) await telemetry.stop(100);
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function started(environment: Environment) {
  const said: string[] = [];
  const say = (_fields: object, message: string) => {
    said.push(message);
  };
  const log = { debug: say, info: say, warn: say, error: say };
  const identity = { version: '1.2.3', instance: 'here' };
  const settings = await settingsOf(environment);
  const telemetry = await startTelemetry(settings, identity, { log, dropped: () => 7 });
  running.push(telemetry);
  return { telemetry, said };
}

const review = {
  webhook: 'strong',
  kind: 'Service',
  operation: 'CREATE',
  component: 'etcd',
  outcome: 'patched',
  because: 'owner',
  findings: [],
};

/** The lines of a page that are samples. */
async function samples(telemetry: Telemetry): Promise<string[]> {
  return (await telemetry.page()).split('\n').filter((line) => /^[a-z]/.test(line));
}

describe('the page for Prometheus', () => {
  test('has each admission by its labels, with its time in seconds', async () => {
    const { telemetry } = await started({});
    telemetry.admission.answered(review, 0.000_3);
    telemetry.admission.answered(review, 0.003);
    telemetry.admission.answered({ ...review, component: '', outcome: 'ignored' }, 5);
    const labels =
      'webhook="strong",kind="Service",operation="CREATE",component="etcd",outcome="patched"';
    const name = 'autoscrape_admission_duration_seconds';
    const bounds = '0.0001 0.00025 0.0005 0.001 0.0025 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2 +Inf';
    const counts = [0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2];
    const all = (await samples(telemetry)).filter((line) => line.startsWith(name));
    expect(all.filter((line) => line.includes(labels))).toEqual([
      `${name}_count{${labels}} 2`,
      `${name}_sum{${labels}} 0.0033`,
      ...bounds
        .split(' ')
        .map((le, index) => `${name}_bucket{${labels},le="${le}"} ${counts[index]}`),
    ]);
    const other = labels.replace('component="etcd",', '').replace('patched', 'ignored');
    expect(all.filter((line) => line.includes(other)).slice(0, 2)).toEqual([
      `${name}_count{${other}} 1`,
      `${name}_sum{${other}} 5`,
    ]);
  });

  test('has errors and findings of admissions where there are some', async () => {
    const { telemetry } = await started({});
    const findings = [
      { code: 'no-service', severity: 'warning' },
      { code: 'bad-duration', severity: 'error' },
    ];
    telemetry.admission.answered({ ...review, findings }, 0.001);
    telemetry.admission.answered({ ...review, outcome: 'error', because: 'exception' }, 0.001);
    const all = await samples(telemetry);
    const some = all.filter((line) =>
      /^autoscrape_admission_(?:errors|findings).* [^0]/.test(line),
    );
    expect(some).toEqual([
      'autoscrape_admission_errors_total{webhook="strong",because="exception"} 1',
      'autoscrape_admission_findings_total{webhook="strong",code="no-service",severity="warning"} 1',
      'autoscrape_admission_findings_total{webhook="strong",code="bad-duration",severity="error"} 1',
    ]);
  });

  test('has what the server tells, gauges that are asked, and who we are', async () => {
    const { telemetry } = await started({ POD_NAME: 'p', POD_NAMESPACE: 'ns', NODE_NAME: 'n' });
    const { server } = telemetry;
    server.refused('/a', 'not-json');
    server.abandoned('/a');
    server.broken('HPE_INVALID_METHOD');
    server.dropped();
    server.certificateChanged('served');
    server.unexpected('exception');
    telemetry.gauge('certificateExpiry', () => [{ value: 12, labels: {} }]);
    telemetry.gauge('admissionsInFlight', () => []);
    const told =
      /^(?:target_info|autoscrape_(?:build|certificate|connections|log|requests|unexpected)_)/;
    expect((await samples(telemetry)).filter((line) => told.test(line)).sort()).toEqual([
      `autoscrape_build_info{version="1.2.3",node="${process.versions.node}"} 1`,
      'autoscrape_certificate_changes_total{outcome="refused"} 0',
      'autoscrape_certificate_changes_total{outcome="served"} 1',
      'autoscrape_certificate_expiry_timestamp_seconds 12',
      'autoscrape_connections_broken_total{code="HPE_INVALID_METHOD"} 1',
      'autoscrape_connections_dropped_total 1',
      'autoscrape_log_lines_dropped_total 7',
      'autoscrape_requests_abandoned_total{path="/a"} 1',
      'autoscrape_requests_refused_total{path="/a",code="not-json"} 1',
      'autoscrape_unexpected_errors_total{kind="exception"} 1',
      'autoscrape_unexpected_errors_total{kind="rejection"} 0',
      'autoscrape_unexpected_errors_total{kind="request"} 0',
      'target_info{service_name="autoscrape",service_version="1.2.3",service_instance_id="ns.p",k8s_namespace_name="ns",k8s_pod_name="p",k8s_node_name="n"} 1',
    ]);
  });

  // As VictoriaMetrics does with -opentelemetry.usePrometheusNaming (lib/protoparser/opentelemetry/stream/sanitize.go).
  test.each([
    ['http.server.request.duration', 's', 'http_server_request_duration_seconds_total'],
    ['a.seconds.of', 's', 'a_seconds_of_total'],
    ['a.total.of', '{thing}', 'a_of_total'],
    ['network.io', 'By', 'network_io_bytes_total'],
    ['share', '1', 'share_total'],
    ['speed', 'm/s', 'speed_m_per_second_total'],
  ])(
    'calls a counter %s in %s by the name that a receiver of OTLP gives it',
    async (name, unit, expected) => {
      const { telemetry } = await started({});
      telemetry.meter.createCounter(name, { unit }).add(3, { 'a.b': 'c' });
      const page = await telemetry.page();
      expect([page.includes(`\n${expected}{a_b="c"} 3\n`), page.includes('# UNIT')]).toEqual([
        true,
        false,
      ]);
    },
  );

  test('folds endless values of what callers can choose', async () => {
    const { telemetry } = await started({});
    for (let count = 0; count < 1_000; count += 1) telemetry.server.broken(`E${count}`);
    const broken = (await samples(telemetry)).filter((line) => line.includes('broken_total'));
    expect([broken.length, broken.at(-1)]).toEqual([
      33,
      'autoscrape_connections_broken_total{code="other"} 968',
    ]);
  });

  test('is empty where telemetry is disabled', async () => {
    const { telemetry } = await started({ OTEL_SDK_DISABLED: 'true' });
    telemetry.admission.answered(review, 0.1);
    expect(await telemetry.page()).toBe('');
  });
});

test.each([
  [{}, undefined],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://vm:8428/opentelemetry' },
    'http://vm:8428/opentelemetry/v1/metrics',
  ],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://vm:8428/opentelemetry/' },
    'http://vm:8428/opentelemetry/v1/metrics',
  ],
  [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://vm/x' }, 'http://vm/x'],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://b' },
    'http://b',
  ],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_METRICS_EXPORTER: 'none' }, undefined],
])('with %j metrics go to %s', async (environment: Environment, address) => {
  expect(otlpAddress((await settingsOf(environment)).telemetry.otlp)).toBe(address);
});

test.each<[Environment, string]>([
  [{}, 'autoscrape'],
  [{ OTEL_SERVICE_NAME: 'named' }, 'named'],
  [{ OTEL_RESOURCE_ATTRIBUTES: 'service.name=attribute' }, 'attribute'],
  [{ OTEL_RESOURCE_ATTRIBUTES: 'service.name=attribute', OTEL_SERVICE_NAME: 'named' }, 'named'],
])('with %j the service is called %s', async (environment, name) => {
  const { telemetry } = await started(environment);
  const info = (await samples(telemetry)).find((line) => line.startsWith('target_info'));
  expect(info).toContain(`service_name="${name}"`);
});

describe('OTLP', () => {
  interface Received {
    readonly url: string | undefined;
    readonly headers: IncomingHttpHeaders;
    readonly body: Buffer;
  }

  /** A receiver whose status a test changes; 0 closes the connection without an answer. */
  async function receiver() {
    const received: Received[] = [];
    const state = { status: 200 };
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      if (state.status === 0) request.socket.destroy();
      else response.writeHead(state.status).end();
      received.push({ url: request.url, headers: request.headers, body: Buffer.concat(chunks) });
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    return { received, state, url: `http://127.0.0.1:${port}/opentelemetry` };
  }

  const quick = { OTEL_METRIC_EXPORT_INTERVAL: '1000', OTEL_EXPORTER_OTLP_TIMEOUT: '300' };

  test('takes the metrics as protobuf, compressed, with the headers that were given', async () => {
    const { received, url } = await receiver();
    const { telemetry, said } = await started({
      ...quick,
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20abc',
    });
    telemetry.admission.answered(review, 0.1);
    await telemetry.stop(5_000);
    const [first] = received;
    expect([
      first?.url,
      first?.headers['content-type'],
      first?.headers['content-encoding'],
    ]).toEqual(['/opentelemetry/v1/metrics', 'application/x-protobuf', 'gzip']);
    expect(first?.headers.authorization).toBe('Bearer abc');
    const body = gunzipSync(first?.body ?? Buffer.alloc(0)).toString('latin1');
    for (const word of ['autoscrape_admission_duration_seconds', 'strong', 'service.name']) {
      expect(body).toContain(word);
    }
    expect(said).toEqual([]);
  });

  test('whose receiver fails is one line when that begins and one when it ends, and a count', async () => {
    // Refuses, is broken, is busy, hangs up.
    const heard = await Promise.all([400, 500, 429, 0].map(failAndHeal));
    const lines = ['metrics do not arrive by OTLP', 'metrics arrive by OTLP again'];
    expect(heard).toEqual([lines, lines, lines, lines]);
  });

  test('so is a receiver that is not there, and comes back', async () => {
    const [port = 0] = await freePorts(1);
    const { telemetry, said } = await started({
      ...quick,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    });
    while ((await failures(telemetry)) < 2) await new Promise((done) => setTimeout(done, 50));
    expect(said).toEqual(['metrics do not arrive by OTLP']);
    const server = createServer((request, response) => {
      request.resume();
      response.end();
    });
    servers.push(server);
    server.listen(port, '127.0.0.1');
    while (said.length < 2) await new Promise((done) => setTimeout(done, 50));
    expect(said[1]).toBe('metrics arrive by OTLP again');
  });

  async function failures(telemetry: Telemetry): Promise<number> {
    const line = (await samples(telemetry)).find((one) => one.includes('export_failures'));
    return Number(line?.split(' ')[1]);
  }

  /** What is said while a receiver fails twice or more with a status, and then does not any more. */
  async function failAndHeal(status: number): Promise<string[]> {
    const { state, url } = await receiver();
    state.status = status;
    const { telemetry, said } = await started({ ...quick, OTEL_EXPORTER_OTLP_ENDPOINT: url });
    while ((await failures(telemetry)) < 2) await new Promise((done) => setTimeout(done, 50));
    state.status = 200;
    while (said.length < 2) await new Promise((done) => setTimeout(done, 50));
    return said;
  }

  test('whose receiver is not there does not hold up the end', async () => {
    const { telemetry } = await started({
      ...quick,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    });
    await expect(telemetry.stop(200)).resolves.toBeUndefined();
  });

  test('with a certificate that can not be read does not start', async () => {
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://127.0.0.1:9',
      OTEL_EXPORTER_OTLP_CERTIFICATE: '/nowhere/ca.crt',
    };
    await expect(started(environment)).rejects.toThrow('/nowhere/ca.crt');
  });
});
