import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Ajv, type SchemaObject } from 'ajv';
import * as v from 'valibot';
import { parse, parseAllDocuments } from 'yaml';
import { version } from '../../src/version.ts';
import { findBinaries } from '../../tools/binaries.ts';
import { type TemporaryFolder, temporaryFolder } from '../../tools/processes.ts';
import { api, sharedControlPlane } from '../support/control-plane.ts';
import { readObjects } from '../support/objects.ts';

/**
 * The workflow of a release: what it runs here runs as it stands there, one step after the other, and what it makes is
 * tried with the programs that will read it. What pushes, signs or publishes is left out.
 */
const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const path = join(root, '.github/workflows/release.yml');
const image = `registry.example.com/autoscrape@sha256:${'a1'.repeat(32)}`;

const workflowSchema = v.object({
  jobs: v.record(
    v.string(),
    v.object({
      steps: v.array(
        v.object({
          name: v.optional(v.string()),
          run: v.optional(v.string(), ''),
          uses: v.optional(v.string()),
          with: v.optional(v.record(v.string(), v.unknown()), {}),
        }),
      ),
    }),
  ),
});

let folder: TemporaryFolder;
/** The folder of the release. */
let made: string;
let steps: v.InferOutput<typeof workflowSchema>['jobs'][string]['steps'];
let helm: string;

beforeAll(async () => {
  folder = await temporaryFolder('release');
  made = join(folder.path, 'made');
  await mkdir(made);
  const { jobs } = v.parse(workflowSchema, parse(await readFile(path, 'utf8')));
  steps = Object.values(jobs).flatMap((job) => job.steps);
  helm = (await findBinaries(['helm']))('helm');
}, 300_000);
afterAll(() => folder?.remove());

/** Runs a step as the workflow does. */
async function step(name: string) {
  const found = steps.find((one) => one.name === name);
  if (found === undefined) throw new Error(`release.yml has no step "${name}"`);
  const env = {
    ...process.env,
    RELEASE: made,
    IMAGE: image,
    GITHUB_REF_NAME: `v${version}`,
  };
  return run('bash', ['-eo', 'pipefail', '-c', found.run], { cwd: root, env }).catch(
    (error) => error,
  );
}

test('actionlint has nothing to say about the workflows, and would say something', async () => {
  const actionlint = (await findBinaries(['actionlint']))('actionlint');
  const quiet = ['-no-color', '-shellcheck=', '-pyflakes='];
  const { stdout } = await run(actionlint, [...quiet, path]);
  expect(stdout).toBe('');
  const worse = join(folder.path, 'worse.yml');
  const text = await readFile(path, 'utf8');
  await writeFile(worse, text.replace('needs: [executables, image]', 'needs: [executable, image]'));
  const { stdout: said } = await run(actionlint, [...quiet, worse]).catch((error) => error);
  expect(said).toContain('needs job "executable" which does not exist');
}, 120_000);

test('each action is pinned to a commit, and Node.js is the one that the tests run with', () => {
  const actions = steps.flatMap(({ uses }) => uses ?? []);
  expect(actions.length).toBeGreaterThan(10);
  expect(actions.filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/.test(action))).toEqual([]);
  const versions = steps.flatMap((one) => one.with['node-version'] ?? []);
  expect(new Set(versions)).toEqual(new Set([process.versions.node]));
});

test('the check says what is left to do before the first release', async () => {
  const { code, stderr } = await step('Check version, changelog and placeholders');
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: [
      `CHANGELOG.md has no section of ${version}: rename [Unreleased]`,
      'package.json still has the placeholder OWNER in its name, homepage, repository or bugs',
      '',
    ].join('\n'),
  });
});

test.each([
  ['Make the executable', ['LICENSE', 'NOTICE', `autoscrape-linux-${process.arch}`]],
  ['Pack the executables', [`autoscrape-linux-${process.arch}.tar.gz`]],
  ['Make install.yaml', ['install.yaml']],
  ['Pack the chart', [`autoscrape-${version}.tgz`]],
  ['Describe the kubectl plugin for krew', ['krew.yaml']],
  ['Write the bill of materials', ['autoscrape.cdx.json']],
  ['Sum up', ['SHA256SUMS']],
])(
  'the step "%s" makes what it is to make',
  async (name, files) => {
    const before = await readdir(made);
    const { code, stderr } = await step(name);
    expect({ code, stderr: code === undefined ? '' : stderr }).toEqual({ stderr: '' });
    expect((await readdir(made)).filter((file) => !before.includes(file)).sort()).toEqual(files);
  },
  120_000,
);

