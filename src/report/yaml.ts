import type { AdmittedFile } from '../review/index.ts';

/** The admitted objects as one YAML stream; a single file as it is, byte for byte where nothing changed. */
export function yamlText(files: readonly AdmittedFile[]): string {
  return files.reduce((stream, { after }) => joined(stream, after), '');
}

function joined(stream: string, next: string): string {
  if (stream.trim() === '') return stream + next;
  const ended = stream.endsWith('\n') ? stream : `${stream}\n`;
  return /^\uFEFF?(?:%[^\n]*\n|#[^\n]*\n|\s)*---/.test(next)
    ? ended + next
    : `${ended}---\n${next}`;
}
