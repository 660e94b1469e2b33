import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Environment } from '../../../src/ground/environment.ts';
import {
  type Flag,
  loadSettings,
  optionsOf,
  originText,
  readCommandLine,
  settingsProblemText,
  settingsTree,
} from '../../../src/settings/index.ts';
import { settingsReference } from '../../../src/settings/reference.ts';
import { defaultPipelineSettings } from '../../../src/settings/types.ts';

const own: ReadonlyMap<string, Flag> = new Map([['config', { kind: 'text', about: '' }]]);

interface Sources {
  readonly flags?: readonly string[];
  readonly environment?: Environment;
  readonly file?: string;
}

function load({ flags = [], environment = {}, file }: Sources) {
  const args = file === undefined ? flags : ['--config', 'a.yaml', ...flags];
  const line = readCommandLine(args, own, optionsOf(settingsTree()));
  return loadSettings(line, environment, async (path) => {
    if (file === undefined || path !== 'a.yaml') throw new Error(`${path} is not there`);
    return file;
  });
}

async function problems(sources: Sources): Promise<string[]> {
  return (await load(sources)).problems.map(settingsProblemText);
}

describe('without any source', () => {
  test('each setting has its default', async () => {
    const { settings, problems, origin } = await load({});
    expect(problems).toEqual([]);
    expect(settings).toEqual({
      ...defaultPipelineSettings,
      catalogue: {},
      configuration: { poll: 10_000 },
      probe: { every: 300_000 },
      server: {
        port: 9_443,
        metricsPort: 8_080,
        metricsTls: false,
        metricsAccess: 'open',
        tls: {
          mode: 'files',
          directory: '/etc/autoscrape/tls',
          certificate: 'tls.crt',
          key: 'tls.key',
          poll: 10_000,
          secret: 'autoscrape-tls',
          service: 'autoscrape',
          registrations: 'autoscrape',
          lifetime: 90 * 86_400_000,
          authorityLifetime: 365 * 86_400_000,
        },
        bodyLimit: 7_340_032,
        bufferLimit: 67_108_864,
        connections: 2_048,
        timeouts: {
          handshake: 10_000,
          headers: 10_000,
          request: 30_000,
          answer: 10_000,
          keepAlive: 115_000,
        },
        drain: { propagation: 8_000, deadline: 25_000 },
      },
      kubernetes: { proxy: 'auto', namespace: 'autoscrape-system' },
      log: { level: 'info', decisions: 'all' },
      telemetry: {
        disabled: false,
        resource: {},
        otlp: {
          exporter: 'otlp',
          protocol: 'http/protobuf',
          headers: {},
          timeout: 10_000,
          interval: 60_000,
          compression: 'gzip',
        },
      },
    });
    expect(origin('server.port')).toBeUndefined();
  });
});

describe('of several sources', () => {
  const file = 'server:\n  port: 1001\n  metricsPort: 1002\n  connections: 1003\n';
  const environment = {
    AUTOSCRAPE_SERVER_PORT: '2001',
    AUTOSCRAPE_SERVER_METRICS_PORT: '2002',
  };

  test('a flag wins over the environment, the environment over the file, the file over the default', async () => {
    const { settings, origin } = await load({ flags: ['--server-port=3001'], environment, file });
    const { port, metricsPort, connections, bodyLimit } = settings.server;
    expect([port, metricsPort, connections, bodyLimit]).toEqual([3_001, 2_002, 1_003, 7_340_032]);
    const paths = ['server.port', 'server.metricsPort', 'server.connections', 'server.bodyLimit'];
    expect(paths.map((path) => originText(origin(path)))).toEqual([
      '--server-port',
      'AUTOSCRAPE_SERVER_METRICS_PORT',
      'a.yaml:4:16',
      '',
    ]);
  });

  test('our own variable wins over the standard one, and of those the one for metrics over the general', async () => {
    const standard = {
      OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '2000',
      OTEL_EXPORTER_OTLP_TIMEOUT: '3000',
    };
    const ours = { ...standard, AUTOSCRAPE_TELEMETRY_OTLP_TIMEOUT: '1s' };
    expect((await load({ environment: ours })).settings.telemetry.otlp.timeout).toBe(1_000);
    expect((await load({ environment: standard })).settings.telemetry.otlp.timeout).toBe(2_000);
  });

  test.each([
    ['otlp,prometheus', 'otlp'],
    ['prometheus, otlp', 'otlp'],
    ['prometheus', 'prometheus'],
    ['none', 'none'],
  ])('OTEL_METRICS_EXPORTER is a list: %s is %s', async (value, expected) => {
    const { settings, problems } = await load({ environment: { OTEL_METRICS_EXPORTER: value } });
    expect([settings.telemetry.otlp.exporter, problems]).toEqual([expected, []]);
  });

  test('OTEL_METRIC_EXPORT_TIMEOUT counts where OTLP has no time of its own', async () => {
    const general = { OTEL_METRIC_EXPORT_TIMEOUT: '4000' };
    expect((await load({ environment: general })).settings.telemetry.otlp.timeout).toBe(4_000);
    const both = { ...general, OTEL_EXPORTER_OTLP_TIMEOUT: '3000' };
    expect((await load({ environment: both })).settings.telemetry.otlp.timeout).toBe(3_000);
  });

  test('AUTOSCRAPE_CONFIG names the file as --config does', async () => {
    const line = readCommandLine([], own, optionsOf(settingsTree()));
    const loaded = await loadSettings(line, { AUTOSCRAPE_CONFIG: 'b.yaml' }, async (path) => {
      return path === 'b.yaml' ? 'ownedTemplates: true' : '';
    });
    expect([loaded.settings.ownedTemplates, loaded.problems]).toEqual([true, []]);
  });
});

