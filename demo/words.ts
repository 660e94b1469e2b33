import type { PatchOperation } from './witness.ts';

/** What an operation of a patch adds, in words: `label app.kubernetes.io/part-of: multigres`. */
export function added({ path, value }: PatchOperation): string[] {
  const keys = path.split('/').slice(1).map(unescaped);
  const last = keys.at(-1) ?? '';
  if (keys.at(-2) === 'labels') return [`label ${last}: ${String(value)}${where(keys, 3)}`];
  if (last === 'labels' && isRecord(value)) {
    return Object.entries(value).map(([key, one]) => `label ${key}: ${one}${where(keys, 2)}`);
  }
  if (keys.at(-2) === 'ports') return [`port ${flow(value)}`];
  if (keys.at(-3) === 'ports') return [`${last} of port ${keys.at(-2)}: ${flow(value)}`];
  return [`${keys.join('.')}: ${flow(value)}`];
}

/** Labels of a template are not those of the object. */
function where(keys: readonly string[], own: number): string {
  return keys.length > own ? ' (pod template)' : '';
}

/** JSON Pointer (RFC 6901, section 4). */
function unescaped(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** A value on one line, with as few signs as YAML's flow style needs. */
function flow(value: unknown): string {
  if (!isRecord(value)) return typeof value === 'string' ? value : JSON.stringify(value);
  return Object.entries(value)
    .map(([key, one]) => `${key} ${flow(one)}`)
    .join(', ');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Milliseconds as people say them: `12 ms`, `3.4 s`. */
export function time(milliseconds: number): string {
  return milliseconds < 1_000
    ? `${Math.round(milliseconds)} ms`
    : `${(milliseconds / 1_000).toFixed(1)} s`;
}

/** `1 scrape`, `2 scrapes`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
