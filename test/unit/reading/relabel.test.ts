import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type LabelReader,
  parsedRule,
  problemOf,
  type RuleProblem,
  relabel as relabelled,
} from '../../../src/reading/relabel.ts';
import { xxhash64 } from '../../../src/reading/xxhash.ts';
import { scrape } from '../inventory/build.ts';

/** Says what becomes of a target: `moved` where it is kept at another address. */
function relabel(...[all, labels]: Parameters<typeof relabelled>): string {
  const result = relabelled(all, (name) => (name === '__address__' ? address : labels(name)));
  if (result.outcome !== 'kept') return result.outcome;
  const left = result.labels('__address__');
  if (left === undefined) return 'undecided';
  // vmagent drops a target without an address, and one without any label: the cases tell these apart.
  if (left === '') return 'undecided';
  return left === address ? 'kept' : 'moved';
}

const address = '1.2.3.4:5';

function rules(...relabelConfigs: readonly unknown[]) {
  const [endpoint] = scrape('s', { endpoints: [{ relabelConfigs }] }).endpoints;
  return (endpoint?.relabelRules ?? []).map(parsedRule);
}

/** Knows the labels given, and that there are no others; the address it does not know. */
function knowing(labels: Readonly<Record<string, string>>, unknown: readonly string[] = []) {
  const read: LabelReader = (name) => {
    if (name === '__address__' || unknown.includes(name)) return undefined;
    return Object.hasOwn(labels, name) ? labels[name] : '';
  };
  return read;
}

interface Case {
  readonly rules: readonly unknown[];
  readonly labels: Readonly<Record<string, string>>;
  readonly outcome: 'kept' | 'dropped' | 'moved' | 'invalid';
}

/** What vmagent's own code (VictoriaMetrics of 2025-07-18, lib/promrelabel) made of random rules and labels. */
const cases: readonly Case[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/relabel/vmagent.json'), 'utf8'),
);

describe('relabelling', () => {
  test.each(['kept', 'dropped', 'moved', 'invalid'] as const)(
    'says nothing else than vmagent does of targets that it has %s',
    (outcome) => {
      const verdicts = cases
        .filter((one) => one.outcome === outcome)
        .map((one) => relabel(rules(...one.rules), knowing(one.labels)));
      const right = { kept: 'kept', dropped: 'dropped', moved: 'moved', invalid: 'dropped' };
      const decided = verdicts.filter((verdict) => verdict !== 'undecided');
      expect(new Set(decided)).toEqual(new Set([right[outcome]]));
    },
  );

  test('decides the rules that people write', () => {
    const labels = knowing({ __meta_kubernetes_service_name: 'db', tier: 'gold' });
    const keep = (regex: string) => ({
      action: 'keep',
      sourceLabels: ['__meta_kubernetes_service_name'],
      regex,
    });
    expect(relabel(rules(), labels)).toBe('kept');
    expect(relabel(rules(keep('db')), labels)).toBe('kept');
    expect(relabel(rules(keep('db-headless')), labels)).toBe('dropped');
    expect(relabel(rules(keep('d(b|c)')), labels)).toBe('kept');
    expect(relabel(rules({ ...keep('db'), action: 'drop' }), labels)).toBe('dropped');
    expect(
      relabel(
        rules({ target_label: 'x', replacement: 'y' }, { ...keep('y'), sourceLabels: ['x'] }),
        labels,
      ),
    ).toBe('kept');
  });

  test('leaves undecided what depends on labels that are not known', () => {
    const labels = knowing({ a: 'x' }, ['b']);
    const on = (sourceLabels: string[], regex: string) =>
      relabel(rules({ action: 'keep', sourceLabels, regex }), labels);
    expect(on(['b'], 'x')).toBe('undecided');
    expect(on(['a', 'b'], 'x;y')).toBe('undecided');
    expect(on(['b'], '.*')).toBe('kept');
    expect(
      relabel(
        rules(
          { action: 'keep', sourceLabels: ['b'], regex: 'x' },
          { action: 'drop', sourceLabels: ['a'], regex: 'x' },
        ),
        labels,
      ),
    ).toBe('dropped');
    expect(relabel(rules({ action: 'keep_if_equal', sourceLabels: ['a', 'b'] }), labels)).toBe(
      'undecided',
    );
  });

  test('follows an address that is rewritten, and conditions as people write them', () => {
    const labels = knowing({ a: 'x' });
    expect(
      relabel(
        rules({
          sourceLabels: ['__address__'],
          regex: '(.+):.*',
          targetLabel: '__address__',
          replacement: '$1:80',
        }),
        labels,
      ),
    ).toBe('moved');
    expect(relabel(rules({ sourceLabels: ['__address__'], targetLabel: 'instance' }), labels)).toBe(
      'kept',
    );
    expect(relabel(rules({ action: 'keep', if: '{a="x" or b="y"}' }), labels)).toBe('kept');
    expect(relabel(rules({ action: 'keep', if: 'sum(a)' }), labels)).toBe('undecided');
    expect(
      relabel(rules({ action: 'drop', sourceLabels: ['a'], regex: 'y', if: 'sum(a)' }), labels),
    ).toBe('kept');
  });

  test('does not take long, whatever is written', () => {
    const nested = rules(
      ...Array.from({ length: 50 }, () => ({
        action: 'keep',
        sourceLabels: ['a'],
        regex: '(x+x+)+y',
      })),
    );
    expect(relabel(nested, knowing({ a: 'x'.repeat(63) }))).toBe('dropped');
    expect(
      relabel(
        rules({ action: 'keep', sourceLabels: ['a'], regex: '((a{30}){30}){1,1}|'.repeat(40) }),
        knowing({ a: 'b' }),
      ),
    ).toBe('undecided');
    expect(
      relabel(
        rules(...Array.from({ length: 201 }, () => ({ action: 'labeldrop', regex: 'x' }))),
        knowing({}),
      ),
    ).toBe('undecided');
  });

  test('never throws', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (json) => {
        const value: unknown = JSON.parse(json);
        relabel(rules(value, { ...Object(value), action: 'replace' }), knowing({}));
      }),
    );
  });
});

