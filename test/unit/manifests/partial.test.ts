import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Composer, Parser, stringify, type ToStringOptions } from 'yaml';
import { isJson, type Json, text } from '../../../src/kubernetes/index.ts';
import { parseManifests } from '../../../src/manifests/index.ts';
import { isKnownByMetadata } from '../../../src/manifests/partial.ts';
import { maxAliasCount, yamlOptions } from '../../../src/manifests/yaml-options.ts';

/** What a whole parse makes of each document of a stream: its value, or that it can't be read. */
function wholeValues(source: string): readonly (unknown | Unreadable)[] {
  const documents = new Composer(yamlOptions).compose(new Parser().parse(source), false);
  return Array.from(documents, (document) => {
    if (document.errors.length > 0) return unreadable;
    try {
      return document.toJS({ maxAliasCount });
    } catch {
      return unreadable;
    }
  });
}

const unreadable = Symbol('unreadable');
type Unreadable = typeof unreadable;

/** What has to be read of a document: all of an object that matters, the metadata of another, nothing of the rest. */
function essence(value: unknown): unknown {
  if (value === unreadable) return value;
  if (!isObject(value)) return undefined;
  const { apiVersion, kind, metadata } = value;
  return isPartial(value) ? { apiVersion, kind, metadata } : value;
}

function isObject(value: unknown): value is Json {
  return (
    isJson(value) &&
    typeof value.apiVersion === 'string' &&
    typeof value.kind === 'string' &&
    isJson(value.metadata)
  );
}

function isPartial(value: unknown): boolean {
  return (
    isObject(value) && isKnownByMetadata(text(value, 'apiVersion') ?? '', text(value, 'kind') ?? '')
  );
}

/**
 * Reads a stream as `review` does, and whole, and compares. Mistakes are only missed in documents of kinds that are
 * known by their metadata: without those the stream has none.
 */
function expectSameAsWhole(source: string): void {
  const whole = wholeValues(source);
  const read = parseManifests(source, 'f.yaml');
  if ('problems' in read) {
    expect(whole).toContain(unreadable);
    return;
  }
  const texts = read.documents.map((document) => document.text);
  expect(texts.join('')).toBe(whole.length === 0 ? '' : source);
  const found = read.documents.map(
    (document) => read.manifests.find((manifest) => manifest.document === document)?.value,
  );
  if (whole.includes(unreadable)) {
    const isKept = (_: unknown, index: number) => !isPartial(found[index]);
    expect(wholeValues(texts.filter(isKept).join('')).map(essence)).toEqual(found.filter(isKept));
    return;
  }
  expect(found).toHaveLength(whole.length);
  for (const [index, value] of whole.entries()) {
    // One that lines alone don't tell is parsed whole.
    expect([essence(value), value]).toContainEqual(found[index]);
  }
}

const kinds = [
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'v1', kind: 'ConfigMap' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  { apiVersion: 'example.com/v1', kind: 'Role' },
  { apiVersion: 'operator.victoriametrics.com/v1beta1', kind: 'VMServiceScrape' },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role' },
  { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' },
] as const;

/** Texts that look like the start of something else, for anybody who only looks at lines. */
const texts = fc.oneof(
  fc.constantFrom(
    'kind: Service',
    'a\nkind: Service\n',
    '\n---\napiVersion: v1\nkind: Service\n',
    '---\n',
    'a "quoted" text, and more of it\n\n  indented: by two\nspec: |\n',
    '{{ template }}',
    '# no comment',
    "it's",
    '&a *b',
    'ends with a break\n',
    'ends with two\n\n',
    'true',
    '\t',
  ),
  fc.string({ maxLength: 12 }),
);

const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    texts,
    fc.integer(),
    fc.constant(null),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom('kind', 'apiVersion', 'metadata'), texts), tie('json'), {
      maxKeys: 3,
    }),
  ),
}));

