import { stripVTControlCharacters } from 'node:util';
import { expect, test } from '@jest/globals';
import { type Screen, screen } from '../../../demo/screen.ts';

/** What a screen writes for the same things, with and without colours. */
function shown(colours: boolean): string {
  const written: string[] = [];
  tell(screen({ write: (text) => written.push(text) }, colours));
  return written.join('');
}

function tell(show: Screen): void {
  show.heading('Heading');
  show.line(show.style.good('+ added'));
  show.line();
  show.table([
    ['short', 'b', 'last'],
    ['much longer', 'bb', ''],
  ]);
}

test('without a terminal it is plain text, without trailing spaces', () => {
  expect(shown(false)).toBe('\nHeading\n  + added\n\n  short        b   last\n  much longer  bb\n');
});

test('with a terminal it is the same text', () => {
  const coloured = shown(true);
  expect(stripVTControlCharacters(coloured)).toBe(shown(false));
  expect(coloured).not.toBe(shown(false));
});
