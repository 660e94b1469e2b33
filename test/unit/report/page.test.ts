import { describe, expect, test } from '@jest/globals';
import type { TargetState } from '../../../src/findings/targets/types.ts';
import type { CoverageState } from '../../../src/planning/index.ts';
import { type PageData, pageHtml } from '../../../src/report/index.ts';

function data(states: readonly CoverageState[], more: Partial<PageData> = {}): PageData {
  return {
    kind: 'audit',
    version: '1.2.3',
    madeAt: new Date(0),
    source: 'somewhere',
    gaps: [],
    coverage: states.map((state, index) => ({
      namespace: 'shop',
      services: ['pool'],
      workload: `StatefulSet/${index}`,
      component: 'etcd',
      state,
      link: '' as const,
      because: 'it is so',
      scrape: '',
      scrapeNamespace: '',
      scrapeKind: '' as const,
    })),
    findings: [],
    missing: [],
    targets: undefined,
    admissions: undefined,
    ...more,
  };
}

function targets(...states: readonly TargetState[]): PageData['targets'] {
  return states.map((state) => ({
    namespace: 'shop',
    component: 'etcd',
    pod: 'etcd-0',
    ip: '198.51.100.1',
    port: 2379,
    service: 'etcd',
    scrape: 'shop/etcd',
    job: 'serviceScrape/shop/etcd/0',
    state,
    because: 'it is so',
    fix: '',
  }));
}

const gaps = [{ message: 'there are no pods', fix: '' }];

describe('the first sentence of the page', () => {
  test.each<[string, PageData]>([
    ['Everything that serves metrics is read, exactly once.', data(['covered', 'silent'])],
    ['1 of 2 components needs attention.', data(['covered', 'uncovered'])],
    ['2 of 2 components need attention.', data(['duplicated', 'uncovered'])],
    ['Nothing serves metrics that an agent could read.', data(['silent', 'pushed'])],
    ['Nothing needs attention, as far as this shows.', data(['covered'], { gaps })],
    ['No component was found.', data([])],
    ['Too little is known to say.', data([], { gaps })],
    ['1 of 2 targets needs attention.', data(['covered'], { targets: targets('up', 'down') })],
    [
      'Everything that serves metrics is read, exactly once.',
      data(['covered'], { targets: targets('up', 'waiting') }),
    ],
    [
      '1 of 1 component and 1 of 1 target need attention.',
      data(['uncovered'], { targets: targets('missing') }),
    ],
  ])('%s', (sentence, page) => {
    expect(pageHtml(page)).toContain(`<h2 id="verdict">${sentence}</h2>`);
  });
});

test('what is silent for want of a setting is a step, with the setting', () => {
  const page = data(['silent']);
  const because = 'it sends none; to make it send metrics set spec.x of the <Cluster>';
  const coverage = page.coverage.map((one) => ({ ...one, because }));
  const html = pageHtml({ ...page, coverage });
  expect(html).toContain('<p class="what">etcd sends no metrics as configured.</p>');
  expect(html).toContain('To make it send metrics, set spec.x of the &#60;Cluster&#62;.');
});

describe('the last admissions', () => {
  const admitted = (name: string) => ({
    at: new Date(0),
    kind: 'StatefulSet',
    operation: 'CREATE',
    namespace: 'shop',
    name,
    dryRun: false,
    component: 'etcd',
    outcome: 'patched' as const,
    because: 'owner',
    additions: 1,
    findings: [],
  });

  test('are marked by the state of their component, where that needs attention', () => {
    const page = pageHtml(
      data(['covered', 'unread'], { admissions: [admitted('0'), admitted('1')] }),
    );
    const items = [...page.matchAll(/<li data-item="admission".*?<\/li>/gs)].map(([item]) => item);
    expect(
      items.map((item) => [/badge is-(\S+)"/.exec(item)?.[1], item.includes('now unread')]),
    ).toEqual([
      ['covered', false],
      ['unread', true],
    ]);
  });
});
