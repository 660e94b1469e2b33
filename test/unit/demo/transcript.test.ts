import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { transcriptIn, withTranscript } from '../../../demo/transcript.ts';

const readme = await readFile(join(import.meta.dirname, '../../../README.md'), 'utf8');

test('another transcript takes its place, and nothing else changes', () => {
  const renewed = withTranscript(readme, '\nHeading\n  line\n');
  expect(transcriptIn(renewed)).toBe('Heading\n  line');
  expect(withTranscript(renewed, transcriptIn(readme) ?? '')).toBe(readme);
});

test('a text without a place for it is refused', () => {
  expect(transcriptIn('no markers')).toBeUndefined();
  expect(() => withTranscript('no markers', 'text')).toThrow('there is no <!-- The demo');
});
