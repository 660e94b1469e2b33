import { parseCatalogue } from '../../src/catalogue/index.ts';
import {
  defaultRegistration,
  registration,
  registrationYaml,
} from '../../src/registration/index.ts';
import { problemText } from '../../src/yaml/index.ts';

const file = 'src/catalogue/multigres.yaml';

/**
 * `deploy/webhooks.yaml`: the registration for the built-in catalogue, without the authority of a certificate.
 *
 * @throws Error with every problem of the catalogue, a line each
 */
export function webhooksManifest(catalogueYaml: string): string {
  const parsed = parseCatalogue(catalogueYaml, file);
  if ('problems' in parsed) throw new Error(parsed.problems.map(problemText).join('\n'));
  return [
    `# Made from ${file} by \`npm run generate\`: change that file or src/registration, not this one.`,
    '# `autoscrape manifests` prints it for another catalogue, another namespace, and with the CA of its certificate.',
    registrationYaml(registration(parsed.value, defaultRegistration)),
  ].join('\n');
}
