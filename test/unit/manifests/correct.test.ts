import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { editedObject, type FieldEdit, isJson } from '../../../src/kubernetes/index.ts';
import { correctedText } from '../../../src/manifests/index.ts';

const source = `# who reads the shop
apiVersion: operator.victoriametrics.com/v1beta1
kind: VMServiceScrape
metadata: {name: web, labels: {team: a, 'stage': "test"}} # no owner
spec:
  selector:
    matchLabels:
      app: "web|site"   # both
  # the endpoints
  endpoints:
    - targetPort: "9090" # quoted
      interval: 1M

      # kept apart
      scrapeTimeout: '5s'
    # the second one
    - {port: http, path: /stats, scheme: HTTP}
    - port: admin
      relabelConfigs:
        - action: drop
          regex: x
`;

function corrected(text: string, ...edits: FieldEdit[]): string {
  return correctedText({ file: 'f.yaml', line: 1, text }, [], edits);
}

/** The lines that go, and those that come. */
function difference(before: string, after: string): { gone: string[]; new: string[] } {
  const [old, now] = [before, after].map((text) => text.split('\n'));
  return {
    gone: (old ?? []).filter((line) => !now?.includes(line)),
    new: (now ?? []).filter((line) => !old?.includes(line)),
  };
}

const cases: Readonly<Record<string, [FieldEdit[], { gone: string[]; new: string[] }]>> = {
  'another value': [
    [{ action: 'set', path: ['spec', 'endpoints', 0, 'interval'], value: '1m' }],
    { gone: ['      interval: 1M'], new: ['      interval: 1m'] },
  ],
  'a number in place of a text, and its comment': [
    [{ action: 'set', path: ['spec', 'endpoints', 0, 'targetPort'], value: 9090 }],
    {
      gone: ['    - targetPort: "9090" # quoted'],
      new: ['    - targetPort: 9090 # quoted'],
    },
  ],
  'another name and another value': [
    [
      { action: 'rename', path: ['spec', 'endpoints', 0, 'targetPort'], to: 'port' },
      { action: 'set', path: ['spec', 'endpoints', 0, 'port'], value: 'metrics' },
    ],
    { gone: ['    - targetPort: "9090" # quoted'], new: ['    - port: metrics # quoted'] },
  ],
  'a field that goes': [
    [{ action: 'remove', path: ['spec', 'endpoints', 0, 'scrapeTimeout'] }],
    { gone: ["      scrapeTimeout: '5s'"], new: [] },
  ],
  'the first field after a dash': [
    [{ action: 'remove', path: ['spec', 'endpoints', 2, 'port'] }],
    {
      gone: ['    - port: admin', '      relabelConfigs:'],
      new: ['    - relabelConfigs:'],
    },
  ],
  'an item of a list': [
    [{ action: 'remove', path: ['spec', 'endpoints', 1] }],
    { gone: ['    - {port: http, path: /stats, scheme: HTTP}'], new: [] },
  ],
  'a field within braces': [
    [
      { action: 'remove', path: ['spec', 'endpoints', 1, 'path'] },
      { action: 'set', path: ['spec', 'endpoints', 1, 'scheme'], value: 'http' },
    ],
    {
      gone: ['    - {port: http, path: /stats, scheme: HTTP}'],
      new: ['    - {port: http, scheme: http}'],
    },
  ],
  'the last field within braces': [
    [{ action: 'remove', path: ['metadata', 'labels', 'stage'] }],
    {
      gone: [`metadata: {name: web, labels: {team: a, 'stage': "test"}} # no owner`],
      new: ['metadata: {name: web, labels: {team: a}} # no owner'],
    },
  ],
  'the only label, and an expression in its place': [
    [
      { action: 'remove', path: ['spec', 'selector', 'matchLabels', 'app'] },
      {
        action: 'append',
        path: ['spec', 'selector', 'matchExpressions'],
        value: { key: 'app', operator: 'In', values: ['web', 'site'] },
      },
    ],
    {
      gone: ['    matchLabels:', '      app: "web|site"   # both'],
      new: [
        '    matchLabels: {}   # both',
        '    matchExpressions:',
        '      - key: app',
        '        operator: In',
        '        values:',
        '          - web',
        '          - site',
      ],
    },
  ],
  'a map in place of a map': [
    [{ action: 'set', path: ['spec', 'selector'], value: { matchLabels: { app: 'web' } } }],
    {
      gone: ['      app: "web|site"   # both'],
      new: ['      app: web   # both'],
    },
  ],
  'a field where none is': [
    [{ action: 'set', path: ['spec', 'namespaceSelector', 'matchNames'], value: ['lab'] }],
    { gone: [], new: ['  namespaceSelector:', '    matchNames:', '      - lab'] },
  ],
  'one more item': [
    [
      {
        action: 'append',
        path: ['spec', 'endpoints', 2, 'relabelConfigs'],
        value: { action: 'keep', sourceLabels: ['service'] },
      },
    ],
    {
      gone: [],
      new: ['        - action: keep', '          sourceLabels:', '            - service'],
    },
  ],
};

