import { isDeepStrictEqual } from 'node:util';
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  stringify,
  visit,
} from 'yaml';
import { isJson, type Json } from '../kubernetes/index.ts';
import { maxAliasCount, yamlOptions } from './parse.ts';
import type { DocumentPath, SourceDocument } from './types.ts';

/** That the object at `path` of a document is now `value`: what it was, with additions. */
export interface Change {
  readonly path: DocumentPath;
  readonly value: Json;
}

/**
 * The text of a document with additions made: nothing else in it moves, so that a diff shows what was added alone.
 * Where the text's form is too unusual for that (an alias, a tag, a complex key), the document is written anew:
 * with its comments, in its order.
 *
 * @throws Error where the text can't be made to say the changed objects: a defect here
 */
export function editedText(source: SourceDocument, changes: readonly Change[]): string {
  if (changes.length === 0) return source.text;
  const document = parseDocument(source.text, yamlOptions);
  const json = parsedJson(source.text);
  const before: unknown = json ?? document.toJS({ maxAliasCount });
  const after = changes.reduce<unknown>((value, change) => withChange(value, change), before);
  const insertions = insertionsFor(document, source.text, before, after, json !== undefined);
  if (insertions !== undefined) {
    const text = withEdits(source.text, [...insertions, ...aliasesOf(insertions, document)]);
    if (says(text, after)) return text;
  }
  const text =
    json === undefined
      ? rewritten(document, before, after)
      : `${JSON.stringify(after, null, indentOf(source.text))}\n`;
  if (says(text, after)) return text;
  throw new Error(`${source.file}:${source.line}: the changed document can't be written`);
}

/** A copy of a document's value with one object replaced; only its own members count, not what a typed List implies. */
function withChange(value: unknown, { path, value: changed }: Change): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return isJson(value) ? withoutImplied(value, changed) : changed;
  if (Array.isArray(value)) {
    return value.map((item, index) =>
      index === step ? withChange(item, { path: rest, value: changed }) : item,
    );
  }
  if (!isJson(value)) return value;
  return { ...value, [step]: withChange(value[step], { path: rest, value: changed }) };
}

function withoutImplied(written: Json, changed: Json): Json {
  const entries = Object.entries(changed).filter(
    ([key]) => Object.hasOwn(written, key) || (key !== 'apiVersion' && key !== 'kind'),
  );
  return Object.fromEntries(entries);
}

function says(text: string, value: unknown): boolean {
  const json = parsedJson(text);
  if (json !== undefined) return isDeepStrictEqual(json, value);
  const document = parseDocument(text, yamlOptions);
  return document.errors.length === 0 && isDeepStrictEqual(document.toJS({ maxAliasCount }), value);
}

function parsedJson(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The white space before the first member of a JSON object; two spaces where it is on one line. */
function indentOf(json: string): string {
  return /^\s*\{\r?\n([ \t]+)/.exec(json)?.[1] ?? '  ';
}

interface Insertion {
  readonly offset: number;
  readonly text: string;
  /** How many characters it takes the place of; none where absent. */
  readonly instead?: number;
}

/** The text with all edits made; of several at one place the earlier comes first. */
function withEdits(text: string, edits: readonly Insertion[]): string {
  const pieces: string[] = [];
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.offset - b.offset)) {
    pieces.push(text.slice(at, edit.offset), edit.text);
    at = edit.offset + (edit.instead ?? 0);
  }
  return pieces.join('') + text.slice(at);
}