test('every step that makes something is tried here', () => {
  const local = steps.filter((one) => /^npm run --silent (release|executable)\b/.test(one.run));
  // The notes need a section of the changelog that a release gets: test/unit/tools/release.test.ts.
  expect(local.map(({ name }) => name)).toEqual([
    'Check version, changelog and placeholders',
    'Make the executable',
    'Pack the executables',
    'Make install.yaml',
    'Pack the chart',
    'Describe the kubectl plugin for krew',
    'Write the bill of materials',
    'Take the notes from the changelog',
    'Sum up',
  ]);
});

test('sha256sum finds each file as the sums say', async () => {
  const { stdout } = await run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: made });
  const files = (await readdir(made)).filter((name) => name !== 'SHA256SUMS').sort();
  expect(stdout.trim().split('\n')).toEqual(files.map((name) => `${name}: OK`));
});

test('the API server takes every object of install.yaml, and no field that it does not know', async () => {
  const plane = await sharedControlPlane();
  const objects = await readObjects(join(made, 'install.yaml'));
  expect(objects.map(({ kind }) => kind).sort()).toEqual([
    'ClusterRole',
    'ClusterRoleBinding',
    'Deployment',
    'MutatingWebhookConfiguration',
    'Namespace',
    'NetworkPolicy',
    'PodDisruptionBudget',
    'Role',
    'RoleBinding',
    'Service',
    'ServiceAccount',
    'ValidatingWebhookConfiguration',
  ]);
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  expect(Object(deployment?.spec).template.spec.containers[0].image).toBe(image);
  // A dry run does not make the namespace that the others are in.
  const kubectl = (await findBinaries(['kubectl']))('kubectl');
  const namespace = `release-${process.pid}`;
  await api(plane, 'POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } });
  const text = await readFile(join(made, 'install.yaml'), 'utf8');
  const file = join(folder.path, 'install.yaml');
  await writeFile(file, text.replaceAll('autoscrape-system', namespace));
  const { stdout } = await run(kubectl, [
    ...[`--kubeconfig=${plane.kubeconfig}`, 'apply', '--server-side', '--dry-run=server'],
    ...['--validate=strict', '-f', file],
  ]);
  expect(stdout.trim().split('\n')).toHaveLength(objects.length);
});

test('the chart of a release installs the image of the release', async () => {
  const chart = join(made, `autoscrape-${version}.tgz`);
  const { stdout } = await run(helm, ['template', 'autoscrape', chart]);
  const images = parseAllDocuments(stdout)
    .map((document) => document.toJS())
    .filter((object) => object?.kind === 'Deployment')
    .map((object) => object.spec.template.spec.containers[0].image);
  expect(images).toEqual([`registry.example.com/autoscrape:${version}`]);
});

test('krew installs the plugin from its archive, and kubectl finds it', async () => {
  const pathOf = await findBinaries(['krew', 'kubectl']);
  const env = { ...process.env, KREW_ROOT: join(folder.path, 'krew'), HOME: folder.path };
  await run(
    pathOf('krew'),
    [
      'install',
      `--manifest=${join(made, 'krew.yaml')}`,
      `--archive=${join(made, `autoscrape-linux-${process.arch}.tar.gz`)}`,
    ],
    { env },
  );
  const PATH = `${join(folder.path, 'krew/bin')}:${process.env.PATH}`;
  const { stdout } = await run(pathOf('kubectl'), ['autoscrape', 'version'], {
    env: { ...env, PATH },
  });
  expect(stdout).toBe(`autoscrape ${version} (Node.js ${process.versions.node})\n`);
}, 120_000);

test('the bill of materials is a CycloneDX document', async () => {
  const bill = JSON.parse(await readFile(join(made, 'autoscrape.cdx.json'), 'utf8'));
  const library = createRequire(import.meta.url).resolve(
    '@cyclonedx/cyclonedx-library/package.json',
  );
  const schema = async (name: string): Promise<SchemaObject> =>
    JSON.parse(
      await readFile(join(library, '../res/schema', `${name}.SNAPSHOT.schema.json`), 'utf8'),
    );
  // Formats of single texts are no concern of ours: there are no addresses in it but that of the repository.
  const ajv = new Ajv({ strict: false, validateFormats: false, logger: false });
  for (const name of ['spdx', 'jsf-0.82']) {
    const { $id: _own, ...text } = await schema(name);
    ajv.addSchema(text, `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  }
  const validate = ajv.compile(await schema('bom-1.6'));
  validate(bill);
  expect(validate.errors).toBe(null);
  validate({ ...bill, bomFormat: 'Other' });
  expect(validate.errors).toHaveLength(1);
  const names = bill.components.map(({ name }: { name: string }) => name);
  expect(names).toEqual(expect.arrayContaining(['express', 'node', 'valibot']));
});
