import { describe, expect, test } from '@jest/globals';
import { parseManifests, type SourceFile } from '../../../src/manifests/index.ts';

function read(source: string): SourceFile {
  const parsed = parseManifests(source, 'f.yaml');
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed;
}

const stream = `# generated
apiVersion: v1
kind: Service
metadata: { name: a }
---
# Source: chart/templates/b.yaml
apiVersion: v1
kind: Service
metadata: { name: b }
---
---
...
---
replicas: 3
---
- just
- a list
---
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
`;

describe('the objects in a file', () => {
  test('a YAML stream gives its objects, with what stands in it besides', () => {
    const file = read(stream);
    expect(file.manifests.map(({ value, path, document }) => [value, path, document.line])).toEqual(
      [
        [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' } }, [], 1],
        [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'b' } }, [], 5],
      ],
    );
    expect(file.skipped).toEqual([
      {
        file: 'f.yaml',
        line: 14,
        message: 'no Kubernetes object: it has no apiVersion, no kind or no metadata',
      },
      { file: 'f.yaml', line: 16, message: 'no Kubernetes object: it is no mapping' },
      {
        file: 'f.yaml',
        line: 19,
        message: 'no Kubernetes object: it has no apiVersion, no kind or no metadata',
      },
    ]);
  });

  test("the documents' texts are together the file", () => {
    for (const source of [stream, `﻿${stream}`, stream.replaceAll('\n', '\r\n'), '', '---\n']) {
      expect(
        read(source)
          .documents.map((document) => document.text)
          .join(''),
      ).toBe(source);
    }
  });

  test('Lists give their items, typed and nested ones too', () => {
    const file = read(
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: [
          { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' } },
          {
            apiVersion: 'apps/v1',
            kind: 'StatefulSetList',
            items: [{ metadata: { name: 'b' } }],
          },
          'nonsense',
          { kind: 'Service' },
        ],
      }),
    );
    expect(file.manifests.map(({ value, path }) => [value, path])).toEqual([
      [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' } }, ['items', 0]],
      [
        { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'b' } },
        ['items', 1, 'items', 0],
      ],
    ]);
    expect(file.skipped).toEqual([]);
  });

  test('a kind that ends in List is an object where it has no items', () => {
    const [only] = read('{apiVersion: x/v1, kind: AllowList, metadata: {name: a}}').manifests;
    expect(only?.value.kind).toBe('AllowList');
  });

  test('an AdmissionReview is skipped', () => {
    const { manifests, skipped } = read(
      '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}',
    );
    expect(manifests).toEqual([]);
    expect(skipped).toEqual([
      { file: 'f.yaml', line: 1, message: 'an AdmissionReview, which nobody applies' },
    ]);
  });

  test('anchors, aliases and merge keys read as Kubernetes reads them', () => {
    const [first] = read(
      'apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  labels: &l { a: b }\nspec:\n  selector:\n    <<: *l\n    c: d\n',
    ).manifests;
    expect(first?.value).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'a', labels: { a: 'b' } },
      spec: { selector: { a: 'b', c: 'd' } },
    });
  });
});

describe('what can not be read', () => {
  function problems(source: string) {
    const parsed = parseManifests(source, 'f.yaml');
    return 'problems' in parsed ? parsed.problems : [];
  }

  test('every mistake of a stream is named with its line', () => {
    expect(problems('a: [1\n---\nb: 1\nb: 2\n')).toEqual([
      {
        file: 'f.yaml',
        line: 2,
        message: expect.stringMatching(/^Flow sequence in block collection must be .*\]$/),
      },
      { file: 'f.yaml', line: 4, message: 'Map keys must be unique' },
    ]);
  });

  test('a Helm template is told to be rendered first', () => {
    const [problem] = problems(
      'apiVersion: v1\nkind: Service\nmetadata:\n  {{- include "x" . }}\n',
    );
    expect(problem?.line).toBe(4);
    expect(problem?.message).toMatch(
      /\(a Helm template\? Render it first: helm template … \| autoscrape review -f -\)$/,
    );
  });

  test('a key that is no text is refused, as a template makes one', () => {
    const [problem] = problems('apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .name }}\n');
    expect(problem?.line).toBe(4);
    expect(problem?.message).toMatch(/keys must be strings \(a Helm template\?/);
  });

  test('a number or a truth value as key is a text', () => {
    const [object] = read(
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {}\ndata: {1: a, true: b}\n',
    ).manifests;
    expect(object?.value.data).toEqual({ 1: 'a', true: 'b' });
  });

  test('broken JSON is named with its line', () => {
    expect(problems('{\n  "a": 1,\n  "b"\n  "c": 2\n}\n').map(({ line }) => line)).toEqual(
      expect.arrayContaining([4]),
    );
  });

  test('aliases that multiply, and nesting without end, are refused', () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefgh']
      .map((name, index) => {
        const before = 'abcdefgh'[index];
        return `${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`;
      })
      .join('\n')}\n`;
    expect(problems(bomb)).toEqual([
      { file: 'f.yaml', line: 1, message: expect.stringMatching(/^Excessive alias count/) },
    ]);
    expect(problems(`a: ${'['.repeat(100_000)}`)).toContainEqual({
      file: 'f.yaml',
      line: 1,
      message: 'nested too deeply to be read',
    });
  });
});
