import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { parse } from 'yaml';
import { version } from '../../src/version.ts';
import { bundled } from '../../tools/bundled.ts';
import { readManifest } from '../../tools/manifest.ts';
import { type TemporaryFolder, temporaryFolder } from '../../tools/processes.ts';
import { checksums } from '../../tools/release/checksums.ts';

/**
 * What CI systems run, as it stands in `action.yml`, `ci/gitlab.yml` and `.pre-commit-hooks.yaml`, against a release in a
 * folder: its executable starts the bundle.
 */
const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const platform = `linux-${process.arch}`;

let folder: TemporaryFolder;
/** A checkout with manifests. */
let checkout: string;
let releases: string;

beforeAll(async () => {
  folder = await temporaryFolder('ci');
  await bundled();
  checkout = join(folder.path, 'checkout');
  await cp(join(root, 'test/fixtures/review/shop'), checkout, { recursive: true });
  const made = join(folder.path, 'releases', `v${version}`);
  await mkdir(made, { recursive: true });
  releases = `file://${join(folder.path, 'releases')}`;
  const program = join(folder.path, 'autoscrape');
  const bundle = join(root, 'dist/autoscrape.mjs');
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${bundle}' "$@"\n`);
  await chmod(program, 0o755);
  const archive = join(made, `autoscrape-${platform}.tar.gz`);
  await run('tar', ['-czf', archive, '-C', folder.path, 'autoscrape']);
  await writeFile(join(made, 'SHA256SUMS'), await checksums(made));
}, 60_000);
afterAll(() => folder?.remove());

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script in the checkout. */
async function script(
  shell: string,
  text: string,
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  const all = { PATH: process.env.PATH, HOME: folder.path, TMPDIR: folder.path, ...env };
  return run(shell, ['-eo', 'pipefail', '-c', text], { cwd: checkout, env: all }).then(
    (done) => ({ code: 0, ...done }),
    (error) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }),
  );
}

const actionSchema = v.object({
  inputs: v.record(v.string(), v.object({ default: v.string() })),
  runs: v.object({
    steps: v.array(
      v.object({ shell: v.string(), env: v.record(v.string(), v.string()), run: v.string() }),
    ),
  }),
});

describe('the action of GitHub', () => {
  /** Runs its steps, until one fails. */
  async function action(given: Readonly<Record<string, string>>): Promise<Ended> {
    const text = await readFile(join(root, 'action.yml'), 'utf8');
    const { inputs, runs } = v.parse(actionSchema, parse(text));
    const value = (name: string): string => given[name] ?? inputs[name]?.default ?? '';
    let ended: Ended = { code: -1, stdout: '', stderr: '' };
    for (const step of runs.steps) {
      const env = Object.entries(step.env).map(([name, written]) => [
        name,
        written.replaceAll(/\$\{\{ inputs\.(\S+) \}\}/g, (_all, input) => value(input)),
      ]);
      ended = await script(step.shell, step.run, {
        ...Object.fromEntries(env),
        REVIEW_RELEASES: releases,
        GITHUB_ACTION_PATH: root,
        RUNNER_TEMP: join(folder.path, 'runner'),
      });
      if (ended.code !== 0) return ended;
    }
    return ended;
  }

  test('annotates what it finds, and fails', async () => {
    const { code, stdout } = await action({});
    expect({ code, lines: stdout.split('\n').map((line) => line.split(' ')[0]) }).toEqual({
      code: 1,
      lines: ['::warning', '::error', ''],
    });
    expect(stdout).toContain('file=monitoring/scrape.yaml,line=');
  });

  test('takes several files, leaves codes out, and writes a report', async () => {
    const { code, stdout } = await action({
      files: 'monitoring\nwebshop.yaml\n',
      skip: 'bad-duration',
      'fail-on': 'none',
      sarif: 'report.sarif',
    });
    expect({ code, some: stdout.includes('bad-duration') }).toEqual({ code: 0, some: false });
    const report = JSON.parse(await readFile(join(checkout, 'report.sarif'), 'utf8'));
    expect(report.runs[0].results.map(({ ruleId }: { ruleId: string }) => ruleId)).toEqual(
      expect.arrayContaining(['port-not-found']),
    );
  });

  test('installs nothing that has another checksum', async () => {
    const wrong = join(folder.path, 'releases/v9.9.9');
    await cp(join(folder.path, 'releases', `v${version}`), wrong, { recursive: true });
    await writeFile(join(wrong, `autoscrape-${platform}.tar.gz`), 'something else');
    const { code, stderr } = await action({ version: 'v9.9.9' });
    expect(code).not.toBe(0);
    expect(stderr).toContain('checksum did NOT match');
  });
});

const gitlabSchema = v.object({
  '.autoscrape-review': v.object({
    variables: v.record(v.string(), v.string()),
    script: v.array(v.string()),
    artifacts: v.object({ reports: v.object({ codequality: v.string(), junit: v.string() }) }),
  }),
});

test('the job of GitLab writes both reports, and fails where it is to', async () => {
  const text = await readFile(join(root, 'ci/gitlab.yml'), 'utf8');
  const job = v.parse(gitlabSchema, parse(text))['.autoscrape-review'];
  const variables = { ...job.variables, REVIEW_RELEASES: releases };
  const lines = job.script.join('\n');
  const failed = await script('bash', lines, variables);
  expect({ code: failed.code, stderr: failed.stderr.includes('rror:') }).toEqual({
    code: 1,
    stderr: false,
  });
  expect(failed.stdout).toContain('bad-duration');
  const { codequality, junit } = job.artifacts.reports;
  const report = JSON.parse(await readFile(join(checkout, codequality), 'utf8'));
  expect(report.map(({ location }: { location: { path: string } }) => location.path)).toContain(
    'monitoring/scrape.yaml',
  );
  expect(await readFile(join(checkout, junit), 'utf8')).toContain('failures="1"');
  const passed = await script('bash', lines, { ...variables, REVIEW_SKIP: 'bad-duration' });
  expect(passed.code).toBe(0);
});

const hooksSchema = v.array(
  v.object({
    id: v.string(),
    language: v.literal('node'),
    entry: v.string(),
    args: v.array(v.string()),
    pass_filenames: v.literal(false),
    files: v.string(),
  }),
);

test('the hook of pre-commit runs the program that the package installs', async () => {
  const text = await readFile(join(root, '.pre-commit-hooks.yaml'), 'utf8');
  const hooks = v.parse(hooksSchema, parse(text));
  expect(hooks.map(({ id }) => id)).toEqual(['autoscrape-review']);
  const { bin } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  for (const { entry, args, files } of hooks) {
    expect(bin).toHaveProperty(entry.split(' ')[0] ?? '');
    expect(
      ['a/b.yaml', 'c.yml', 'd.json', 'e.ts'].map((file) => new RegExp(files).test(file)),
    ).toEqual([true, true, true, false]);
    const command = [...entry.split(' '), ...args].join(' ');
    const { code, stdout } = await script('bash', command, {
      PATH: `${folder.path}:${process.env.PATH}`,
    });
    expect({ code, found: stdout.includes('bad-duration') }).toEqual({ code: 1, found: true });
  }
});

test('each of them is of this repository and this version', async () => {
  const { repository } = readManifest();
  for (const path of ['action.yml', 'ci/gitlab.yml']) {
    const text = await readFile(join(root, path), 'utf8');
    expect(text).toContain(`REVIEW_RELEASES: ${repository}/releases/download\n`);
  }
});
