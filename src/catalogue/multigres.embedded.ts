import { readFileSync } from 'node:fs';
import { checkedYaml, problemText } from '../yaml/index.ts';
import { catalogueSchema } from './schema.ts';
import type { CatalogueData } from './types.ts';

/** The catalogue of `multigres.yaml`, with defaults filled in. */
export const multigres: CatalogueData = read('multigres.yaml');

function read(file: string): CatalogueData {
  const yaml = readFileSync(new URL(file, import.meta.url), 'utf8');
  const checked = checkedYaml(yaml, `src/catalogue/${file}`, catalogueSchema);
  if ('problems' in checked) throw new Error(checked.problems.map(problemText).join('\n'));
  return checked.value;
}