describe('what counts as absent', () => {
  test.each([
    ['an empty file', { file: '' }],
    ['a file of comments', { file: '# nothing\n' }],
    ['keys without a value', { file: 'server:\n  port:\ncomponents:\nlog:\n' }],
    ['empty variables', { environment: { AUTOSCRAPE_SERVER_PORT: '', OTEL_SERVICE_NAME: '' } }],
    [
      "Kubernetes' variables for Services, also where they look like ours",
      {
        environment: {
          AUTOSCRAPE_PORT: 'tcp://10.0.0.1:443',
          AUTOSCRAPE_PORT_443_TCP: 'tcp://10.0.0.1:443',
          AUTOSCRAPE_PORT_443_TCP_PROTO: 'tcp',
          AUTOSCRAPE_PORT_443_TCP_PORT: '443',
          AUTOSCRAPE_PORT_443_TCP_ADDR: '10.0.0.1',
          AUTOSCRAPE_SERVICE_HOST: '10.0.0.1',
          AUTOSCRAPE_SERVICE_PORT: '443',
          AUTOSCRAPE_SERVICE_PORT_HTTPS: '443',
          AUTOSCRAPE_SERVER_PORT: 'tcp://10.0.0.2:443',
          AUTOSCRAPE_SERVER_SERVICE_HOST: '10.0.0.2',
          AUTOSCRAPE_METRICS_PORT_8080_TCP_ADDR: '10.0.0.3',
        },
      },
    ],
  ])('%s', async (_name, sources: Sources) => {
    const absent = await load(sources);
    expect([absent.problems, absent.settings]).toEqual([[], (await load({})).settings]);
  });
});

describe('values are read as', () => {
  test('durations, sizes, switches and maps, from each source', async () => {
    const { settings, problems } = await load({
      flags: [
        '--labels-instance=false',
        '--owned-templates',
        '--components',
        'multiorch=push',
        '--components=etcd=ignore,multigateway=scrape',
      ],
      environment: {
        AUTOSCRAPE_SERVER_DRAIN_PROPAGATION: '1.5s',
        AUTOSCRAPE_SCRAPES_LABELS: 'team=db, tier = 1',
        OTEL_METRIC_EXPORT_INTERVAL: '15000',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=a%20b,x=1%2C2',
        POD_NAMESPACE: 'monitoring',
        POD_NAME: 'autoscrape-0',
      },
      file: 'server: { bodyLimit: 64Ki, bufferLimit: 1Gi }\n',
    });
    expect(problems).toEqual([]);
    expect({
      labels: settings.labels,
      ownedTemplates: settings.ownedTemplates,
      components: settings.components,
      propagation: settings.server.drain.propagation,
      extra: settings.scrapes.labels,
      interval: settings.telemetry.otlp.interval,
      resource: settings.telemetry.resource,
      kubernetes: settings.kubernetes,
      limits: [settings.server.bodyLimit, settings.server.bufferLimit],
    }).toEqual({
      labels: { name: true, instance: false, component: true, partOf: true },
      ownedTemplates: true,
      components: { multiorch: 'push', etcd: 'ignore', multigateway: 'scrape' },
      propagation: 1_500,
      extra: { team: 'db', tier: '1' },
      interval: 15_000,
      resource: { 'deployment.environment.name': 'a b', x: '1,2' },
      kubernetes: { proxy: 'auto', namespace: 'monitoring', pod: 'autoscrape-0' },
      limits: [65_536, 1_073_741_824],
    });
  });

  test('aliases and JSON in the file', async () => {
    const yaml =
      'server: &a\n  drain: { propagation: &t 2s, deadline: 20s }\n  tls: { poll: *t }\n';
    expect((await load({ file: yaml })).settings.server.tls.poll).toBe(2_000);
    const json = '{"log": {"level": "debug"}}';
    expect((await load({ file: json })).settings.log.level).toBe('debug');
  });
});

