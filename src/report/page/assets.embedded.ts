import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The page's script and style sheet, and what Content Security Policy calls them by. */
export const script = read('browser/script.js');
export const scriptHash = hashOf(script);
export const styleSheet = read('browser/style.css');
export const styleSheetHash = hashOf(styleSheet);

function read(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
