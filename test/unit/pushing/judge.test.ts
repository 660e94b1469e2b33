import { describe, expect, test } from '@jest/globals';
import { type KubernetesObject, parsePod } from '../../../src/kubernetes/index.ts';
import { proposalIn, proposalOf, pushState } from '../../../src/pushing/index.ts';
import { inventoryOf } from '../inventory/build.ts';
import {
  endpoint,
  front,
  judged,
  metricsEndpoint,
  monitoring,
  protocol,
  receiver,
  said,
  shape,
  temporality,
} from './scene.ts';

const agent = 'http://vmagent-main.monitoring.svc:8429';
const insert = 'http://vminsert-main.monitoring.svc:8480';
const collector = 'http://main-collector.monitoring.svc';

describe('what arrives', () => {
  test.each([
    ['VMAgent', { [metricsEndpoint]: `${agent}/opentelemetry/v1/metrics` }],
    ['VMAgent', { [endpoint]: `${agent}/opentelemetry` }],
    ['VMAgent', { [endpoint]: `${agent}/opentelemetry/` }],
    ['VMAgent', { [metricsEndpoint]: `${agent}/opentelemetry/api/v1/push` }],
    ['VMAgent', { [metricsEndpoint]: `${agent}//opentelemetry/v1/metrics?extra_label=a=b` }],
    ['VMSingle', { [endpoint]: 'http://vmsingle-main.monitoring:8429/opentelemetry' }],
    [
      'VMSingle',
      { [endpoint]: 'http://vmsingle-main.monitoring.svc.cluster.local.:8429/opentelemetry' },
    ],
    ['VMCluster', { [endpoint]: `${insert}/insert/0/opentelemetry` }],
    ['VMCluster', { [endpoint]: `${insert}/insert/12:3/opentelemetry` }],
    ['VMCluster', { [metricsEndpoint]: `${insert}/insert/multitenant/opentelemetry/v1/metrics/` }],
    ['OpenTelemetryCollector', { [endpoint]: `${collector}:4318` }],
    ['OpenTelemetryCollector', { [endpoint]: `${collector}:4317`, [protocol]: 'grpc' }],
    ['VMAgent', { [endpoint]: `${agent}/opentelemetry`, [temporality]: 'delta' }],
  ])('at a %s by %j', (kind, env) => {
    const { state, link, because, receiver: found } = judged(env);
    expect({ state, link, kind: found?.kind }).toEqual({ state: 'pushed', link: '', kind });
    expect(because).toMatch(
      /^its metrics are sent to \S+, where (?:vminsert of )?\w+ monitoring\/main takes them$/,
    );
  });

  test('the address of metrics goes before the one of all signals, and an empty one counts as absent', () => {
    expect(
      judged({
        [endpoint]: 'http://nowhere:1',
        [metricsEndpoint]: `${agent}/opentelemetry/v1/metrics`,
      }).state,
    ).toBe('pushed');
    expect(judged({ [endpoint]: `${agent}/opentelemetry`, [metricsEndpoint]: ' ' }).state).toBe(
      'pushed',
    );
  });
});

