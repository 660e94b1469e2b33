import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Manifest } from '../../../tools/manifest.ts';
import { type TemporaryFolder, temporaryFolder } from '../../../tools/processes.ts';
import { sectionOf } from '../../../tools/release/changelog.ts';
import { releaseProblems } from '../../../tools/release/check.ts';
import { checksums } from '../../../tools/release/checksums.ts';
import { imageReference } from '../../../tools/release/options.ts';

const manifest: Manifest = {
  name: '@example/autoscrape',
  version: '1.2.3',
  description: 'It scrapes.',
  license: 'Apache-2.0',
  repository: 'https://github.com/example/autoscrape',
  oldestNode: [22, 15, 0],
};

const changelog = `# Changelog

## [Unreleased]

## [1.2.3] - 2026-11-28

### Added

- A thing.

## [1.2.2] - 2026-11-01

- Another.

[1.2.3]: https://github.com/example/autoscrape/releases/tag/v1.2.3
`;

test('the notes of a release are its section of the changelog', () => {
  expect(sectionOf(changelog, '1.2.3')).toBe('### Added\n\n- A thing.\n');
  expect(sectionOf(changelog, '1.2.2')).toBe('- Another.\n');
  expect(() => sectionOf(changelog, '1.2.4')).toThrow('CHANGELOG.md has no section of 1.2.4');
  expect(() => sectionOf(changelog, 'Unreleased')).toThrow('no section of Unreleased');
});

test('a release is made of the tag of its version, with notes, and without placeholders', () => {
  expect(releaseProblems({ manifest, tag: 'v1.2.3' }, changelog)).toEqual([]);
  const placeholder = {
    ...manifest,
    version: '1.3.0',
    repository: 'https://github.com/OWNER/autoscrape',
  };
  expect(releaseProblems({ manifest: placeholder, tag: 'v1.2.3' }, changelog)).toEqual([
    'the tag is v1.2.3, the version in package.json 1.3.0: the tag is to be v1.3.0',
    'CHANGELOG.md has no section of 1.3.0: rename [Unreleased]',
    'package.json still has the placeholder OWNER in its name, homepage, repository or bugs',
  ]);
});

const digest = `sha256:${'a1'.repeat(32)}`;
test.each([
  ['registry/name:1.2.3', { repository: 'registry/name', tag: '1.2.3', digest: '' }],
  [`registry:5000/name@${digest}`, { repository: 'registry:5000/name', tag: '', digest }],
  [`registry:5000/a/b:v1@${digest}`, { repository: 'registry:5000/a/b', tag: 'v1', digest }],
])('the image %s is read', (image, expected) => {
  expect(imageReference(image)).toEqual(expected);
});

test.each(['', 'name', 'registry:5000/name'])('the image "%s" names no single one', (image) => {
  expect(() => imageReference(image)).toThrow('has neither a digest nor a tag');
});

describe('checksums', () => {
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await temporaryFolder('checksums');
  });
  afterEach(() => folder.remove());

  test('are of every file but themselves and their signature, by name', async () => {
    const names = ['b.txt', 'a.txt', 'SHA256SUMS', 'SHA256SUMS.sigstore.json'];
    for (const name of names) await writeFile(join(folder.path, name), name);
    await mkdir(join(folder.path, 'deeper'));
    const sum = (name: string) => createHash('sha256').update(name).digest('hex');
    expect(await checksums(folder.path)).toBe(`${sum('a.txt')}  a.txt\n${sum('b.txt')}  b.txt\n`);
  });
});
