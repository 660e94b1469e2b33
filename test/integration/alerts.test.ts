import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { parse, stringify } from 'yaml';
import { findBinaries } from '../../tools/binaries.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { request } from '../../tools/http.ts';
import { type TemporaryFolder, temporaryFolder } from '../../tools/processes.ts';
import { startAutoscrape } from '../support/autoscrape.ts';
import { api } from '../support/control-plane.ts';
import { kubectl } from '../support/kubectl.ts';
import { documented, eventually, useAll } from '../support/telemetry-roads.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

let promtool: string;
let folder: TemporaryFolder;

beforeAll(async () => {
  const [pathOf, made] = await Promise.all([findBinaries(['promtool']), temporaryFolder('alerts')]);
  promtool = pathOf('promtool');
  folder = made;
  const { spec } = v.parse(
    v.object({ spec: v.unknown() }),
    parse(await readFile(join(root, 'deploy/samples/vmrule.yaml'), 'utf8')),
  );
  await writeFile(join(folder.path, 'rules.yaml'), stringify(spec));
  for (const file of await readdir(join(root, 'test/alerts'))) {
    await copyFile(join(root, 'test/alerts', file), join(folder.path, file));
  }
}, 600_000);

afterAll(() => folder?.remove());

test("the rules are right in Prometheus' eyes", async () => {
  const { stdout } = await run(
    promtool,
    ['check', 'rules', '--lint=all', '--lint-fatal', 'rules.yaml'],
    {
      cwd: folder.path,
    },
  );
  expect(stdout).toContain('SUCCESS');
});

test.each(['autoscrape.yaml', 'components.yaml'])(
  'the alerts fire when they should, and only then: %s',
  async (file) => {
    // It exits with 1, and says what was otherwise, when a test fails.
    const { stdout } = await run(promtool, ['test', 'rules', file], { cwd: folder.path });
    expect(stdout).toContain('SUCCESS');
  },
);

describe('on a real API server', () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane({ label: 'alerts', controllerManager: false, audit: false });
  }, 120_000);
  afterAll(() => plane?.stop());

  test('promtool finds nothing to say about /metrics', async () => {
    const autoscrape = await startAutoscrape(plane.kubeconfig, [
      '--kubernetes-namespace=default',
      '--probe-namespace=default',
    ]);
    await useAll(plane, autoscrape);
    const page = async () => (await request(`${autoscrape.pages}/metrics`)).body;
    // Lint says nothing of a metric that is not there. Some come with a collection of garbage, or with time.
    const missing = async () => {
      const types = (await page()).matchAll(/^# TYPE (\S+) /gm);
      const there = new Set([...types].map(([, name]) => name));
      return documented.filter((name) => !there.has(name));
    };
    await eventually(missing, []);
    const body = await page();
    await autoscrape.stop();
    const checking = run(promtool, ['check', 'metrics', '--lint=all']);
    checking.child.stdin?.end(body);
    const { stdout, stderr } = await checking;
    expect(stdout + stderr).toBe('');
  }, 120_000);

  const crds = join(root, '../shared/crds/victoriametrics-operator');
  // Beside the project only where it is developed: the definitions of the operator, as it publishes them.
  const there = existsSync(crds) ? test : test.skip;
  there.each(['v0.40.0', 'v0.48.3', 'v0.74.1'])(
    'operator %s takes the VMRule as it is (skipped without ../shared/crds)',
    async (release) => {
      const use = await kubectl(plane.kubeconfig, plane.folder);
      await use([
        'apply',
        '--server-side',
        '--force-conflicts',
        '-f',
        join(crds, release, 'vmrule.yaml'),
      ]);
      const rules = '/apis/operator.victoriametrics.com/v1beta1/namespaces/default/vmrules';
      const rule = Object(parse(await readFile(join(root, 'deploy/samples/vmrule.yaml'), 'utf8')));
      const body = { ...rule, metadata: { ...rule.metadata, namespace: 'default' } };
      // A new definition is served a moment later.
      let status = 404;
      let answer: unknown;
      for (let tries = 0; status === 404 && tries < 100; tries += 1) {
        const path = `${rules}?dryRun=All&fieldValidation=Strict`;
        ({ status, body: answer } = await api(plane, 'POST', path, { body }));
        if (status === 404) await new Promise((resolve) => setTimeout(resolve, 100));
      }
      // Old definitions add an empty `record`; nothing may be lost.
      expect({ status, answer }).toMatchObject({ status: 201, answer: { spec: rule.spec } });
    },
    60_000,
  );
});
