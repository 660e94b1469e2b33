import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What decides how the programs of one Go module are built. */
export type Pins = {
  /** Folder of its go.mod. */
  readonly folder: string;
  /** Value of `-ldflags`. */
  readonly ldflags: string;
  /** The same for the same pins, platform and flags, and no other. */
  readonly key: string;
};

/** Where programs are to run: names as Node has them. */
export type Platform = { readonly platform: string; readonly arch: string };

/** Reads the pins of the Go module in a folder. */
export async function readPins(folder: string, platform: Platform = process): Promise<Pins> {
  const [goMod, goSum] = await Promise.all(
    ['go.mod', 'go.sum'].map((name) => readFile(join(folder, name), 'utf8')),
  );
  return pinsOf(folder, goMod ?? '', goSum ?? '', platform);
}

/** The pins that the texts of go.mod and go.sum mean. */
export function pinsOf(folder: string, goMod: string, goSum: string, on: Platform): Pins {
  const ldflags = linkerFlags(goMod);
  const key = createHash('sha256')
    .update(JSON.stringify([goMod, goSum, on.platform, on.arch, ldflags]))
    .digest('hex')
    .slice(0, 16);
  return { folder, ldflags, key };
}

/** The version of Go that a go.mod asks for, as written there. */
export function goVersionIn(goMod: string): string | undefined {
  return /^go (\S+)$/m.exec(goMod)?.[1];
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
