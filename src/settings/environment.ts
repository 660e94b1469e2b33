import type { Environment } from '../ground/environment.ts';
import { nearest } from '../ground/nearest.ts';
import {
  type FoundValue,
  problemsOf,
  type SettingsProblem,
  type SourceValues,
  shown,
} from './found.ts';
import type { Option } from './options.ts';
import type { About } from './setting.ts';
import { durationOfMilliseconds, mapOfPercentEncoded, valueOfText, wordOfList } from './text.ts';

const prefix = 'AUTOSCRAPE_';

/** The variable that names the settings file, as the flag `--config` does. */
export const configVariable = 'AUTOSCRAPE_CONFIG';

/**
 * What Kubernetes sets for each Service of the pod's namespace, ours among them
 * (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
 */
const serviceLink =
  /^AUTOSCRAPE_(?:[A-Z0-9_]+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;
/** The project's own tests talk to their processes by these. */
const testVariable = /^AUTOSCRAPE_TEST_/;
const serviceAddress = /^(?:tcp|udp|sctp):\/\//;

/**
 * The settings in the environment: `AUTOSCRAPE_…`, and the variables that others have named. An empty one counts as
 * absent. One that starts with `AUTOSCRAPE_` and means nothing is a problem, except for those that Kubernetes sets
 * for Services.
 */
export function settingsInEnvironment(
  environment: Environment,
  options: readonly Option[],
): SourceValues {
  const values = new Map<string, FoundValue>();
  const problems: SettingsProblem[] = [];
  for (const option of options) {
    const own = { name: option.variable, form: 'own' } as const;
    for (const { name, form } of [own, ...option.about.standard]) {
      const text = environment[name];
      if (text === undefined || text === '' || (form === 'own' && serviceAddress.test(text)))
        continue;
      const origin = { kind: 'variable', name } as const;
      const value = read(option, form, text);
      const found = problemsOf(option, value, () => origin);
      if (found.length > 0) problems.push(...found);
      else if (!values.has(option.path)) values.set(option.path, { value, origin });
    }
  }
  return { values, problems: [...problems, ...unknown(environment, options)] };
}

function read(option: Option, form: 'own' | About['standard'][number]['form'], text: string) {
  switch (form) {
    case 'milliseconds':
      return durationOfMilliseconds(text);
    case 'percent-encoded':
      return mapOfPercentEncoded(text);
    case 'list':
      return wordOfList(option.about.words, text);
    default:
      return valueOfText(option, text);
  }
}

function unknown(environment: Environment, options: readonly Option[]): SettingsProblem[] {
  const known = new Set([configVariable, ...options.map((option) => option.variable)]);
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && !known.has(name))
    .filter((name) => !serviceLink.test(name) && !testVariable.test(name))
    .sort()
    .map((name) => {
      const meant = nearest(name, known);
      const hint = meant === undefined ? 'see docs/settings.md' : `did you mean ${meant}?`;
      const origin = { kind: 'variable', name } as const;
      return { origin, path: '', message: `found ${shown(name)}, which is no setting; ${hint}` };
    });
}
