import type { Fixed, PlacedFinding } from '../review/index.ts';
import { printable, type Style } from './style.ts';

/**
 * Says what `review --fix` has put right and what it has left, and why.
 *
 * @param isWritten whether the files were written, or it is only shown what they would be
 */
export function fixedText({ done, left }: Fixed, isWritten: boolean, style: Style): string {
  if (done.length === 0 && left.length === 0)
    return 'Nothing is wrong that would have to be put right.\n';
  const sections = [
    section(
      isWritten ? 'Put right' : 'Would be put right',
      done.flatMap((finding) => [
        `  ${style.good(printable(finding.fix))}`,
        `    ${placeOf(finding)}`,
      ]),
      style,
    ),
    section(
      'Left',
      left.flatMap(({ finding, why }) => [
        `  ${placeOf(finding)}`,
        `    ${printable(finding.message)}`,
        ...(finding.fix === '' ? [] : [`    Fix: ${printable(finding.fix)}`]),
        `    ${style.faint(printable(`Left, because ${why}.`))}`,
      ]),
      style,
    ),
  ];
  return `${sections.filter((one) => one !== '').join('\n\n')}\n`;
}

function section(title: string, lines: readonly string[], style: Style): string {
  return lines.length === 0 ? '' : [style.strong(title), ...lines].join('\n');
}

function placeOf({ file, line, object, field, code }: PlacedFinding): string {
  const place = file === '' ? '' : `${file}:${line}: `;
  const subject = `${object.kind} ${object.namespace}/${object.name}`;
  return printable(`${place}${subject}${field === '' ? '' : ` ${field}`} [${code}]`);
}
