import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type TemporaryFolder, temporaryFolder } from '../../../tools/processes.ts';

const runner = join(import.meta.dirname, '../../../tools/run.mjs');

/** What package-lock.json names: a package, one that not every machine can have, and the project. */
const lock = (version: string) =>
  JSON.stringify({
    packages: {
      '': { version: '0.1.0' },
      'node_modules/a': { version },
      'node_modules/b-darwin': { version: '1.0.0', optional: true },
    },
  });

let folder: TemporaryFolder;
const at = (name: string) => join(folder.path, name);

beforeEach(async () => {
  folder = await temporaryFolder('run');
  for (const name of ['tools', 'bin']) await mkdir(at(name));
  await copyFile(runner, at('tools/run.mjs'));
  await writeFile(at('package-lock.json'), lock('1.0.0'));
  await writeFile(at('script.mjs'), 'console.log(process.argv.slice(2).join()); process.exit(7);');
});
afterEach(() => folder.remove());

/** An npm that notes how it is called, and installs what the lock file says unless its name is in `failing`. */
async function fakeNpm(failing: readonly string[] = []): Promise<void> {
  const script = [
    '#!/bin/sh',
    'echo "$1" >> calls',
    ...failing.map((name) => `[ "$1" = ${name} ] && exit 1`),
    'mkdir -p node_modules && cp package-lock.json node_modules/.package-lock.json',
  ];
  await writeFile(at('bin/npm'), script.join('\n'));
  await chmod(at('bin/npm'), 0o755);
}

async function installed(version: string): Promise<void> {
  await mkdir(at('node_modules/.bin'), { recursive: true });
  const { packages } = JSON.parse(lock(version));
  delete packages['node_modules/b-darwin'];
  await writeFile(at('node_modules/.package-lock.json'), JSON.stringify({ packages }));
}

async function run(...args: readonly string[]) {
  const child = spawn(process.execPath, [at('tools/run.mjs'), ...args], {
    cwd: folder.path,
    env: { PATH: `${at('bin')}${delimiter}${process.env.PATH}` },
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    err += data;
  });
  const [code] = await once(child, 'close');
  const calls = await readFile(at('calls'), 'utf8').catch(() => '');
  return { code, out, err, calls };
}

describe('a script', () => {
  test('runs with its arguments, and its exit code is ours, where all is installed', async () => {
    await fakeNpm();
    await installed('1.0.0');
    expect(await run(at('script.mjs'), '-x', 'y')).toEqual({
      code: 7,
      out: '-x,y\n',
      err: '',
      calls: '',
    });
  });

  test.each([
    ['nothing is installed', async () => {}],
    ['something else is installed', () => installed('0.9.0')],
    [
      'what is installed was broken off',
      async () => {
        await installed('1.0.0');
        await writeFile(at('node_modules/.package-lock.json'), '{');
      },
    ],
  ])('runs after npm ci where %s', async (_name, prepare) => {
    await fakeNpm();
    await prepare();
    const { code, out, err, calls } = await run(at('script.mjs'));
    expect([code, out, calls]).toEqual([7, '\n', 'ci\n']);
    expect(err).toMatch(/^autoscrape: installing packages .*\nautoscrape: installed in \d+ s\n$/);
    expect((await run(at('script.mjs'))).calls).toBe('ci\n');
  });

  test('runs after npm install where npm ci does not take the lock file', async () => {
    await fakeNpm(['ci']);
    expect(await run(at('script.mjs'))).toMatchObject({ code: 7, calls: 'ci\ninstall\n' });
  });

  test('does not run where nothing can be installed, which is said in a line', async () => {
    await fakeNpm(['ci', 'install']);
    const { code, out, err } = await run(at('script.mjs'));
    expect([code, out, err.split('\n').at(-2)]).toEqual([
      1,
      '',
      'autoscrape: packages could not be installed',
    ]);
  });

  test('runs with the Node.js that was installed', async () => {
    await installed('1.0.0');
    await writeFile(at('node_modules/.bin/node'), '#!/bin/sh\necho installed "$@"\n');
    await chmod(at('node_modules/.bin/node'), 0o755);
    expect(await run('script.mjs', 'x')).toMatchObject({
      code: 0,
      out: 'installed script.mjs x\n',
    });
  });

  test('runs with our own where that one is broken', async () => {
    await installed('1.0.0');
    await symlink('../node/bin/node', at('node_modules/.bin/node'));
    expect(await run(at('script.mjs'), 'x')).toMatchObject({ code: 7, out: 'x\n' });
  });

  test('gets the signals that we get, and its end by one is our exit code', async () => {
    await installed('1.0.0');
    const text =
      "process.on('SIGTERM', () => process.kill(process.pid, 'SIGKILL')); console.log('up'); setInterval(() => {}, 1000);";
    await writeFile(at('wait.mjs'), text);
    const child = spawn(process.execPath, [at('tools/run.mjs'), at('wait.mjs')]);
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect((await once(child, 'close'))[0]).toBe(137);
  });

  test('must be named', async () => {
    expect(await run()).toMatchObject({
      code: 1,
      err: 'autoscrape: which script? node tools/run.mjs SCRIPT [ARG…]\n',
    });
  });
});
