import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { type FlowStyle, inline, pretty } from './flow-text.ts';
import type { TextEdit } from './insertions.ts';

export interface FlowMember {
  /** Undefined in a list. */
  readonly key: string | undefined;
  readonly value: unknown;
}

/** Before the closing bracket: on lines of their own where the last member is on one, else on the same line. */
export function insertIntoFlow(
  node: Node,
  members: readonly FlowMember[],
  last: unknown,
  edit: TextEdit,
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

function flowMember({ key, value }: FlowMember, write: FlowStyle): string {
  return key === undefined ? write.value(value) : `${write.scalar(key)}: ${write.value(value)}`;
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