describe('what does not arrive', () => {
  test.each<[string, Readonly<Record<string, string>>]>([
    [
      'unread [address] it is told to send metrics and not where to: it tries https://localhost:4318/v1/metrics in its own pod, where nothing takes them',
      {},
    ],
    [
      'unread [address] its address has no scheme: it has to begin with http:// or https://',
      { [endpoint]: 'vmagent-main.monitoring.svc:8429/opentelemetry' },
    ],
    [
      'unread [protocol] it sends by gRPC, and VMAgent monitoring/main takes OTLP over HTTP alone',
      { [protocol]: 'grpc', [metricsEndpoint]: agent },
    ],
    [
      'unread [protocol] it asks for TLS, and VMAgent monitoring/main speaks plain HTTP',
      { [endpoint]: 'https://vmagent-main.monitoring.svc:8429/opentelemetry' },
    ],
    [
      'unread [port] Service monitoring/vmagent-main has no port 4318: it has 8429',
      { [metricsEndpoint]: 'http://vmagent-main.monitoring.svc:4318/v1/metrics' },
    ],
    [
      'unread [path] VMAgent monitoring/main does not take metrics at /v1/metrics: it takes them at /opentelemetry/v1/metrics',
      { [endpoint]: agent },
    ],
    [
      'unread [path] VMAgent monitoring/main does not take metrics at /: it takes them at /opentelemetry/v1/metrics',
      { [metricsEndpoint]: agent },
    ],
    [
      'unread [tenant] vminsert of VMCluster monitoring/main takes metrics below a tenant, and the path /opentelemetry/v1/metrics names none',
      { [endpoint]: `${insert}/opentelemetry` },
    ],
    [
      'unread [tenant] the path /insert/opentelemetry/v1/metrics names no tenant, and vminsert of VMCluster monitoring/main takes metrics below a tenant',
      { [endpoint]: `${insert}/insert/opentelemetry` },
    ],
    [
      'unread [receiver] Service monitoring/vmselect-main leads to a part of VMCluster monitoring/main that takes no metrics',
      { [endpoint]: 'http://vmselect-main.monitoring.svc:8481/select/0/opentelemetry' },
    ],
    [
      'unread [receiver] it sends to Service monitoring/vmagent-mian, and there is no such Service',
      { [endpoint]: 'http://vmagent-mian.monitoring.svc:8429/opentelemetry' },
    ],
    [
      'unread [receiver] it sends to Service shop/vmagent-main, and there is no such Service',
      { [endpoint]: 'http://vmagent-main:8429/opentelemetry' },
    ],
    [
      'unread [receiver] it sends to Service observability/vmagent-main, and there is no namespace observability',
      { [endpoint]: 'http://vmagent-main.observability.svc:8429/opentelemetry' },
    ],
    [
      'unread [protocol] it sends by HTTP, and OpenTelemetryCollector monitoring/main speaks the other protocol on port 4317',
      { [endpoint]: `${collector}:4317` },
    ],
    [
      'unread [exporter] OTEL_METRICS_EXPORTER is "otlp,prometheus", and the programs take one exporter, not a list',
      { OTEL_METRICS_EXPORTER: 'otlp,prometheus' },
    ],
    [
      'unread [exporter] OTEL_EXPORTER_OTLP_PROTOCOL is "http/json", and the programs know http/protobuf and grpc alone',
      { [protocol]: 'http/json', [endpoint]: `${agent}/opentelemetry` },
    ],
    [
      'unread [receiver] it sends to port 4318 of its own pod, where no other container is',
      { [endpoint]: 'http://localhost:4318' },
    ],
  ])('%s', (expected, env) => {
    expect(said(env)).toBe(expected);
  });

  const at = (kind: string, spec: object) => [
    receiver(kind, { ...spec }),
    front('vmagent-main', 8429),
  ];
  const own = { [endpoint]: `${agent}/opentelemetry` };

  test.each<[string, object, Readonly<Record<string, string>>]>([
    [
      'unread [temporality] it sends counters and histograms with temporality delta, which VMAgent monitoring/main, v1.131.0, drops',
      { image: { tag: 'v1.131.0' } },
      { ...own, [temporality]: 'delta' },
    ],
    [
      'unknown [temporality] it sends counters and histograms with temporality lowmemory, which VMAgent monitoring/main drops before v1.132: its version is not known',
      {},
      { ...own, [temporality]: 'LowMemory' },
    ],
    [
      'unread [path] VMAgent monitoring/main is v1.96.0, which takes metrics at /opentelemetry/api/v1/push alone',
      { image: { tag: 'v1.96.0' } },
      own,
    ],
    [
      'unread [credentials] VMAgent monitoring/main asks for a user and a password, and it sends no header',
      { extraArgs: { 'httpAuth.username': 'me', 'httpAuth.password': 'secret' } },
      own,
    ],
    [
      'unread [path] VMAgent monitoring/main takes metrics below /vm, and the path /opentelemetry/v1/metrics lacks that',
      { extraArgs: { 'http.pathPrefix': '/vm/' } },
      own,
    ],
    [
      'unread [protocol] it sends plain HTTP, and VMAgent monitoring/main asks for TLS',
      { extraArgs: { tls: 'true' } },
      own,
    ],
  ])('%s', (expected, spec, env) => {
    expect(said(env, at('VMAgent', spec))).toBe(expected);
  });

  test('by a receiver whose Service is not there yet, on a port that it will not have', () => {
    const alone = [receiver('VMAgent')];
    expect(judged(own, alone).state).toBe('pushed');
    expect(
      said({ [endpoint]: 'http://vmagent-main.monitoring.svc:4318/opentelemetry' }, alone),
    ).toBe(
      'unread [port] nothing of VMAgent monitoring/main listens on port 4318: it takes HTTP on 8429',
    );
  });

  test('is repaired by the address that is proposed for the receiver', () => {
    const faults = [
      { [protocol]: 'grpc', [metricsEndpoint]: agent },
      { [metricsEndpoint]: 'http://vmagent-main.monitoring.svc:4318/v1/metrics' },
      { [endpoint]: `${insert}/opentelemetry`, [temporality]: 'delta' },
      { [endpoint]: `${collector}:4317` },
      { [endpoint]: 'http://vmsingle-main.monitoring.svc:8429' },
    ];
    for (const env of faults) {
      const { receiver: meant } = judged(env);
      const proposal = meant === undefined ? undefined : proposalOf(meant);
      expect(proposal).toBeDefined();
      const fixed = {
        ...env,
        [metricsEndpoint]: proposal?.address.metrics ?? '',
        [protocol]: 'http/protobuf',
        [temporality]: 'cumulative',
      };
      expect({ env, state: judged(fixed).state }).toEqual({ env, state: 'pushed' });
    }
  });
});

