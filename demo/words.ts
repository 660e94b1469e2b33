import type { PatchOperation } from './witness.ts';

/** What a patch adds, in words, a line for each: labels of one place together, then everything else. */
export function additions(patch: readonly PatchOperation[]): string[] {
  const labels = new Map<string, [key: string, value: string][]>();
  const others: string[] = [];
  for (const { path, value } of patch) {
    const keys = path.split('/').slice(1).map(unescaped);
    const at = place(keys);
    const added = labelsIn(keys, value);
    if (added.length > 0) labels.set(at, [...(labels.get(at) ?? []), ...added]);
    else others.push(...portsIn(keys, value).map((port) => `${at}${port}`));
  }
  return [...[...labels].map(([at, added]) => `${at}labels ${braced(added)}`), ...others];
}

/** A pod template is not the object itself. */
function place(keys: readonly string[]): string {
  return keys[0] === 'spec' && keys[1] === 'template' ? 'pod template: ' : '';
}

function labelsIn(keys: readonly string[], value: unknown): [string, string][] {
  const last = keys.at(-1) ?? '';
  if (keys.at(-2) === 'labels') return [[last, String(value)]];
  if (last !== 'labels' || !isRecord(value)) return [];
  return Object.entries(value).map(([key, one]) => [key, String(one)]);
}

/** As shells write it where keys have a prefix in common: `app.kubernetes.io/{name=etcd, part-of=multigres}`. */
function braced(labels: readonly (readonly [string, string])[]): string {
  const prefixes = [...new Set(labels.map(([key]) => key.slice(0, key.lastIndexOf('/') + 1)))];
  return prefixes
    .map((prefix) => {
      const own = labels
        .filter(([key]) => key.slice(0, key.lastIndexOf('/') + 1) === prefix)
        .map(([key, value]) => `${key.slice(prefix.length)}=${value}`);
      return own.length === 1 ? `${prefix}${own[0]}` : `${prefix}{${own.join(', ')}}`;
    })
    .join(', ');
}

/** Ports and their names; anything else with its whole path. */
function portsIn(keys: readonly string[], value: unknown): string[] {
  const last = keys.at(-1) ?? '';
  if (keys.at(-2) === 'ports') return [`port ${flow(value)}`];
  if (last === 'ports' && Array.isArray(value)) return value.map((port) => `port ${flow(port)}`);
  if (keys.at(-3) === 'ports') return [`${last} of port ${keys.at(-2)}: ${flow(value)}`];
  return [`${keys.join('.')}: ${flow(value)}`];
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