describe('a relabel rule', () => {
  const problem = (rule: unknown) => rules(rule).map(problemOf)[0];

  test.each<[string, unknown, RuleProblem | undefined]>([
    ['keep', { action: 'keep', sourceLabels: ['a'], regex: 'x' }, undefined],
    ['an action in capitals', { action: 'Keep', sourceLabels: ['a'], regex: 'x' }, undefined],
    [
      'an action that does not exist',
      { action: 'kepe' },
      { kind: 'unknown-action', action: 'kepe' },
    ],
    [
      'an expression with a lookahead',
      { action: 'drop', sourceLabels: ['a'], regex: '(?!x)' },
      {
        kind: 'bad-regex',
        regex: '(?!x)',
        reason: 'invalid or unsupported Perl syntax: `(?!`',
      },
    ],
    [
      'replace without a target',
      { sourceLabels: ['a'] },
      { kind: 'missing', action: 'replace', what: 'targetLabel' },
    ],
    [
      'keep without a source',
      { action: 'keep', regex: 'x' },
      { kind: 'missing', action: 'keep', what: 'sourceLabels' },
    ],
    ['keep with a condition in its place', { action: 'keep', if: '{a="b"}' }, undefined],
    [
      'keep_if_equal of one label',
      { action: 'keep_if_equal', sourceLabels: ['a'] },
      { kind: 'missing', action: 'keep_if_equal', what: 'two sourceLabels' },
    ],
    [
      'keep_if_equal with an expression',
      { action: 'keep_if_equal', sourceLabels: ['a', 'b'], regex: 'x' },
      { kind: 'not-allowed', action: 'keep_if_equal', what: 'regex' },
    ],
    [
      'graphite without a match',
      { action: 'graphite' },
      { kind: 'missing', action: 'graphite', what: 'match' },
    ],
    [
      'a list of expressions',
      { action: 'keep', sourceLabels: ['a'], regex: ['x', 'y'] },
      undefined,
    ],
  ])('%s is read as vmagent reads it', (_, rule, expected) => {
    expect(problem(rule)).toEqual(expected);
  });

  test('shows what is left of the labels that make the request', () => {
    const left = (name: string, ...all: readonly unknown[]) => {
      const result = relabelled(rules(...all), (label) => (label === 'a' ? 'x' : ''));
      return result.outcome === 'dropped' ? 'dropped' : result.labels(name);
    };
    expect(left('__metrics_path__', { targetLabel: 'job', replacement: 'x' })).toBe('');
    expect(left('__metrics_path__', { targetLabel: '__metrics_path__', replacement: '/x' })).toBe(
      '/x',
    );
    expect(left('__param_t', { sourceLabels: ['a'], targetLabel: '__param_t' })).toBe('x');
    expect(left('b', { targetLabel: 'b', replacement: 'is {{a}}' })).toBe('is x');
    expect(left('b', { action: 'uppercase', sourceLabels: ['a'], targetLabel: 'b' })).toBe('X');
    expect(left('a', { action: 'labelkeep', regex: 'b' })).toBe('');
    expect(left('__scheme__', { action: 'labelmap', regex: '(.*)' })).toBe(undefined);
  });

  test.each<[string, unknown, string | undefined]>([
    ['.* has a group, as the default has', { regex: '.*', replacement: 'is $1' }, 'is db-0'],
    ['replace_all', { action: 'replace_all', regex: '[a-c]|-', replacement: '<$0>' }, 'd<b><->0'],
    [
      'replace_all of nothing',
      { action: 'replace_all', regex: 'x*', replacement: '.' },
      '.d.b.-.0.',
    ],
    ['replace_all of none', { action: 'replace_all', regex: 'x', replacement: '.' }, ''],
    ['hashmod', { action: 'hashmod', modulus: 1000 }, String(xxhash64('db-0') % 1000n)],
    ['an if that holds', { if: '{pod="db-0"}' }, 'db-0'],
    ['an if that does not', { if: ['{pod=~"x.*"}', 'up{pod="db-0"}'] }, ''],
    ['an if that is not followed', { if: '{pod="\\x64b-0"}' }, undefined],
    ['graphite', { action: 'graphite', match: 'a.*', labels: { left: '$1' } }, ''],
  ])('%s does what vmagent does', (_, rule, expected) => {
    const isWriting = Object(rule).action !== 'graphite';
    const whole = isWriting
      ? { sourceLabels: ['pod'], targetLabel: 'left', ...Object(rule) }
      : rule;
    const result = relabelled(rules(whole), (label) => (label === 'pod' ? 'db-0' : ''));
    expect(result.outcome === 'kept' ? result.labels('left') : result.outcome).toBe(expected);
  });
});

