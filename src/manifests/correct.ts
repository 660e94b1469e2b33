import {
  type Document,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { editedObject, type FieldEdit, isJson, type Json, valueAt } from '../kubernetes/index.ts';
import { editedText, indentOf, parsedJson, says, withChange, withoutAliases } from './edit.ts';
import { inline } from './flow-text.ts';
import { endOf } from './insertions.ts';
import type { DocumentPath, SourceDocument } from './types.ts';
import { maxAliasCount, yamlOptions } from './yaml-options.ts';

/**
 * The text of a document after edits of one of its objects: values replaced, fields added, taken out and given other
 * names. Nothing else moves, and comments stay. Where the text's form is too unusual for that (an alias, a tag), the
 * document is written anew, with its comments and in its order.
 *
 * @param path where the object stands in the document
 * @throws Error where an edit has no place in the object, or the text can't be made to say the result
 */
export function correctedText(
  source: SourceDocument,
  path: DocumentPath,
  edits: readonly FieldEdit[],
): string {
  return edits.reduce((text, edit) => correctedOnce({ ...source, text }, path, edit), source.text);
}

function correctedOnce(source: SourceDocument, path: DocumentPath, edit: FieldEdit): string {
  const { text } = source;
  const json = parsedJson(text);
  const document = parseDocument(text, yamlOptions);
  const before: unknown = json ?? document.toJS({ maxAliasCount });
  const object = valueAt(before, path);
  const value = isJson(object) ? editedObject(object, [edit]) : undefined;
  if (value === undefined) throw problem(source, 'the edit has no place');
  const after = withChange(before, { path, value });
  if (json !== undefined) return `${JSON.stringify(after, null, indentOf(text))}\n`;
  const place = [...path, ...edit.path];
  const candidates = [
    () => inPlace(text, document, place, edit),
    () => added(source, path, object, value, edit),
    () => writtenAnew(text, place, edit),
  ];
  for (const candidate of candidates) {
    const written = candidate();
    if (written !== undefined && says(written, after)) return written;
  }
  throw problem(source, 'the corrected document cannot be written');
}

function problem({ file, line }: SourceDocument, what: string): Error {
  return new Error(`${file}:${line}: ${what}`);
}

/** By an insertion alone; undefined where something is replaced or taken out. */
function added(
  source: SourceDocument,
  path: DocumentPath,
  object: unknown,
  value: Json,
  edit: FieldEdit,
): string | undefined {
  const isAdded =
    edit.action === 'append' || (edit.action === 'set' && valueAt(object, edit.path) === undefined);
  return isAdded ? editedText(source, [{ path, value }]) : undefined;
}

/** A piece of text in the place of another. */
interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** By changing the one place; undefined where its form does not allow that. */
function inPlace(
  text: string,
  document: Document,
  place: DocumentPath,
  edit: FieldEdit,
): string | undefined {
  const splice = spliceOf(text, document, place, edit);
  return splice === undefined
    ? undefined
    : text.slice(0, splice.start) + splice.text + text.slice(splice.end);
}

function spliceOf(
  text: string,
  document: Document,
  place: DocumentPath,
  edit: FieldEdit,
): Splice | undefined {
  const parent: unknown =
    place.length === 1 ? document.contents : nodeAt(document, place.slice(0, -1));
  const step = place.at(-1);
  if (step === undefined) return undefined;
  switch (edit.action) {
    case 'append':
      return undefined;
    case 'rename':
      return renamed(parent, step, edit.to);
    case 'set':
      return replaced(text, document, parent, step, edit.value);
    case 'remove':
      return removed(text, document, parent, place);
  }
}

function nodeAt(document: Document, place: DocumentPath): unknown {
  return document.getIn(place, true);
}

function pairOf(map: unknown, key: string | number): Pair | undefined {
  if (!isMap(map)) return undefined;
  return map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(key));
}

function renamed(parent: unknown, key: string | number, to: string): Splice | undefined {
  const range = rangeOf(pairOf(parent, key)?.key);
  return range && { start: range[0], end: range[1], text: inline(false).value(to) };
}

function rangeOf(node: unknown): readonly [number, number] | undefined {
  if (!(isScalar(node) || isMap(node) || isSeq(node)) || !node.range) return undefined;
  const [start, end] = node.range;
  return [start, end];
}

function replaced(
  text: string,
  document: Document,
  parent: unknown,
  step: string | number,
  value: unknown,
): Splice | undefined {
  const pair = pairOf(parent, step);
  const node = isSeq(parent) ? parent.get(Number(step), true) : pair?.value;
  const isFlow = (isMap(node) || isSeq(node)) && node.flow === true;
  const range = rangeOf(node);
  if (range === undefined || document.errors.length > 0) return undefined;
  if (isScalar(node) ? node.value !== null && node.type !== 'BLOCK_LITERAL' : isFlow) {
    return { start: range[0], end: range[1], text: written(value) };
  }
  return pair === undefined ? undefined : insteadOfBlock(text, pair, value);
}

