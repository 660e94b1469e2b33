/**
 * Renews what is made from other files of the project. A unit test tells when one of them is out of date.
 *
 *     npm run generate
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { findingsDocument } from '../src/report/index.ts';
import { settingsReference } from '../src/settings/reference.ts';
import { findBinaries } from './binaries.ts';
import { bundled } from './bundled.ts';
import { chartFiles, chartFolder } from './generate/chart/index.ts';
import { commandsDocument } from './generate/commands.ts';
import { componentsDocument } from './generate/components.ts';
import { kustomizeFiles } from './generate/kustomize.ts';
import { metricsDocument } from './generate/metrics.ts';
import { compiledScrapeSchema } from './generate/scrape-schema.ts';
import { statesDocument } from './generate/states.ts';
import { versionedFiles, withVersion } from './generate/version.ts';
import { readManifest } from './manifest.ts';
import { chartNotice } from './notice.ts';

const root = new URL('../', import.meta.url);

const definition = readFileSync(new URL('test/fixtures/crds/vmservicescrape.yaml', root), 'utf8');
writeFileSync(
  new URL('src/findings/scrapes/scrape-schema.ts', root),
  compiledScrapeSchema(definition),
);
writeFileSync(new URL('docs/findings.md', root), findingsDocument());
writeFileSync(new URL('docs/settings.md', root), settingsReference());
writeFileSync(new URL('docs/metrics.md', root), metricsDocument());
writeFileSync(new URL('docs/components.md', root), componentsDocument());
writeFileSync(new URL('docs/states.md', root), statesDocument());
writeFileSync(new URL('docs/commands.md', root), await commandsDocument());

const { version, repository } = readManifest();
const rule = readFileSync(new URL('deploy/samples/vmrule.yaml', root), 'utf8');
for (const path of versionedFiles) {
  const file = new URL(path, root);
  writeFileSync(file, withVersion(readFileSync(file, 'utf8'), version));
}
for (const [path, content] of chartFiles({ version, repository, rule })) {
  writeFileSync(new URL(`${chartFolder}/${path}`, root), content);
}
await bundled();
const notice = readFileSync(new URL('dist/NOTICE', root), 'utf8');
writeFileSync(new URL(`${chartFolder}/NOTICE`, root), chartNotice(notice));
const helm = (await findBinaries(['helm']))('helm');
for (const [path, content] of await kustomizeFiles(helm, fileURLToPath(root))) {
  writeFileSync(new URL(path, root), content);
}
