import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { stringify } from 'yaml';
import { routes } from '../../src/admission/index.ts';
import { builtInCatalogue } from '../../src/catalogue/index.ts';
import { auditCommand } from '../../src/commands/audit.ts';
import { kindName } from '../../src/kubernetes/index.ts';
import type { Coverage } from '../../src/planning/index.ts';
import { defaultRegistration, registration } from '../../src/registration/index.ts';
import { type PageData, pageHtml } from '../../src/report/index.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { request } from '../../tools/http.ts';
import { type TemporaryFolder, temporaryFolder } from '../../tools/processes.ts';
import { webhookCounts } from '../support/admission-metrics.ts';
import { type Autoscrape, startAutoscrape } from '../support/autoscrape.ts';
import { type RunningBrowser, startBrowser } from '../support/chromium.ts';
import { runCommand } from '../support/command.ts';
import { makeNamespace } from '../support/control-plane.ts';
import { kubectl } from '../support/kubectl.ts';
import { creatable, fixtures, readObjects } from '../support/objects.ts';
import { until } from '../support/processes.ts';
import { register } from '../support/registered.ts';

/** The page in a real Chromium. Screenshots are kept in `coverage/page`, which is in no commit. */
const screenshots = join(import.meta.dirname, '../../coverage/page');

let chromium: RunningBrowser;
let folder: TemporaryFolder;
let audit: string;

beforeAll(async () => {
  [chromium, folder] = await Promise.all([startBrowser(), temporaryFolder('page')]);
  await mkdir(screenshots, { recursive: true });
  const folders = ['objects/operator-today', 'objects/draft', 'review/shop'];
  const named = folders.flatMap((name) => ['-f', join(fixtures, '..', name)]);
  const { out } = await runCommand('audit', auditCommand, [...named, '-o', 'html']);
  audit = await fileOf('audit', out);
}, 60_000);

afterAll(async () => {
  await chromium?.stop();
  await folder?.remove();
});

async function fileOf(name: string, text: string): Promise<string> {
  const file = join(folder.path, `${name}.html`);
  await writeFile(file, text);
  return pathToFileURL(file).href;
}

/** What a page asked for and complained of, beside itself. */
interface Seen {
  readonly complaints: string[];
  readonly requests: string[];
}

let opened: Page[] = [];
let seen: Seen;

beforeEach(() => {
  seen = { complaints: [], requests: [] };
});

afterEach(async () => {
  for (const page of opened) await page.context().close();
  opened = [];
  expect(seen).toEqual({ complaints: [], requests: [] });
});

