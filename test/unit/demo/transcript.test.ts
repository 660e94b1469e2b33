import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { transcriptIn, withTranscript } from '../../../demo/transcript.ts';

const readme = await readFile(join(import.meta.dirname, '../../../README.md'), 'utf8');

test('the README has a transcript of a demo that ended well', () => {
  const transcript = transcriptIn(readme);
  expect(transcript).toMatch(/^What runs here/);
  expect(transcript).toMatch(/etcd_server_has_leader\{namespace="\w+", pod="[\w-]+-0", .*\} 1$/m);
  expect(transcript).toMatch(/^In short$/m);
});

test('another transcript takes its place, and nothing else changes', () => {
  const renewed = withTranscript(readme, '\nHeading\n  line\n');
  expect(transcriptIn(renewed)).toBe('Heading\n  line');
  expect(withTranscript(renewed, transcriptIn(readme) ?? '')).toBe(readme);
});

test('a text without a place for it is refused', () => {
  expect(transcriptIn('no markers')).toBeUndefined();
  expect(() => withTranscript('no markers', 'text')).toThrow('there is no <!-- The demo');
});
