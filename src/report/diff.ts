import { formatPatch, structuredPatch } from 'diff';
import type { AdmittedFile } from '../review/index.ts';
import type { Style } from './style.ts';

/** What is added, as a unified diff that `patch` and `git apply` take; empty where nothing is. */
export function diffText(files: readonly AdmittedFile[], style: Style): string {
  return files
    .filter((file) => file.after !== file.before)
    .map((file) => fileDiff(file, style))
    .join('');
}

function fileDiff({ file, before, after }: AdmittedFile, style: Style): string {
  const patch = structuredPatch(`a/${file}`, `b/${file}`, before, after, undefined, undefined, {
    context: 3,
  });
  // The line of = signs before a file is from another tool's format: neither git nor diff writes it.
  const text = formatPatch(patch).replace(/^={3,}\n/, '');
  return text
    .split('\n')
    .map((line) => styledLine(line, style))
    .join('\n');
}

function styledLine(line: string, style: Style): string {
  if (line.startsWith('--- ') || line.startsWith('+++ ')) return style.strong(line);
  if (line.startsWith('@@')) return style.faint(line);
  if (line.startsWith('+')) return style.good(line);
  return line.startsWith('-') ? style.bad(line) : line;
}