/** What an alias stands for must not change with the node to which it points: it is written out, as that was before. */
function aliasesOf(insertions: readonly Insertion[], document: Document): Insertion[] {
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
function insertionsFor(
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

interface Edit {
  readonly text: string;
  readonly isJsonText: boolean;
  readonly insertions: Insertion[];
}

/** False where the change is none of the kind that an insertion makes. */
function collect(node: unknown, before: unknown, after: unknown, edit: Edit): boolean {
  if (isDeepStrictEqual(before, after)) return true;
  if (isMap(node) && isJson(before) && isJson(after)) return collectMap(node, before, after, edit);
  if (isSeq(node) && Array.isArray(before) && Array.isArray(after)) {
    return collectList(node, before, after, edit);
  }
  return false;
}

function collectMap(node: Node, before: Json, after: Json, edit: Edit): boolean {
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
  edit: Edit,
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
function insertLines(node: Node, block: string, column: number, edit: Edit): boolean {
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
function endOf(node: unknown): number | undefined {
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

interface Member {
  /** Undefined in a list. */
  readonly key: string | undefined;
  readonly value: unknown;
}

/** Before the closing bracket: on lines of their own where the last member is on one, else on the same line. */
function insertIntoFlow(
  node: Node,
  members: readonly Member[],
  last: unknown,
  edit: Edit,
): boolean {
  const { text } = edit;
  const range = node.range;
  if (range === undefined || range === null) return false;
  const close = range[1] - 1;
  const content = text.slice(range[0] + 1, close);
  const write = inline(edit.isJsonText);
  if (last === undefined) {
    if (content.trim() !== '') return false;
    const written = members.map((member) => flowMember(member, write)).join(', ');
    const padding = content === '' && text[close] === '}' && !edit.isJsonText ? ' ' : '';
    edit.insertions.push({ offset: close, text: `${padding}${written}${padding}` });
    return true;
  }
  const trimmed = content.trimEnd();
  if (trimmed.endsWith(',') || trimmed.includes('#')) return false;
  const offset = range[0] + 1 + trimmed.length;
  const indent = lineIndent(last, text);
  if (indent === undefined || !content.slice(trimmed.length).includes('\n')) {
    const written = members.map((member) => `, ${flowMember(member, write)}`).join('');
    edit.insertions.push({ offset, text: written });
    return true;
  }
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const step = indent.slice(lineIndentAt(text, close).length) || '  ';
  const lines = members.map(
    (member) => `,${newline}${indent}${flowMember(member, pretty(indent, step, newline))}`,
  );
  edit.insertions.push({ offset, text: lines.join('') });
  return true;
}

function flowMember({ key, value }: Member, write: Write): string {
  return key === undefined ? write.value(value) : `${write.scalar(key)}: ${write.value(value)}`;
}

/** How values are written into flow style. */
interface Write {
  readonly scalar: (value: unknown) => string;
  readonly value: (value: unknown) => string;
}

/** On one line, with the spaces that people put; texts without quotes where that is safe. */
function inline(isJsonText: boolean): Write {
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
function pretty(indent: string, step: string, newline: string): Write {
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

/** The white space before a member that is the first on its line. */
function lineIndent(member: unknown, text: string): string | undefined {
  const node = isPairLike(member) ? member.key : member;
  if (!(isMap(node) || isSeq(node) || isScalar(node)) || !node.range) return undefined;
  const [offset] = node.range;
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const before = text.slice(start, offset);
  return /^[ \t]*$/.test(before) ? before : undefined;
}

function isPairLike(member: unknown): member is { readonly key: unknown } {
  return typeof member === 'object' && member !== null && 'key' in member;
}

function lineIndentAt(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start, offset))?.[0] ?? '';
}

/** The document written anew by the YAML library, with comments and order kept as far as it keeps them. */
function rewritten(document: Document, before: unknown, after: unknown): string {
  // What an alias stands for stays as it was, when that to which it points gets additions.
  visit(document, {
    Alias: (_key, alias) => {
      const copy = alias.resolve(document)?.clone();
      if (!(isMap(copy) || isSeq(copy) || isScalar(copy))) return undefined;
      delete copy.anchor;
      return copy;
    },
  });
  for (const { path, value } of differences(before, after, [])) document.setIn(path, value);
  return document.toString({ lineWidth: 0 });
}

interface Difference {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/** The deepest places at which `after` says something that `before` does not. */
function differences(
  before: unknown,
  after: unknown,
  path: readonly (string | number)[],
): Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (isJson(before) && isJson(after)) {
    return Object.keys(after).flatMap((key) =>
      differences(before[key], after[key], [...path, key]),
    );
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    return after.flatMap((value, index) => differences(before[index], value, [...path, index]));
  }
  return [{ path, value: after }];
}
