import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { version } from '../../../src/version.ts';
import {
  chartFiles,
  chartFolder,
  valuesByPath,
  valuesOf,
} from '../../../tools/generate/chart/index.ts';
import { readManifest } from '../../../tools/manifest.ts';

const root = join(import.meta.dirname, '../../..');
const chart = join(root, chartFolder);
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const { repository } = readManifest();
const files = chartFiles({ version, repository, rule: read('deploy/samples/vmrule.yaml') });

test.each([...files])(
  '%s of the chart is up to date: `npm run generate` renews it',
  (path, text) => {
    expect(readFileSync(join(chart, path), 'utf8')).toBe(text);
  },
);

test('the chart has the version of the package', () => {
  const { version: ofPackage } = JSON.parse(read('package.json'));
  const { version: ofChart, appVersion } = parse(read(`${chartFolder}/Chart.yaml`));
  expect({ ofChart, appVersion }).toEqual({ ofChart: ofPackage, appVersion: ofPackage });
});

const validate = new Ajv({ strict: false }).compile(
  JSON.parse(read(`${chartFolder}/values.schema.json`)),
);

test("the schema takes the chart's own values", () => {
  validate(parse(read(`${chartFolder}/values.yaml`)));
  expect(validate.errors).toBe(null);
});

test.each([
  ['a misspelt value', { replicas: 3 }, 'must NOT have additional properties'],
  ['a misspelt value further in', { image: { repo: 'a' } }, 'must NOT have additional properties'],
  [
    'a misspelt setting',
    { settings: { scrapes: { finding: 'off' } } },
    'must NOT have additional properties',
  ],
  [
    'a word that is none',
    { webhook: { failurePolicy: 'ignore' } },
    'must be equal to one of the allowed values',
  ],
  ['a text for a number', { replicaCount: '2' }, 'must be integer'],
  [
    'a timeout that a write would wait for too long',
    { webhook: { timeoutSeconds: 10 } },
    'must be <= 3',
  ],
  [
    'a digest that is none',
    { image: { digest: 'latest' } },
    'must match pattern "^(sha256:[0-9a-f]{64})?$"',
  ],
  [
    'an interval that stops vmagent',
    { serviceScrape: { interval: '1M' } },
    'must match pattern "^([0-9]+(ms|s|m|h|d|w|y))+$"',
  ],
])('the schema refuses %s', (_what, values, message) => {
  validate(values);
  expect(validate.errors?.map((error) => error.message)).toEqual([message]);
});

test('every value is described, and used by a template', () => {
  const templates = readdirSync(join(chart, 'templates')).map((name) =>
    readFileSync(join(chart, 'templates', name), 'utf8'),
  );
  const used = templates.join('\n');
  const values = [...valuesByPath(valuesOf(version))];
  expect(values.length).toBeGreaterThan(40);
  expect(values.filter(([, { description }]) => !description.endsWith('.'))).toEqual([]);
  const unused = values.filter(([path]) => !used.includes(`.${path.split('.').at(-1)}`));
  expect(unused.map(([path]) => path)).toEqual([]);
});
