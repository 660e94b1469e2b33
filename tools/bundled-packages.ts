import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';

/** A package of which code is in the bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression, as its `package.json` says. */
  readonly license: string;
  /** The range of Node.js versions that it asks for; empty for any. */
  readonly node: string;
  /** Its licence and notice files, with their whole texts, by file name. */
  readonly texts: readonly string[];
}

/** Outputs of esbuild's metafile: which inputs have how many bytes in each. */
export type Outputs = Readonly<
  Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>
>;

const manifestSchema = v.object({
  name: v.string(),
  version: v.string(),
  license: v.string(),
  engines: v.optional(v.object({ node: v.optional(v.string(), '') }), {}),
});

/**
 * Reads which packages have code in the bundle, by name and version, with the texts of their licences. What esbuild
 * left out because nothing uses it does not count.
 *
 * @param root the project's folder, from which the metafile's paths go out
 * @throws Error when a package has no file with its licence: there is then no text to hand on, and it has to be found
 */
export async function bundledPackages(root: string, outputs: Outputs): Promise<BundledPackage[]> {
  const folders = new Set<string>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
    }
  }
  const packages = await Promise.all([...folders].map((folder) => packageIn(join(root, folder))));
  const byIdentity = new Map(packages.map((one) => [`${one.name}@${one.version}`, one]));
  return [...byIdentity].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, found]) => found);
}

async function packageIn(folder: string): Promise<BundledPackage> {
  const text = await readFile(join(folder, 'package.json'), 'utf8');
  const { name, version, license, engines } = v.parse(manifestSchema, JSON.parse(text));
  const files = (await readdir(folder)).filter((file) =>
    /^(licen[cs]e|copying|notice)\b/i.test(file),
  );
  if (files.length === 0) throw new Error(`${name} ${version} has no file with its licence`);
  const texts = await Promise.all(files.sort().map((file) => readFile(join(folder, file), 'utf8')));
  const plain = texts.map((one) => one.replaceAll('\r\n', '\n').trim());
  return { name, version, license, node: engines.node, texts: plain };
}
