import { expect, test } from '@jest/globals';
import { Ajv, type SchemaObject } from 'ajv';
import { reviewCommand } from '../../../src/commands/review.ts';
import { gitlabText, junitText, sarifText } from '../../../src/report/index.ts';
import type { PlacedFinding } from '../../../src/review/index.ts';
import { runCommand } from '../../support/command.ts';

/** Reports for CI systems: valid by the forms that these publish, as far as they are used here. */
const finding = (more: Partial<PlacedFinding> = {}): PlacedFinding => ({
  code: 'bad-duration',
  severity: 'error',
  certain: true,
  object: {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMServiceScrape',
    namespace: 'shop',
    name: 'topo',
  },
  field: 'spec.endpoints[0].interval',
  message: '"1M" is no duration',
  fix: 'write interval: 1m',
  file: 'deploy/a scrape#1.yaml',
  line: 12,
  ...more,
});

const several: readonly PlacedFinding[] = [
  finding(),
  finding({ line: 20 }),
  finding({ code: 'port-not-found', severity: 'warning', file: 'deploy/b.yaml', fix: '' }),
  finding({ severity: 'info', file: '', line: 0, message: 'less < more & "quoted" \u0007' }),
  finding({ file: '-', line: 3, code: 'unheard-of' }),
  finding({ file: '/tmp/c.yaml' }),
];

const text = { type: 'string', minLength: 1 };
const closed = (
  properties: Readonly<Record<string, unknown>>,
  required = Object.keys(properties),
): SchemaObject => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});
const level = { enum: ['none', 'note', 'warning', 'error'] };
const message = closed({ text });

/**
 * Of https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json the properties that are
 * used, with what that demands of them: nothing else may be there.
 */
const sarif = closed({
  $schema: text,
  version: { const: '2.1.0' },
  runs: {
    type: 'array',
    items: closed({
      tool: closed({
        driver: closed({
          name: text,
          semanticVersion: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+' },
          rules: {
            type: 'array',
            uniqueItems: true,
            items: closed(
              {
                id: text,
                shortDescription: message,
                fullDescription: message,
                help: message,
                defaultConfiguration: closed({ level }),
              },
              ['id'],
            ),
          },
        }),
      }),
      columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
      results: {
        type: 'array',
        items: closed({
          ruleId: text,
          ruleIndex: { type: 'integer', minimum: 0 },
          level,
          message,
          locations: {
            type: 'array',
            items: closed(
              {
                physicalLocation: closed({
                  // A URI reference: no blank, no #, nothing that is not in RFC 3986.
                  artifactLocation: closed({
                    uri: { type: 'string', pattern: "^[A-Za-z0-9._~:/?@!$&'()*+,;=%-]+$" },
                  }),
                  region: closed({ startLine: { type: 'integer', minimum: 1 } }),
                }),
                logicalLocations: {
                  type: 'array',
                  items: closed({ fullyQualifiedName: text, name: text, kind: text }),
                },
              },
              ['logicalLocations'],
            ),
          },
          partialFingerprints: { type: 'object', additionalProperties: text },
        }),
      },
    }),
  },
});

/** https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format */
const gitlab: SchemaObject = {
  type: 'array',
  items: closed({
    description: text,
    check_name: text,
    fingerprint: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    severity: { enum: ['info', 'minor', 'major', 'critical', 'blocker'] },
    location: closed({
      // Relative, and not beginning with ./.
      path: { type: 'string', pattern: '^(?!\\./).' },
      lines: closed({ begin: { type: 'integer', minimum: 1 } }),
    }),
  }),
};

function problems(schema: SchemaObject, value: unknown): unknown {
  const validate = new Ajv({ strict: false }).compile(schema);
  validate(value);
  return validate.errors;
}

