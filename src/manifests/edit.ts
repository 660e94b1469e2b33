import { isDeepStrictEqual } from 'node:util';
import { type Document, isMap, isScalar, isSeq, parseDocument, visit } from 'yaml';
import { isJson, type Json } from '../kubernetes/index.ts';
import { aliasesOf, insertionsFor, withEdits } from './insertions.ts';
import type { DocumentPath, SourceDocument } from './types.ts';
import { maxAliasCount, yamlOptions } from './yaml-options.ts';

/** That the object at `path` of a document is now `value`: what it was, with additions. */
export interface DocumentChange {
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
export function editedText(source: SourceDocument, changes: readonly DocumentChange[]): string {
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
export function withChange(value: unknown, { path, value: changed }: DocumentChange): unknown {
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

/** Whether a text, YAML or JSON, says a value. */
export function says(text: string, value: unknown): boolean {
  const json = parsedJson(text);
  if (json !== undefined) return isDeepStrictEqual(json, value);
  const document = parseDocument(text, yamlOptions);
  return document.errors.length === 0 && isDeepStrictEqual(document.toJS({ maxAliasCount }), value);
}

/** The text as JSON; undefined where it is none, or no object. */
export function parsedJson(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The white space before the first member of a JSON object; two spaces where it is on one line. */
export function indentOf(json: string): string {
  return /^\s*\{\r?\n([ \t]+)/.exec(json)?.[1] ?? '  ';
}

/** The document written anew by the YAML library, with comments and order kept as far as it keeps them. */
function rewritten(document: Document, before: unknown, after: unknown): string {
  withoutAliases(document);
  for (const { path, value } of differences(before, after, [])) document.setIn(path, value);
  return document.toString({ lineWidth: 0 });
}

/** Writes out what aliases stand for: it stays as it was, whatever becomes of that to which they point. */
export function withoutAliases<T extends Document>(document: T): T {
  visit(document, {
    Alias: (_key, alias) => {
      const copy = alias.resolve(document)?.clone();
      if (!(isMap(copy) || isSeq(copy) || isScalar(copy))) return undefined;
      delete copy.anchor;
      if (alias.comment) copy.comment = alias.comment;
      if (alias.commentBefore) copy.commentBefore = alias.commentBefore;
      return copy;
    },
  });
  return document;
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
