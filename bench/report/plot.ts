import { type Metric, programsIn, type Sample, valuesOf } from '../result.ts';
import { median, quantile } from '../statistics.ts';
import { escaped } from './escaped.ts';
import { figure } from './text.ts';

const width = 760;
const left = 190;
const right = 90;
const row = 30;
const top = 8;

/**
 * One metric as an SVG: a line for each program, with a dot for each round and a bar up to the median. The axis begins
 * at 0, so that lengths compare as the figures do.
 */
export function plot({ key, title, unit }: Metric, samples: readonly Sample[]): string {
  const lines = programsIn(samples)
    .map((program) => ({ program, values: valuesOf(samples, key, program) }))
    .filter(({ values }) => values.length > 0);
  const most = Math.max(...lines.flatMap(({ values }) => values), Number.MIN_VALUE);
  const at = (value: number): number => left + (value / most) * (width - left - right);
  const height = top * 2 + lines.length * row + 20;
  const marks = lines.flatMap(({ program, values }, index) => {
    const middle = top + index * row + row / 2;
    const end = at(median(values));
    const kind = program.startsWith('autoscrape') ? 'ours' : 'theirs';
    return [
      `<text x="${left - 10}" y="${middle + 4}" text-anchor="end">${escaped(program)}</text>`,
      `<rect class="${kind}" x="${left}" y="${middle - 8}" width="${(end - left).toFixed(1)}" height="16"/>`,
      `<line class="spread" x1="${at(quantile(values, 0)).toFixed(1)}" x2="${at(quantile(values, 1)).toFixed(1)}" y1="${middle}" y2="${middle}"/>`,
      ...values.map((value) => `<circle cx="${at(value).toFixed(1)}" cy="${middle}" r="2.5"/>`),
      `<text x="${(Math.max(end, at(quantile(values, 1))) + 8).toFixed(1)}" y="${middle + 4}">${figure(median(values))} ${escaped(unit)}</text>`,
    ];
  });
  const bottom = height - 16;
  return [
    `<figure><figcaption>${escaped(title)} (${escaped(unit)})</figcaption>`,
    `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<line class="axis" x1="${left}" x2="${left}" y1="${top}" y2="${bottom - 6}"/>`,
    ...marks,
    '</svg></figure>',
  ].join('\n');
}
