import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** What decides how the programs of one Go module are built. */
export type Pins = {
  /** Folder of its go.mod. */
  readonly folder: string;
  /** Value of `-ldflags`. */
  readonly ldflags: string;
  /** Value of `-tags`. */
  readonly tags: string;
  /** The same for the same pins, platform and flags, and no other. */
  readonly key: string;
};

/** Where programs are to run: names as Node has them. */
export type Platform = { readonly platform: string; readonly arch: string };

/** What a Go module is made of, as texts. */
export type Module = {
  readonly goMod: string;
  readonly goSum: string;
  /** Its own Go files, where it has any: a path in the module, with what stands there. */
  readonly sources: readonly (readonly [path: string, text: string])[];
};

/** Reads the pins of the Go module in a folder. */
export async function readPins(folder: string, platform: Platform = process): Promise<Pins> {
  const [goMod, goSum, sources] = await Promise.all([
    readFile(join(folder, 'go.mod'), 'utf8'),
    readFile(join(folder, 'go.sum'), 'utf8'),
    sourcesIn(folder),
  ]);
  return pinsOf(folder, { goMod, goSum, sources }, platform);
}

/** The Go files of a module, by path. Those of a module inside it and of npm packages are not its own. */
async function sourcesIn(folder: string): Promise<Module['sources']> {
  const paths: string[] = [];
  const look = async (at: string): Promise<void> => {
    const entries = await readdir(at, { withFileTypes: true });
    if (at !== folder && entries.some((entry) => entry.name === 'go.mod')) return;
    for (const entry of entries) {
      const path = join(at, entry.name);
      if (entry.isFile() && entry.name.endsWith('.go')) paths.push(path);
      if (entry.isDirectory() && entry.name !== 'node_modules') await look(path);
    }
  };
  await look(folder);
  return Promise.all(
    paths
      .sort()
      .map(async (path) => [relative(folder, path), await readFile(path, 'utf8')] as const),
  );
}

/** The pins that the texts of a module mean. */
export function pinsOf(folder: string, { goMod, goSum, sources }: Module, on: Platform): Pins {
  const ldflags = linkerFlags(goMod);
  const tags = buildTags(goMod);
  const chosen = tags === '' ? [] : [tags];
  const key = createHash('sha256')
    .update(JSON.stringify([goMod, goSum, on.platform, on.arch, ldflags, ...chosen, ...sources]))
    .digest('hex')
    .slice(0, 16);
  return { folder, ldflags, tags, key };
}

/** The version of Go that a go.mod asks for, as written there. */
export function goVersionIn(goMod: string): string | undefined {
  return /^go (\S+)$/m.exec(goMod)?.[1];
}

/**
 * Of Prometheus, no service discovery: promtool checks files, and the clients of every cloud are most of its code
 * (https://github.com/prometheus/prometheus, plugins/).
 */
function buildTags(goMod: string): string {
  return /^tool github\.com\/prometheus\/prometheus\//m.test(goMod) ? 'remove_all_sd' : '';
}

/**
 * No symbol table, and for Kubernetes its version: a build from a Go module knows none, reports
 * v0.0.0, and clients that ask for a minimum refuse it. The variables are those that its own build
 * sets (kubernetes/hack/lib/version.sh).
 */
function linkerFlags(goMod: string): string {
  const kubernetes = /^\s*(?:require )?k8s\.io\/kubernetes (v(\d+)\.(\d+)\S*)/m.exec(goMod);
  if (kubernetes === null) return '-s -w';
  const [, version, major, minor] = kubernetes;
  const variables = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap(
    (at) => [
      `-X ${at}.gitVersion=${version}`,
      `-X ${at}.gitMajor=${major}`,
      `-X ${at}.gitMinor=${minor}`,
    ],
  );
  return ['-s -w', ...variables].join(' ');
}
