import { type Style, styleFor } from '../src/report/index.ts';

/** Where the demo tells what happens. On a terminal some of it is coloured; elsewhere it is the same text. */
export type Screen = {
  /** A new part begins. */
  heading(text: string): void;
  /** A line of a part. */
  line(text?: string): void;
  /** Rows of cells, in columns as wide as they need to be. */
  table(rows: readonly (readonly string[])[]): void;
  readonly style: Style;
};

/** What a screen writes to. */
export type Output = {
  write(text: string): unknown;
};

/** A screen on an output that shows colours, or does not. */
export function screen(output: Output, colours: boolean): Screen {
  const style = styleFor(colours);
  const line = (text = ''): void => {
    output.write(`${text.trimEnd()}\n`);
  };
  return {
    style,
    line: (text = '') => line(text === '' ? '' : `  ${text}`),
    heading: (text) => {
      line();
      line(style.strong(text));
    },
    table: (rows) => {
      for (const row of columns(rows)) line(`  ${row}`);
    },
  };
}

/** Rows with their cells set in columns; what follows a row's last cell is not filled up. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    }
  }
  return rows.map((row) => {
    const cells = row.map((cell, index) => cell.padEnd(widths[index] ?? 0));
    return cells.join('  ').trimEnd();
  });
}
