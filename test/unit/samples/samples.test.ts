import { describe, expect, test } from '@jest/globals';
import type { KubernetesObject } from '../../../src/kubernetes/index.ts';
import { coverage } from '../../../src/planning/index.ts';
import {
  type AnsweredQuestion,
  expectedSamples,
  firstQuestions,
  furtherQuestions,
  judgeSamples,
  parseVector,
  parseWrites,
  type Question,
  sampleFindings,
  sampleHeadline,
  storedBy,
} from '../../../src/samples/index.ts';
import {
  agent,
  contextOf,
  etcdLabels,
  made,
  orchLabels,
  scrape,
  service,
} from '../planning/plan.ts';

type Labels = Readonly<Record<string, string>>;

const now = 1_000_000;

/** A pod behind Service `name`, with its metrics on port 2379. */
function pod(name: string, of: string, ip: string, parts: object = {}): KubernetesObject {
  return made({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'shop', name, labels: { app: of, ...etcdLabels } },
    spec: {
      containers: [
        { name: 'etcd', image: 'etcd', ports: [{ name: 'client', containerPort: 2379 }] },
      ],
      ...parts,
    },
    status: { phase: 'Running', podIP: ip },
  });
}

const ports = { spec: { ports: [{ name: 'client', port: 2379 }] } };
const endpoint = { port: 'client', path: '/metrics', interval: '30s' };
const reads = (more: object = {}) =>
  scrape('topo', {
    selector: { matchLabels: { of: 'topo' } },
    endpoints: [{ ...endpoint, ...more }],
  });
const topo = () => service('topo', { labels: { ...etcdLabels, of: 'topo' }, ...ports });
const everything = { selectAllByDefault: true };

/** Two pods behind one Service, and the scrape that reads them. */
const cluster = (...others: KubernetesObject[]) => [
  topo(),
  pod('topo-0', 'topo', '10.0.0.1'),
  pod('topo-1', 'topo', '10.0.0.2'),
  ...others,
];

const targetOf = (name: string, ip: string): Labels => ({
  namespace: 'shop',
  pod: name,
  service: 'topo',
  job: 'topo',
  endpoint: 'client',
  container: 'etcd',
  instance: `${ip}:2379`,
});
const first = targetOf('topo-0', '10.0.0.1');
const second = targetOf('topo-1', '10.0.0.2');

/** A series in a store: how old its newest sample is, `up` (undefined where it has ended), and how many series it brought. */
interface Series {
  readonly labels: Labels;
  readonly age: number;
  readonly up?: number | undefined;
  readonly series?: number;
  /** Whether it goes on, of a store without `up`. */
  readonly beats?: boolean;
}

const good = (labels: Labels, age = 10): Series => ({ labels, age, up: 1, series: 100 });

/** A store that answers as PromQL does: by the matchers on labels alone. */
function answers(questions: readonly Question[], stored: readonly Series[]): AnsweredQuestion[] {
  return questions.map((question) => {
    const found = stored.filter(({ labels }) => matches(question.query, labels));
    const samples = found.flatMap((one) => {
      const { labels } = one;
      const value = shownAs(question, one);
      return value === undefined ? [] : [{ labels, value }];
    });
    return { question, answer: { samples } };
  });
}

function shownAs({ metric, asks }: Question, { age, up, series, beats }: Series) {
  const at = now - age;
  if (beats !== undefined) {
    if (metric !== 'etcd_server_has_leader') return undefined;
    if (asks === 'time') return at;
    return beats ? 1 : undefined;
  }
  if (metric === 'up') return asks === 'value' ? up : at;
  return metric.startsWith('scrape_') ? series : undefined;
}

function matches(query: string, labels: Labels): boolean {
  return [...query.matchAll(/(\w+)(=~?)"((?:[^"\\]|\\.)*)"/g)].every(
    ([, name = '', operator, text = '']) => {
      const wanted: string = JSON.parse(`"${text}"`);
      const value = labels[name] ?? '';
      return operator === '=' ? value === wanted : new RegExp(`^(?:${wanted})$`).test(value);
    },
  );
}

function judged(objects: readonly KubernetesObject[], stored: readonly Series[], match = '') {
  const context = contextOf(objects);
  context.inventory.markKnown('VMServiceScrape');
  context.inventory.markKnown('Service');
  const expected = expectedSamples(context, coverage(context));
  const questions = [...firstQuestions(expected, match), ...furtherQuestions(expected, match)];
  const samples = judgeSamples(expected, storedBy(answers(questions, stored)), {
    now,
    hasMatch: match !== '',
  });
  const [verdict] = samples.verdicts;
  return {
    samples,
    verdict,
    said: `${verdict?.state} ${verdict?.link}: ${verdict?.because}`,
    codes: sampleFindings(samples).map(({ code }) => code),
    headline: sampleHeadline(samples),
  };
}

