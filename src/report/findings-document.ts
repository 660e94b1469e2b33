import type { CodeEntry, Severity } from '../findings/index.ts';
import { type FindingSection, findingSections } from './finding-codes.ts';

const meaning: Readonly<Record<Severity, string>> = {
  error: 'certainly a mistake',
  warning: 'probably a mistake',
  info: 'worth knowing',
};

/** The page `docs/findings.md`, from the catalogues of codes. */
export function findingsDocument(): string {
  return [
    '# Findings',
    '',
    '<!-- Made from the catalogues of codes (src/report/finding-codes.ts names them) by `npm run generate`. -->',
    '',
    'What `autoscrape review`, `audit`, `explain` and the webhook say of objects. Each finding names the field, what is',
    'wrong with it, and what to write instead. `review`, `audit` and `explain` offer no fix that they have not tried on the',
    'objects at hand ([review.md](review.md#fixes)). The codes are stable; `autoscrape explain CODE` prints what stands here.',
    '',
    ...Object.entries(meaning).map(([severity, text]) => `- **${severity}**: ${text}.`),
    '',
    'In `deny` mode the webhook refuses scrapes with errors that are _certain_: no object that comes later could make',
    'them right. Everything else may be mere ordering (the Service comes after the scrape) and is never refused, and',
    'no Service or workload ever is.',
    '',
    ...findingSections.flatMap(sectionLines),
  ].join('\n');
}

function sectionLines({ title, codes }: FindingSection): string[] {
  const entries = Object.entries<CodeEntry>(codes);
  return [
    `## ${title}`,
    '',
    ...table(
      ['code', 'severity', 'certain', ''],
      entries.map(([code, entry]) => [
        `[\`${code}\`](#${code})`,
        entry.severity,
        entry.certain ? 'yes' : '',
        entry.title,
      ]),
    ),
    '',
    ...entries.flatMap(([code, entry]) => [
      `### ${code}`,
      '',
      `${entry.title}.`,
      '',
      ...wrapped(entry.explanation, 110),
      '',
    ]),
  ];
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
export function wrapped(paragraph: string, width: number): string[] {
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