test.each([
  ['', 'ef46db3751d8e999'],
  ['a', 'd24ec4f1a98c6e5b'],
  ['abc', '44bc2cf5ad770999'],
  ['Call me Ishmael. Some years ago--never mind how long precisely-', '2a2e85470d6fd96'],
])('the hash of "%s" is that of XXH64', (text, hash) => {
  expect(xxhash64(text).toString(16)).toBe(hash);
});

describe('rules that would take all memory', () => {
  const doubling = (action: object, count: number) => Array.from({ length: count }, () => action);

  test.each([
    [
      'double a value',
      { sourceLabels: ['a'], regex: '(.+)', replacement: '$1$1', targetLabel: 'a' },
    ],
    ['double it by its name', { replacement: '{{a}}{{a}}', targetLabel: 'a' }],
    [
      'double it everywhere',
      {
        action: 'replace_all',
        sourceLabels: ['a'],
        regex: 'x',
        replacement: 'xx',
        targetLabel: 'a',
      },
    ],
  ])('%s: what comes of it is not known, and the target stays', (_, rule) => {
    const result = relabelled(rules(...doubling(rule, 100)), knowing({ a: 'x' }));
    expect([result.outcome, result.outcome === 'kept' && result.labels('a')]).toEqual([
      'kept',
      undefined,
    ]);
  });

  test('double the labels: which there are is not known', () => {
    const all = Array.from({ length: 100 }, (_, index) => ({
      action: 'labelmap',
      regex: '(.*)',
      replacement: `a${index}_$1`,
    }));
    const listing = () => ({ names: ['a', 'b', 'c'], unlisted: [] });
    const result = relabelled(rules(...all), knowing({ a: 'x', b: 'y', c: 'z' }), listing);
    expect([result.outcome, result.outcome === 'kept' && result.visible()]).toEqual([
      'kept',
      undefined,
    ]);
  });
});
