import { catalogueSchema } from '../../src/catalogue/schema.ts';
import { checkedYaml, problemText } from '../../src/yaml/index.ts';

/**
 * The built-in catalogue as a TypeScript module, so that nothing parses YAML when autoscrape starts.
 *
 * @throws Error with every problem of the YAML, a line each
 */
export function compiledCatalogue(yaml: string): string {
  const checked = checkedYaml(yaml, 'src/catalogue/multigres.yaml', catalogueSchema);
  if ('problems' in checked) throw new Error(checked.problems.map(problemText).join('\n'));
  const json = JSON.stringify(
    checked.value,
    (_key, value) => (value === undefined ? null : value),
    2,
  );
  return [
    '// Made from multigres.yaml by `npm run generate`: change that file, not this one.',
    "import type { CatalogueData } from './types.ts';",
    '',
    `export const multigres: CatalogueData = ${json.replaceAll(': null', ': undefined')};`,
    '',
  ].join('\n');
}
