import { describe, expect, test } from '@jest/globals';
import { reviewCommand } from '../../../src/commands/review.ts';
import { runCommand, type World } from '../../support/command.ts';

const shop = new URL('../../fixtures/review/shop', import.meta.url).pathname;
const bad = new URL('../../fixtures/review/bad', import.meta.url).pathname;

const review = (args: readonly string[], world?: World) =>
  runCommand('review', reviewCommand, args, world);

const service = `apiVersion: v1
kind: Service
metadata:
  name: front
  labels: { app.kubernetes.io/name: multigateway, app.kubernetes.io/component: gateway }
spec:
  selector: { app: front }
  ports: [{ name: http, port: 8080 }]
`;

describe('autoscrape review', () => {
  test('of standard input prints a summary and ends with 0', async () => {
    const ran = await review(['-f', '-'], { input: service });
    expect(ran).toEqual({
      code: 0,
      err: '',
      out: `1 object in 1 file, 1 recognised, 1 with additions, 1 scrape, 0 findings.

Recognised
  multigateway  Service default/front  labelled multigateway with component gateway

Additions
  Service default/front  -
    + label app.kubernetes.io/instance: front
    + label app.kubernetes.io/part-of: multigres

Scrapes
  default/front-metrics  reads Service front: port http, /metrics every 30s

Coverage
  covered  multigateway  default  Service/front
    read once, by our scrape front-metrics through Service front
`,
    });
  });

  test('says in which namespace objects are that name none', async () => {
    const { out } = await review(['-f', '-', '-n', 'shop', '-o', 'json'], { input: service });
    expect(JSON.parse(out).scrapes[0].metadata.namespace).toBe('shop');
  });

  test('finds nothing to fail on with --fail-on none, and says it all the same', async () => {
    const { code, out } = await review(['-f', shop, '--fail-on', 'none', '-o', 'github']);
    expect({ code, found: out.includes('bad-duration') }).toEqual({ code: 0, found: true });
  });

  test('leaves findings out by their codes, as a list or several times', async () => {
    const codes = async (...args: string[]) => {
      const { out } = await review(['-f', shop, '-o', 'json', ...args]);
      return JSON.parse(out).findings.map(({ code }: { code: string }) => code);
    };
    expect(await codes()).toEqual(['port-not-found', 'bad-duration']);
    expect(await codes('--skip=bad-duration')).toEqual(['port-not-found']);
    expect(await codes('--skip', 'bad-duration, port-not-found')).toEqual([]);
    expect(await codes('--skip=bad-duration', '--skip=port-not-found')).toEqual([]);
    expect((await review(['-f', shop, '--skip=bad-duration'])).code).toBe(0);
    expect(await review(['-f', shop, '--skip=bad-duratoin,nonsense'])).toEqual({
      code: 2,
      out: '',
      err: `--skip: "bad-duratoin" is no code of a finding; did you mean bad-duration?
--skip: "nonsense" is no code of a finding; see autoscrape findings
`,
    });
  });

  test('takes -f=FILE as kubectl does', async () => {
    const ran = await review([`-f=${shop}`, '-o=json']);
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.out).findings).toHaveLength(2);
  });

  test.each([
    ['by default an error', [], 1],
    ['an error', ['--fail-on', 'error'], 1],
    ['a warning', ['--fail-on=warning'], 1],
  ])('ends with 1 where a finding is %s', async (_what, args, code) => {
    expect((await review(['-f', shop, ...args])).code).toBe(code);
  });

  test.each([
    ['error', 0],
    ['warning', 0],
    ['info', 1],
  ])('ends by the least severity asked for: %s', async (failOn, code) => {
    const input = service.replace('Service', 'Pod');
    const ran = await review(['-f', '-', '--fail-on', failOn, '-o', 'github'], { input });
    expect(ran.out).toMatch(/^::notice title=autoscrape%3A incomplete-input::/);
    expect(ran.code).toBe(code);
  });

  test('prints what was skipped, and nothing else, to standard error', async () => {
    const ran = await review(['-f', shop, '-o', 'yaml']);
    expect(ran.err).toBe(
      `skipped ${shop}/values.yaml:1: no Kubernetes object: it has no apiVersion, no kind or no metadata\n`,
    );
    expect(ran.out).not.toContain('skipped');
  });

  test('has colours on a terminal alone, and not with NO_COLOR', async () => {
    const diff = async (world: World) => {
      const { out } = await review(['-f', '-', '-o', 'diff'], { input: service, ...world });
      return out.includes('\u001b');
    };
    expect(await diff({ isTTY: true })).toBe(true);
    expect(await diff({})).toBe(false);
    expect(await diff({ isTTY: true, environment: { NO_COLOR: '1' } })).toBe(false);
    expect(await diff({ isTTY: true, environment: { NO_COLOR: '' } })).toBe(true);
    expect(await diff({ isTTY: true, environment: { TERM: 'dumb' } })).toBe(false);
  });

  test('keeps to the settings and the catalogue of a file', async () => {
    const files = {
      'settings.yaml': 'labels: { instance: false }\ncomponents: { multigateway: ignore }\n',
    };
    const ran = await review(['-f', '-', '--config', 'settings.yaml', '-o', 'json'], {
      input: service,
      files,
    });
    const { objects, scrapes, coverage } = JSON.parse(ran.out);
    expect(objects[0].patch).toEqual([
      { op: 'add', path: '/metadata/labels/app.kubernetes.io~1part-of', value: 'multigres' },
    ]);
    expect(scrapes).toEqual([]);
    expect(coverage[0].because).toBe('the settings ignore this component');
  });

  test('tells all that is wrong with the command line and the input at once, and ends with 2', async () => {
    const ran = await review(
      ['-f', bad, '-o', 'ymal', '--fail-on', 'fatal', 'stray.yaml', '--config', 'settings.yaml'],
      { files: { 'settings.yaml': 'lables: {}\n' } },
    );
    expect(ran.code).toBe(2);
    expect(ran.out).toBe('');
    expect(ran.err.split('\n')).toEqual([
      '--output: found "ymal", expected summary, yaml, diff, json, github, gitlab, sarif, junit; did you mean yaml?',
      '--fail-on: found "fatal", expected error, warning, info, none',
      '"stray.yaml" is no flag; name files with -f',
      expect.stringMatching(/^settings\.yaml:1:1: .*did you mean labels\?$/),
      expect.stringMatching(
        /^\S+\/bad\/broken\.yaml:5: All mapping items must start at the same column/,
      ),
      expect.stringMatching(/^\S+\/bad\/template\.yaml:4: .*\(a Helm template\?/),
      '',
    ]);
  });

  test('without files says what is missing', async () => {
    expect(await review([])).toEqual({
      code: 2,
      out: '',
      err: '-f is missing: a file, a directory, or - for standard input\n',
    });
  });

  test('helps', async () => {
    const ran = await review(['--help']);
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/^Usage: autoscrape review -f FILE\|DIR\|- \[flags\]\n\nSays what/);
  });
});
