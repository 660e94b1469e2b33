import { styleText } from 'node:util';

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

/** Ways to set a piece of text off. */
export type Style = {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  /** Something that was added. */
  readonly added: (text: string) => string;
};

/** What a screen writes to. */
export type Output = {
  write(text: string): unknown;
};

/** A screen on an output that shows colours, or does not. */
export function screen(output: Output, colours: boolean): Screen {
  const styled =
    (format: Parameters<typeof styleText>[0]) =>
    (text: string): string =>
      colours ? styleText(format, text, { validateStream: false }) : text;
  const style = { strong: styled('bold'), faint: styled('dim'), added: styled('green') };
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
export function columns(rows: readonly (readonly string[])[]): string[] {
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
