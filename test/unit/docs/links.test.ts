import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../../..');

/** The project's pages. */
const pages = [
  ...(await pagesIn('.')),
  ...(await pagesIn('docs')),
  ...(await pagesIn('deploy')),
  ...(await pagesIn('certs')),
  ...(await pagesIn('tools')),
];

async function pagesIn(folder: string): Promise<string[]> {
  const names = await readdir(join(root, folder));
  return names.filter((name) => name.endsWith('.md')).map((name) => join(folder, name));
}

/** The targets of a page's links, but for those to other sites and to places in the page itself. */
function linksIn(text: string): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));
}

test('each link between pages leads to a file that is there', async () => {
  const broken: string[] = [];
  let links = 0;
  for (const page of pages) {
    for (const target of linksIn(await readFile(join(root, page), 'utf8'))) {
      links += 1;
      if (!existsSync(join(root, dirname(page), target))) broken.push(`${page}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
  expect(links).toBeGreaterThan(10);
});

test('the two commands of the README are scripts of the package', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const block = /```sh\n(npm run demo.*?)```/s.exec(readme)?.[1] ?? '';
  expect(block.split('\n').map((line) => line.replace(/ *#.*/, ''))).toEqual([
    'npm run demo',
    'npm test',
    '',
  ]);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['demo', 'test']));
});
