import { isDeepStrictEqual } from 'node:util';
import { type Document, isMap, isScalar, isSeq, type Node, stringify, visit } from 'yaml';
import { isJson, type Json } from '../kubernetes/index.ts';
import { insertIntoFlow } from './flow.ts';
import { inline } from './flow-text.ts';
import { maxAliasCount } from './yaml-options.ts';

export interface Insertion {
  readonly offset: number;
  readonly text: string;
  /** How many characters it takes the place of; none where absent. */
  readonly instead?: number;
}

/** The text with all edits made; of several at one place the earlier comes first. */
export function withEdits(text: string, edits: readonly Insertion[]): string {
  const pieces: string[] = [];
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.offset - b.offset)) {
    pieces.push(text.slice(at, edit.offset), edit.text);
    at = edit.offset + (edit.instead ?? 0);
  }
  return pieces.join('') + text.slice(at);
}

/** What an alias stands for must not change with the node to which it points: it is written out, as that was before. */
export function aliasesOf(insertions: readonly Insertion[], document: Document): Insertion[] {
  const written: Insertion[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      const target = alias.resolve(document);
      const [start, end] = target?.range ?? [0, 0];
      const grows = insertions.some(({ offset }) => offset >= start && offset <= end);
      if (target === undefined || !grows || !alias.range) return;
      const [offset, after] = alias.range;
      const text = inline(false).value(target.toJS(document, { maxAliasCount }));
      written.push({ offset, text, instead: after - offset });
    },
  });
  return written;
}

/** What to insert where, so that the text says `after`; undefined where that takes more than insertions. */
export function insertionsFor(
  document: Document,
  text: string,
  before: unknown,
  after: unknown,
  isJsonText: boolean,
): Insertion[] | undefined {
  const insertions: Insertion[] = [];
  const isDone = collect(document.contents, before, after, { text, isJsonText, insertions });
  return isDone ? insertions : undefined;
}

export interface TextEdit {
  readonly text: string;
  readonly isJsonText: boolean;
  readonly insertions: Insertion[];
}

/** False where the change is none of the kind that an insertion makes. */
function collect(node: unknown, before: unknown, after: unknown, edit: TextEdit): boolean {
  if (isDeepStrictEqual(before, after)) return true;
  if (isMap(node) && isJson(before) && isJson(after)) return collectMap(node, before, after, edit);
  if (isSeq(node) && Array.isArray(before) && Array.isArray(after)) {
    return collectList(node, before, after, edit);
  }
  return false;
}

function collectMap(node: Node, before: Json, after: Json, edit: TextEdit): boolean {
  if (!isMap(node)) return false;
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) return false;
    if (!collect(node.get(key, true), before[key], after[key], edit)) return false;
  }
  const added = Object.entries(after).filter(([key]) => !Object.hasOwn(before, key));
  if (added.length === 0) return true;
  if (node.flow === true) {
    const members = added.map(([key, value]) => ({ key, value }));
    return insertIntoFlow(node, members, node.items.at(-1), edit);
  }
  const column = columnOf(node.items[0]?.key, edit.text);
  if (column === undefined) return false;
  return insertLines(node, stringified(Object.fromEntries(added)), column, edit);
}

function collectList(
  node: Node,
  before: readonly unknown[],
  after: readonly unknown[],
  edit: TextEdit,
): boolean {
  if (!isSeq(node) || after.length < before.length) return false;
  for (const [index, value] of before.entries()) {
    if (!collect(node.get(index, true), value, after[index], edit)) return false;
  }
  const added = after.slice(before.length);
  if (added.length === 0) return true;
  if (node.flow === true) {
    const members = added.map((value) => ({ key: undefined, value }));
    return insertIntoFlow(node, members, node.items.at(-1), edit);
  }
  const column = columnOfDash(node.items[0], edit.text);
  return column !== undefined && insertLines(node, stringified(added), column, edit);
}

/** YAML 1.1 in writing: it quotes what Kubernetes' reader would take for something else than a string (`yes`, `on`). */
function stringified(value: unknown): string {
  return stringify(value, { version: '1.1', lineWidth: 0 });
}

/** The whole lines after a block collection's last one. */
function insertLines(node: Node, block: string, column: number, edit: TextEdit): boolean {
  const { text } = edit;
  const end = endOf(node);
  if (end === undefined) return false;
  const indent = ' '.repeat(column);
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = block
    .trimEnd()
    .split('\n')
    .map((line) => indent + line);
  if (text[end - 1] === '\n') {
    edit.insertions.push({ offset: end, text: lines.map((line) => line + newline).join('') });
    return true;
  }
  const atNewline = text.indexOf('\n', end);
  const rest = text.slice(end, atNewline < 0 ? undefined : atNewline).replace(/\r$/, '');
  if (!/^[ \t]*(?:#.*)?$/.test(rest)) return false;
  const offset = end + rest.length;
  edit.insertions.push({ offset, text: lines.map((line) => newline + line).join('') });
  return true;
}

/** Where the last thing in a node ends: comments and blank lines after it belong to what follows. */
export function endOf(node: unknown): number | undefined {
  if (isMap(node) && node.flow !== true) {
    const last = node.items.at(-1);
    return last === undefined ? undefined : (endOf(last.value) ?? endOf(last.key));
  }
  if (isSeq(node) && node.flow !== true) return endOf(node.items.at(-1));
  if (isMap(node) || isSeq(node) || isScalar(node)) return node.range?.[1];
  return undefined;
}

/** The column of a node that is the first on its line, but for list dashes. */
function columnOf(node: unknown, text: string): number | undefined {
  if (!isScalar(node) || node.range === undefined || node.range === null) return undefined;
  const [offset] = node.range;
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return /^[ -]*$/.test(text.slice(start, offset)) ? offset - start : undefined;
}

/** The column of the dash before a list's item. */
function columnOfDash(item: unknown, text: string): number | undefined {
  if (!(isMap(item) || isSeq(item) || isScalar(item)) || !item.range) return undefined;
  const [offset] = item.range;
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const dash = /^( *(?:- +)*)- *$/.exec(text.slice(start, offset));
  return dash === null ? undefined : (dash[1] ?? '').length;
}