const object = fc
  .record({
    type: fc.constantFrom(...kinds),
    name: texts,
    annotations: fc.dictionary(fc.constantFrom('a', 'b.c/d'), texts),
    rest: fc.dictionary(fc.constantFrom('spec', 'data', 'rules', 'status', 'x.y'), json),
    order: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
  })
  .map(({ type, name, annotations, rest, order }) => {
    const members = Object.entries({ ...type, metadata: { name, annotations }, ...rest });
    return Object.fromEntries(
      members
        .map((member, index) => ({ member, at: order[index] ?? 0 }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ member }) => member),
    );
  });

const styles = fc.record({
  collectionStyle: fc.constantFrom('any', 'block', 'flow'),
  defaultStringType: fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE'),
  defaultKeyType: fc.constantFrom('PLAIN', 'QUOTE_DOUBLE', null),
  blockQuote: fc.constantFrom<NonNullable<ToStringOptions['blockQuote']>>(
    true,
    false,
    'folded',
    'literal',
  ),
  indentSeq: fc.boolean(),
  indent: fc.constantFrom(1, 2, 4),
  lineWidth: fc.constantFrom(0, 25, 80),
} as const);

const document = fc
  .tuple(object, styles, fc.boolean())
  .map(([value, style, isJsonText]) =>
    isJsonText ? `${JSON.stringify(value, null, 1)}\n` : stringify(value, style),
  );

const separator = fc.constantFrom(
  '---\n',
  '--- # Source: chart/templates/a.yaml\n',
  '---\n# a comment\n\n',
  '---  \n',
  '---\n---\n',
  '...\n---\n',
  '# between\n---\n',
);

const stream = fc
  .tuple(
    fc.constantFrom(
      '',
      '\uFEFF# first\n',
      '# first\n',
      ' # first\n---\n',
      '\t\n---\n',
      '---\n',
      '# first\n---\n',
      '%YAML 1.2\n---\n',
      '\uFEFF',
    ),
    fc.array(fc.tuple(document, separator), { minLength: 1, maxLength: 4 }),
    fc.constantFrom('\n', '\r\n'),
  )
  .map(([start, parts, newline]) => (start + parts.flat().join('')).replaceAll('\n', newline));

/** Lines of which every order is tried: valid streams, and all that a slip of the hand makes of them. */
const line = fc.constantFrom(
  'apiVersion: v1',
  'apiVersion: rbac.authorization.k8s.io/v1',
  'apiVersion: rbac.authorization.k8s.io/v1 # a comment',
  'kind: Role',
  'kind: "Role"',
  "kind: 'Role'",
  'kind: Role',
  'kind: Service',
  'kind:',
  '  Role',
  'kind: |',
  'kind: !!str Role',
  'kind: &kind Role',
  'kind: *kind',
  'kind:Role',
  'kind : Role',
  '"kind": Service',
  '? kind',
  ': Service',
  '<<: *kind',
  '<<: { kind: Service }',
  '{ kind: Service }',
  ' kind: Service',
  'metadata: { name: a }',
  'metadata: { name: *name }',
  'apiVersion: &name rbac.authorization.k8s.io/v1',
  '-kind: Role',
  '--- # a comment\r',
  '\t',
  '\t# a comment',
  'metadata:',
  '  name: b',
  '  name: &name b',
  '  {{ name }}',
  'metadata: {',
  '}',
  'rules: *name',
  'rules: &kind Service',
  'rules:',
  '- kind: Service',
  '- ',
  '-',
  'rules: |',
  '  kind: Service',
  '\tkind: Service',
  'rules: "',
  '  kind: Service"',
  'rules: [',
  ']',
  'rules: >-',
  '# a comment',
  '  # a comment',
  '',
  '  ',
  '---',
  '--- |',
  '--- { kind: Service }',
  '---kind: Role',
  '--- # a comment',
  '...',
  '%YAML 1.1',
  'text',
  'a\rkind: Service',
);