describe('what is not looked into', () => {
  test.each<[string, Readonly<Record<string, string>>]>([
    ['it is outside of the cluster', { [endpoint]: 'https://otlp.example.com/v1' }],
    ['it is taken to be outside of the cluster', { [endpoint]: 'https://example.com' }],
    ['what is at an address by number is not known', { [endpoint]: 'http://10.0.0.1:4318' }],
    [
      'what answers behind Service monitoring/own is not known',
      { [endpoint]: 'http://own.monitoring.svc:8080' },
    ],
    [
      'Service monitoring/away leads out of the cluster',
      { [endpoint]: 'http://away.monitoring.svc:8429' },
    ],
  ])('%s', (because, env) => {
    const { state, because: told } = judged(env);
    expect(state).toBe('pushed');
    expect(told).toMatch(/^its metrics are sent to \S+, not checked: /);
    expect(told).toContain(because);
  });

  test('a namespace of which the Services were not read', () => {
    const inventory = inventoryOf(...monitoring);
    inventory.markUnknown('Service');
    const state = pushState(
      'multiorch',
      [shape({ [endpoint]: 'http://a.elsewhere.svc:4318' })],
      'shop',
      inventory,
    );
    inventory.markUnknown('Namespace');
    expect(state.state).toBe('unread');
    expect(
      pushState(
        'multiorch',
        [shape({ [endpoint]: 'http://a.elsewhere.svc:4318' })],
        'shop',
        inventory,
      ).because,
    ).toContain('not checked: the Services of namespace elsewhere are not at hand');
  });

  test('a value that comes from a Secret, from envFrom, or from another variable', () => {
    const from = (name: string) => ({ name, valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } });
    const otlp = { name: 'OTEL_METRICS_EXPORTER', value: 'otlp' };
    const of = (container: object) => {
      const pod = parsePod({ spec: { containers: [{ name: 'multiorch', ...container }] } });
      const { state, because } = pushState(
        'multiorch',
        pod === undefined ? [] : [pod.shape],
        'shop',
        inventoryOf(...monitoring),
      );
      return `${state} ${because}`;
    };
    expect(of({ env: [otlp, from(endpoint)] })).toBe(
      `pushed its metrics are sent by OTLP, not checked: the value of ${endpoint} is not where it can be read`,
    );
    expect(of({ env: [otlp, { name: endpoint, value: 'http://$(HOST_IP):4318' }] })).toMatch(
      /^pushed .*not checked/,
    );
    const unknown =
      "unknown whether it sends metrics can't be told: OTEL_METRICS_EXPORTER is not set where it can be read";
    expect(of({ env: [from('OTEL_METRICS_EXPORTER')] })).toBe(unknown);
    expect(of({ envFrom: [{ configMapRef: { name: 'a' } }] })).toBe(unknown);
  });
});

