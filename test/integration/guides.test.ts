import { spawn } from 'node:child_process';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { routes } from '../../src/admission/index.ts';
import { builtInCatalogue } from '../../src/catalogue/index.ts';
import { defaultRegistration, registration } from '../../src/registration/index.ts';
import { version } from '../../src/version.ts';
import { findBinaries } from '../../tools/binaries.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { webhookCounts } from '../support/admission-metrics.ts';
import { type Autoscrape, startAutoscrape } from '../support/autoscrape.ts';
import { until } from '../support/processes.ts';
import { define, defineResources } from '../support/reconciling.ts';
import { register } from '../support/registered.ts';

/**
 * The commands of the guides, as they stand there, on a real API server: kubectl and Helm are real, autoscrape is the
 * source. Without a node, a registry and a proxy some have nothing to do: those are named here, and do nothing.
 */
const root = join(import.meta.dirname, '../..');
const idle = ['docker', 'kind', 'curl'];
const idleOfKubectl = ['*rollout?status*', '*port-forward*', '*condition=Ready*', '*https://*'];

let plane: ControlPlane;
let autoscrape: Autoscrape | undefined;
/** Blocks that were run, as `page: text`. */
const ran = new Set<string>();

beforeAll(async () => {
  const pathOf = await findBinaries(['kubectl', 'helm']);
  plane = await startControlPlane({
    label: 'guides',
    audit: false,
    // What is called at a Service's address meets nobody, on this machine.
    serviceRange: `127.${60 + (process.pid % 20)}.0.0/16`,
  });
  const script = async (name: string, text: string) => {
    await writeFile(join(plane.folder, 'bin', name), `#!/bin/sh\n${text}\n`);
    await chmod(join(plane.folder, 'bin', name), 0o755);
  };
  await mkdir(join(plane.folder, 'bin'));
  for (const name of idle) await script(name, 'exit 0');
  // Of the bundle, and of the image, whose Dockerfile says where both are.
  const source = `exec '${process.execPath}' '${join(root, 'src/main.ts')}' "$@"`;
  const inPod =
    'exec -n autoscrape-system deploy/autoscrape -- /usr/local/bin/node /app/autoscrape.mjs';
  await script(
    'kubectl',
    `case "$*" in
${idleOfKubectl.join('|')}) exit 0;;
'${inPod} '*) shift ${inPod.split(' ').length}; ${source};;
esac
exec '${pathOf('kubectl')}' "$@"`,
  );
  await script('helm', `exec '${pathOf('helm')}' "$@"`);
  await script('node', `[ "$1" = dist/autoscrape.mjs ] || exit 127; shift\n${source}`);
  // Of the package's scripts the one that makes a file of a release, with the Helm that was built here.
  const step = `'${process.execPath}' '${join(root, 'tools/release.ts')}'`;
  const helmIs = `HOME='${process.env.HOME}'`;
  await script('npm', `shift 4\n${helmIs} exec ${step} "$@" --folder "$PWD/release"`);
  await mkdir(join(plane.folder, 'autoscrape'));
  for (const name of ['deploy', 'docs']) {
    await symlink(join(root, name), join(plane.folder, 'autoscrape', name));
  }
  await defineResources(plane, 'vmservicescrape.yaml');
  // Of the operator, as far as the guides go: test/integration/samples.test.ts has its real definitions.
  for (const kind of ['VMSingle', 'VMAgent', 'VMRule']) await define(plane, definitionOf(kind));
  // A database, without which an audit has nothing to say.
  const labels = 'app.kubernetes.io/part-of=multigres,app.kubernetes.io/component=etcd';
  const made = await runBlock(
    '',
    `set -e
kubectl create namespace database
kubectl create service clusterip topo --tcp=2379 -n database
kubectl label service topo -n database ${labels.replace(',', ' ')}`,
  );
  expect(made).toMatchObject({ code: 0 });
}, 300_000);

afterAll(async () => {
  await autoscrape?.stop();
  await plane?.stop();
});

