import type { Json } from './json.ts';

/**
 * How much of one object is kept and judged. Objects of 1.5 MiB can be stored, and what is judged of an object is
 * judged for each Service that it may concern: so the limits lie a little above the largest objects that people write,
 * and `bench -- hostile` shows what an object costs that is just below them.
 */
export const bounds = {
  /** Members and entries of a scrape's `spec`, or of the parts of an agent that are read. */
  values: 2_000,
  /** Characters of text in the same, names of members included. */
  text: 32_768,
  /** Levels of nesting. */
  depth: 32,
  endpoints: 64,
  /** Addresses of a VMStaticScrape. */
  addresses: 2_000,
  /** Of an object or a pod template. */
  labels: 500,
  /** Requirements of a Service's or a workload's selector. */
  requirements: 100,
  owners: 64,
  /** Of a Service, or of a container. */
  ports: 500,
  containers: 100,
  /** Variables, flags: of a container. */
  words: 500,
  /** Labels that a relabel rule joins, and conditions of its `if`. */
  sources: 64,
  /** Characters of all conditions of a rule. */
  conditions: 4_000,
  /** The operator's conditions in a status: one for each agent. */
  agents: 500,
} as const;

/** Returns why a part of an object is too large to judge, a clause; undefined where it is not. */
export function excessOf(part: unknown): string | undefined {
  let values = 0;
  let text = 0;
  const waiting: (readonly [value: unknown, depth: number])[] = [[part, 0]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [value, depth] = next;
    if (typeof value === 'string') text += value.length;
    if (text > bounds.text) return `it has more than ${bounds.text} characters`;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > bounds.depth) return `it is nested deeper than ${bounds.depth} levels`;
    for (const name in value) {
      values += 1;
      if (values > bounds.values) return `it has more than ${bounds.values} values`;
      if (!Array.isArray(value)) text += name.length;
      waiting.push([Reflect.get(value, name), depth + 1]);
    }
  }
  return undefined;
}

/** Says of a list or a map that it has more entries than are looked at, a clause; undefined where it has not. */
export function oversize(object: Json | undefined, key: string, most: number): string | undefined {
  const part = object === undefined ? undefined : Reflect.get(object, key);
  if (typeof part !== 'object' || part === null) return undefined;
  let count = 0;
  for (const _ in part) {
    count += 1;
    if (count > most) return `it has more than ${most} ${words[key] ?? key}`;
  }
  return undefined;
}

const words: Readonly<Record<string, string>> = {
  selector: 'labels in its selector',
  podMetricsEndpoints: 'endpoints',
};

/** Returns a map with no more than the first entries of a larger one. */
export function firstEntries(map: Json, most: number): Json {
  const names: string[] = [];
  for (const name in map) {
    if (names.length === most) return Object.fromEntries(names.map((one) => [one, map[one]]));
    names.push(name);
  }
  return map;
}
