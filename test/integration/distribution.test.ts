import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { version } from '../../src/version.ts';
import { bundled } from '../../tools/bundled.ts';
import { chartFolder } from '../../tools/generate/chart/index.ts';
import { readManifest } from '../../tools/manifest.ts';
import { chartNotice } from '../../tools/notice.ts';
import { type TemporaryFolder, temporaryFolder } from '../../tools/processes.ts';

/** The package and the executable as people get them: in a folder of their own, without anything of this project. */
const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const manifest = join(root, 'test/fixtures/review/shop/monitoring/scrape.yaml');
const review = ['review', '-f', manifest, '--output', 'json'];

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder('distribution');
});
afterAll(() => folder?.remove());

/** The codes of the findings in what `review -o json` printed. */
function codesIn(stdout: string): string[] {
  const { findings } = JSON.parse(stdout);
  return findings.map(({ code }: { code: string }) => code).sort();
}

/** A run that may end with 1, as a review with findings does. */
async function ran(program: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  return run(program, args, { env, cwd: folder.path }).catch((error) => error);
}

describe('the package', () => {
  let tarball: string;
  let installed: string;
  /** npm without its cache and its settings, and without a network. */
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    env = {
      PATH: process.env.PATH,
      HOME: folder.path,
      npm_config_cache: join(folder.path, 'cache'),
      npm_config_offline: 'true',
      npm_config_update_notifier: 'false',
    };
    const packed = join(folder.path, 'packed');
    await mkdir(packed);
    // It builds what it packs.
    await run('npm', ['pack', '--silent', '--pack-destination', packed], { cwd: root, env });
    const [name = ''] = await readdir(packed);
    tarball = join(packed, name);
    installed = join(folder.path, 'empty');
    await mkdir(installed);
    const args = ['install', '--no-audit', '--no-fund', '--prefix', installed, tarball];
    await run('npm', args, { cwd: installed, env });
  }, 180_000);

  test('has the bundle, and what is to be read with it', async () => {
    const { stdout } = await run('tar', ['tzf', tarball]);
    expect(stdout.trim().split('\n').sort()).toEqual(
      [
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'dist/NOTICE',
        'dist/autoscrape.mjs',
        'package.json',
      ].map((path) => `package/${path}`),
    );
    expect(basename(tarball)).toBe(`owner-autoscrape-${version}.tgz`);
  });

  test('installs nothing else, without a network', async () => {
    const packages = join(installed, 'node_modules');
    const names = (await readdir(packages)).filter((name) => !name.startsWith('.'));
    expect(names).toEqual(['@owner']);
    expect(await readdir(join(packages, '@owner'))).toEqual(['autoscrape']);
    expect((await readdir(join(packages, '.bin'))).sort()).toEqual([
      'autoscrape',
      'kubectl-autoscrape',
      'kubectl_complete-autoscrape',
    ]);
  });

  test('reviews a manifest', async () => {
    const program = join(installed, 'node_modules/.bin/autoscrape');
    const { stdout } = await ran(program, review, { PATH: nodeFirst() });
    expect(codesIn(stdout)).toEqual(expect.arrayContaining(['bad-duration']));
  });

  test('has the licence of every package of which it has code', async () => {
    const at = (path: string) =>
      readFile(join(installed, 'node_modules/@owner/autoscrape', path), 'utf8');
    const notice = await at('dist/NOTICE');
    const listed = [...notice.matchAll(/^(\S+) \d\S*: \S.*$/gm)].map(([, name]) => name);
    expect(listed.length).toBeGreaterThan(100);
    expect(listed).toEqual(
      expect.arrayContaining(['@kubernetes/client-node', 'express', 'pino', 'valibot', 'yaml']),
    );
    // Each in the list, and above its licence.
    const lines = notice.split('\n');
    expect(
      [...notice.matchAll(/^(\S+ \d\S*): \S.*$/gm)].filter(([, one = '']) => !lines.includes(one)),
    ).toEqual([]);
    const ofChart = await readFile(join(root, chartFolder, 'NOTICE'), 'utf8');
    // `npm run generate` renews it.
    expect(ofChart).toBe(chartNotice(notice));
  });
});

test('a Node.js that is too old gets one sentence', async () => {
  await bundled();
  const bundle = join(root, 'dist/autoscrape.mjs');
  const { oldestNode } = readManifest();
  const [major, minor] = oldestNode;
  const script = `Object.defineProperty(process.versions, 'node', { value: '${major}.${minor - 1}.9' });
    import(${JSON.stringify(bundle)});`;
  const { code, stdout, stderr } = await ran(process.execPath, ['-e', script], {});
  expect({ code, stdout, stderr }).toEqual({
    code: 1,
    stdout: '',
    stderr: `autoscrape ${version} needs Node.js ${major}.${minor} or newer; this is ${major}.${minor - 1}.9 (${process.execPath})\n`,
  });
});

// Elsewhere `npm run executable` has to sign what it made, and needs other tools.
const onLinux = process.platform === 'linux' ? describe : describe.skip;
onLinux('the executable', () => {
  let program: string;
  beforeAll(async () => {
    const into = join(folder.path, 'release');
    await run(process.execPath, [join(root, 'tools/executable.ts'), '--folder', into]);
    program = join(into, `autoscrape-${process.platform}-${process.arch}`);
  }, 120_000);

  test('reviews a manifest where there is no Node.js', async () => {
    const { stdout } = await ran(program, review, { PATH: '' });
    expect(codesIn(stdout)).toEqual(expect.arrayContaining(['bad-duration']));
  });

  test('prints the version of autoscrape and of the Node.js in it', async () => {
    const { stdout, stderr } = await ran(program, ['version'], { PATH: '' });
    expect({ stdout, stderr }).toEqual({
      stdout: `autoscrape ${version} (Node.js ${process.versions.node})\n`,
      stderr: '',
    });
  });

  test('has its licences beside it', async () => {
    expect((await readdir(join(folder.path, 'release'))).sort()).toEqual(
      ['LICENSE', 'NOTICE', basename(program)].sort(),
    );
  });
});

/** A PATH on which `node` is the one that runs this. */
function nodeFirst(): string {
  return `${join(process.execPath, '..')}:${process.env.PATH}`;
}
