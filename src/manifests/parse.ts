import { Composer, type Document, LineCounter, Parser } from 'yaml';
import { reasonOf } from '../ground/reason.ts';
import { isJson, type Json, list, member, text } from '../kubernetes/index.ts';
import { outlinesOf } from './outline.ts';
import { partialObject } from './partial.ts';
import type { DocumentPath, Manifest, Remark, SourceDocument, SourceFile } from './types.ts';
import { maxAliasCount, yamlOptions } from './yaml-options.ts';

/** Errors of one document that are told: the first are mistakes, most others follow from them. */
const mostErrors = 3;

/** A List in a List and so on: what people write has one. */
const deepestList = 8;

/**
 * The objects in the text of a file: a YAML stream, JSON, Lists. Or what can't be read in it, each with its line.
 *
 * @param source the file's content
 * @param file how the file is named
 */
export function parseManifests(
  source: string,
  file: string,
): SourceFile | { readonly problems: readonly [Remark, ...Remark[]] } {
  const json = jsonObject(source);
  if (json !== undefined) {
    const document = { file, text: source, line: 1 };
    return { file, documents: [document], ...objectsIn(document, json, 1) };
  }
  const documents: SourceDocument[] = [];
  const manifests: Manifest[] = [];
  const skipped: Remark[] = [];
  const problems: Remark[] = [];
  for (const { text, line, content, parsed } of readDocuments(source)) {
    const document = { file, text, line };
    documents.push(document);
    if ('errors' in parsed) {
      for (const error of parsed.errors.slice(0, mostErrors)) problems.push({ file, ...error });
    } else {
      const found = objectsIn(document, parsed.value, content);
      manifests.push(...found.manifests);
      skipped.push(...found.skipped);
    }
  }
  const [first, ...others] = problems;
  return first === undefined
    ? { file, documents, manifests, skipped }
    : { problems: [first, ...others] };
}

/** The text as one JSON object: `kubectl get -o json` is large, and this is faster than any YAML reader. */
function jsonObject(source: string): Json | undefined {
  if (!source.trimStart().startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(source);
    return isJson(value) ? value : undefined;
  } catch {
    // Not JSON, then: a YAML flow mapping, or a mistake that the YAML reader names with its line.
    return undefined;
  }
}

interface ReadDocument {
  /** The document's own text. */
  readonly text: string;
  /** The line of the file on which that starts. */
  readonly line: number;
  /** The line on which its content starts, after comments and the line `---`. */
  readonly content: number;
  readonly parsed:
    | { readonly value: unknown }
    | { readonly errors: readonly { readonly line: number; readonly message: string }[] };
}

/** The documents of a stream; of those of kinds that are known by their metadata no more than that is parsed. */
function readDocuments(source: string): readonly ReadDocument[] {
  return partlyParsed(source) ?? parsedDocuments(source, 1);
}

/** Undefined where everything has to be parsed, so that nothing is won by parsing the documents one by one. */
function partlyParsed(source: string): readonly ReadDocument[] | undefined {
  const outlines = outlinesOf(source) ?? [];
  const partial = outlines.map((outline) => partialObject(source, outline));
  if (partial.every((value) => value === undefined)) return undefined;
  const documents: ReadDocument[] = [];
  for (const [index, { start, end, line, content }] of outlines.entries()) {
    const text = source.slice(start, end);
    const value = partial[index];
    const parsed =
      value === undefined
        ? parsedDocuments(text, line)
        : [{ text, line, content, parsed: { value } }];
    // A tab alone is no document: its text belongs to the next one.
    if (parsed.length === 0) return undefined;
    documents.push(...parsed);
  }
  return documents;
}

/**
 * One document after the other; the parsed form of the one before is gone then.
 *
 * @param line the line of the file on which the stream starts
 */
function parsedDocuments(stream: string, line: number): ReadDocument[] {
  const lines = new LineCounter();
  const lineOf = (offset: number) => line + Math.max(lines.linePos(offset).line, 1) - 1;
  const tokens = new Parser(lines.addNewLine).parse(stream);
  const composed: { start: number; content: number; parsed: ReadDocument['parsed'] }[] = [];
  for (const document of new Composer(yamlOptions).compose(tokens, false, stream.length)) {
    const [from] = document.range;
    const start = composed.length === 0 ? 0 : from;
    const content = lineOf(document.contents?.range?.[0] ?? from);
    composed.push({ start, content, parsed: parsedForm(document, stream, lineOf) });
  }
  return composed.map(({ start, content, parsed }, index) => ({
    text: stream.slice(start, composed[index + 1]?.start),
    line: lineOf(start),
    content,
    parsed,
  }));
}

function parsedForm(
  document: Document.Parsed,
  stream: string,
  lineOf: (offset: number) => number,
): ReadDocument['parsed'] {
  if (document.errors.length > 0) {
    return {
      errors: document.errors.map(({ pos: [offset], message }) => ({
        line: lineOf(offset),
        message: unreadable(message, stream, offset),
      })),
    };
  }
  try {
    return { value: document.toJS({ maxAliasCount }) };
  } catch (error) {
    const message = reasonOf(error);
    return { errors: [{ line: lineOf(document.range[0]), message }] };
  }
}

function unreadable(message: string, source: string, offset: number): string {
  // The reader calls itself for each level, and says so when there are some thousands.
  if (message === 'Maximum call stack size exceeded') return 'nested too deeply to be read';
  const start = source.lastIndexOf('\n', offset - 1) + 1;
  const end = source.indexOf('\n', offset);
  const line = source.slice(start, end < 0 ? undefined : end);
  return line.includes('{{')
    ? `${message} (a Helm template? Render it first: helm template … | autoscrape review -f -)`
    : message;
}

interface ParsedObjects {
  readonly manifests: readonly Manifest[];
  readonly skipped: readonly Remark[];
}

/** @param line where the content starts, for what is skipped */
function objectsIn(document: SourceDocument, value: unknown, line: number): ParsedObjects {
  const nothing: ParsedObjects = { manifests: [], skipped: [] };
  if (value === null || value === undefined) return nothing;
  const skip = (message: string): ParsedObjects => ({
    ...nothing,
    skipped: [{ file: document.file, line, message }],
  });
  if (!isJson(value)) return skip('no Kubernetes object: it is no mapping');
  if (text(value, 'kind') === 'AdmissionReview') {
    return skip('an AdmissionReview, which nobody applies');
  }
  const manifests = expanded(document, [], value, deepestList);
  if (manifests === undefined) {
    return skip('no Kubernetes object: it has no apiVersion, no kind or no metadata');
  }
  return { manifests, skipped: [] };
}

/** An object, or those in a List; undefined for what is neither. */
function expanded(
  document: SourceDocument,
  path: DocumentPath,
  value: Json,
  depth: number,
): Manifest[] | undefined {
  const apiVersion = text(value, 'apiVersion');
  const kind = text(value, 'kind');
  if (apiVersion === undefined || kind === undefined) return undefined;
  if (!kind.endsWith('List') || !Array.isArray(member(value, 'items'))) {
    return isJson(member(value, 'metadata')) ? [{ document, path, value }] : undefined;
  }
  if (depth === 0) return [];
  const itemKind = kind.slice(0, -'List'.length);
  return list(value, 'items').flatMap((item, index) => {
    if (!isJson(item)) return [];
    // The items of a typed List, as the API server sends one, say neither; those of a plain List do.
    const whole = itemKind === '' ? item : { apiVersion, kind: itemKind, ...item };
    return expanded(document, [...path, 'items', index], whole, depth - 1) ?? [];
  });
}
