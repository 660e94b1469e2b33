import { styleText } from 'node:util';

/** How words are set off on a terminal. */
export interface Style {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly good: (text: string) => string;
  readonly doubtful: (text: string) => string;
  readonly bad: (text: string) => string;
}

type Format = Parameters<typeof styleText>[0];

function styled(format: Format): (text: string) => string {
  // Whether there are colours was decided before: it depends on the stream and on NO_COLOR.
  return (text) => styleText(format, text, { validateStream: false });
}

function same(text: string): string {
  return text;
}

/** With colours, or without any. */
export function styleFor(colours: boolean): Style {
  if (!colours) return { strong: same, faint: same, good: same, doubtful: same, bad: same };
  return {
    strong: styled('bold'),
    faint: styled('dim'),
    good: styled('green'),
    doubtful: styled('yellow'),
    bad: styled('red'),
  };
}

/** Text from a file, fit for a terminal: what would move its cursor or change its colours becomes a space. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}
