import { builtInCatalogue, type Catalogue, parseCatalogue } from '../catalogue/index.ts';
import { nearest } from '../ground/nearest.ts';
import { reasonOf } from '../ground/reason.ts';
import {
  type CommandLine,
  loadSettings,
  originText,
  type Settings,
  settingsProblemText,
} from '../settings/index.ts';
import { problemText } from '../yaml/index.ts';
import type { Shell } from './command.ts';

/** Settings and catalogue, or everything that is wrong with either, a line each. */
export type Configuration =
  | { readonly settings: Settings; readonly catalogue: Catalogue }
  | { readonly problems: readonly string[] };

/** What a command that takes the settings begins with. */
export async function configuration(
  line: CommandLine,
  { environment, readFile }: Pick<Shell, 'environment' | 'readFile'>,
): Promise<Configuration> {
  const { settings, origin, problems } = await loadSettings(line, environment, readFile);
  const told = problems.map(settingsProblemText);
  const { file } = settings.catalogue;
  const loaded =
    file === undefined ? { value: builtInCatalogue() } : await readCatalogue(file, readFile);
  if ('lines' in loaded) return { problems: [...told, ...loaded.lines] };
  const catalogue = loaded.value;
  const components = [...catalogue.byComponent.keys()];
  for (const name of Object.keys(settings.components)) {
    if (catalogue.byComponent.has(name)) continue;
    const meant = nearest(name, components);
    const hint = meant === undefined ? `it has ${components.join(', ')}` : `did you mean ${meant}?`;
    const where = originText(origin('components'));
    told.push(`${where}: components.${name}: no component of the catalogue; ${hint}`);
  }
  return told.length > 0 ? { problems: told } : { settings, catalogue };
}

async function readCatalogue(
  file: string,
  readFile: Shell['readFile'],
): Promise<{ readonly value: Catalogue } | { readonly lines: readonly string[] }> {
  let text: string;
  try {
    text = await readFile(file);
  } catch (error) {
    const reason = reasonOf(error);
    return { lines: [`${file}: can't be read: ${reason}`] };
  }
  const checked = parseCatalogue(text, file);
  return 'value' in checked ? checked : { lines: checked.problems.map(problemText) };
}
