import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import {
  diffText,
  githubText,
  jsonText,
  patchWords,
  reportOf,
  styleFor,
  summaryText,
  yamlText,
} from '../../../src/report/index.ts';
import { admittedFiles } from '../../../src/review/index.ts';
import { expectGolden } from '../../support/golden.ts';
import { fixtures } from '../../support/objects.ts';
import { fileOf, readFiles, reviewOf } from '../../support/review.ts';

const shop = 'test/fixtures/review/shop';
const plain = styleFor(false);

/** The shop, with the files named as from the project's folder. */
async function shopFiles() {
  const root = new URL('../../..', import.meta.url).pathname;
  const read = await readFiles(`${root}${shop}`);
  return read.map((file) =>
    fileOf(file.documents.map(({ text }) => text).join(''), file.file.slice(root.length)),
  );
}

describe('the review of a shop, as', () => {
  test('a summary', async () => {
    await expectGolden('review/shop.txt', summaryText(reviewOf(await shopFiles()), plain));
  });

  test('JSON', async () => {
    await expectGolden('review/shop.json', jsonText(reportOf(reviewOf(await shopFiles()))));
  });

  test('a diff', async () => {
    const files = await shopFiles();
    const diff = diffText(admittedFiles(files, reviewOf(files).objects), plain);
    await expectGolden('review/shop.diff', diff);
  });

  test('YAML', async () => {
    const files = await shopFiles();
    await expectGolden('review/shop.yaml', yamlText(admittedFiles(files, reviewOf(files).objects)));
  });

  test('annotations', async () => {
    await expectGolden('review/shop.github.txt', githubText(reviewOf(await shopFiles()).findings));
  });
});

describe('JSON', () => {
  test('is what the published schema says, for every fixture', async () => {
    const schema = JSON.parse(
      await readFile(new URL('../../../docs/review.schema.json', import.meta.url), 'utf8'),
    );
    const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
    for (const path of [
      fixtures,
      new URL('../../fixtures/review/shop', import.meta.url).pathname,
    ]) {
      const report = JSON.parse(jsonText(reportOf(reviewOf(await readFiles(path)))));
      validate(report);
      expect(validate.errors).toBeNull();
    }
    expect(validate({ objects: [], scrapes: [], coverage: [] })).toBe(false);
  });

  test('does not depend on the order in which objects were read', async () => {
    const files = await shopFiles();
    // The same object twice depends on it: the later one counts.
    const others = files.filter(({ file }) => !file.endsWith('gateway.yaml'));
    expect(reportOf(reviewOf(others.toReversed()))).toEqual(reportOf(reviewOf(others)));
  });
});

describe('YAML', () => {
  const service = (name: string) => `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}`;

  test.each([
    [
      'a separator where there is none',
      [service('a'), `${service('b')}\n`],
      `${service('a')}\n---\n${service('b')}\n`,
    ],
    [
      'none where there is one',
      [`${service('a')}\n`, `# b\n---\n${service('b')}\n`],
      `${service('a')}\n# b\n---\n${service('b')}\n`,
    ],
    ['none for empty files', ['', `${service('a')}\n`], `${service('a')}\n`],
  ])('files become one stream, with %s', (_what, texts, stream) => {
    const files = texts.map((text, index) => fileOf(text, `${index}.yaml`));
    expect(yamlText(admittedFiles(files, []))).toBe(stream);
  });
});

describe('a summary', () => {
  test('of nothing says so', () => {
    expect(summaryText(reviewOf([]), plain)).toBe(
      '0 objects in 0 files, 0 recognised, 0 with additions, 0 scrapes, 0 findings.\n',
    );
  });

  test('has no control characters of the input, and no colours unless they are asked for', async () => {
    const evil =
      'apiVersion: v1\nkind: Service\nmetadata: { name: "\\e[31mred", labels: { app.kubernetes.io/name: multigateway, app.kubernetes.io/component: gateway } }\n';
    const review = reviewOf([fileOf(evil, 'a\u0007.yaml')]);
    expect(summaryText(review, plain)).not.toMatch(/(?!\n)\p{Cc}/u);
    expect(summaryText(review, plain)).toContain('Service default/ [31mred');
    const colourful = summaryText(review, styleFor(true));
    expect(colourful).toContain('\u001b[1mRecognised\u001b[22m');
    expect(colourful).not.toContain('\u001b[31mred');
  });
});

describe('a patch in words', () => {
  const object = {
    spec: {
      ports: [{ port: 5432 }],
      template: { spec: { containers: [{ name: 'main', ports: [{ containerPort: 8080 }] }] } },
    },
  };

  test.each([
    ['/metadata/labels/app.kubernetes.io~1name', 'etcd', ['label app.kubernetes.io/name: etcd']],
    ['/metadata/labels', { a: 'b', c: 'd' }, ['label a: b', 'label c: d']],
    ['/spec/template/metadata/labels/a', 'b', ['pod label a: b']],
    ['/spec/template/metadata/labels', { a: 'b' }, ['pod label a: b']],
    ['/spec/ports/0/name', 'sql', ['port 5432 gets the name sql']],
    ['/spec/ports/-', { name: 'http', port: 80, targetPort: 80 }, ['port http 80']],
    [
      '/spec/ports/-',
      { name: 'http', port: 80, targetPort: 'web' },
      ['port http 80, targetPort web'],
    ],
    ['/spec/ports', [{ name: 'http', port: 80 }], ['port http 80']],
    [
      '/spec/template/spec/containers/0/ports/0/name',
      'http',
      ['container main: port 8080 gets the name http'],
    ],
    [
      '/spec/template/spec/containers/0/ports/-',
      { name: 'metrics', containerPort: 9187, protocol: 'TCP' },
      ['container main: port metrics 9187'],
    ],
    [
      '/spec/template/spec/containers/0/ports',
      [{ name: 'metrics', containerPort: 9187 }],
      ['container main: port metrics 9187'],
    ],
    ['/spec/something', { else: 1 }, ['/spec/something: {"else":1}']],
  ])('%s', (path, value, words) => {
    expect(patchWords([{ op: 'add', path, value }], object)).toEqual(words);
  });
});

test('annotations escape what GitHub reads as its own', () => {
  const object = { apiVersion: 'v1', kind: 'Service', namespace: 'n', name: 'x' };
  const finding = { code: 'c', severity: 'info', object, certain: true } as const;
  expect(
    githubText([
      { ...finding, file: 'a,b:c.yaml', line: 3, field: 'spec', message: '100%\nsure', fix: '' },
      { ...finding, file: '-', line: 3, field: '', message: 'm', fix: 'f' },
    ]),
  ).toBe(
    '::notice file=a%2Cb%3Ac.yaml,line=3,title=autoscrape%3A c::Service n/x spec: 100%25%0Asure\n' +
      '::notice title=autoscrape%3A c::Service n/x: m%0AFix: f\n',
  );
});
