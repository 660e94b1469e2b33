import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
} from 'yaml';
import { outlinesOf } from './outline.ts';
import type { DocumentPath, SourceDocument } from './types.ts';
import { yamlOptions } from './yaml-options.ts';

/** The line of the file on which a field of an object stands, or the nearest field around it that is there. */
export type Locate = (path: DocumentPath, field: string) => number;

/**
 * Finds lines in a document. Parses it again when the first field is looked for: only few documents have something to
 * be found, and where an object starts mostly shows without.
 *
 * Fields are written as people do, `spec.endpoints[0].port`; a key may hold dots itself, plain
 * (`metadata.labels.app.kubernetes.io/name`) or quoted (`metadata.labels["app.kubernetes.io/name"]`).
 */
export function locator(source: SourceDocument): Locate {
  let search: Locate | undefined;
  return (path, field) => {
    const start = path.length === 0 && field === '' ? startLine(source.text) : undefined;
    if (start !== undefined) return source.line + start - 1;
    search ??= parsedLocator(source);
    return search(path, field);
  };
}

/** Undefined where only parsing tells. */
function startLine(text: string): number | undefined {
  const [outline, ...others] = outlinesOf(text) ?? [];
  if (others.length > 0 || !outline?.members?.length) return undefined;
  return outline.content;
}

function parsedLocator(source: SourceDocument): Locate {
  const lines = new LineCounter();
  const document = parseDocument(source.text, { ...yamlOptions, lineCounter: lines });
  return (path, field) => {
    const object = walked({ offset: 0, node: document.contents }, path, document);
    const { offset } = walkedField(
      { offset: startOf(object.node) ?? object.offset, node: object.node },
      field,
      document,
    );
    return source.line + Math.max(lines.linePos(offset).line, 1) - 1;
  };
}

interface YamlPlace {
  /** Where the key or the list's item starts. */
  readonly offset: number;
  readonly node: unknown;
}

function walked(start: YamlPlace, path: DocumentPath, document: Document): YamlPlace {
  let place = start;
  for (const step of path) {
    const next = childOf(place, step, document);
    if (next === undefined) return place;
    place = next;
  }
  return place;
}

function walkedField(start: YamlPlace, field: string, document: Document): YamlPlace {
  let place = start;
  let rest = field;
  while (rest !== '') {
    const step = nextStep(place, rest, document);
    if (step === undefined) return place;
    const next = childOf(place, step.key, document);
    if (next === undefined) return place;
    place = next;
    rest = step.rest;
  }
  return place;
}

interface PathStep {
  readonly key: string | number;
  readonly rest: string;
}

function nextStep(place: YamlPlace, field: string, document: Document): PathStep | undefined {
  const indexed = /^\[(\d+)\]/.exec(field);
  if (indexed !== null) return { key: Number(indexed[1]), rest: field.slice(indexed[0].length) };
  const quoted = /^\[(["'])(.*?)\1\]/.exec(field);
  if (quoted !== null) return { key: quoted[2] ?? '', rest: field.slice(quoted[0].length) };
  const plain = field.startsWith('.') ? field.slice(1) : field;
  const keys = pairsOf(place.node, document)
    .map((pair) => keyOf(pair))
    .filter((key) => plain === key || /^[.[]/.test(plain.slice(key.length)))
    .filter((key) => key !== '' && plain.startsWith(key))
    .sort((a, b) => b.length - a.length);
  const [longest] = keys;
  return longest === undefined ? undefined : { key: longest, rest: plain.slice(longest.length) };
}

function childOf(
  place: YamlPlace,
  step: string | number,
  document: Document,
): YamlPlace | undefined {
  const node = resolved(place.node, document);
  if (isSeq(node)) {
    const item = node.items[Number(step)];
    if (item === undefined) return undefined;
    return { offset: startOf(item) ?? place.offset, node: item };
  }
  const pair = pairsOf(node, document).find((one) => keyOf(one) === String(step));
  return pair === undefined
    ? undefined
    : { offset: startOf(pair.key) ?? place.offset, node: pair.value };
}

function pairsOf(node: unknown, document: Document): readonly Pair[] {
  const map = resolved(node, document);
  return isMap(map) ? map.items : [];
}

function resolved(node: unknown, document: Document): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
