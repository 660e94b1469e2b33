import { stringify } from 'yaml';
import { isGroup, type Schema, type Value, type Values } from './values.ts';

const made =
  'Made from tools/generate/chart/values.ts by `npm run generate`: change that file, not this one.';

/** `values.yaml`, each value with its description. */
export function valuesYaml(values: Values['values']): string {
  return `# ${made}\n${entries(values, '').join('\n')}\n`;
}

function entries(values: Values['values'], indent: string): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const about = wrapped(value.description, 110 - indent.length).map(
      (line) => `${indent}# ${line}`,
    );
    const space = indent === '' ? [''] : [];
    if (isGroup(value)) {
      return [...space, ...about, `${indent}${key}:`, ...entries(value.values, `${indent}  `)];
    }
    const text = stringify({ [key]: value.default }, { lineWidth: 0, singleQuote: true }).trimEnd();
    return [...space, ...about, ...text.split('\n').map((line) => `${indent}${line}`)];
  });
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** `values.schema.json`: what Helm refuses before anything is rendered. */
export function valuesSchema(values: Values['values']): string {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: made,
    title: 'Values of the chart autoscrape',
    ...group({ values }),
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

function group({ values, open }: Omit<Values, 'description'>): Schema {
  return {
    type: 'object',
    additionalProperties: open ?? false,
    properties: Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, property(value)]),
    ),
  };
}

function property(value: Value | Values): Schema {
  const { description } = value;
  if (isGroup(value)) return { description, ...group(value) };
  return { description, default: value.default, ...value.schema };
}

/** Every value by its path, in order. */
export function valuesByPath(values: Values['values']): Map<string, Value> {
  const found = new Map<string, Value>();
  const look = (within: Values['values'], prefix: string): void => {
    for (const [key, value] of Object.entries(within)) {
      if (isGroup(value)) look(value.values, `${prefix}${key}.`);
      else found.set(`${prefix}${key}`, value);
    }
  };
  look(values, '');
  return found;
}
