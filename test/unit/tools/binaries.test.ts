import { chmod, mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findBinaries } from '../../../tools/binaries.ts';
import { readPins } from '../../../tools/pins.ts';
import { type TemporaryFolder, temporaryFolder } from '../../../tools/processes.ts';
import type { Progress, Step } from '../../../tools/progress.ts';

const kubernetes = fileURLToPath(new URL('../../../tools', import.meta.url));
const victoriametrics = join(kubernetes, 'victoriametrics');

let temporary: TemporaryFolder;
let folder: string;
let cache: string;
beforeEach(async () => {
  temporary = await temporaryFolder('unit');
  folder = temporary.path;
  cache = join(folder, 'cache');
});
afterEach(() => temporary.remove());

async function executable(path: string, content = ''): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await chmod(path, 0o755);
  return path;
}

/** A `go` that says what it was asked in a file, and "builds" its arguments. */
async function fakeGo(): Promise<{ env: Record<string, string>; calls: () => Promise<string[]> }> {
  const log = join(folder, 'calls');
  await executable(
    join(folder, 'bin/go'),
    `#!/bin/sh
[ "$1" = build ] || exit 0
sleep 0.3
while [ $# -gt 1 ]; do [ "$1" = -o ] && out=$2; shift; done
case $1 in */vmagent) echo "vmagent.go:1:1: broken"; exit 1;; esac
echo "$1 CGO_ENABLED=$CGO_ENABLED GOWORK=$GOWORK" >>${log}
echo built >"$out"; chmod +x "$out"
`,
  );
  const env = { PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
  return { env, calls: async () => (await readFile(log, 'utf8')).trimEnd().split('\n') };
}

function recorded(): Progress & { readonly steps: [string, Step][]; readonly ends: number } {
  const steps: [string, Step][] = [];
  let ends = 0;
  return {
    steps,
    get ends() {
      return ends;
    },
    step: (name, step) => steps.push([name, step]),
    end: () => {
      ends += 1;
    },
  };
}

const noGo = { PATH: '/nonexistent' };

describe('a program is taken', () => {
  test('from KUBEBUILDER_ASSETS before the cache', async () => {
    const assets = join(folder, 'assets');
    const etcd = await executable(join(assets, 'etcd'));
    const { key } = await readPins(kubernetes);
    await executable(join(cache, key, 'etcd'));
    const pathOf = await findBinaries(['etcd'], {
      env: { ...noGo, KUBEBUILDER_ASSETS: assets },
      cache,
    });
    expect(pathOf('etcd')).toBe(etcd);
  });

  test('from the cache where KUBEBUILDER_ASSETS has none, or cannot have one', async () => {
    const assets = join(folder, 'assets');
    await executable(join(assets, 'vmagent'));
    const cached = await executable(join(cache, (await readPins(victoriametrics)).key, 'vmagent'));
    const etcd = await executable(join(cache, (await readPins(kubernetes)).key, 'etcd'));
    const env = { ...noGo, KUBEBUILDER_ASSETS: assets };
    const pathOf = await findBinaries(['vmagent', 'etcd'], { env, cache });
    expect([pathOf('vmagent'), pathOf('etcd')]).toEqual([cached, etcd]);
  });

  test('from a build, once, with progress, whoever else asks meanwhile', async () => {
    const { env, calls } = await fakeGo();
    const progress = recorded();
    const [pathOf] = await Promise.all([
      findBinaries(['kubectl', 'etcd'], { env, cache, progress }),
      findBinaries(['etcd'], { env, cache, progress: recorded() }),
    ]);
    expect(await readFile(pathOf('etcd'), 'utf8')).toBe('built\n');
    expect(await readFile(pathOf('kubectl'), 'utf8')).toBe('built\n');
    expect(await calls()).toEqual([
      'go.etcd.io/etcd/server/v3 CGO_ENABLED=0 GOWORK=off',
      'k8s.io/kubernetes/cmd/kubectl CGO_ENABLED=0 GOWORK=off',
    ]);
    expect(progress.steps.map(([name, { index, of }]) => [name, index, of])).toEqual([
      ['etcd', 0, 2],
      ['kubectl', 1, 2],
    ]);
    expect(progress.ends).toBe(1);
    expect((await readdir(dirname(pathOf('etcd')))).sort()).toEqual(['etcd', 'kubectl']);
  });
});

describe('it is an error', () => {
  test('when KUBEBUILDER_ASSETS is no folder', async () => {
    const finding = findBinaries(['etcd'], { env: { KUBEBUILDER_ASSETS: '/no/such' }, cache });
    await expect(finding).rejects.toThrow('KUBEBUILDER_ASSETS is /no/such, which is not a folder');
  });

  test('when a build fails, with what Go said, and nothing is kept', async () => {
    const { env } = await fakeGo();
    const progress = recorded();
    const finding = findBinaries(['vmagent'], { env, cache, progress });
    await expect(finding).rejects.toThrow(/app\/vmagent: exit code 1\nvmagent\.go:1:1: broken$/);
    expect(progress.ends).toBe(1);
    const { key } = await readPins(victoriametrics);
    expect(await readdir(join(cache, key))).toEqual([]);
  });

  test('without Go, which names the ways out', async () => {
    const finding = findBinaries(['etcd', 'kube-controller-manager'], { env: noGo, cache });
    await expect(finding).rejects.toThrow(
      `etcd, kube-controller-manager are not built yet, and no Go 1.26.0 or newer was found (there is no "go" in the PATH).
- Either install Go 1.26.0 or newer, and run this again: everything is built once, and kept.
- Or fetch etcd with setup-envtest (sigs.k8s.io/controller-runtime/tools/setup-envtest),
  and set KUBEBUILDER_ASSETS to the folder that "setup-envtest use -p path" prints.
  kube-controller-manager cannot be had that way, and still needs Go.`,
    );
  });

  test('without Go, where only Go helps', async () => {
    const finding = findBinaries(['vmagent'], { env: noGo, cache });
    await expect(finding).rejects.toThrow(
      `vmagent is not built yet, and no Go 1.26.0 or newer was found (there is no "go" in the PATH).
- Install Go 1.26.0 or newer, and run this again: everything is built once, and kept.
  KUBEBUILDER_ASSETS does not help here: setup-envtest fetches kube-apiserver, etcd and kubectl only.`,
    );
  });
});

test('programs of former pins are forgotten after a month', async () => {
  const { env } = await fakeGo();
  const day = 86_400_000;
  for (const [name, days] of [
    ['old', 31],
    ['recent', 29],
  ] as const) {
    await executable(join(cache, name, 'etcd'));
    const time = new Date(Date.now() - days * day);
    await utimes(join(cache, name), time, time);
  }
  await findBinaries(['etcd'], { env, cache, progress: recorded() });
  expect((await readdir(cache)).sort()).toEqual(
    [(await readPins(kubernetes)).key, 'recent'].sort(),
  );
});
