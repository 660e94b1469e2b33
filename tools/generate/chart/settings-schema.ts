import { type Option, settingsTree } from '../../../src/settings/index.ts';
import type { Group } from '../../../src/settings/options.ts';
import type { Schema } from './values.ts';

/** The form of the settings file as JSON Schema: its keys, and what kind of value each has. autoscrape checks the rest. */
export function settingsFileSchema(): Schema {
  const { type, additionalProperties, properties } = groupSchema(settingsTree());
  return { type, additionalProperties, properties };
}

function groupSchema({ description, groups, options }: Group): Schema {
  return {
    type: 'object',
    ...(description === '' ? {} : { description }),
    additionalProperties: false,
    properties: Object.fromEntries([
      ...[...options].map(([key, option]) => [key, optionSchema(option)]),
      ...[...groups].map(([key, group]) => [key, groupSchema(group)]),
    ]),
  };
}

function optionSchema({ about: { kind, description }, schema, fallback }: Option): Schema {
  const usual = fallback === undefined ? {} : { default: fallback };
  return { description, ...usual, ...forms[kind](schema) };
}

const aText = () => ({ type: 'string' });
const forms: Readonly<Record<Option['about']['kind'], (schema: Option['schema']) => Schema>> = {
  text: aText,
  duration: aText,
  bytes: aText,
  number: () => ({ type: 'integer' }),
  switch: () => ({ type: 'boolean' }),
  map: () => ({ type: 'object', additionalProperties: { type: 'string' } }),
  choice: (schema) => ('options' in schema ? { enum: schema.options } : aText()),
};
