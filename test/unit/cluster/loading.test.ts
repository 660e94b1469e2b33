import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

/** The packages that a process of its own has loaded once it has found the way to the API server. */
async function loadedFor(options: object): Promise<string[]> {
  const [cluster, clock] = ['cluster/api/index.ts', 'ground/clock.ts'].map((file) =>
    JSON.stringify(join(import.meta.dirname, '../../../src', file)),
  );
  const script = `
    import { registerHooks } from 'node:module';
    const loaded = new Set();
    registerHooks({
      resolve: (specifier, context, next) => {
        if (/^[@a-z]/.test(specifier) && !specifier.startsWith('node:')) loaded.add(specifier);
        return next(specifier, context);
      },
    });
    const { findAccess } = await import(${cluster});
    const { systemClock } = await import(${clock});
    await findAccess(${JSON.stringify(options)}, systemClock);
    console.log(JSON.stringify([...loaded]));
    process.exit();`;
  const args = ['--input-type=module', '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'autoscrape-loading-'));
  await Promise.all(['token', 'ca.crt'].map((name) => writeFile(join(folder, name), name)));
});

afterAll(() => rm(folder, { recursive: true }));

test('a pod pays nothing for reading kubeconfigs', async () => {
  const loaded = await loadedFor({ serviceAccount: { folder } });
  expect(loaded).toContain('valibot');
  expect(loaded).not.toContain('@kubernetes/client-node');
}, 20_000);

test('a kubeconfig is read by the library of the Kubernetes client', async () => {
  const kubeconfig = join(folder, 'config');
  await writeFile(
    kubeconfig,
    'current-context: c\nclusters: [{name: c, cluster: {server: "https://api"}}]\ncontexts: [{name: c, context: {cluster: c}}]\n',
  );
  expect(await loadedFor({ kubeconfig })).toContain('@kubernetes/client-node');
}, 20_000);
