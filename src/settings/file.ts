import {
  type Document,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml';
import { nearest } from '../ground/nearest.ts';
import {
  type FoundValue,
  type Origin,
  problemsOf,
  type SettingsProblem,
  type SourceValues,
  shown,
} from './found.ts';
import type { Group, Option } from './options.ts';

/**
 * The settings in the text of a YAML file, each with its line; and everything that is wrong there: what can't be
 * read, keys that nobody knows, values that don't fit. A key without a value counts as absent.
 *
 * @param file how problems name the file
 */
export function settingsInFile(text: string, file: string, tree: Group): SourceValues {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): Origin => {
    const { line, col } = lines.linePos(offset);
    return { kind: 'file', file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problems: SettingsProblem[] = document.errors.map((error) => ({
    origin: at(error.pos[0]),
    path: '',
    message: error.message,
  }));
  const values = new Map<string, FoundValue>();
  if (problems.length === 0 && document.contents !== null) {
    const reading: FileReading = { document, at, values, problems };
    readGroup(reading, tree, document.contents);
  }
  return { values, problems };
}

interface FileReading {
  readonly document: Document;
  readonly at: (offset: number) => Origin;
  readonly values: Map<string, FoundValue>;
  readonly problems: SettingsProblem[];
}

function readGroup(reading: FileReading, group: Group, node: Node): void {
  const map = 'resolve' in node ? node.resolve(reading.document) : node;
  const origin = reading.at(offsetOf(node));
  if (isScalar(map) && map.value === null) return;
  if (!isMap(map)) {
    const known = [...group.groups.keys(), ...group.options.keys()].join(', ');
    const message = `found ${shown(node.toJS(reading.document))}, expected a mapping with any of ${known}`;
    reading.problems.push({ origin, path: group.path, message });
    return;
  }
  for (const { key, value } of map.items) {
    const name = isScalar(key) ? String(key.value) : shown(key);
    const inner = group.groups.get(name);
    const option = group.options.get(name);
    const valueNode = isNode(value) ? value : undefined;
    if (inner === undefined && option === undefined) {
      const place = isNode(key) ? reading.at(offsetOf(key)) : origin;
      reading.problems.push({ origin: place, path: group.path, message: unknown(name, group) });
    } else if (valueNode !== undefined && inner !== undefined) {
      readGroup(reading, inner, valueNode);
    } else if (valueNode !== undefined && option !== undefined) {
      readOption(reading, option, valueNode);
    }
  }
}

function readOption(reading: FileReading, option: Option, node: Node): void {
  const value: unknown = node.toJS(reading.document, { maxAliasCount: 100 });
  if (value === null) return;
  const origin = reading.at(offsetOf(node));
  const found = problemsOf(option, value, (inner) => {
    const part = isMap(node) ? node.getIn(inner, true) : undefined;
    return isNode(part) ? reading.at(offsetOf(part)) : origin;
  });
  if (found.length > 0) reading.problems.push(...found);
  else reading.values.set(option.path, { value, origin });
}

function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

function unknown(name: string, group: Group): string {
  const known = [...group.groups.keys(), ...group.options.keys()];
  const meant = nearest(name, known);
  const hint = meant === undefined ? `known here: ${known.join(', ')}` : `did you mean ${meant}?`;
  return `found the key ${shown(name)}, which is no setting; ${hint}`;
}