/** These come one after the other, as people would read them. */
describe('the commands of', () => {
  test('install.md, with Helm', async () => {
    await runs('install.md', (block) => !/apply -k|install\.yaml/.test(block));
    await runBlock('', 'kubectl delete namespace shop');
  }, 120_000);

  test('upgrade.md', async () => {
    await runs('upgrade.md');
    await runBlock('', 'kubectl delete namespace database');
  }, 120_000);

  test('remove.md, and nothing is left', async () => {
    const said = await runs('remove.md');
    const found = await runBlock(
      'remove.md',
      (await blocksOf('remove.md')).find((block) => block.includes('kubectl get')) ?? '',
    );
    expect({ found, some: said.length > 3 }).toEqual({
      found: { code: 0, out: '', err: 'No resources found\nNo resources found\n' },
      some: true,
    });
  }, 120_000);

  test('walkthrough.md and troubleshoot.md', async () => {
    const [cluster, install, component, metrics, wrong, repair, away, ...more] =
      await blocksOf('walkthrough.md');
    const page = async (block = '') => runBlock('walkthrough.md', block);
    const said = { code: 0, err: '' };
    expect(await page(cluster)).toMatchObject(said);
    expect(await page(install)).toMatchObject(said);
    // Instead of pods.
    await page(
      'kubectl delete mutatingwebhookconfiguration,validatingwebhookconfiguration autoscrape',
    );
    autoscrape = await startAutoscrape(plane.kubeconfig);
    const { url, ca: caBundle } = autoscrape;
    const options = { ...defaultRegistration, reach: { url }, caBundle };
    const called = async () => (await webhookCounts(plane, routes.strong.webhook)).requests > 0;
    await register(plane, registration(builtInCatalogue(), options), called);

    const made = await page(component);
    expect(made).toMatchObject(said);
    expect(made.out).toContain('"app.kubernetes.io/name":"multigres"');
    expect(made.out).toContain('"name":"client"');
    expect(made.out).toMatch(/^kind: VMServiceScrape$/m);
    const described = () => runBlock('', 'kubectl describe service orders-etcd -n shop');
    await until(async () => (await described()).out.includes('ScrapeCreated'));
    expect(await page(metrics)).toMatchObject(said);

    await runs('troubleshoot.md');

    const warned = await page(wrong);
    // What audit finds is an error.
    expect(warned.code).toBe(1);
    expect(
      [...warned.err.matchAll(/^Warning: .*\[(\S+)\]$/gm)].map(([, code]) => code).sort(),
    ).toEqual(['bad-duration', 'port-not-found']);
    expect(await page(repair)).toMatchObject(said);
    await autoscrape.stop();
    expect(await page(away)).toMatchObject({ code: 0 });
    expect(more).toEqual([]);
  }, 240_000);

  test('install.md, with kustomize', async () => {
    await runs('install.md', (block) => block.includes('apply -k'));
  }, 60_000);

  test('install.md, with one file', async () => {
    await runs('install.md', (block) => block.includes('install.yaml'));
  }, 60_000);

  test('install.md, with a kustomization of its own', async () => {
    const text = await readFile(join(root, 'docs/install.md'), 'utf8');
    const kustomization = /```yaml\n(.*?)```/s.exec(text)?.[1] ?? '';
    await mkdir(join(plane.folder, 'mine'));
    await writeFile(join(plane.folder, 'mine/kustomization.yaml'), kustomization);
    const { code, out } = await runBlock('', 'kubectl kustomize ../mine');
    expect({ code, image: /^ +image: (\S+)$/m.exec(out)?.[1] }).toEqual({
      code: 0,
      image: `REGISTRY/autoscrape:${version}`,
    });
  });

  test('all pages are these', async () => {
    for (const name of [
      'install.md',
      'upgrade.md',
      'remove.md',
      'walkthrough.md',
      'troubleshoot.md',
    ]) {
      const blocks = await blocksOf(name);
      expect(blocks.filter((block) => !ran.has(`${name}: ${block}`))).toEqual([]);
    }
  });
});

/** What a block of commands left. */
interface Done {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The blocks of commands of a page, without the indentation of a list. */
async function blocksOf(name: string): Promise<string[]> {
  const text = await readFile(join(root, 'docs', name), 'utf8');
  return [...text.matchAll(/^( *)```sh\n(.*?)^ *```$/gms)].map(([, indentation = '', block = '']) =>
    block
      .split('\n')
      .map((line) => line.slice(indentation.length))
      .join('\n'),
  );
}

/** Runs blocks of a page, one after the other, each of which has to go well. */
async function runs(name: string, which: (block: string) => boolean = () => true): Promise<Done[]> {
  const all: Done[] = [];
  for (const block of (await blocksOf(name)).filter(which)) {
    const done = await runBlock(name, block);
    expect({ block, ...done }).toMatchObject({ block, code: 0 });
    all.push(done);
  }
  return all;
}

/** Runs a block in a shell that ends at the first command that fails, in a folder with what a clone has. */
function runBlock(name: string, block: string): Promise<Done> {
  ran.add(`${name}: ${block}`);
  const commands = block
    .replaceAll(/\bNAMESPACE\b/g, 'shop')
    .replaceAll(/\bNAME\b/g, 'orders-etcd');
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-euc', commands], {
      cwd: join(plane.folder, 'autoscrape'),
      env: {
        PATH: `${join(plane.folder, 'bin')}:${process.env.PATH}`,
        HOME: plane.folder,
        KUBECONFIG: plane.kubeconfig,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, out, err }));
  });
}

/** A custom resource whose spec may be anything. */
function definitionOf(kind: string): object {
  const singular = kind.toLowerCase();
  const group = 'operator.victoriametrics.com';
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${singular}s.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, singular, plural: `${singular}s` },
      versions: [
        {
          name: 'v1beta1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          },
        },
      ],
    },
  };
}
