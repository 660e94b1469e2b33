import { Composer, type Document, LineCounter, Parser } from 'yaml';
import { isJson, type Json, list, member, text } from '../kubernetes/index.ts';
import type { DocumentPath, Manifest, Remark, SourceDocument, SourceFile } from './types.ts';

/**
 * How every document is read: Kubernetes' own reader merges `<<` (YAML 1.1), takes keys as texts, as JSON has them, and
 * refuses one that stands twice.
 */
export const yamlOptions = {
  merge: true,
  prettyErrors: false,
  stringKeys: true,
  uniqueKeys: true,
} as const;

/** Aliases of one document that are followed; more is an attack, or a mistake. */
export const maxAliasCount = 1_000;

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
  const lines = new LineCounter();
  const composed = composedDocuments(source, lines);
  const documents: SourceDocument[] = [];
  const manifests: Manifest[] = [];
  const skipped: Remark[] = [];
  const problems: Remark[] = [];
  for (const { start, end, content, parsed } of composed) {
    const document = { file, text: source.slice(start, end), line: lineAt(lines, start) };
    documents.push(document);
    if ('errors' in parsed) {
      for (const error of parsed.errors.slice(0, mostErrors)) {
        const line = lineAt(lines, error.offset);
        problems.push({ file, line, message: unreadable(error.message, source, error.offset) });
      }
    } else {
      const found = objectsIn(document, parsed.value, lineAt(lines, content));
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

interface Composed {
  /** The document's own text. */
  readonly start: number;
  readonly end: number;
  /** Where its content starts, after comments and the line `---`. */
  readonly content: number;
  readonly parsed:
    | { readonly value: unknown }
    | { readonly errors: readonly { readonly offset: number; readonly message: string }[] };
}

/** One document after the other; the parsed form of the one before is gone then. */
function composedDocuments(source: string, lines: LineCounter): Composed[] {
  const tokens = new Parser(lines.addNewLine).parse(source);
  const composed: Omit<Composed, 'end'>[] = [];
  for (const document of new Composer(yamlOptions).compose(tokens, false, source.length)) {
    const [from] = document.range;
    const start = composed.length === 0 ? 0 : from;
    const content = document.contents?.range?.[0] ?? from;
    composed.push({ start, content, parsed: parsedForm(document) });
  }
  return composed.map((one, index) => ({
    ...one,
    end: composed[index + 1]?.start ?? source.length,
  }));
}

function parsedForm(document: Document.Parsed): Composed['parsed'] {
  if (document.errors.length > 0) {
    return {
      errors: document.errors.map(({ pos, message }) => ({ offset: pos[0], message })),
    };
  }
  try {
    return { value: document.toJS({ maxAliasCount }) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { errors: [{ offset: document.range[0], message }] };
  }
}

function lineAt(lines: LineCounter, offset: number): number {
  return Math.max(lines.linePos(offset).line, 1);
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

interface Objects {
  readonly manifests: readonly Manifest[];
  readonly skipped: readonly Remark[];
}

/** @param line where the content starts, for what is skipped */
function objectsIn(document: SourceDocument, value: unknown, line: number): Objects {
  const nothing: Objects = { manifests: [], skipped: [] };
  if (value === null || value === undefined) return nothing;
  const skip = (message: string): Objects => ({
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