describe('what is read is found by the labels that its job gives', () => {
  const objects = cluster(reads(), agent('main', everything));

  test('fresh samples of every pod', () => {
    const { verdict, codes, headline } = judged(objects, [good(first, 12.34), good(second, 40)]);
    expect(verdict).toEqual({
      namespace: 'shop',
      services: ['topo'],
      workload: 'Pod/topo-0',
      component: 'etcd',
      state: 'sampled',
      link: '',
      age: 12.3,
      maxAge: 90,
      series: 100,
      pods: 1,
      sampledPods: 1,
      because: 'sampled',
      fix: '',
    });
    expect(codes).toEqual([]);
    expect(headline).toBe('2 of 2 components have samples no older than 40 s, each once.');
  });

  test('an old sample is stale; what an agent has ended is over at once', () => {
    expect(judged(objects, [good(first, 91)]).said).toBe('stale : its last sample is 91 s old');
    const over = { labels: first, age: 3 };
    expect(judged(objects, [over]).said).toBe('stale : its samples ended 3 s ago');
    // Another series goes on: its labels have changed.
    const renamed = { ...first, prometheus: 'monitoring/main' };
    expect(judged(objects, [over, good(renamed)]).said).toBe('sampled : sampled');
  });

  test('up is 0, or the answer has no sample: that is the target', () => {
    const down = { labels: first, age: 1, up: 0, series: 0 };
    expect(judged(objects, [down]).said).toMatch(/^none target: an agent asks it .* fails/);
    expect(judged(objects, [{ ...down, up: 1 }]).said).toMatch(/^none target: .* has no sample$/);
    expect(judged(objects, [down]).codes).toContain('samples-target-down');
  });

  test('nothing at all, though the scrape is right', () => {
    const { said, verdict, codes, headline } = judged(objects, []);
    expect(said).toBe('none : its scrape is right, and no sample of it is in the store');
    expect(verdict?.fix).toBe('ask the agent which link breaks: --targets URL');
    expect(codes).toEqual(['samples-missing', 'samples-missing']);
    expect(headline).toBe(
      '0 of 2 components have samples; etcd of shop has none: its scrape is right, and no sample of it is in the store; and 1 more, see below.',
    );
  });

  test('a store without up shows a metric that each pod always has', () => {
    const beat = { labels: first, age: 5, beats: true };
    expect(judged(objects, [beat]).verdict).toMatchObject({ state: 'sampled', age: 5 });
    expect(judged(objects, [{ ...beat, beats: false }]).said).toMatch(/its samples ended 5 s ago$/);
  });

  test('where no agent takes the scrape, that is the reason', () => {
    const picky = agent('main', { serviceScrapeSelector: { matchLabels: { team: 'db' } } });
    expect(judged(cluster(reads(), picky), []).said).toMatch(/^none agent: no agent takes /);
  });
});

describe('labels follow from the job', () => {
  const main = agent('main', everything);

  test('the scrape renames and drops some', () => {
    const rules = [
      { sourceLabels: ['namespace'], targetLabel: 'tenant' },
      { action: 'labeldrop', regex: 'namespace|container' },
    ];
    const objects = cluster(reads({ relabelConfigs: rules }), main);
    const { namespace: _, container: _container, ...others } = first;
    expect(judged(objects, [good({ ...others, tenant: 'shop' })]).said).toBe('sampled : sampled');
    expect(judged(objects, [good({ ...others, instance: 'x', tenant: 'other' })]).said).toMatch(
      /^none/,
    );
  });

  test('the agent enforces a namespace label', () => {
    const enforcing = agent('main', { ...everything, enforcedNamespaceLabel: 'tenant' });
    const objects = cluster(reads(), enforcing);
    const elsewhere = { ...first, instance: 'x' };
    expect(judged(objects, [good({ ...elsewhere, tenant: 'shop' })]).said).toBe(
      'sampled : sampled',
    );
    expect(judged(objects, [good({ ...elsewhere, tenant: 'other' })]).said).toMatch(/^none/);
  });

  test('an external label takes the place of one of the target', () => {
    const external = agent('main', { ...everything, externalLabels: { job: 'all' } });
    const found = { ...first, instance: 'x', job: 'all', exported_job: 'topo' };
    expect(judged(cluster(reads(), external), [good(found)]).said).toBe('sampled : sampled');
  });

  test('what an agent rewrites can not be told: then silence is no proof', () => {
    const rewriting = agent('main', {
      ...everything,
      inlineRelabelConfig: [{ action: 'labeldrop', regex: 'pod' }],
    });
    expect(judged(cluster(reads(), rewriting), []).said).toMatch(
      /^not-known : the store has none .* what VMAgent monitoring\/main rewrites$/,
    );
  });

  test('a job by hand is known by the address', () => {
    const { said } = judged(cluster(main), [good({ job: 'by-hand', instance: '10.0.0.1:2379' })]);
    expect(said).toBe('sampled : sampled, by job by-hand');
  });

  test('the same address in another namespace is another cluster', () => {
    const other = { job: 'x', instance: '10.0.0.1:2379', namespace: 'elsewhere' };
    expect(judged(cluster(reads(), main), [good(other)]).said).toMatch(/^none/);
  });
});

