import { type Machine, machineText } from '../machine.ts';
import { isReached, programsIn, type Result, valuesOf } from '../result.ts';
import { summaryOf } from '../statistics.ts';

/** A result as people read it in a terminal: a table of medians and spreads, the ratios, and the aims. */
export function resultText(result: Result, machine: Machine): string {
  return [
    `\n${result.name}: ${result.title}`,
    machineText(machine),
    '',
    ...table(rowsOf(result)),
    '',
    'ratios of autoscrape to',
    ...table(Object.entries(result.ratios).map(([name, ratio]) => [`  ${name}`, ratio.toFixed(2)])),
    ...result.aims.map(
      (aim) => `${isReached(aim) ? 'reached' : 'MISSED '}  ${aim.text}: ${figure(aim.measured)}`,
    ),
    ...result.notes.map((note) => `note: ${note}`),
    '',
  ].join('\n');
}

function rowsOf({ metrics, samples }: Result): string[][] {
  const rows = metrics.flatMap(({ key, title, unit }) =>
    programsIn(samples).flatMap((program) => {
      const values = valuesOf(samples, key, program);
      if (values.length === 0) return [];
      const { median, least, most, count } = summaryOf(values);
      return [
        [title, program, figure(median), unit, `${figure(least)} – ${figure(most)}`, `${count}`],
      ];
    }),
  );
  return [['measure', 'program', 'median', '', 'spread', 'rounds'], ...rows];
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (known, row) => row.map((cell, index) => Math.max(cell.length, known[index] ?? 0)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Three significant digits, and no more digits than a person wants to read. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3);
}
