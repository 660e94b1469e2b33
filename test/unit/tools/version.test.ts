import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { version } from '../../../src/version.ts';
import { versionedFiles, withVersion } from '../../../tools/generate/version.ts';

test.each(versionedFiles)(
  '%s has the version of package.json: `npm run generate` renews it',
  (path) => {
    const text = readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
    expect(text).toBe(withVersion(text, version));
    expect(text).not.toBe(withVersion(text, '99.0.0'));
  },
);

test('other versions stay', () => {
  const text = 'node:24.1.0 and autoscrape:1.0.0-rc.1, with newTag: 1.0.0 and operator v0.40.0';
  expect(withVersion(text, '2.0.0')).toBe(
    'node:24.1.0 and autoscrape:2.0.0, with newTag: 2.0.0 and operator v0.40.0',
  );
});