describe('twice in the store', () => {
  const objects = cluster(reads(), agent('main', everything));

  test('two agents with labels of their own', () => {
    const by = (prometheus: string) => good({ ...first, prometheus });
    const { samples, headline } = judged(objects, [by('a'), by('b'), good(second)]);
    expect(sampleFindings(samples).map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'samples-twice: the samples of etcd in pod topo-0 are in the store 2 times, as {prometheus="a"} and {prometheus="b"}',
    ]);
    expect(headline).toBe(
      '2 of 2 components have samples no older than 10 s; 1 has them more than once.',
    );
  });

  test('a job by hand beside the scrape', () => {
    const byHand = good({ job: 'by-hand', instance: '10.0.0.1:2379' });
    expect(judged(objects, [good(first), byHand, good(second)]).codes).toEqual(['samples-twice']);
  });

  test('another port of the same pod is honest', () => {
    const other = { ...first, endpoint: 'metrics', instance: '10.0.0.1:2381' };
    expect(judged(objects, [good(first), good(other), good(second)]).codes).toEqual([]);
  });
});

describe('several clusters in one store', () => {
  const stored = [good({ ...first, cluster: 'a' }), good({ ...first, cluster: 'b' })];

  test('without a word on which one is meant nothing is known', () => {
    const { said, codes } = judged(cluster(reads(), agent('main', everything)), stored);
    expect(said).toBe(
      'not-known : the store has samples of several clusters (cluster="a", cluster="b")',
    );
    expect(codes).not.toContain('samples-twice');
  });

  test('a matcher, or the external labels of the agents, say it', () => {
    const objects = cluster(reads(), agent('main', everything));
    expect(judged(objects, stored, 'cluster="a"').said).toBe('sampled : sampled');
    const labelled = agent('main', { ...everything, externalLabels: { cluster: 'c' } });
    expect(judged(cluster(reads(), labelled), stored).said).toMatch(/^none/);
  });
});

test('a query that fails makes what it is about not known, and nothing else', () => {
  const context = contextOf(cluster(reads(), agent('main', everything)));
  const expected = expectedSamples(context, coverage(context));
  const failing = firstQuestions(expected, '').map((question) => ({
    question,
    answer: { problem: 'its answer is longer than 16777216 bytes' },
  }));
  const { verdicts } = judgeSamples(expected, storedBy(failing), { now, hasMatch: false });
  expect(verdicts.map(({ state, because }) => `${state}: ${because}`)).toEqual([
    'not-known: the store does not tell: its answer is longer than 16777216 bytes',
    'not-known: the store does not tell: its answer is longer than 16777216 bytes',
  ]);
});

test('questions ask for 100 values at most, and quote them', () => {
  const pods = Array.from({ length: 250 }, (_, index) =>
    pod(`topo-${index}`, 'topo', `10.1.${index >> 8}.${index & 255}`),
  );
  const context = contextOf([topo(), ...pods, reads(), agent('main', everything)]);
  const questions = firstQuestions(expectedSamples(context, coverage(context)), 'cluster="x"');
  const sizes = questions.map(({ about }) => about.length);
  expect(Math.max(...sizes)).toBe(100);
  expect(questions[0]?.query).toBe('timestamp(up{namespace="shop",cluster="x"})');
  expect(questions[3]?.query).toContain('"10\\\\.1\\\\.0\\\\.0:2379|10\\\\.1\\\\.0\\\\.100:2379|');
});

