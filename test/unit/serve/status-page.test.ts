import { expect, test } from '@jest/globals';
import type { AdmissionRecord } from '../../../src/admission/index.ts';
import { builtInCatalogue } from '../../../src/catalogue/index.ts';
import { Background } from '../../../src/ground/background.ts';
import { Inventory } from '../../../src/inventory/index.ts';
import { noEvidence, type PlanContext } from '../../../src/planning/index.ts';
import { lastAdmissions } from '../../../src/serve/last-admissions.ts';
import { statusPages } from '../../../src/serve/status-page.ts';
import { defaultPipelineSettings } from '../../../src/settings/types.ts';
import { manualClock } from '../../support/manual-clock.ts';

function served(known = true) {
  const clock = manualClock();
  const inventory = new Inventory();
  for (const kind of ['Service', 'Pod', 'VMServiceScrape'] as const) inventory.markKnown(kind);
  const context: PlanContext = {
    catalogue: builtInCatalogue(),
    settings: defaultPipelineSettings,
    inventory,
    ownerIsGone: () => false,
    evidence: noEvidence,
  };
  const looks = { count: 0 };
  const [page, json] = statusPages({
    version: '1.2.3',
    planned: () => {
      looks.count++;
      return known ? context : undefined;
    },
    waiting: () => [{ name: 'stores', ok: known, message: 'not yet: services' }],
    admissions: { tell: () => [] },
    clock,
    background: new Background(clock),
    now: () => new Date(0),
  });
  if (page === undefined || json === undefined) throw new Error('there are two pages');
  return { page, json, looks, clock };
}

test('nothing is done before somebody asks, and those who ask at once wait for the same', async () => {
  const { page, json, looks, clock } = served();
  expect(looks.count).toBe(0);
  await Promise.all([page.render(), page.render(), json.render()]);
  expect(looks.count).toBe(1);
  await clock.advance(999);
  await page.render();
  expect(looks.count).toBe(1);
  await clock.advance(1);
  await page.render();
  expect(looks.count).toBe(2);
});

test('stores that are not filled are said, and nothing is concluded from them', async () => {
  const { page, json } = served(false);
  expect(await page.render()).toContain('Too little is known to say.');
  expect(JSON.parse(await json.render())).toMatchObject({
    gaps: ['stores: not yet: services'],
    coverage: [],
  });
});

function record(name: string, outcome: AdmissionRecord['outcome']): AdmissionRecord {
  return {
    webhook: 'w',
    uid: name,
    kind: 'Service',
    operation: 'CREATE',
    namespace: 'shop',
    name,
    dryRun: false,
    component: '',
    outcome,
    because: 'no-evidence',
    evidence: undefined,
    operations: [],
    findings: [],
  };
}

test('admissions that did nothing, however many, do not push out those that did something', () => {
  let at = 0;
  const last = lastAdmissions(() => new Date(at++));
  last.remember(record('done', 'patched'));
  for (let index = 0; index < 1_000; index++) last.remember(record(`n${index}`, 'unchanged'));
  const names = last.tell().map(({ name }) => name);
  expect([names.length, names[0], names.at(-1)]).toEqual([21, 'n999', 'done']);
});