async function open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await chromium.browser.newContext({
    viewport: { width: 1200, height: 900 },
    ...options,
  });
  const page = await context.newPage();
  opened.push(page);
  page.on('console', (message) => seen.complaints.push(message.text()));
  page.on('pageerror', (error) => seen.complaints.push(String(error)));
  page.on('request', (asked) => {
    if (asked.url() !== url.replace(/#.*/, '') && asked.url() !== 'data:,')
      seen.requests.push(asked.url());
  });
  await page.goto(url);
  return page;
}

const countText = (page: Page) => page.locator('#count').textContent();

/** Waits until it is said that so much is left: it is said when somebody stops typing. */
async function counts(page: Page, text: RegExp): Promise<void> {
  await until(async () => text.test((await countText(page)) ?? ''));
}

/** The names of the components that are shown. */
const shownComponents = (page: Page) =>
  page
    .locator('[data-item=component]:visible')
    .evaluateAll((all) =>
      all.map((one) => [one.getAttribute('data-component'), one.getAttribute('data-state')]),
    );

const focused = (page: Page) =>
  page
    .locator(':focus')
    .evaluate((at) => at.id || at.getAttribute('data-state') || at.textContent || '');

describe('audit -o html', () => {
  test('says in one sentence how it stands, and what to do next', async () => {
    const page = await open(audit);
    expect(await page.title()).toBe('Discovery audit · autoscrape');
    expect(await page.locator('#verdict').textContent()).toBe(
      '13 of 19 components need attention.',
    );
    const steps = page.locator('.next li');
    expect(await steps.first().locator('p').allTextContents()).toEqual([
      '"1M" is no duration: vmagent refuses its whole configuration because of it.',
      'Write interval: 1m.',
      'VMServiceScrape shop/webshop',
    ]);
    await counts(page, /^19 components, \d+ findings, 12 missing scrapes$/);
    await page.screenshot({ path: join(screenshots, 'audit-light.png'), fullPage: true });
  });

  test('is searched while somebody types, and says how much is left', async () => {
    const page = await open(audit);
    await page.locator('#q').fill('ORDERS headless');
    await counts(page, /^2 of 19 components, 0 of \d+ findings, 2 of 12 missing scrapes$/);
    expect(await shownComponents(page)).toEqual([
      ['etcd', 'uncovered'],
      ['etcd', 'uncovered'],
    ]);
    expect(await page.getByRole('heading', { name: 'Findings' }).isVisible()).toBe(false);
    await page.locator('#q').fill('no such thing');
    await counts(page, /^Nothing fits\. 0 of 19 components, 0 of \d+ findings, 0 of 12/);
  });

  test('shows one state, one component, one namespace', async () => {
    const page = await open(audit);
    await page.getByRole('button', { name: 'pushed' }).click();
    expect(await shownComponents(page)).toEqual([['multigateway', 'pushed']]);
    await page.getByRole('button', { name: 'pushed' }).click();
    await page.getByRole('link', { name: 'lab', exact: true }).click();
    expect(await shownComponents(page)).toEqual([['etcd', 'uncovered']]);
    await page.locator('#namespace').selectOption('');
    await page.locator('#component').selectOption('multiadmin-web');
    expect(await shownComponents(page)).toEqual([['multiadmin-web', 'silent']]);
    await page.getByRole('button', { name: 'Clear' }).click();
    expect(await shownComponents(page)).toHaveLength(19);
  });

  test('keeps what is looked for in its address', async () => {
    const page = await open(audit);
    await page.locator('#q').fill('orders');
    await page.getByRole('button', { name: 'uncovered' }).click();
    await until(() => page.url().includes('state=uncovered'));
    const other = await open(`${audit}${new URL(page.url()).hash}`);
    expect(await shownComponents(other)).toEqual(await shownComponents(page));
    expect(await shownComponents(page)).toHaveLength(2);
  });

  test('shows all that a step is about', async () => {
    const page = await open(audit);
    await page.getByRole('link', { name: 'Show all' }).click();
    await counts(page, / 13 of \d+ findings/);
  });

  test('is used with the keyboard alone', async () => {
    const page = await open(audit);
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to the components');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('covered');
    for (let index = 0; index < 7; index++) await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('uncovered');
    await page.keyboard.press('Space');
    expect(await shownComponents(page)).toHaveLength(13);
    await page.keyboard.press('/');
    expect(await focused(page)).toBe('q');
    await page.keyboard.type('etcd');
    await page.keyboard.press('Enter');
    expect(await focused(page)).toBe('components');
    expect(new Set((await shownComponents(page)).flat())).toEqual(new Set(['etcd', 'uncovered']));
    await page.keyboard.press('Escape');
    expect(await shownComponents(page)).toHaveLength(19);
    await page.keyboard.press('/');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('component');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('namespace');
  });

  test('shows everything without its script', async () => {
    const page = await open(audit, { javaScriptEnabled: false });
    const all = await page.locator('[data-item]').count();
    expect([all > 40, await page.locator('[data-item]:visible').count()]).toEqual([true, all]);
    expect(await page.locator('#filter').isVisible()).toBe(false);
  });

  test('follows the dark colours of the system', async () => {
    const ground = (page: Page) => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const dark = await open(audit, { colorScheme: 'dark' });
    await dark.screenshot({ path: join(screenshots, 'audit-dark.png'), fullPage: true });
    const light = await open(audit, { colorScheme: 'light' });
    expect([await ground(light), await ground(dark)]).toEqual([
      'rgb(246, 246, 244)',
      'rgb(18, 20, 23)',
    ]);
  });

  test('has room on 360 pixels', async () => {
    const page = await open(audit, { viewport: { width: 360, height: 740 } });
    await page.screenshot({ path: join(screenshots, 'audit-360.png'), fullPage: true });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  });

  test.each(['light', 'dark'] as const)('has nothing that axe complains of, %s', async (scheme) => {
    const page = await open(audit, { colorScheme: scheme });
    expect(await violations(page)).toEqual([]);
    const narrow = await open(audit, {
      colorScheme: scheme,
      viewport: { width: 360, height: 740 },
    });
    expect(await violations(narrow)).toEqual([]);
  });

  test('shows texts of any content, and runs none of them', async () => {
    const evil = `<img src=x onerror="alert(1)">'"&</script><script>alert(2)</script>\u0000\u202e`;
    const page = await open(await fileOf('evil', pageHtml(dataOf(evil))));
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('[data-item=component] .title').textContent()).toContain(
      `<img src=x onerror="alert(1)">'"&</script><script>alert(2)</script>`,
    );
    await page.locator('#q').fill('alert(2)');
    await counts(
      page,
      /^1 of 1 component, 1 of 1 finding, 1 of 1 missing scrape, 1 of 1 admission$/,
    );
  });

  test('lists a thousand components of ten thousand, and says so', async () => {
    const [one] = dataOf('etcd').coverage;
    if (one === undefined) throw new Error('there is none');
    const coverage = Array.from(
      { length: 10_000 },
      (_, index): Coverage => ({
        ...one,
        namespace: `ns-${Math.floor(index / 20)}`,
        workload: `StatefulSet/etcd-${index}`,
        state: index % 100 === 0 ? 'uncovered' : 'covered',
      }),
    );
    const page = await open(await fileOf('many', pageHtml({ ...dataOf('etcd'), coverage })));
    expect(await page.locator('#verdict').textContent()).toBe(
      '100 of 10,000 components need attention.',
    );
    expect(await page.getByText('and 9,000 more components').isVisible()).toBe(true);
    expect(await page.getByText('and 400 more namespaces').isVisible()).toBe(true);
    // What needs attention is among those that are listed.
    await page.getByRole('button', { name: 'uncovered' }).click();
    expect(await shownComponents(page)).toHaveLength(100);
  });
});

