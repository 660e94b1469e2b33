import {
  access,
  constants,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
} from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasCode, messageOf } from './errors.ts';
import { toolsFolder } from './folders.ts';
import { buildPackage, checkGo, type Environment } from './go.ts';
import { locked } from './lock.ts';
import { goVersionIn, type Pins, readPins } from './pins.ts';
import { type Progress, progress } from './progress.ts';

const kubernetes = dirname(fileURLToPath(import.meta.url));
const victoriametrics = join(kubernetes, 'victoriametrics');
const promtool = join(kubernetes, 'promtool');
const otelcol = join(kubernetes, 'otelcol');
const otelsender = join(kubernetes, 'otelsender');
const helm = join(kubernetes, 'helm');
const dockerlint = join(kubernetes, 'dockerlint');
const cainjector = join(kubernetes, 'cainjector');
const actionlint = join(kubernetes, 'actionlint');
const krew = join(kubernetes, 'krew');
const peers = join(kubernetes, '..', 'bench', 'peers');
const kubeconform = join(peers, 'kubeconform');

/** What can be had, in the order in which it is built. */
const binaries = {
  etcd: { module: kubernetes, package: 'go.etcd.io/etcd/server/v3', seconds: 40 },
  'kube-apiserver': {
    module: kubernetes,
    package: 'k8s.io/kubernetes/cmd/kube-apiserver',
    seconds: 300,
  },
  'kube-controller-manager': {
    module: kubernetes,
    package: 'k8s.io/kubernetes/cmd/kube-controller-manager',
    seconds: 100,
  },
  kubectl: { module: kubernetes, package: 'k8s.io/kubernetes/cmd/kubectl', seconds: 30 },
  'victoria-metrics': {
    module: victoriametrics,
    package: 'github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics',
    seconds: 30,
  },
  vmagent: {
    module: victoriametrics,
    package: 'github.com/VictoriaMetrics/VictoriaMetrics/app/vmagent',
    seconds: 10,
  },
  promtool: {
    module: promtool,
    package: 'github.com/prometheus/prometheus/cmd/promtool',
    seconds: 150,
  },
  otelcol: { module: otelcol, package: 'autoscrape/tools/otelcol', seconds: 70 },
  otelsender: { module: otelsender, package: 'autoscrape/tools/otelsender', seconds: 60 },
  helm: { module: helm, package: 'helm.sh/helm/v4/cmd/helm', seconds: 90 },
  dockerlint: { module: dockerlint, package: 'autoscrape/tools/dockerlint', seconds: 40 },
  // cert-manager's, for tests of certificates.
  cainjector: {
    module: cainjector,
    package: 'autoscrape.multigres.com/tools/cainjector',
    seconds: 60,
  },
  // For tests of what a release is made of.
  actionlint: {
    module: actionlint,
    package: 'github.com/rhysd/actionlint/cmd/actionlint',
    seconds: 15,
  },
  krew: { module: krew, package: 'sigs.k8s.io/krew/cmd/krew', seconds: 30 },
  // What the benchmarks compare with, and what they load with: see bench/README.md.
  'peer-webhook': {
    module: peers,
    package: 'autoscrape.multigres.com/bench/peers/webhook',
    seconds: 50,
  },
  'peer-controller': {
    module: peers,
    package: 'autoscrape.multigres.com/bench/peers/controller',
    seconds: 5,
  },
  loadgen: { module: peers, package: 'autoscrape.multigres.com/bench/peers/loadgen', seconds: 2 },
  kubeconform: {
    module: kubeconform,
    package: 'github.com/yannh/kubeconform/cmd/kubeconform',
    seconds: 15,
  },
} as const satisfies Readonly<Record<string, Binary>>;

type Binary = {
  /** Folder of the Go module that pins it. */
  readonly module: string;
  readonly package: string;
  /**
   * What building it takes on two cores with nothing cached, measured in the order above: the first of
   * a module pays for what they share.
   */
  readonly seconds: number;
};

/** What `setup-envtest` fetches into the folder that `KUBEBUILDER_ASSETS` names. */
const envtest: ReadonlySet<string> = new Set(['etcd', 'kube-apiserver', 'kubectl']);

/** Built programs that nobody used for so many days are removed: the pins have changed since. */
const keptDays = 30;

/** A program of the test control plane, or of the benchmarks. */
export type BinaryName = keyof typeof binaries;

/** Whether {@link findBinaries} knows this name. */
export function isBinaryName(name: string): name is BinaryName {
  return Object.hasOwn(binaries, name);
}

/** Every name that {@link findBinaries} knows. */
export const binaryNames: readonly BinaryName[] = Object.keys(binaries).filter(isBinaryName);

/** What {@link findBinaries} looks at, when not the real thing. */
export type Surroundings = {
  /** `KUBEBUILDER_ASSETS` is read from here, and Go runs with it. */
  readonly env?: Environment;
  /** Where built programs are kept: `<cache>/<key>/<name>`. */
  readonly cache?: string;
  readonly progress?: Progress;
};

/** Where a program is that was asked for. */
export type PathOf<Name extends BinaryName> = (name: Name) => string;

/**
 * Finds programs: in the folder `KUBEBUILDER_ASSETS`, if that is set and has it, else in the cache,
 * else builds it into the cache, with progress. Only what is asked for is built.
 *
 * @throws when `KUBEBUILDER_ASSETS` names no folder, when Go is needed and there is none, or when a
 * build fails.
 */