describe('what is wrong', () => {
  test('is told of all sources at once, with place, path, what was found and what is expected', async () => {
    const told = await problems({
      flags: ['--server-prt', '1', '--log-level', '--components', 'etcd=off', '--nothing-near'],
      environment: {
        AUTOSCRAPE_SERVER_METRICS_PORT: '80a',
        AUTOSCRAPE_LOG_LEVL: 'info',
        AUTOSCRAPE_OWNED_TEMPLATES: 'yes',
        OTEL_EXPORTER_OTLP_TIMEOUT: '-1',
      },
      file: [
        'server:',
        '  port: abc',
        '  metricsport: 3',
        '  drain: [1]',
        '  bodyLimit: 100',
        'lables:',
        '  instance: true',
        'labels: { instance: 1 }',
        'components:',
        '  multiorch: psh',
        'scrapes:',
        '  labels: { "a b": c, ok: d }',
        'telemetry: { otlp: { timeout: 5 } }',
        'x: 1',
      ].join('\n'),
    });
    expect(told).toEqual([
      'a.yaml:2:9: server.port: found "abc", expected a whole number from 0 to 65535',
      'a.yaml:3:3: server: found the key "metricsport", which is no setting; did you mean metricsPort?',
      'a.yaml:4:10: server.drain: found [1], expected a mapping with any of propagation, deadline',
      'a.yaml:5:14: server.bodyLimit: found 100, expected a size from 64Ki to 64Mi, written like 7Mi',
      'a.yaml:6:1: found the key "lables", which is no setting; did you mean labels?',
      'a.yaml:8:21: labels.instance: found 1, expected true or false',
      'a.yaml:10:14: components.multiorch: found "psh", expected one of scrape, push, ignore',
      'a.yaml:12:20: scrapes.labels.a b: found "c", expected a value that Kubernetes accepts as a label',
      'a.yaml:13:31: telemetry.otlp.timeout: found 5, expected a duration from 100ms to 2m, written like 10s',
      'a.yaml:14:1: found the key "x", which is no setting; known here: labels, scrapes, catalogue, configuration, server, kubernetes, probe, log, telemetry, components, ownedTemplates',
      'AUTOSCRAPE_OWNED_TEMPLATES: ownedTemplates: found "yes", expected true or false',
      'AUTOSCRAPE_SERVER_METRICS_PORT: server.metricsPort: found "80a", expected a whole number from 0 to 65535',
      'OTEL_EXPORTER_OTLP_TIMEOUT: telemetry.otlp.timeout: found "-1", expected a duration from 100ms to 2m, written like 10s',
      'AUTOSCRAPE_LOG_LEVL: found "AUTOSCRAPE_LOG_LEVL", which is no setting; did you mean AUTOSCRAPE_LOG_LEVEL?',
      '--server-prt: found --server-prt, which is no flag; did you mean --server-port?',
      '--log-level: found "--components", expected a value: --log-level=VALUE',
      '--nothing-near: found --nothing-near, which is no flag; see --help',
    ]);
  });

  test('is told also where another source wins', async () => {
    expect(await problems({ flags: ['--server-port', '1'], file: 'server: { port: -1 }' })).toEqual(
      ['a.yaml:1:17: server.port: found -1, expected a whole number from 0 to 65535'],
    );
  });

  test('never shows a secret', async () => {
    const told = await problems({
      environment: {
        OTEL_EXPORTER_OTLP_HEADERS: 'bad name=hunter2,Authorization=Bearer%0Ahunter3',
      },
      file: 'telemetry: { otlp: { headers: hunter4 } }',
    });
    expect(told).toEqual([
      'a.yaml:1:31: telemetry.otlp.headers: found a value that is not shown, expected at most 64 names, each with a value that HTTP accepts in a header',
      'OTEL_EXPORTER_OTLP_HEADERS: telemetry.otlp.headers.bad name: found a value that is not shown, expected a value that HTTP accepts in a header',
      'OTEL_EXPORTER_OTLP_HEADERS: telemetry.otlp.headers.Authorization: found a value that is not shown, expected a value that HTTP accepts in a header',
    ]);
  });

  test('names an exporter that there is not, also within a list', async () => {
    const environment = { OTEL_METRICS_EXPORTER: 'otlp,console' };
    expect(await problems({ environment })).toEqual([
      'OTEL_METRICS_EXPORTER: telemetry.otlp.exporter: found "otlp,console", expected one of otlp, none, prometheus',
    ]);
  });

  test('says of OTLP by gRPC what VictoriaMetrics takes, and where', async () => {
    expect(await problems({ environment: { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' } })).toEqual([
      'OTEL_EXPORTER_OTLP_PROTOCOL: telemetry.otlp.protocol: found "grpc", expected http/protobuf: VictoriaMetrics takes OTLP over HTTP only, at http://<host>:8428/opentelemetry (VMSingle), http://<host>:8429/opentelemetry (vmagent) or http://<vminsert>:8480/insert/0/opentelemetry; for grpc put an OpenTelemetry Collector in between',
    ]);
  });

  test('can be two settings that contradict each other', async () => {
    const told = await problems({
      flags: ['--server-port=8080', '--server-drain-propagation=25s'],
      file: 'server: { bufferLimit: 1Mi }\ntelemetry:\n  otlp: { clientKey: k.pem }\n',
    });
    expect(told).toEqual([
      '--server-port: server.metricsPort: found 8080, which is server.port too, expected another port',
      '--server-drain-propagation: server.drain.propagation: found 25000 ms, expected less than server.drain.deadline (25000 ms)',
      'a.yaml:1:24: server.bodyLimit: found 7340032 bytes, expected at most server.bufferLimit (1048576 bytes)',
      'a.yaml:3:22: telemetry.otlp.clientCertificate: found nothing, expected a file, as telemetry.otlp.clientKey has one',
    ]);
  });

  test('can be the file itself', async () => {
    const [missing] = await problems({ flags: ['--config', 'b.yaml'] });
    expect(missing).toBe("b.yaml:1:1: can't be read: b.yaml is not there");
    expect(await problems({ file: 'server: {port: 1\nlog: [' })).toEqual(
      expect.arrayContaining([expect.stringMatching(/^a\.yaml:2:\d+: /)]),
    );
    expect(await problems({ file: 'a: 1\na: 2\n' })).toEqual([
      'a.yaml:2:1: Map keys must be unique',
    ]);
    expect(await problems({ file: '- 1\n' })).toEqual([
      'a.yaml:1:1: found [1], expected a mapping with any of labels, scrapes, catalogue, configuration, server, kubernetes, probe, log, telemetry, components, ownedTemplates',
    ]);
    expect(await problems({ file: 'a: &a {b: 1}\nc: *a\n--- 1\n' })).toHaveLength(1);
  });

  test('can be keys that mean something to JavaScript', async () => {
    const [first, second] = await problems({
      file: '__proto__: { x: 1 }\ncomponents: { constructor: push, __proto__: push, a: push }\nconstructor: 1\n',
    });
    expect(first).toMatch(/^a\.yaml:1:1: found the key "__proto__", which is no setting/);
    expect(second).toMatch(/^a\.yaml:3:1: found the key "constructor", which is no setting/);
  });
});

describe('the names of settings', () => {
  const options = optionsOf(settingsTree());

  test('are different in each source', () => {
    for (const names of [
      options.map(({ path }) => path),
      options.map(({ flag }) => flag),
      options.flatMap(({ variable, about }) => [
        variable,
        ...about.standard.map(({ name }) => name),
      ]),
    ]) {
      expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    }
  });

  test('all stand in docs/settings.md: `npm run generate` renews it', () => {
    const page = join(import.meta.dirname, '../../../docs/settings.md');
    expect(readFileSync(page, 'utf8')).toBe(settingsReference());
  });

  test('as the example there has them, give the defaults', async () => {
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(settingsReference()) ?? [];
    const { settings, problems } = await load({ file: yaml });
    expect([problems, settings]).toEqual([[], (await load({})).settings]);
  });
});

describe('a command line', () => {
  const flags: ReadonlyMap<string, Flag> = new Map([
    ['file', { kind: 'text', short: 'f', about: '' }],
    ['quiet', { kind: 'switch', short: 'q', about: '' }],
  ]);

  test("gives a command's own flags in order, and the words between", () => {
    const line = readCommandLine(['-f', 'a', 'b', '--file=c', '-q', '--', '--file'], flags, []);
    expect([[...line.own], line.positionals, line.settings.problems]).toEqual([
      [
        ['file', ['a', 'c']],
        ['quiet', ['true']],
      ],
      ['b', '--file'],
      [],
    ]);
  });

  test('knows no settings where the command takes none', () => {
    const { settings } = readCommandLine(['--server-port', '1', '-x'], flags, []);
    expect(settings.problems.map(settingsProblemText)).toEqual([
      '--server-port: found --server-port, which is no flag; see --help',
      '--x: found -x, which is no flag; see --help',
    ]);
  });
});