/** One of everything, whose every text is the given one. */
function dataOf(text: string): PageData {
  const object = { apiVersion: 'v1', kind: text, namespace: text, name: text };
  return {
    kind: 'audit',
    version: text,
    madeAt: new Date(0),
    source: text,
    gaps: [{ message: text, fix: text }],
    coverage: [
      {
        namespace: text,
        services: [text],
        workload: kindName('StatefulSet', text),
        component: text,
        state: 'uncovered',
        link: 'service',
        because: text,
        scrape: text,
        scrapeNamespace: text,
        scrapeKind: '',
      },
    ],
    findings: [
      {
        code: text,
        severity: 'warning',
        file: text,
        line: 1,
        object,
        field: text,
        message: text,
        fix: text,
      },
    ],
    targets: undefined,
    missing: [{ namespace: text, name: text, service: text, component: text }],
    admissions: [
      {
        at: new Date(0),
        kind: text,
        operation: text,
        namespace: text,
        name: text,
        dryRun: true,
        component: text,
        outcome: 'patched',
        because: text,
        additions: 1,
        findings: [text],
      },
    ],
  };
}

/** What axe finds (https://github.com/dequelabs/axe-core): every rule that it has on by default. */
async function violations(page: Page): Promise<unknown> {
  const source = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
  // Not as a script of the page: its policy refuses others.
  await page.evaluate(await readFile(source, 'utf8'));
  return page.evaluate(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]))`,
  );
}

describe('/status', () => {
  let plane: ControlPlane;
  let autoscrape: Autoscrape;
  let namespace: string;

  beforeAll(async () => {
    plane = await startControlPlane({ label: 'page', controllerManager: false });
    const run = await kubectl(plane.kubeconfig, plane.folder);
    const apply = async (...args: string[]) => {
      const { code, stderr } = await run(args);
      if (code !== 0) throw new Error(stderr);
    };
    await apply('apply', '-f', join(fixtures, '../crds/vmservicescrape.yaml'));
    await apply('create', 'namespace', 'autoscrape-system');
    autoscrape = await startAutoscrape(plane.kubeconfig);
    await register(
      plane,
      registration(builtInCatalogue(), {
        ...defaultRegistration,
        reach: { url: autoscrape.url },
        caBundle: autoscrape.ca,
      }),
      async () => (await webhookCounts(plane, routes.strong.webhook)).requests > 0,
    );
    namespace = await makeNamespace(plane, 'page');
    const objects = await readObjects(join(fixtures, 'draft/etcd.yaml'));
    const stdin = objects
      .filter(({ kind }) => kind !== 'Etcd')
      .map((object) => stringify(creatable(object)))
      .join('---\n');
    const created = await run(['create', '-n', namespace, '-f', '-'], { stdin });
    expect(created).toMatchObject({ code: 0 });
  }, 120_000);

  afterAll(async () => {
    await autoscrape?.stop();
    await plane?.stop();
  });

  const url = () => `${autoscrape.pages}/status`;

  test('tells of the cluster and of the last admissions', async () => {
    const has = async () => (await request(`${url()}.json`)).body.includes('"state":"covered"');
    await until(has);
    const page = await open(url(), { colorScheme: 'dark' });
    expect(await page.title()).toBe('Discovery status · autoscrape');
    await page.locator('#q').fill(namespace);
    expect(await shownComponents(page)).toEqual([['etcd', 'covered']]);
    const admitted = await page.locator('[data-item=admission]:visible .title').allTextContents();
    expect(admitted).toContainEqual(
      expect.stringMatching(/^StatefulSet page-\w+\/orders-etcd create · \d{4}-/),
    );
    await page.screenshot({ path: join(screenshots, 'status-dark.png'), fullPage: true });
    expect(await violations(page)).toEqual([]);
  });

  test('says of each component what audit says of the cluster', async () => {
    const flags = ['--kubernetes-kubeconfig', plane.kubeconfig, '-o', 'json'];
    const { out } = await runCommand('audit', auditCommand, flags);
    const { coverage } = JSON.parse(out);
    const served = async () => JSON.parse((await request(`${url()}.json`)).body);
    await until(async () => (await served()).missing.length === 0);
    expect((await served()).coverage).toEqual(coverage);
  });

  test('is answered with headers that keep it by itself', async () => {
    const { headers } = await fetch(url());
    expect({
      policy: headers.get('content-security-policy')?.replace(/sha256-[^']+/g, 'sha256-…'),
      type: headers.get('content-type'),
      kept: headers.get('cache-control'),
      sniff: headers.get('x-content-type-options'),
    }).toEqual({
      policy:
        "default-src 'none'; style-src 'sha256-…'; script-src 'sha256-…'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      type: 'text/html; charset=utf-8',
      kept: 'no-store',
      sniff: 'nosniff',
    });
  });
});
