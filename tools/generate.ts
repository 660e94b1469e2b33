/**
 * Renews what is made from other files of the project. A unit test tells when one of them is out of date.
 *
 *     npm run generate
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { findingsDocument } from '../src/report/index.ts';
import { settingsReference } from '../src/settings/index.ts';
import { compiledCatalogue } from './generate/catalogue.ts';
import { componentsDocument } from './generate/components.ts';
import { metricsDocument } from './generate/metrics.ts';
import { webhooksManifest } from './generate/webhooks.ts';

const root = new URL('../', import.meta.url);

const text = readFileSync(new URL('src/catalogue/multigres.yaml', root), 'utf8');
writeFileSync(new URL('src/catalogue/multigres.ts', root), compiledCatalogue(text));
writeFileSync(new URL('deploy/webhooks.yaml', root), webhooksManifest(text));
writeFileSync(new URL('docs/findings.md', root), findingsDocument());
writeFileSync(new URL('docs/settings.md', root), settingsReference());
writeFileSync(new URL('docs/metrics.md', root), metricsDocument());
writeFileSync(new URL('docs/components.md', root), componentsDocument());
