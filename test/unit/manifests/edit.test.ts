import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse, parseDocument, stringify } from 'yaml';
import type { Json } from '../../../src/kubernetes/index.ts';
import { editedText, parseManifests } from '../../../src/manifests/index.ts';

/** The text of a one-document file after its object became what `change` makes of it. */
function edited(source: string, change: (object: Json) => Json): string {
  const parsed = parseManifests(source, 'f.yaml');
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.documents
    .map((document) =>
      editedText(
        document,
        parsed.manifests
          .filter((manifest) => manifest.document === document)
          .map(({ path, value }) => ({ path, value: change(JSON.parse(JSON.stringify(value))) })),
      ),
    )
    .join('');
}

/** Adds labels and a port, as admission does. */
function grown(object: Json): Json {
  const { metadata, spec, ...others } = object;
  const { labels, ...meta } = Object(metadata);
  const { ports, ...inner } = Object(spec);
  return {
    ...others,
    metadata: { ...meta, labels: { ...labels, 'app.kubernetes.io/name': 'etcd', on: 'yes' } },
    spec: { ...inner, ports: [...(ports ?? []), { name: 'metrics', port: 9187 }] },
  };
}

describe('a document with additions', () => {
  test('keeps comments, order, quotes and blank lines: only lines are added', () => {
    expect(
      edited(
        `# head
apiVersion: v1   # aligned
kind: Service
metadata:
    name: "etcd"
    labels:   # ours
        team: 'db'   # who

        # before annotations
    annotations: {a: b}
spec:
  ports:
  # the client's
  - {name: client, port: 2379}

  - name: peer
    port: 2380 # other members

  selector: {app: etcd}
`,
        grown,
      ),
    ).toBe(
      `# head
apiVersion: v1   # aligned
kind: Service
metadata:
    name: "etcd"
    labels:   # ours
        team: 'db'   # who
        app.kubernetes.io/name: etcd
        "on": "yes"

        # before annotations
    annotations: {a: b}
spec:
  ports:
  # the client's
  - {name: client, port: 2379}

  - name: peer
    port: 2380 # other members
  - name: metrics
    port: 9187

  selector: {app: etcd}
`,
    );
  });

  test('gets maps that were not there after the last member, also without a last newline', () => {
    expect(
      edited(
        'apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n  type: ClusterIP',
        grown,
      ),
    ).toBe(
      `apiVersion: v1
kind: Service
metadata:
  name: a
  labels:
    app.kubernetes.io/name: etcd
    "on": "yes"
spec:
  type: ClusterIP
  ports:
    - name: metrics
      port: 9187`,
    );
  });

  test('keeps Windows line ends', () => {
    expect(
      edited(
        'apiVersion: v1\r\nkind: Service\r\nmetadata:\r\n  labels:\r\n    a: b\r\nspec:\r\n  ports:\r\n  - port: 1\r\n',
        grown,
      ),
    ).toBe(
      'apiVersion: v1\r\nkind: Service\r\nmetadata:\r\n  labels:\r\n    a: b\r\n    app.kubernetes.io/name: etcd\r\n    "on": "yes"\r\nspec:\r\n  ports:\r\n  - port: 1\r\n  - name: metrics\r\n    port: 9187\r\n',
    );
  });

  test('keeps JSON as JSON, indented as it was', () => {
    const source = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'a', labels: { a: 'b' } },
      spec: { ports: [{ port: 1 }] },
    };
    for (const indent of [2, 4, '\t', 0]) {
      const text = edited(JSON.stringify(source, null, indent), grown);
      expect(JSON.parse(text)).toEqual(grown(source));
      if (indent !== 0) expect(text).toBe(JSON.stringify(grown(source), null, indent));
    }
  });

  test('keeps flow style', () => {
    expect(
      edited(
        'apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: {}}\nspec: {ports: [{port: 1}]}\n',
        grown,
      ),
    ).toBe(
      'apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: { app.kubernetes.io/name: etcd, "on": "yes" }}\nspec: {ports: [{port: 1}, { name: metrics, port: 9187 }]}\n',
    );
  });

  test('changes the objects of a List where they stand', () => {
    expect(
      edited(
        'apiVersion: v1\nkind: ServiceList\nitems:\n- metadata:\n    name: a # one\n    labels: {a: b}\n  spec:\n    ports:\n    - port: 1\n',
        grown,
      ),
    ).toBe(
      'apiVersion: v1\nkind: ServiceList\nitems:\n- metadata:\n    name: a # one\n    labels: {a: b, app.kubernetes.io/name: etcd, "on": "yes"}\n  spec:\n    ports:\n    - port: 1\n    - name: metrics\n      port: 9187\n',
    );
  });

  test('writes out what an alias stands for, where that gets additions', () => {
    expect(
      edited(
        `apiVersion: v1
kind: Service
metadata:
  name: a # its name
  labels: &labels
    app: etcd
spec:
  selector: *labels # the same
  ports:
  - port: 1
`,
        grown,
      ),
    ).toBe(`apiVersion: v1
kind: Service
metadata:
  name: a # its name
  labels: &labels
    app: etcd
    app.kubernetes.io/name: etcd
    "on": "yes"
spec:
  selector: { app: etcd } # the same
  ports:
  - port: 1
  - name: metrics
    port: 9187
`);
  });

  test('with a null where the map should be is still right', () => {
    const text = edited(
      'apiVersion: v1\nkind: Service\nmetadata:\n  labels:\n  name: a\nspec:\n  ports: null\n',
      grown,
    );
    expect(parse(text)).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { labels: { 'app.kubernetes.io/name': 'etcd', on: 'yes' }, name: 'a' },
      spec: { ports: [{ name: 'metrics', port: 9187 }] },
    });
  });

  test('without changes is the same text', () => {
    const source = 'apiVersion: v1\nkind: Service\nmetadata: {   name: a }   # odd\n\n\n';
    expect(edited(source, (object) => object)).toBe(source);
  });
});

