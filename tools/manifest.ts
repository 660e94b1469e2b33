import { readFileSync } from 'node:fs';
import * as v from 'valibot';

const schema = v.object({
  name: v.pipe(v.string(), v.regex(/^@[a-z0-9-]+\/[a-z0-9-]+$/)),
  version: v.pipe(v.string(), v.regex(/^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/)),
  description: v.string(),
  license: v.string(),
  repository: v.object({
    url: v.pipe(v.string(), v.regex(/^git\+https:\/\/github\.com\/[\w.-]+\/[\w.-]+\.git$/)),
  }),
  engines: v.object({ node: v.pipe(v.string(), v.regex(/^>=\d+\.\d+\.\d+$/)) }),
});

/** The fields of `package.json` that other files are made of. It is the one place that has the version. */
export interface Manifest {
  readonly name: string;
  /** Such as `1.2.3`, without a `v`. */
  readonly version: string;
  readonly description: string;
  /** An SPDX expression. */
  readonly license: string;
  /** The address of the repository on GitHub, `https://github.com/OWNER/NAME`. */
  readonly repository: string;
  /** The oldest Node.js that runs the bundle: major, minor, patch. */
  readonly oldestNode: readonly [number, number, number];
}

/**
 * Reads `package.json`.
 *
 * @throws ValiError when a field is missing or has another form
 */
export function readManifest(): Manifest {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { engines, repository, ...fields } = v.parse(schema, JSON.parse(text));
  const [major = 0, minor = 0, patch = 0] = engines.node.slice(2).split('.').map(Number);
  return {
    ...fields,
    repository: repository.url.replace(/^git\+|\.git$/g, ''),
    oldestNode: [major, minor, patch],
  };
}