test('SARIF is valid by its schema, and says where each finding is', () => {
  const log = JSON.parse(sarifText(several));
  expect(problems(sarif, log)).toBe(null);
  const [run] = log.runs;
  expect(run.tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual([
    'bad-duration',
    'port-not-found',
    'unheard-of',
  ]);
  expect(
    run.results.map(({ ruleId, ruleIndex, level: how, locations }: Record<string, never>) => [
      ruleId,
      ruleIndex,
      how,
      Object(locations)[0].physicalLocation?.artifactLocation.uri,
    ]),
  ).toEqual([
    ['bad-duration', 0, 'error', 'deploy/a%20scrape%231.yaml'],
    ['bad-duration', 0, 'error', 'deploy/a%20scrape%231.yaml'],
    ['port-not-found', 1, 'warning', 'deploy/b.yaml'],
    ['bad-duration', 0, 'note', undefined],
    ['unheard-of', 2, 'error', undefined],
    ['bad-duration', 0, 'error', 'file:///tmp/c.yaml'],
  ]);
  expect(problems(sarif, JSON.parse(sarifText([])))).toBe(null);
});

test("GitLab's report is valid by its form, and knows a finding again after lines moved", () => {
  const report = JSON.parse(gitlabText(several));
  expect(problems(gitlab, report)).toBe(null);
  const prints = (all: readonly PlacedFinding[]): string[] =>
    JSON.parse(gitlabText(all)).map(({ fingerprint }: { fingerprint: string }) => fingerprint);
  expect(new Set(prints(several)).size).toBe(several.length);
  expect(prints(several.map((one) => ({ ...one, line: one.line + 7 })))).toEqual(prints(several));
  expect(report.map(({ location }: { location: { path: string } }) => location.path)).toEqual([
    'deploy/a scrape#1.yaml',
    'deploy/a scrape#1.yaml',
    'deploy/b.yaml',
    'cluster/VMServiceScrape/shop/topo',
    'cluster/VMServiceScrape/shop/topo',
    '/tmp/c.yaml',
  ]);
  expect(JSON.parse(gitlabText([]))).toEqual([]);
});

/** The elements of the usual schema of JUnit's reports, with attributes (those in capitals have to be there) and children. */
const junit: Readonly<
  Record<string, readonly [attributes: readonly string[], children: readonly string[]]>
> = {
  testsuites: [['NAME', 'tests', 'failures'], ['testsuite']],
  testsuite: [['NAME', 'TESTS', 'FAILURES', 'errors', 'skipped'], ['testcase']],
  testcase: [
    ['NAME', 'CLASSNAME'],
    ['failure', 'system-out'],
  ],
  failure: [['message', 'TYPE'], []],
  'system-out': [[], []],
};

/** What is wrong with an XML document by that: elements that are not closed, not known, or at the wrong place. */
function xmlProblems(xml: string): string[] {
  const wrong: string[] = [];
  const open: string[] = [];
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  if (body === xml) wrong.push('no declaration');
  for (const [, close, name = '', attributes = '', alone, chars = ''] of body.matchAll(
    /<(\/?)([\w-]+)((?: [\w-]+="[^"<]*")*)(\/?)>|([^<]+|<)/g,
  )) {
    if (name === '') {
      if (/<|&(?!(?:amp|lt|gt|quot);)/.test(chars)) wrong.push(`text ${JSON.stringify(chars)}`);
      continue;
    }
    if (close === '/') {
      if (open.pop() !== name) wrong.push(`</${name}>`);
      continue;
    }
    const parent = open.at(-1);
    const known = junit[name];
    if (known === undefined) wrong.push(name);
    if (parent !== undefined && !junit[parent]?.[1].includes(name))
      wrong.push(`${name} in ${parent}`);
    const given = [...attributes.matchAll(/ ([\w-]+)=/g)].map(([, one = '']) => one);
    const allowed = (known?.[0] ?? []).map((one) => one.toLowerCase());
    const needed = (known?.[0] ?? []).filter((one) => one === one.toUpperCase());
    if (given.some((one) => !allowed.includes(one))) wrong.push(`attributes of ${name}: ${given}`);
    if (needed.some((one) => !given.includes(one.toLowerCase()))) wrong.push(`${name} lacks one`);
    if (/[^\t\n\r -\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(attributes))
      wrong.push('character');
    if (alone !== '/') open.push(name);
  }
  return [...wrong, ...open.map((name) => `${name} is open`)];
}

test('JUnit is valid by its schema: a suite for each file, a case for each object', () => {
  const xml = junitText({ objects: [], findings: several }, ({ severity }) => severity === 'error');
  expect(xmlProblems(xml)).toEqual([]);
  expect(
    [...xml.matchAll(/<testsuite name="([^"]*)" tests="(\d+)" failures="(\d+)"/g)].map((found) =>
      found.slice(1),
    ),
  ).toEqual([
    ['deploy/a scrape#1.yaml', '1', '1'],
    ['deploy/b.yaml', '1', '0'],
    ['cluster', '1', '0'],
    ['standard input', '1', '1'],
    ['/tmp/c.yaml', '1', '1'],
  ]);
  expect(xml).toContain('less &lt; more &amp; &quot;quoted&quot; ?');
  expect(
    xmlProblems('<?xml version="1.0" encoding="UTF-8"?>\n<testsuite><testcase name="a&b"/>'),
  ).toEqual(['testsuite lacks one', 'testcase lacks one', 'testsuite is open']);
});

test.each(['sarif', 'gitlab', 'junit'])(
  'review -o %s is one of its kind, of real manifests',
  async (format) => {
    const shop = new URL('../../fixtures/review/shop', import.meta.url).pathname;
    const ran = await runCommand('review', reviewCommand, [
      '-f',
      shop,
      '-o',
      format,
      '--fail-on=warning',
    ]);
    expect(ran.code).toBe(1);
    const wrong = {
      sarif: () => problems(sarif, JSON.parse(ran.out)),
      gitlab: () => problems(gitlab, JSON.parse(ran.out)),
      junit: () => xmlProblems(ran.out),
    }[format];
    expect(wrong?.() ?? []).toEqual([]);
    expect(ran.out).toContain('port-not-found');
    if (format === 'junit')
      expect(ran.out).toMatch(/^<testsuites name="autoscrape" tests="12" failures="1">$/m);
  },
);
