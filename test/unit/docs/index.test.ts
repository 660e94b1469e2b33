import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  loadSettings,
  optionsOf,
  readCommandLine,
  settingsTree,
} from '../../../src/settings/index.ts';

const root = join(import.meta.dirname, '../../..');

async function pagesIn(folder: string): Promise<string[]> {
  const names = await readdir(join(root, folder));
  return names.filter((name) => name.endsWith('.md')).map((name) => join(folder, name));
}

function read(page: string): Promise<string> {
  return readFile(join(root, page), 'utf8');
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsIn(text: string): Set<string> {
  const headings = text.replace(/^```.*?^```/gms, '').matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\-_ ]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test('every page of docs/ is in its index', async () => {
  const index = await read('docs/README.md');
  const pages = (await pagesIn('docs')).filter((page) => page !== 'docs/README.md');
  expect(pages.filter((page) => !index.includes(`](${page.slice('docs/'.length)})`))).toEqual([]);
});

test('each link to a heading leads to one that is there', async () => {
  const broken: string[] = [];
  let links = 0;
  const chart = 'deploy/helm/autoscrape';
  for (const folder of ['.', 'docs', 'deploy', chart, 'certs', 'tools', 'bench']) {
    for (const page of await pagesIn(folder)) {
      for (const [, path = '', anchor = ''] of (await read(page)).matchAll(
        /\]\(((?!\w+:)[^)\s#]*)#([^)\s]+)\)/g,
      )) {
        links += 1;
        const target = path === '' ? page : join(dirname(page), path);
        const anchors = anchorsIn(await read(target));
        if (!anchors.has(anchor)) broken.push(`${page}: ${path}#${anchor}`);
      }
    }
  }
  expect(broken).toEqual([]);
  expect(links).toBeGreaterThan(10);
});

test('the settings that docs/configure.md shows are settings', async () => {
  const block = /```yaml\n(.*?)```/s.exec(await read('docs/configure.md'))?.[1] ?? '';
  const line = readCommandLine([], new Map(), optionsOf(settingsTree()));
  const { settings, problems } = await loadSettings(
    line,
    { AUTOSCRAPE_CONFIG: 'shown.yaml' },
    async () => block,
  );
  expect(problems).toEqual([]);
  expect(settings).toMatchObject({
    scrapes: { labels: { team: 'storage' }, findings: 'deny' },
    labels: { instance: false },
    components: { multigateway: 'scrape' },
    log: { decisions: 'changes' },
  });
});

test('nobody is told to run a package that a registry might have under our name', async () => {
  const texts = /\.(md|txt|ts|tpl|ya?ml)$/;
  const files: string[] = await pagesIn('.');
  for (const folder of ['certs', 'demo', 'deploy', 'docs', 'src', 'test', 'tools']) {
    const names = await readdir(join(root, folder), { recursive: true });
    files.push(...names.filter((name) => texts.test(name)).map((name) => join(folder, name)));
  }
  const contents = await Promise.all(files.map(async (file) => [file, await read(file)] as const));
  const telling = contents.filter(([, text]) => /\bnpx\s+(-\S+\s+)*autoscrape\b/.test(text));
  expect(telling.map(([file]) => file)).toEqual([]);
  expect(files).toEqual(
    expect.arrayContaining(['README.md', 'deploy/helm/autoscrape/templates/NOTES.txt']),
  );
});
