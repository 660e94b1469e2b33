import { parse } from 'yaml';
import type { FieldType } from '../../src/findings/scrapes/field-type.ts';

/** Fields that the definition leaves open and the operator does not. */
const closer: Readonly<Record<string, FieldType>> = { regex: 'string or list of strings' };

/** Fields that later checks look at, which know more than the type. */
const checkedLater = new Set(['endpoints.port']);

interface Schema {
  readonly [key: string]: unknown;
}

/**
 * The fields of a VMServiceScrape's `spec` and their types as a TypeScript module, from the resource's definition.
 *
 * @throws Error where the definition has a type that no check knows
 */
export function compiledScrapeSchema(yaml: string): string {
  const type = typeOf(at(parse(yaml), specPath), '');
  return [
    '// Made from test/fixtures/crds/vmservicescrape.yaml by `npm run generate`: change that file, not this one.',
    "import type { FieldType } from './field-type.ts';",
    '',
    '/** The fields of `spec`. */',
    `export const scrapeSchema: FieldType = ${JSON.stringify(type, undefined, 2)};`,
    '',
  ].join('\n');
}

const specPath = [
  'spec',
  'versions',
  '0',
  'schema',
  'openAPIV3Schema',
  'properties',
  'spec',
] as const;

function at(value: unknown, path: readonly string[]): Schema {
  const found = path.reduce<unknown>(
    (one, key) => (isSchema(one) ? one[key] : Array.isArray(one) ? one[Number(key)] : undefined),
    value,
  );
  if (!isSchema(found)) throw new Error(`the definition has no ${path.join('.')}`);
  return found;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeOf(schema: Schema, path: string): FieldType {
  const name = path.slice(path.lastIndexOf('.') + 1);
  if (checkedLater.has(path)) return 'free';
  const known = closer[name];
  if (known !== undefined) return known;
  if (schema['x-kubernetes-int-or-string'] === true) return 'integer or string';
  const { type, properties, additionalProperties, items } = schema;
  if (type === 'array' && isSchema(items)) return { list: typeOf(items, path) };
  if (isSchema(properties)) return { fields: fieldsOf(properties, path) };
  if (isSchema(additionalProperties)) return { map: typeOf(additionalProperties, path) };
  if (schema['x-kubernetes-preserve-unknown-fields'] === true) return 'free';
  if (type === 'string' || type === 'boolean' || type === 'integer') return type;
  throw new Error(`${path} has the type ${String(type)}`);
}

function fieldsOf(properties: Schema, path: string): Record<string, FieldType> {
  return Object.fromEntries(
    Object.keys(properties)
      .toSorted()
      .map((key) => [key, typeOf(at(properties, [key]), path === '' ? key : `${path}.${key}`)]),
  );
}
