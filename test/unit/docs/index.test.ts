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

/** The project's own texts, with their paths. */
async function texts(): Promise<(readonly [file: string, text: string])[]> {
  const files: string[] = await pagesIn('.');
  for (const folder of ['certs', 'demo', 'deploy', 'docs', 'src', 'test', 'tools']) {
    const names = await readdir(join(root, folder), { recursive: true });
    const own = names.filter((name) => /\.(md|txt|ts|tpl|json|ya?ml)$/.test(name));
    files.push(...own.map((name) => join(folder, name)));
  }
  return Promise.all(files.map(async (file) => [file, await read(file)] as const));
}

test('nobody is told to run a package that a registry might have under our name', async () => {
  const all = await texts();
  const telling = all.filter(([, text]) => /\bnpx\s+(-\S+\s+)*autoscrape\b/.test(text));
  expect(telling.map(([file]) => file)).toEqual([]);
  expect(all.map(([file]) => file)).toEqual(
    expect.arrayContaining(['README.md', 'deploy/helm/autoscrape/templates/NOTES.txt']),
  );
});

test('what is run in a pod is where the Dockerfile puts it', async () => {
  const entry = /^ENTRYPOINT (\[.*\])$/m.exec(await read('Dockerfile'))?.[1] ?? '[]';
  const [node, , bundle] = JSON.parse(entry);
  const commands = (await texts()).flatMap(([file, text]) =>
    file.startsWith('test/') ? [] : [...text.matchAll(/kubectl exec .*? -- (\S+ \S+)/g)],
  );
  expect(commands.length).toBeGreaterThan(1);
  expect(new Set(commands.map(([, command]) => command))).toEqual(new Set([`${node} ${bundle}`]));
});

test("no pod is said to be in 192.0.2.0/24, which may be routed on somebody's machine", async () => {
  const found = (await texts()).filter(([, text]) => /\b192\.0\.2\.[1-9]/.test(text));
  expect(found.map(([file]) => file)).toEqual([]);
});