describe('a document with corrections', () => {
  test.each(Object.entries(cases))('%s: nothing else moves', (_, [edits, expected]) => {
    const after = corrected(source, ...edits);
    expect(difference(source, after)).toEqual(expected);
    expect(parse(after)).toEqual(editedObject(parse(source), edits));
  });

  test('of a List, and with the line ends of Windows', () => {
    const list = `kind: List\r\nitems:\r\n- kind: A\r\n  spec: {a: 1} # one\r\n- kind: B\r\n`;
    const after = correctedText(
      { file: 'f', line: 1, text: list },
      ['items', 0],
      [{ action: 'set', path: ['spec', 'a'], value: 2 }],
    );
    expect(after).toBe(list.replace('{a: 1}', '{a: 2}'));
  });

  test('leaves what an alias stands for, when that to which it points changes', () => {
    const text = 'a: &x {port: http}\nb: *x # the same\n';
    const after = corrected(text, { action: 'set', path: ['a', 'port'], value: 'metrics' });
    expect(parse(after)).toEqual({ a: { port: 'metrics' }, b: { port: 'http' } });
    expect(after).toContain('# the same');
  });

  test('of JSON keeps its indentation and order', () => {
    const text = `{\n    "a": "x",\n    "b": [1]\n}\n`;
    const after = corrected(text, { action: 'rename', path: ['a'], to: 'c' });
    expect(after).toBe(`{\n    "c": "x",\n    "b": [\n        1\n    ]\n}\n`);
  });

  test('throws where an edit has no place', () => {
    expect(() => corrected(source, { action: 'remove', path: ['spec', 'jobLabel'] })).toThrow(
      'f.yaml:1: the edit has no place',
    );
  });

  test('says what was meant, whatever the document', () => {
    const value = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }));
    const style = fc.record({
      flow: fc.boolean(),
      indentSeq: fc.boolean(),
    });
    fc.assert(
      fc.property(value, style, fc.nat(), fc.nat(3), (object, { flow, indentSeq }, at, kind) => {
        const paths = pathsIn(object);
        const path = paths[at % Math.max(paths.length, 1)];
        if (path === undefined) return;
        const edit = editAt(path, kind);
        const after = editedObject(object, [edit]);
        if (after === undefined) return;
        const options = {
          indentSeq,
          version: '1.1',
          collectionStyle: flow ? 'flow' : 'any',
        } as const;
        const text = stringify(object, options);
        expect(parse(corrected(text, edit))).toEqual(after);
      }),
      { numRuns: 400 },
    );
  });
});

function editAt(path: (string | number)[], kind: number): FieldEdit {
  switch (kind) {
    case 0:
      return { action: 'remove', path };
    case 1:
      return { action: 'rename', path, to: 'renamed' };
    case 2:
      return { action: 'set', path, value: { changed: ['30s', 1] } };
    default:
      return { action: 'set', path, value: '30s' };
  }
}

function pathsIn(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => [[...path, index], ...pathsIn(item, [...path, index])]);
  }
  if (!isJson(value)) return [];
  return Object.keys(value).flatMap((key) => [
    [...path, key],
    ...pathsIn(value[key], [...path, key]),
  ]);
}
