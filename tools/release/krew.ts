import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { sha256Of } from './checksums.ts';
import type { Release } from './options.ts';

const archiveName = /^autoscrape-(linux|darwin)-(x64|arm64)\.tar\.gz$/;

/**
 * The manifest by which krew installs `kubectl autoscrape` from the archives of a release.
 * Source: https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest/
 *
 * @throws Error when there is no archive
 */
export async function krewManifest({ folder, manifest, tag }: Release): Promise<string> {
  const names = (await readdir(folder)).filter((name) => archiveName.test(name)).sort();
  if (names.length === 0) throw new Error(`${folder} has no archive: npm run release -- archives`);
  const { repository } = manifest;
  const platforms = await Promise.all(
    names.map(async (name) => {
      const [, os = '', arch = ''] = archiveName.exec(name) ?? [];
      return {
        selector: { matchLabels: { os, arch: arch === 'x64' ? 'amd64' : arch } },
        uri: `${repository}/releases/download/${tag}/${name}`,
        sha256: await sha256Of(join(folder, name)),
        files: [
          { from: 'autoscrape', to: '.' },
          { from: 'LICENSE', to: '.' },
          { from: 'NOTICE', to: '.' },
        ],
        bin: 'autoscrape',
      };
    }),
  );
  const plugin = {
    apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
    kind: 'Plugin',
    metadata: { name: 'autoscrape' },
    spec: {
      version: tag,
      homepage: repository,
      shortDescription: 'Tell which Multigres components are scraped',
      description:
        'Says what reads the metrics of each component of a Multigres cluster, what is missing, and\nwhat is wrong with VMServiceScrapes: of a live cluster (audit) and of manifests (review).\n',
      platforms,
    },
  };
  return stringify(plugin, { lineWidth: 0 });
}