describe('whatever a document looks like', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9./-]{0,8}$/);
  const scalar = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom('yes', 'on', '1e3', '0x10', 'null', 'a: b', '# x', 'multi\nline\n', ' lead'),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      scalar,
      fc.dictionary(word, tie('value'), { maxKeys: 3, noNullPrototype: true }),
      fc.array(tie('value'), { maxLength: 3 }),
    ),
  }));
  const map = fc.dictionary(word, value, { maxKeys: 3, noNullPrototype: true });
  const object = fc.record({
    apiVersion: fc.constant('v1'),
    kind: fc.constant('Service'),
    metadata: fc.record({ name: word, labels: map, extra: map }),
    spec: fc.record({ ports: fc.array(map, { maxLength: 3 }), other: value }),
  });
  const style = fc.record({
    indent: fc.integer({ min: 1, max: 5 }),
    indentSeq: fc.boolean(),
    lineWidth: fc.constantFrom(0, 20, 80),
    collectionStyle: fc.constantFrom('any' as const, 'flow' as const, 'block' as const),
    defaultStringType: fc.constantFrom('PLAIN' as const, 'QUOTE_DOUBLE' as const),
    defaultKeyType: fc.constantFrom('PLAIN' as const, 'QUOTE_SINGLE' as const),
  });

  test('the edited text says the object with its additions, and loses no line of block style', () => {
    fc.assert(
      fc.property(object, style, (source, options) => {
        const before = stringify(source, { ...options, aliasDuplicateObjects: false });
        // Some styles of the library's writer its own reader does not understand.
        fc.pre(parseDocument(before).errors.length === 0);
        const after = edited(before, grown);
        expect(parse(after)).toEqual(grown(source));
        if (options.collectionStyle !== 'block') return;
        const lines = after.split('\n');
        const kept = before.split('\n').filter((line) => !/\[\]|\{\}/.test(line));
        for (const line of kept) expect(lines).toContain(line);
      }),
      { numRuns: 100 },
    );
  });
});
