import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
/** The rooms in the order of the page, from the ground up. */
const rooms = [...page.matchAll(/^\| `src\/([a-z/-]+)` /gm)].map(([, room]) => room ?? '');
const files = globSync('src/**/*.ts', { cwd: root }).sort();

test('docs/architecture.md names each folder of src once', () => {
  const found = new Set(files.map(roomOf).filter((room) => room !== ''));
  expect([...rooms].sort()).toEqual([...found].sort());
});

test('no room imports one that docs/architecture.md has further down', () => {
  const upwards = files.flatMap((file) =>
    importsOf(file)
      .filter((imported) => floorOf(imported) > floorOf(file))
      .map((imported) => `${file} imports ${imported}`),
  );
  expect(upwards).toEqual([]);
});

test('no two types have one name', () => {
  const places = new Map<string, string[]>();
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    const types = text.matchAll(/^(?:export )?(?:abstract )?(?:interface|type|class|enum) (\w+)/gm);
    for (const [, name = ''] of types) places.set(name, [...(places.get(name) ?? []), file]);
  }
  expect(places.size).toBeGreaterThan(400);
  expect([...places].filter(([, where]) => where.length > 1)).toEqual([]);
});

test('every import was looked at', () => {
  expect(files.flatMap(importsOf).length).toBeGreaterThan(1_000);
});

/** `cluster/api` of `src/cluster/api/client.ts`; empty for a file of `src` itself. */
function roomOf(file: string): string {
  return /^src\/(cluster\/(?:api|watch)|[a-z-]+)\//.exec(file)?.[1] ?? '';
}

/** The place of a file's room in the page; `src/main.ts` is above all, and `src/version.ts` below. */
function floorOf(file: string): number {
  if (file === 'src/version.ts') return -1;
  if (file === 'src/main.ts') return rooms.length;
  return rooms.indexOf(roomOf(file));
}

/** The files that a file imports, from the root of the project. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import\() ?'(\.[^']+)'/g)].map(([, path]) =>
    relative(root, resolve(root, dirname(file), path ?? '')),
  );
}
