import { describe, expect, test } from '@jest/globals';
import type { AdmissionRecord } from '../../../src/admission/index.ts';
import { decisionLog, errorText } from '../../../src/telemetry/index.ts';

const record: AdmissionRecord = {
  webhook: 'strong.autoscrape.multigres.com',
  uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
  kind: 'Service',
  operation: 'CREATE',
  namespace: 'db',
  name: 'pg-etcd',
  dryRun: false,
  component: 'etcd',
  outcome: 'patched',
  because: 'owner',
  evidence: { kind: 'owner', strength: 'strong', group: 'multigres.io', owner: 'Etcd' },
  operations: [
    { op: 'add', path: '/metadata/labels', value: { password: 'hunter2' } },
    { op: 'add', path: '/spec/ports/-', value: { name: 'client' } },
  ],
  findings: [],
};

const fields = {
  webhook: 'strong.autoscrape.multigres.com',
  uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
  kind: 'Service',
  operation: 'CREATE',
  namespace: 'db',
  name: 'pg-etcd',
  component: 'etcd',
  outcome: 'patched',
  because: 'owner',
  ms: 1.235,
  patch: ['/metadata/labels', '/spec/ports/-'],
};

function logged(
  changes: Partial<AdmissionRecord> = {},
  thrown: unknown = undefined,
  decisions: 'all' | 'changes' | 'none' = 'all',
) {
  const lines: (readonly [string, object, string])[] = [];
  const write = (level: string) => (line: object, message: string) => {
    lines.push([level, line, message]);
  };
  const log = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
  decisionLog(log, { decisions })({ ...record, ...changes }, thrown, 0.001_234_56);
  return lines;
}

describe('the line of an admission', () => {
  test('says what was decided about which object and why, and what was added where, never the values', () => {
    expect(logged()).toEqual([['info', fields, 'admitted with additions']]);
  });

  test('says so of a dry run, and has no patch where there is none', () => {
    const { patch, ...rest } = fields;
    expect(logged({ dryRun: true, operations: [], outcome: 'unchanged' })).toEqual([
      ['info', { ...rest, outcome: 'unchanged', dryRun: true }, 'admitted, nothing to add'],
    ]);
    expect(patch).toHaveLength(2);
  });

  test('names findings by their codes', () => {
    const finding = {
      code: 'no-service',
      severity: 'warning',
      object: { apiVersion: 'v1', kind: 'Service', namespace: 'db', name: 'x' },
      field: '',
      message: '',
      fix: '',
      certain: false,
    } as const;
    const [line] = logged({ findings: Array(25).fill(finding), operations: [] });
    expect(line?.[1]).toHaveProperty('findings', Array(20).fill('no-service'));
  });

  test('is louder where the object was admitted without having been looked at', () => {
    const because = { operations: [], component: '' };
    expect(logged({ ...because, outcome: 'skipped', because: 'late' })[0]?.[0]).toBe('warn');
    const [line] = logged({ ...because, outcome: 'error', because: 'exception' }, new Error('no'));
    expect([line?.[0], line?.[2]]).toEqual(['error', 'admitted as it was: something broke']);
    expect(line?.[1]).toHaveProperty('error', expect.stringMatching(/^Error: no\n {4}at /));
  });

  test('is bounded, whatever the object is called and the patch is', () => {
    const operations = Array.from({ length: 500 }, (_, index) => ({
      op: 'add' as const,
      path: `/${index}/${'x'.repeat(5_000)}`,
      value: 0,
    }));
    const [line] = logged({ operations, uid: 'u'.repeat(9_999) }, 'x'.repeat(99_999));
    expect(JSON.stringify(line?.[1]).length).toBeLessThan(12_000);
  });
});

test.each([
  ['all', 'patched', 1],
  ['all', 'unchanged', 1],
  ['all', 'ignored', 1],
  ['changes', 'patched', 1],
  ['changes', 'denied', 1],
  ['changes', 'skipped', 1],
  ['changes', 'error', 1],
  ['changes', 'unchanged', 0],
  ['changes', 'ignored', 0],
  ['none', 'error', 0],
] as const)(
  'with log.decisions %s, an admission that was %s has %d lines',
  (decisions, outcome, lines) => {
    expect(logged({ outcome, operations: [] }, undefined, decisions)).toHaveLength(lines);
  },
);

test.each([
  [new Error('a'), /^Error: a\n/],
  ['a', /^a$/],
  [undefined, /^undefined$/],
  [{ a: 1 }, /^\[object Object\]$/],
])('of %p that was thrown there is a text', (thrown, text) => {
  expect(errorText(thrown)).toMatch(text);
});