function linesUpTo(maxLength: number) {
  return fc
    .array(line, { maxLength })
    .chain((all) => fc.constantFrom('\n', '\r\n').map((newline) => all.join(newline)));
}

describe('a document of which only the metadata is parsed', () => {
  test('leaves every object that matters as a whole parse gives it, in generated manifests', () => {
    fc.assert(fc.property(stream, expectSameAsWhole), { numRuns: 400 });
  });

  test('leaves every object that matters as a whole parse gives it, in lines of any order', () => {
    fc.assert(fc.property(linesUpTo(14), expectSameAsWhole), { numRuns: 3_000 });
  });

  test('leaves every object that matters as a whole parse gives it, in an object with any lines put in', () => {
    const role = [
      'apiVersion: rbac.authorization.k8s.io/v1',
      'kind: Role',
      'metadata: { name: a }',
      'rules:',
      '- verbs: [get]',
      '---',
      'kind: Role',
      'metadata:',
      '  name: a',
      'apiVersion: rbac.authorization.k8s.io/v1',
    ];
    fc.assert(
      fc.property(linesUpTo(2), fc.nat(role.length), (put, at) =>
        expectSameAsWhole(role.toSpliced(at, 0, put).join('\n')),
      ),
      { numRuns: 6_000 },
    );
  });

  test('leaves every object that matters as a whole parse gives it, in all fixtures', async () => {
    const root = new URL('../../../', import.meta.url).pathname;
    for (const folder of ['test/fixtures', 'deploy', 'docs']) {
      const entries = await readdir(join(root, folder), { recursive: true });
      for (const entry of entries.filter((name) => name.endsWith('.yaml'))) {
        expectSameAsWhole(await readFile(join(root, folder, entry), 'utf8'));
      }
    }
  });
});

const crd = `# Made by controller-gen.

---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: a.example.com
spec:
  group: example.com
  names: [
`;

function problemsOf(source: string): readonly string[] {
  const read = parseManifests(source, 'f.yaml');
  return 'problems' in read ? read.problems.map(({ line, message }) => `${line}: ${message}`) : [];
}

describe('a mistake in a document of which only the metadata is parsed', () => {
  test('is not seen in what is not parsed', () => {
    for (const source of [crd, `\uFEFF${crd}`, crd.replaceAll('\n', '\r\n')]) {
      const read = parseManifests(source, 'f.yaml');
      expect(read).toEqual({
        file: 'f.yaml',
        documents: [{ file: 'f.yaml', text: source, line: 1 }],
        manifests: [
          {
            document: { file: 'f.yaml', text: source, line: 1 },
            path: [],
            value: {
              apiVersion: 'apiextensions.k8s.io/v1',
              kind: 'CustomResourceDefinition',
              metadata: { name: 'a.example.com' },
            },
          },
        ],
        skipped: [],
      });
    }
  });

  test.each([
    ['in the metadata', 'metadata:\n', 'metadata:\n  labels: [\n', /^8: Flow sequence/],
    ['in column 0', 'spec:\n', 'spec\n', /^8: /],
    ['as a member that stands twice', 'metadata:', 'spec: {}\nmetadata:', /^9: Map keys must be/],
    ['as a tab for indentation', '  group', '  \tgroup', /^9: Tabs are not allowed/],
    [
      'as an action of a template',
      '  group',
      '  {{- include "x" . }}\n  group',
      /^9: .*a Helm template/,
    ],
    ['as a key without a space', 'spec:\n', 'spec:x\n', /^8: /],
  ])('is named %s', (_where, before, after, message) => {
    const whole = crd.replace('  names: [\n', '');
    expect(problemsOf(whole)).toEqual([]);
    expect(problemsOf(whole.replace(before, after))).toContainEqual(expect.stringMatching(message));
  });

  test('is named with its line in the document after it', () => {
    expect(problemsOf(`${crd}---\nkind: Service\nkind: Service\n`)).toEqual([
      '13: Map keys must be unique',
    ]);
  });
});
