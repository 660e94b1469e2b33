import { isJson } from '../kubernetes/index.ts';

/** How values are written into flow style. */
export interface FlowStyle {
  readonly scalar: (value: unknown) => string;
  readonly value: (value: unknown) => string;
}

/** On one line, with the spaces that people put; texts without quotes where that is safe. */
export function inline(isJsonText: boolean): FlowStyle {
  const scalar = (value: unknown) =>
    !isJsonText && typeof value === 'string' && isPlain(value) ? value : JSON.stringify(value);
  const write = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(write).join(', ')}]`;
    if (!isJson(value)) return scalar(value);
    const members = Object.entries(value).map(([key, inner]) => `${scalar(key)}: ${write(inner)}`);
    return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
  };
  return { scalar, value: write };
}

/** JSON on as many lines as it has members. */
export function pretty(indent: string, step: string, newline: string): FlowStyle {
  return {
    scalar: (value) => JSON.stringify(value),
    value: (value) => JSON.stringify(value, null, step).replaceAll('\n', `${newline}${indent}`),
  };
}

/** A text that YAML 1.1 and 1.2 read as the same text without quotes, in flow style too. */
function isPlain(text: string): boolean {
  return (
    /^[A-Za-z][A-Za-z0-9._/-]*$/.test(text) &&
    !/^(?:y|n|yes|no|on|off|true|false|null)$/i.test(text)
  );
}