/** On one line, without quotes where that is safe in flow style too: `30s`. */
function written(value: unknown): string {
  const plain = stringify(value, { version: '1.1', lineWidth: 0 }).trim();
  return /^[\w./-]+$/.test(plain) ? plain : inline(false).value(value);
}

/** A block collection gives way to another one, or to nothing but its brackets. */
function insteadOfBlock(text: string, pair: Pair, value: unknown): Splice | undefined {
  const key = rangeOf(pair.key);
  const end = endOf(pair.value);
  if (key === undefined || end === undefined) return undefined;
  const colon = text.indexOf(':', key[1]);
  const column = key[0] - (text.lastIndexOf('\n', key[0] - 1) + 1);
  const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  const isBlock = typeof value === 'object' && value !== null && !isEmpty;
  const content = isBlock
    ? `\n${indented(stringify(value, { version: '1.1', lineWidth: 0 }).trimEnd(), column + 2)}`
    : ` ${written(value)}`;
  return { start: colon + 1, end: withoutNewline(text, end), text: content };
}

function indented(block: string, column: number): string {
  return block
    .split('\n')
    .map((line) => ' '.repeat(column) + line)
    .join('\n');
}

function withoutNewline(text: string, end: number): number {
  const before = text.slice(0, end);
  return before.length - (/\r?\n$/.exec(before)?.[0].length ?? 0);
}

function removed(
  text: string,
  document: Document,
  parent: unknown,
  place: DocumentPath,
): Splice | undefined {
  if (!(isMap(parent) || isSeq(parent))) return undefined;
  const step = place.at(-1) ?? '';
  const items: readonly unknown[] = parent.items;
  const index = isSeq(parent)
    ? Number(step)
    : items.findIndex((one) => isPair(one) && one === pairOf(parent, step));
  if (items.length === 1 && parent.flow !== true) {
    const holder = place.at(-2);
    const pair =
      holder === undefined ? undefined : pairOf(holderOf(document, place.slice(0, -2)), holder);
    return pair === undefined ? undefined : insteadOfBlock(text, pair, isSeq(parent) ? [] : {});
  }
  return parent.flow === true ? outOfFlow(parent, index) : linesOf(text, parent, index);
}

function holderOf(document: Document, place: DocumentPath): unknown {
  return place.length === 0 ? document.contents : nodeAt(document, place);
}

function startOf(item: unknown): number | undefined {
  return rangeOf(isPair(item) ? item.key : item)?.[0];
}

function endOfItem(item: unknown): number | undefined {
  if (!isPair(item)) return endOf(item);
  return endOf(item.value) ?? endOf(item.key);
}

/** With the comma after it, or that before the last one. */
function outOfFlow({ items }: YAMLMap | YAMLSeq, index: number): Splice | undefined {
  const own = [startOf(items[index]), endOfItem(items[index])] as const;
  const next = startOf(items[index + 1]);
  const before = endOfItem(items[index - 1]);
  const start = next === undefined ? (before ?? own[0]) : own[0];
  const end = next ?? own[1];
  return start === undefined || end === undefined ? undefined : { start, end, text: '' };
}

/** The whole lines of an item of a block collection, with a comment at their end. */
function linesOf(text: string, parent: YAMLMap | YAMLSeq, index: number): Splice | undefined {
  const item = parent.items[index];
  const [start, end] = [startOf(item), endOfItem(item)];
  if (start === undefined || end === undefined) return undefined;
  const line = text.lastIndexOf('\n', start - 1) + 1;
  const lead = text.slice(line, start);
  const isWhole = isSeq(parent) ? /^ *- +$/.test(lead) : /^ *$/.test(lead);
  if (isWhole) return { start: line, end: nextLine(text, end), text: '' };
  // The first field after a dash: the next one takes its place.
  const next = startOf(parent.items[index + 1]);
  if (isSeq(parent) || next === undefined || text.slice(end, next).trim() !== '') return undefined;
  return { start, end: next, text: '' };
}

function nextLine(text: string, end: number): number {
  if (text[end - 1] === '\n') return end;
  const newline = text.indexOf('\n', end);
  return newline < 0 ? text.length : newline + 1;
}

/** The document as the YAML library writes it, with comments and order kept as far as it keeps them. */
function writtenAnew(text: string, place: DocumentPath, edit: FieldEdit): string | undefined {
  const document = withoutAliases(parseDocument(text, yamlOptions));
  switch (edit.action) {
    case 'append':
      document.addIn(place, edit.value);
      break;
    case 'set':
      document.setIn(place, edit.value);
      break;
    case 'remove':
      document.deleteIn(place);
      break;
    case 'rename': {
      const pair = pairOf(holderOf(document, place.slice(0, -1)), place.at(-1) ?? '');
      if (!isScalar(pair?.key)) return undefined;
      pair.key.value = edit.to;
    }
  }
  return document.toString({ lineWidth: 0 });
}
