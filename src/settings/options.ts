import * as v from 'valibot';
import { settingsSchema } from './schema.ts';
import { type About, aboutOf } from './setting.ts';

/** One setting, with the names that it has in each source. */
export interface Option {
  /** `server.tls.directory`: its place in the file. */
  readonly path: string;
  readonly keys: readonly string[];
  /** `server-tls-directory`: its flag, without the dashes. */
  readonly flag: string;
  /** `AUTOSCRAPE_SERVER_TLS_DIRECTORY`: its environment variable. */
  readonly variable: string;
  readonly about: About;
  /** The form of its value. */
  readonly schema: v.GenericSchema;
  /** Its default, written as in a file; undefined where there is none. */
  readonly fallback: unknown;
}

/** A group of settings, with those of its groups and options. */
export interface Group {
  readonly path: string;
  readonly description: string;
  readonly groups: ReadonlyMap<string, Group>;
  readonly options: ReadonlyMap<string, Option>;
}

interface ObjectSchema extends v.GenericSchema {
  readonly entries: Readonly<Record<string, v.GenericSchema>>;
}

interface OptionalSchema extends v.GenericSchema {
  readonly wrapped: v.GenericSchema;
  readonly default: unknown;
}

function isObject(schema: v.GenericSchema): schema is ObjectSchema {
  return schema.type === 'object' && 'entries' in schema;
}

function isOptional(schema: v.GenericSchema): schema is OptionalSchema {
  return schema.type === 'optional' && 'wrapped' in schema;
}

const words = (path: string) => path.replace(/[A-Z]/g, (letter) => `.${letter}`).split('.');

function optionOf(keys: readonly string[], schema: v.GenericSchema): Option {
  const path = keys.join('.');
  const about = isOptional(schema) ? aboutOf(schema.wrapped) : undefined;
  if (!isOptional(schema) || about === undefined) {
    throw new Error(`the schema says nothing about the setting ${path}`);
  }
  return {
    path,
    keys,
    flag: words(path).join('-').toLowerCase(),
    variable: `AUTOSCRAPE_${words(path).join('_').toUpperCase()}`,
    about,
    schema: schema.wrapped,
    fallback: schema.default,
  };
}

function groupOf(keys: readonly string[], schema: ObjectSchema): Group {
  const groups = new Map<string, Group>();
  const options = new Map<string, Option>();
  for (const [key, entry] of Object.entries(schema.entries)) {
    const inner = [...keys, key];
    if (isObject(entry)) groups.set(key, groupOf(inner, entry));
    else options.set(key, optionOf(inner, entry));
  }
  return { path: keys.join('.'), description: v.getDescription(schema) ?? '', groups, options };
}

/** All settings as groups and options, as the schema has them. */
export function settingsTree(): Group {
  return groupOf([], settingsSchema);
}

/** The options of a group and of the groups in it, in the schema's order. */
export function optionsOf(group: Group): Option[] {
  return [...group.options.values(), ...[...group.groups.values()].flatMap(optionsOf)];
}