describe('what sends nothing', () => {
  test.each<[string, Readonly<Record<string, string | undefined>>]>([
    ['OTEL_METRICS_EXPORTER is not otlp in its containers', { OTEL_METRICS_EXPORTER: undefined }],
    ['OTEL_METRICS_EXPORTER is not otlp in its containers', { OTEL_METRICS_EXPORTER: 'none' }],
    ['OTEL_SDK_DISABLED is true in its containers', { OTEL_SDK_DISABLED: 'TRUE' }],
  ])('%s', (because, env) => {
    expect(judged(env)).toMatchObject({ state: 'silent', because });
  });
});

describe('several containers and pods', () => {
  const good = { [endpoint]: `${agent}/opentelemetry` };

  test("only the component's own container is asked, where one is called so", () => {
    const beside = [{ name: 'postgres', env: [{ name: 'OTEL_METRICS_EXPORTER', value: 'otlp' }] }];
    const inventory = inventoryOf(...monitoring);
    const of = (component: string) =>
      pushState(component, [shape(good, beside)], 'shop', inventory).state;
    expect(of('multiorch')).toBe('pushed');
    expect(of('other')).toBe('unread');
  });

  test('one pod that sends nowhere makes the whole one that does not arrive', () => {
    const shapes = [shape(good), shape({})];
    expect(pushState('multiorch', shapes, 'shop', inventoryOf(...monitoring)).state).toBe('unread');
  });

  test('a collector beside it may take what it sends to its own pod', () => {
    const of = (env: Readonly<Record<string, string>>, more: readonly object[]) => {
      const inventory = inventoryOf(...monitoring);
      const { state, link } = pushState(
        'multiorch',
        [
          shape(
            env,
            more.map((one) => ({ ...one })),
          ),
        ],
        'shop',
        inventory,
      );
      return `${state} ${link}`;
    };
    const local = { [endpoint]: 'http://localhost:4318' };
    expect(of(local, [{ name: 'otel', ports: [{ containerPort: 4318 }] }])).toBe('pushed ');
    expect(of(local, [{ name: 'other' }])).toBe('unknown receiver');
  });
});

test('the receiver that is proposed has the names of the documentation before it is a VMAgent', () => {
  const naming = { extraArgs: { 'opentelemetry.usePrometheusNaming': 'true' } };
  const of = (...objects: readonly KubernetesObject[]) =>
    proposalIn(inventoryOf(...objects))?.address.metrics;
  const one = receiver('VMSingle');
  expect(of(one, receiver('VMAgent'))).toBe(`${agent}/opentelemetry/v1/metrics`);
  expect(of(receiver('VMAgent'), receiver('VMSingle', naming))).toBe(
    'http://vmsingle-main.monitoring.svc:8429/opentelemetry/v1/metrics',
  );
  expect(of(receiver('VMSingle', { port: '8428' }))).toBe(
    'http://vmsingle-main.monitoring.svc:8428/opentelemetry/v1/metrics',
  );
  expect(of(receiver('VMCluster', { vminsert: {} }))).toBe(
    `${insert}/insert/0/opentelemetry/v1/metrics`,
  );
  expect(of(receiver('VMAgent', { image: { tag: 'v1.96.0' } }))).toBe(
    `${agent}/opentelemetry/api/v1/push`,
  );
  expect(of(receiver('VMCluster'))).toBeUndefined();
  expect(of()).toBeUndefined();
});
