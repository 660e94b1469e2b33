/**
 * The steps of a release, each by its name. `.github/workflows/release.yml` runs them in this order:
 *
 *     npm run release -- check --tag v1.2.3
 *     npm run release -- archives
 *     npm run release -- install --image registry/autoscrape@sha256:…
 *     npm run release -- chart --image registry/autoscrape@sha256:…
 *     npm run release -- krew --tag v1.2.3
 *     npm run release -- sbom
 *     npm run release -- notes
 *     npm run release -- checksums
 *
 * All work on the folder `release`, into which `npm run executable` writes, or on `--folder`.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findBinaries } from './binaries.ts';
import { messageOf } from './errors.ts';
import { makeBundle } from './make-bundle.ts';
import { readManifest } from './manifest.ts';
import { archives } from './release/archives.ts';
import { sectionOf } from './release/changelog.ts';
import { packedChart } from './release/chart.ts';
import { releaseProblems } from './release/check.ts';
import { checksums } from './release/checksums.ts';
import { installManifest } from './release/install.ts';
import { krewManifest } from './release/krew.ts';
import type { Release } from './release/options.ts';
import { softwareBill } from './release/sbom.ts';

type Step = (release: Release) => Promise<void>;

const written = async ({ folder }: Release, name: string, text: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), text);
};
const helm = async (): Promise<string> => (await findBinaries(['helm']))('helm');

const steps: Readonly<Record<string, Step>> = {
  check: async (release) => {
    const problems = releaseProblems(release, await readFile(release.changelog, 'utf8'));
    if (problems.length > 0) throw new Error(problems.join('\n'));
  },
  archives: async (release) => {
    await archives(release);
  },
  install: async (release) =>
    written(release, 'install.yaml', await installManifest(await helm(), release)),
  chart: async (release) => packedChart(await helm(), release),
  krew: async (release) => written(release, 'krew.yaml', await krewManifest(release)),
  sbom: async (release) => {
    const { packages } = await makeBundle();
    const bill = softwareBill(release.manifest, packages, process.versions.node);
    await written(release, 'autoscrape.cdx.json', bill);
  },
  notes: async (release) => {
    const changelog = await readFile(release.changelog, 'utf8');
    await written(release, 'notes.md', sectionOf(changelog, release.manifest.version));
  },
  checksums: async (release) => written(release, 'SHA256SUMS', await checksums(release.folder)),
};

async function main(): Promise<void> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      folder: { type: 'string', default: join(root, 'release') },
      image: { type: 'string', default: '' },
      tag: { type: 'string', default: '' },
      changelog: { type: 'string', default: join(root, 'CHANGELOG.md') },
    },
  });
  const [name = '', ...more] = positionals;
  const step = steps[name];
  if (step === undefined || more.length > 0) {
    throw new Error(`which step? One of ${Object.keys(steps).join(', ')}`);
  }
  await step({ ...values, root, manifest: readManifest() });
}

try {
  await main();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
