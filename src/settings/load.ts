import * as v from 'valibot';
import type { Environment } from '../ground/environment.ts';
import { reasonOf } from '../ground/reason.ts';
import { configVariable, settingsInEnvironment } from './environment.ts';
import type { CommandLine } from './flags.ts';
import type { FoundValue, Origin, SettingsProblem, SourceValues } from './found.ts';
import { optionsOf, settingsTree } from './options.ts';
import { settingsSchema } from './schema.ts';
import type { Settings } from './types.ts';

/** Settings, where each was found, and everything that is wrong with them. */
export interface Loaded {
  /** Only to be used where there are no problems: what is wrong has its default here. */
  readonly settings: Settings;
  /** Where the setting of a path was found; undefined for a default. */
  readonly origin: (path: string) => Origin | undefined;
  readonly problems: readonly SettingsProblem[];
}

/**
 * Settings from the command line, the environment, the file that `--config` or `AUTOSCRAPE_CONFIG` names, and the
 * defaults; the earlier one wins, setting by setting. What is wrong in one source is wrong also where another one wins.
 *
 * @param readFile the text of a file; throws where it can't be read
 */
export async function loadSettings(
  commandLine: CommandLine,
  environment: Environment,
  readFile: (path: string) => Promise<string>,
): Promise<Loaded> {
  const file = settingsFile(commandLine, environment);
  const sources: SourceValues[] = [
    commandLine.settings,
    settingsInEnvironment(environment, optionsOf(settingsTree())),
    file === undefined ? nothing : await readSettingsFile(file, readFile),
  ];
  const values = new Map<string, FoundValue>();
  for (const source of sources.toReversed()) {
    for (const [path, found] of source.values) values.set(path, found);
  }
  const settings = v.parse(settingsSchema, nested(values));
  const origin = (path: string) => values.get(path)?.origin;
  const problems = [
    ...sources.toReversed().flatMap((source) => source.problems),
    ...contradictions(settings, origin),
  ];
  return { settings, origin, problems };
}

/** The settings file that `--config` or `AUTOSCRAPE_CONFIG` names; undefined where there is none. */
export function settingsFile(
  commandLine: CommandLine,
  environment: Environment,
): string | undefined {
  return commandLine.own.get('config')?.at(-1) ?? (environment[configVariable] || undefined);
}

const nothing: SourceValues = { values: new Map(), problems: [] };

async function readSettingsFile(
  file: string,
  readFile: (path: string) => Promise<string>,
): Promise<SourceValues> {
  // The YAML parser is loaded only where there is a file: it costs a fifth of the time to start.
  const { settingsInFile } = await import('./file.ts');
  try {
    return settingsInFile(await readFile(file), file, settingsTree());
  } catch (error) {
    const reason = reasonOf(error);
    const origin = { kind: 'file', file, line: 1, column: 1 } as const;
    return { ...nothing, problems: [{ origin, path: '', message: `can't be read: ${reason}` }] };
  }
}

type Tree = { [key: string]: unknown };

/** The values by path as the tree that the schema describes, every group in it. */
function nested(values: ReadonlyMap<string, FoundValue>): Tree {
  const tree: Tree = {};
  const groups = new Map<string, Tree>([['', tree]]);
  const groupAt = (keys: readonly string[]): Tree => {
    const path = keys.join('.');
    const known = groups.get(path);
    if (known !== undefined) return known;
    const made: Tree = {};
    groups.set(path, made);
    const last = keys.at(-1);
    if (last !== undefined) groupAt(keys.slice(0, -1))[last] = made;
    return made;
  };
  for (const option of optionsOf(settingsTree())) {
    const group = groupAt(option.keys.slice(0, -1));
    const last = option.keys.at(-1);
    const found = values.get(option.path);
    if (last !== undefined && found !== undefined) group[last] = found.value;
  }
  return tree;
}

/** What is wrong between settings that are right each for itself. */
function contradictions(
  { server, telemetry }: Settings,
  origin: (path: string) => Origin | undefined,
): SettingsProblem[] {
  const problems: SettingsProblem[] = [];
  const add = (path: string, other: string, message: string) =>
    problems.push({ origin: origin(path) ?? origin(other), path, message });
  if (server.port !== 0 && server.port === server.metricsPort) {
    const message = `found ${server.metricsPort}, which is server.port too, expected another port`;
    add('server.metricsPort', 'server.port', message);
  }
  if (server.drain.propagation >= server.drain.deadline) {
    const message = `found ${server.drain.propagation} ms, expected less than server.drain.deadline (${server.drain.deadline} ms)`;
    add('server.drain.propagation', 'server.drain.deadline', message);
  }
  if (server.bodyLimit > server.bufferLimit) {
    const message = `found ${server.bodyLimit} bytes, expected at most server.bufferLimit (${server.bufferLimit} bytes)`;
    add('server.bodyLimit', 'server.bufferLimit', message);
  }
  const { clientCertificate, clientKey } = telemetry.otlp;
  if ((clientCertificate === undefined) !== (clientKey === undefined)) {
    const [there, missing] =
      clientKey === undefined
        ? ['clientCertificate', 'clientKey']
        : ['clientKey', 'clientCertificate'];
    const path = `telemetry.otlp.${missing}`;
    add(
      path,
      `telemetry.otlp.${there}`,
      `found nothing, expected a file, as telemetry.otlp.${there} has one`,
    );
  }
  return problems;
}