describe('what is pushed', () => {
  const container = (attributes: string, address: string) => ({
    spec: {
      containers: [
        {
          name: 'main',
          image: 'x',
          env: [
            { name: 'OTEL_METRICS_EXPORTER', value: 'otlp' },
            ...(address === '' ? [] : [{ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: address }]),
            { name: 'OTEL_RESOURCE_ATTRIBUTES', value: attributes },
          ],
        },
      ],
    },
  });
  const orch = (name: string, clusterName: string, address = 'http://store.example.com') =>
    made({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'shop', name, labels: { app: name, ...orchLabels } },
      status: { phase: 'Running', podIP: '10.0.0.9' },
      ...container(`multigres.cluster=${clusterName},multigres.component=multiorch`, address),
    });
  const beats = (name: string, of: string, age: number): AnsweredQuestion => ({
    question: {
      metric: 'process_cpu_time_seconds_total',
      asks: 'time',
      query: '',
      about: ['service_name=multiorch'],
    },
    answer: {
      samples: [
        {
          labels: {
            service_name: 'multiorch',
            service_instance_id: name,
            multigres_cluster: of,
          },
          value: now - age,
        },
      ],
    },
  });
  const said = (objects: readonly KubernetesObject[], found: readonly AnsweredQuestion[]) => {
    const context = contextOf(objects);
    const expected = expectedSamples(context, coverage(context));
    const { verdicts } = judgeSamples(expected, storedBy(found), { now, hasMatch: false });
    return verdicts.map(({ state, because }) => `${state}: ${because}`);
  };

  test('is known by its service and cluster, of which only processes can be counted', () => {
    const objects = [orch('orch-0', 'shop')];
    expect(said(objects, [beats('a', 'shop', 5)])).toEqual(['sampled: pushed']);
    expect(said(objects, [beats('a', 'other', 5)])).toEqual([
      'none: it is told to push, and no sample of it is in the store',
    ]);
    expect(said(objects, [beats('a', 'shop', 300)])).toEqual([
      'stale: its last push is 5 min old, and more than 3 min',
    ]);
  });

  test('is looked for whatever is said of where it leads', () => {
    const objects = [orch('orch-0', 'shop', '')];
    expect(said(objects, [beats('a', 'shop', 5)])).toEqual(['sampled: pushed']);
    expect(said(objects, [])[0]).toMatch(/^none: it is told to send metrics and not where to/);
  });

  test('by what is called silent is told', () => {
    const silent = made({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'shop', name: 'orch-0', labels: { app: 'orch-0', ...orchLabels } },
      status: { phase: 'Running', podIP: '10.0.0.9' },
      spec: {
        containers: [
          {
            name: 'main',
            image: 'x',
            env: [{ name: 'OTEL_RESOURCE_ATTRIBUTES', value: 'multigres.cluster=shop' }],
          },
        ],
      },
    });
    const context = contextOf([silent]);
    const expected = expectedSamples(context, coverage(context));
    const found = (of: string) =>
      sampleFindings(
        judgeSamples(expected, storedBy([beats('a', of, 5)]), { now, hasMatch: false }),
      ).map(({ code, message }) => `${code}: ${message}`);
    expect(found('other')).toEqual([]);
    expect(found('shop')).toEqual([
      expect.stringMatching(
        /^samples-unexpected: multiorch is called silent .* fresh samples of it$/,
      ),
    ]);
  });

  test('of two sets of one name one process is nobody’s', () => {
    const objects = [orch('orch-0', 'shop'), orch('orch-1', 'shop')];
    const one = [beats('a', 'shop', 5)];
    expect(said(objects, one)[0]).toMatch(/^not-known: 1 of 2 processes of this name push/);
    expect(said(objects, [...one, beats('b', 'shop', 5)])).toEqual([
      'sampled: pushed',
      'sampled: pushed',
    ]);
  });
});

test.each([
  [
    '{"status":"success","data":{"resultType":"scalar","result":[1,"7"]}}',
    [{ labels: {}, value: 7 }],
  ],
  [
    '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1,"2"]}]}}',
    [{ labels: { a: 'b' }, value: 2 }],
  ],
  ['{"status":"error","error":"no"}', 'it refuses: no'],
  ['<html>', 'it answers HTML, not JSON: is it VictoriaMetrics or Prometheus?'],
  [
    '{"status":"success","isPartial":true,"data":{"resultType":"vector","result":[]}}',
    'its answer is partial',
  ],
])('an answer: %s', (text, found) => {
  const answer = parseVector(text);
  expect('problem' in answer ? answer.problem : answer.samples).toEqual(found);
});

test('an agent tells by its own metrics how its writes go', () => {
  const trouble = (...lines: string[]) =>
    parseWrites('u', lines.map((line) => `vmagent_remotewrite_${line}\n`).join('')).trouble;
  const through = 'requests_total{url="1:secret-url", status_code="2XX"} 5';
  expect(trouble(through, 'errors_total{url="1:secret-url"} 0')).toBe('');
  expect(trouble('errors_total{url="1"} 7', 'retries_count_total{url="1"} 3')).toBe(
    'none of its writes has got through, and 3 were tried again',
  );
  // What failed before and waits no more is over.
  expect(trouble(through, 'errors_total{url="1"} 7', 'pending_data_bytes{url="1"} 0')).toBe('');
  expect(trouble(through, 'errors_total{url="1"} 7', 'pending_data_bytes{url="1"} 9')).toContain(
    'samples wait',
  );
  expect(trouble(through, 'packets_dropped_total{url="1"} 2')).toContain('refused 2 blocks');
});
