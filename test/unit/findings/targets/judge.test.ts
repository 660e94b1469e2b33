import { describe, expect, test } from '@jest/globals';
import { agentAddress } from '../../../../src/cli/ask-agent.ts';
import type { AgentTargets } from '../../../../src/findings/index.ts';
import { judgeTargets, targetFindings } from '../../../../src/findings/index.ts';
import { parseTargets } from '../../../../src/findings/targets/parse.ts';
import type { ExpectedTarget } from '../../../../src/findings/targets/types.ts';

const job = 'serviceScrape/shop/pool-metrics/0';
const expected: ExpectedTarget = {
  namespace: 'shop',
  component: 'multipooler',
  pod: 'pool-0',
  ip: '198.51.100.1',
  port: 9187,
  service: 'pool',
  scrape: 'shop/pool-metrics',
  job,
};

interface Given {
  readonly pool?: string;
  readonly url?: string;
  readonly health?: string;
  readonly lastError?: string;
  readonly samples?: number;
  readonly labels?: Readonly<Record<string, string>>;
}

function active(given: Given = {}): object {
  const { pool = job, url = 'http://198.51.100.1:9187/metrics', samples = 5 } = given;
  const { health = 'up', lastError = '' } = given;
  const labels = { namespace: 'shop', pod: 'pool-0', service: 'pool', job: 'pool' };
  return {
    scrapePool: pool,
    scrapeUrl: url,
    health,
    lastError,
    lastSamplesScraped: samples,
    labels: given.labels ?? labels,
    discoveredLabels: { __address__: '198.51.100.1:9187' },
  };
}

function agent(activeTargets: readonly object[], droppedTargets?: readonly object[]): AgentTargets {
  const parsed = parseTargets(JSON.stringify({ data: { activeTargets, droppedTargets } }));
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
}

function verdict(...agents: readonly AgentTargets[]): string {
  const [found] = judgeTargets([expected], agents);
  return `${found?.state}: ${found?.because}`;
}

const down = (lastError: string) => agent([active({ health: 'down', lastError, samples: 0 })], []);

describe('a target is judged by what agents say', () => {
  test.each([
    ['Get "http://198.51.100.1:9187/metrics": dial tcp4: connect: connection refused', 'refused'],
    [
      'unexpected status code returned when scraping "x": 404; expecting 200; response body: "no"',
      '404',
    ],
    [
      'unexpected status code returned when scraping "x": 403; expecting 200; response body: ""',
      '403',
    ],
    ['http: server gave HTTP response to HTTPS client', 'speaks HTTP'],
    [
      'tls: failed to verify certificate: x509: certificate signed by unknown authority',
      'certificate',
    ],
    ['Get "http://x": context deadline exceeded', 'no answer in time'],
    ['dial tcp4 198.51.100.1:9187: connect: no route to host', 'cannot be reached'],
    ['cannot parse response: unsupported content-type text/html', 'text format of Prometheus'],
    ['the response from "http://x" exceeds -promscrape.maxScrapeSize=16777216', 'limits'],
    ['something that nobody has seen', 'something that nobody has seen'],
  ])('down: %s', (error, said) => {
    expect(verdict(down(error))).toContain(said);
  });

  test('down without an error is not read yet', () => {
    expect(verdict(down(''))).toBe('waiting: not read yet');
  });

  test('of two shards one has it', () => {
    expect(verdict(agent([], []), agent([active()], []))).toBe('up: up');
  });

  test('replicas have the same labels: that is not twice', () => {
    expect(verdict(agent([active()]), agent([active()]))).toBe('up: up');
  });

  test('another job with other labels is twice, the same address under another path is not', () => {
    const other = { pool: 'pods', labels: { namespace: 'shop', pod: 'pool-0', job: 'pods' } };
    expect(verdict(agent([active(), active(other)], []))).toBe(
      `twice: it is read by jobs ${job}, pods, under different labels`,
    );
    const elsewhere = { ...other, url: 'http://198.51.100.1:9187/probe' };
    expect(verdict(agent([active(), active(elsewhere)], []))).toBe('up: up');
  });

  test('another job alone is elsewhere', () => {
    const labels = { namespace: 'shop', pod: 'pool-0', job: 'pods' };
    expect(verdict(agent([active({ pool: 'pods', labels })], []))).toBe(
      'elsewhere: job pods reads it, and the scrape does not',
    );
  });

  test('a job that is there without the pod, and one that is not there, are told apart', () => {
    const labels = { namespace: 'shop', pod: 'pool-1', service: 'pool' };
    expect(verdict(agent([active({ labels })], []))).toBe(
      `missing: job ${job} is there, and has not found this pod`,
    );
    expect(verdict(agent([]))).toBe(
      `missing: the agent has no target of job ${job} (the agent does not tell of all targets that it dropped: it may be among those)`,
    );
  });

  test('a dropped target of another port of the pod is not this one', () => {
    const discoveredLabels = (port: number) => ({
      job,
      __address__: `198.51.100.1:${port}`,
      __meta_kubernetes_namespace: 'shop',
      __meta_kubernetes_pod_name: 'pool-0',
      __meta_kubernetes_service_name: 'pool',
    });
    expect(verdict(agent([], [{ discoveredLabels: discoveredLabels(5432) }]))).toContain('missing');
    expect(verdict(agent([], [{ discoveredLabels: discoveredLabels(9187) }]))).toContain('dropped');
  });
});

test('targets of a scrape that are alike are one finding', () => {
  const more = Array.from({ length: 3 }, (_, index) => ({ ...expected, pod: `pool-${index}` }));
  expect(targetFindings(judgeTargets(more, [agent([], [])]))).toEqual([
    {
      code: 'target-missing',
      severity: 'warning',
      object: {
        apiVersion: 'operator.victoriametrics.com/v1beta1',
        kind: 'VMServiceScrape',
        namespace: 'shop',
        name: 'pool-metrics',
      },
      field: '',
      message: `multipooler in pod pool-0, port 9187 and 2 more: the agent has no target of job ${job}`,
      fix: expect.stringContaining('see that a VMAgent selects shop/pool-metrics'),
      certain: false,
    },
  ]);
});

test.each([
  ['http://vmagent:8429', 'http://vmagent:8429/api/v1/targets'],
  ['http://vmagent:8429/', 'http://vmagent:8429/api/v1/targets'],
  ['https://vm.example/prefix/api/v1/targets', 'https://vm.example/prefix/api/v1/targets'],
  ['http://vm:8428/?authKey=x', 'http://vm:8428/api/v1/targets?authKey=x'],
])('%s is asked at %s', (given, url) => {
  expect(agentAddress(given, [])).toEqual({ url, headers: { Accept: 'application/json' } });
});

test('credentials are sent, and never shown', () => {
  expect(agentAddress('http://user:p%40ss@vm', ['X-Scope: shop'])).toEqual({
    url: 'http://vm/api/v1/targets',
    headers: {
      Accept: 'application/json',
      Authorization: 'Basic dXNlcjpwQHNz',
      'X-Scope': 'shop',
    },
  });
  expect(agentAddress('ftp://user:hidden@vm', [])).toEqual({
    problem: 'found "vm", expected http://host:port',
  });
  expect(agentAddress('http://vm', ['broken'])).toEqual({
    problem: 'a header is not of the form Name: value',
  });
});
