import { type Machine, machineText } from '../machine.ts';
import { isReached, programsIn, type Result, valuesOf } from '../result.ts';
import { summaryOf } from '../statistics.ts';
import { escaped } from './escaped.ts';
import { plot } from './plot.ts';
import { figure } from './text.ts';

/** A result as a page that needs nothing from elsewhere: ratios, aims, a plot for each metric, and all medians. */
export function resultPage(result: Result, machine: Machine): string {
  const { name, title, method, metrics, samples, notes } = result;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(name)} · autoscrape benchmarks</title>
<style>${style}</style>
<h1>${escaped(title)}</h1>
<p>${escaped(method)}</p>
<p class="machine">${escaped(machineText(machine))}, ${escaped(machine.at)}</p>
${ratios(result)}
${aims(result)}
${metrics.map((metric) => plot(metric, samples)).join('\n')}
${medians(result)}
${notes.length === 0 ? '' : `<ul>${notes.map((note) => `<li>${escaped(note)}</li>`).join('')}</ul>`}
</html>
`;
}

const style = `
:root { color-scheme: light dark; --ours: #2f6fd0; --theirs: #9aa3ad; --line: #5a646e }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem } .machine { color: GrayText; font-size: .9em }
table { border-collapse: collapse; margin: 1rem 0 } td, th { padding: .2rem .8rem; text-align: left; border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent) }
td.figure { text-align: right; font-variant-numeric: tabular-nums } .missed { font-weight: bold }
figure { margin: 1.5rem 0 } figcaption { font-weight: 600 } svg { width: 100%; height: auto } svg text { font: 12px system-ui, sans-serif; fill: currentColor }
.ours { fill: var(--ours) } .theirs { fill: var(--theirs) } .spread, .axis { stroke: var(--line) } circle { fill: var(--line); fill-opacity: .7 }
`;

function ratios({ ratios: all }: Result): string {
  return table(
    ['autoscrape to', 'ratio'],
    Object.entries(all).map(([name, ratio]) => [escaped(name), right(ratio.toFixed(2))]),
  );
}

function aims({ aims: all }: Result): string {
  return table(
    ['aim', 'measured', ''],
    all.map((aim) => [
      escaped(aim.text),
      right(figure(aim.measured)),
      isReached(aim) ? 'reached' : '<span class="missed">missed</span>',
    ]),
  );
}

function medians({ metrics, samples }: Result): string {
  const rows = metrics.flatMap(({ key, title, unit }) =>
    programsIn(samples).flatMap((program) => {
      const values = valuesOf(samples, key, program);
      if (values.length === 0) return [];
      const { median, least, most, count } = summaryOf(values);
      return [
        [
          escaped(title),
          escaped(program),
          right(`${figure(median)} ${escaped(unit)}`),
          `${figure(least)} – ${figure(most)}`,
          String(count),
        ],
      ];
    }),
  );
  return table(['measure', 'program', 'median', 'spread', 'rounds'], rows);
}

/** Marks a cell as a figure; {@link table} knows the mark. */
function right(text: string): string {
  return `\u0000${text}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const cell = (text: string): string =>
    text.startsWith('\u0000') ? `<td class="figure">${text.slice(1)}</td>` : `<td>${text}</td>`;
  return [
    '<table>',
    `<tr>${head.map((name) => `<th>${escaped(name)}</th>`).join('')}</tr>`,
    ...rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`),
    '</table>',
  ].join('\n');
}
