import { stringify } from 'yaml';
import type { Explanation, Step } from '../explain/index.ts';
import type { CodeEntry } from '../findings/index.ts';
import { wrapped } from './findings-document.ts';
import { printable, type Style } from './style.ts';

/** A chain of reasoning as text, and where it breaks. */
export function explanationText({ subject, steps }: Explanation, style: Style): string {
  const blocks = [
    style.strong(printable(subject)),
    ...steps.map((step, index) => stepText(step, index + 1, style)),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function stepText({ title, lines, jobs, outcome }: Step, number: number, style: Style): string {
  const whole = printable(title);
  return [
    outcome === 'broken'
      ? `${number}. ${style.bad(whole)}\n   ${style.bad('The chain breaks here.')}`
      : `${number}. ${whole}`,
    ...lines.map((line) => `   ${style.faint(printable(line))}`),
    ...jobs.map((job) => indented(stringify([job], { lineWidth: 0 }), 6)),
  ].join('\n');
}

function indented(text: string, columns: number): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => ' '.repeat(columns) + line)
    .join('\n');
}

/** What is known of a finding's code. */
export function codeText(code: string, entry: CodeEntry, style: Style): string {
  const certain = entry.certain ? ', certain whatever comes later' : '';
  return [
    `${style.strong(code)} (${entry.severity}${certain})`,
    '',
    `${entry.title}.`,
    '',
    ...wrapped(entry.explanation, 100),
    '',
  ].join('\n');
}
