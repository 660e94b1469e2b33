import type { Option } from './options.ts';

/**
 * Text from the environment or the command line as the value that a file would have. What does not fit stays text,
 * so that the check against the schema can say what was found.
 */
export function valueOfText(option: Option, text: string): unknown {
  switch (option.about.kind) {
    case 'number':
      return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
    case 'switch':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'map':
      return mapOfText(text, (value) => value);
    default:
      return text;
  }
}

/** Whole milliseconds, as the OpenTelemetry variables have them, as a duration. */
export function durationOfMilliseconds(text: string): string {
  return /^\d{1,12}$/.test(text) ? `${text}ms` : text;
}

/**
 * The first of `words` that a list with commas holds
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#exporter-selection); the whole text
 * where it holds anything else.
 */
export function wordOfList(words: readonly string[], text: string): string {
  const listed = text.split(',').map((word) => word.trim());
  if (listed.some((word) => !words.includes(word))) return text;
  return words.find((word) => listed.includes(word)) ?? text;
}

/**
 * `key=value,key=value` with percent-encoded values, as the OpenTelemetry variables have it
 * (https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables).
 */
export function mapOfPercentEncoded(text: string): unknown {
  return mapOfText(text, (value) => {
    try {
      return decodeURIComponent(value);
    } catch {
      return value;
    }
  });
}

function mapOfText(text: string, decode: (value: string) => string): unknown {
  const pairs = text.split(',').filter((pair) => pair.trim() !== '');
  const entries = pairs.map((pair) => {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals).trim();
    return equals < 1
      ? undefined
      : ([decode(name), decode(pair.slice(equals + 1).trim())] as const);
  });
  const complete = entries.filter((entry) => entry !== undefined);
  return complete.length === entries.length ? Object.fromEntries(complete) : text;
}
