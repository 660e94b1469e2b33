import { type Checked, checkedYaml } from '../yaml/index.ts';
import { compileCatalogue } from './compile.ts';
import { multigres } from './multigres.embedded.ts';
import { catalogueSchema } from './schema.ts';
import type { Catalogue } from './types.ts';

/** The catalogue of Multigres, in all of its dialects (`multigres.yaml`). */
export function builtInCatalogue(): Catalogue {
  return compileCatalogue(multigres);
}

/**
 * A catalogue from the text of a YAML file; or every problem in it, each with line and path.
 *
 * @param file how problems name the file
 */
export function parseCatalogue(text: string, file: string): Checked<Catalogue> {
  const checked = checkedYaml(text, file, catalogueSchema);
  return 'value' in checked ? { value: compileCatalogue(checked.value) } : checked;
}