export async function findBinaries<Name extends BinaryName>(
  names: readonly Name[],
  { env = process.env, cache = toolsFolder(), progress: shown = progress() }: Surroundings = {},
): Promise<PathOf<Name>> {
  const assets = await assetsFolder(env);
  const found = new Map<string, string>();
  const missing: BinaryName[] = [];
  for (const name of binaryNames.filter((known) => names.some((asked) => asked === known))) {
    const path = (await inAssets(assets, name)) ?? (await inCache(cache, name));
    if (path === undefined) missing.push(name);
    else found.set(name, path);
  }
  if (missing.length > 0) {
    for (const [name, path] of await buildAll(cache, missing, env, shown)) found.set(name, path);
    await forgetUnused(cache, Date.now());
  }
  return (name) => {
    const path = found.get(name);
    if (path === undefined) throw new Error(`${name} was not asked for`);
    return path;
  };
}

async function assetsFolder(env: Environment): Promise<string | undefined> {
  const folder = env.KUBEBUILDER_ASSETS;
  if (folder === undefined || folder === '') return undefined;
  const there = await stat(folder).catch(() => undefined);
  if (there?.isDirectory() !== true) {
    throw new Error(
      `KUBEBUILDER_ASSETS is ${folder}, which is not a folder. Unset it, or set it to what "setup-envtest use -p path" prints.`,
    );
  }
  return folder;
}

async function inAssets(folder: string | undefined, name: BinaryName): Promise<string | undefined> {
  if (folder === undefined || !envtest.has(name)) return undefined;
  return executable(join(folder, name));
}

async function inCache(cache: string, name: BinaryName): Promise<string | undefined> {
  const path = cachePath(cache, await readPins(binaries[name].module), name);
  const found = await executable(path);
  if (found !== undefined) {
    const now = new Date();
    // A cache that we may only read serves as well.
    await utimes(dirname(path), now, now).catch(() => undefined);
  }
  return found;
}

function cachePath(cache: string, pins: Pins, name: BinaryName): string {
  return join(cache, pins.key, name);
}

async function executable(path: string): Promise<string | undefined> {
  return access(path, constants.X_OK).then(
    () => path,
    () => undefined,
  );
}

async function buildAll(
  cache: string,
  names: readonly BinaryName[],
  env: Environment,
  shown: Progress,
): Promise<Map<string, string>> {
  await demandGo(names, env);
  // A build keeps about two cores busy, more of them help, and linking is done by one.
  const speed = Math.max(0.5, Math.min(4, availableParallelism() / 2));
  const seconds = names.map((name) => binaries[name].seconds / speed);
  const built = new Map<string, string>();
  try {
    for (const [index, name] of names.entries()) {
      const after = seconds.slice(index + 1).reduce((sum, next) => sum + next, 0);
      shown.step(name, { index, of: names.length, seconds: seconds[index] ?? 0, after });
      built.set(name, await build(cache, name, env));
    }
  } finally {
    shown.end();
  }
  return built;
}

async function build(cache: string, name: BinaryName, env: Environment): Promise<string> {
  const pins = await readPins(binaries[name].module);
  const path = cachePath(cache, pins, name);
  await mkdir(dirname(path), { recursive: true });
  return locked(`${path}.lock`, async () => {
    // Whoever held the lock before us may have built it.
    const there = await executable(path);
    if (there !== undefined) return there;
    const unfinished = `${path}.unfinished`;
    await buildPackage(pins, binaries[name].package, unfinished, env);
    await rename(unfinished, path);
    return path;
  });
}

async function demandGo(needed: readonly BinaryName[], env: Environment): Promise<void> {
  try {
    await checkGo(kubernetes, env);
  } catch (cause) {
    const wanted = goVersionIn(await readFile(join(kubernetes, 'go.mod'), 'utf8')) ?? '';
    throw new Error(withoutGo(needed, wanted, cause), { cause });
  }
}

/** What to do when there is no Go to build these programs with. */
function withoutGo(needed: readonly BinaryName[], version: string, cause: unknown): string {
  const fetched = needed.filter((name) => envtest.has(name));
  const others = needed.filter((name) => !envtest.has(name));
  const lines = [
    `${needed.join(', ')} ${needed.length === 1 ? 'is' : 'are'} not built yet, and no Go ${version} or newer was found (${reason(cause)}).`,
    `- ${fetched.length > 0 ? 'Either install' : 'Install'} Go ${version} or newer, and run this again: everything is built once, and kept.`,
  ];
  if (fetched.length === 0) {
    lines.push(
      '  KUBEBUILDER_ASSETS does not help here: setup-envtest fetches kube-apiserver, etcd and kubectl only.',
    );
    return lines.join('\n');
  }
  lines.push(
    `- Or fetch ${fetched.join(', ')} with setup-envtest (sigs.k8s.io/controller-runtime/tools/setup-envtest),`,
    '  and set KUBEBUILDER_ASSETS to the folder that "setup-envtest use -p path" prints.',
  );
  if (others.length > 0) {
    const need = others.length === 1 ? 'needs' : 'need';
    lines.push(`  ${others.join(', ')} cannot be had that way, and still ${need} Go.`);
  }
  return lines.join('\n');
}

function reason(cause: unknown): string {
  if (hasCode(cause, 'ENOENT')) return 'there is no "go" in the PATH';
  return messageOf(cause).trim().replaceAll('\n', ' ');
}

async function forgetUnused(cache: string, now: number): Promise<void> {
  for (const entry of await readdir(cache, { withFileTypes: true })) {
    const folder = join(cache, entry.name);
    if (!entry.isDirectory()) continue;
    const { mtimeMs } = await stat(folder);
    if (now - mtimeMs > keptDays * 86_400_000) await rm(folder, { recursive: true, force: true });
  }
}
