import type { Severity } from '../types.ts';
import { type CodeEntry, scrapeFindingCodes } from './codes.ts';

const meaning: Readonly<Record<Severity, string>> = {
  error: 'certainly a mistake',
  warning: 'probably a mistake',
  info: 'worth knowing',
};

/** The page `docs/findings.md`, from the catalogue of codes. */
export function findingsDocument(): string {
  const entries = Object.entries<CodeEntry>(scrapeFindingCodes);
  return [
    '# Findings about scrapes',
    '',
    '<!-- Made from src/scrape/findings/codes.ts by `npm run generate`. -->',
    '',
    'What `autoscrape review`, `audit`, `explain` and the webhook say of a `VMServiceScrape`. Each finding names the',
    'field, what is wrong with it, and what to write instead. The codes are stable.',
    '',
    ...Object.entries(meaning).map(([severity, text]) => `- **${severity}**: ${text}.`),
    '',
    'In `deny` mode the webhook refuses scrapes with errors that are _certain_: no object that comes later could make',
    'them right. Everything else may be mere ordering (the Service comes after the scrape) and is never refused.',
    '',
    ...table(
      ['code', 'severity', 'certain', ''],
      entries.map(([code, { severity, certain, title }]) => [
        `[\`${code}\`](#${code})`,
        severity,
        certain ? 'yes' : '',
        title,
      ]),
    ),
    '',
    ...entries.flatMap(([code, { title, explanation }]) => [
      `## ${code}`,
      '',
      `${title}.`,
      '',
      ...wrapped(explanation, 110),
      '',
    ]),
  ].join('\n');
}

/** A table whose columns are aligned in the source as well. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}

/** A paragraph in lines of at most `width` characters, broken at spaces. */
function wrapped(paragraph: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
