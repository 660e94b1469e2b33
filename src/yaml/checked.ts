import * as v from 'valibot';
import { type Document, isNode, LineCounter, parseDocument } from 'yaml';

/** One thing that is wrong in a file that a person wrote. */
export interface Problem {
  readonly file: string;
  /** Line and column, from 1. */
  readonly line: number;
  readonly column: number;
  /** Where in the document: `dialects[0].entries[1].facets`. Empty for the whole of it. */
  readonly path: string;
  /** What was found and what is expected. */
  readonly message: string;
}

export type Checked<T> =
  | { readonly value: T }
  | { readonly problems: readonly [Problem, ...Problem[]] };

type PathKey = string | number;

/**
 * Reads YAML (or JSON, which is YAML) and checks it against a schema: the value, or every problem at once, each
 * with its line.
 *
 * @param text the file's content
 * @param file how problems name the file
 */
export function checkedYaml<S extends v.GenericSchema>(
  text: string,
  file: string,
  schema: S,
): Checked<v.InferOutput<S>> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const unreadable = document.errors.map(
    (error): Problem => ({ ...at(error.pos[0]), path: '', message: error.message }),
  );
  const [first, ...others] = unreadable;
  if (first !== undefined) return { problems: [first, ...others] };

  const result = v.safeParse(schema, document.toJS({ maxAliasCount: 100 }));
  if (result.success) return { value: result.output };
  const toProblem = (issue: v.BaseIssue<unknown>): Problem => {
    const keys = (issue.path ?? []).flatMap((item) => pathKey(item.key));
    return { ...at(offsetOf(document, keys)), path: written(keys), message: issue.message };
  };
  const [issue, ...more] = result.issues;
  return { problems: [toProblem(issue), ...more.map(toProblem)] };
}

/** A problem as a line of text: `file:line:column: path: message`. */
export function problemText(problem: Problem): string {
  const where = `${problem.file}:${problem.line}:${problem.column}`;
  return problem.path === ''
    ? `${where}: ${problem.message}`
    : `${where}: ${problem.path}: ${problem.message}`;
}

function pathKey(key: unknown): PathKey[] {
  return typeof key === 'string' || typeof key === 'number' ? [key] : [];
}

/** A path as people write it: `a.b[0].c`. */
function written(keys: readonly PathKey[]): string {
  return keys
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
    .join('')
    .replace(/^\./, '');
}

/** Where a path starts in the text: its own node, or the nearest one around it that is there. */
function offsetOf(document: Document, keys: readonly PathKey[]): number {
  for (let length = keys.length; length > 0; length--) {
    const node = document.getIn(keys.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  const root = document.contents;
  return isNode(root) && root.range ? root.range[0] : 0;
}
