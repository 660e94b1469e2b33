import { describe, expect, test } from '@jest/globals';
import { builtInCatalogue } from '../../../src/catalogue/index.ts';
import type { Change } from '../../../src/cluster/watch/index.ts';
import { Inventory } from '../../../src/inventory/index.ts';
import { parseScrape, parseService, type Service } from '../../../src/kubernetes/index.ts';
import { noEvidence } from '../../../src/planning/index.ts';
import { OwnScrapes } from '../../../src/reconciler/own-scrapes.ts';
import { Witnessed } from '../../../src/reconciler/witnessed.ts';
import { defaultPipelineSettings } from '../../../src/settings/types.ts';

/** A Service `gw` with a scrape of ours, and what is known of both. */
function known() {
  const inventory = new Inventory();
  const own = new OwnScrapes();
  const witnessed = new Witnessed(own);
  const context = {
    catalogue: builtInCatalogue(),
    settings: defaultPipelineSettings,
    inventory,
    ownerIsGone: () => false,
    evidence: noEvidence,
  };
  const see = (change: Change): void => {
    own.see(change);
    witnessed.see(change);
  };
  const put = (name: string, service: string, manager = 'autoscrape'): void => {
    const scrape = parseScrape({
      metadata: {
        name,
        namespace: 'ns',
        uid: name,
        resourceVersion: '1',
        labels: { 'app.kubernetes.io/managed-by': 'autoscrape' },
        annotations: { 'autoscrape.multigres.com/service': service },
        managedFields: [{ manager }],
      },
      spec: { endpoints: [] },
    });
    if (scrape === undefined) throw new Error('no scrape');
    inventory.put(scrape);
    see({ kind: 'VMServiceScrape', before: undefined, after: scrape });
  };
  put('gw-metrics', 'gw');
  return { witnessed, own, context, see, put };
}

function service(name: string): Service {
  const parsed = parseService({ metadata: { name, namespace: 'ns', uid: name }, spec: {} });
  if (parsed === undefined) throw new Error('no Service');
  return parsed;
}

const gone = { kind: 'gone' } as const;

describe('a Service that is gone', () => {
  const deletion: Change = { kind: 'Service', before: service('gw'), after: undefined };

  test('explains the removal where its deletion was seen', () => {
    const { witnessed, context, see } = known();
    see(deletion);
    expect(witnessed.explains('ns/gw', gone, context)).toBe(true);
  });

  test('does not where a list did not bring it, or where nothing was heard', () => {
    const { witnessed, context, see } = known();
    const silent = witnessed.explains('ns/gw', gone, context);
    see({ ...deletion, unseen: true });
    expect([silent, witnessed.explains('ns/gw', gone, context)]).toEqual([false, false]);
  });

  test('and comes again is no longer one that was deleted', () => {
    const { witnessed, context, see } = known();
    see(deletion);
    see({ kind: 'Service', before: undefined, after: service('gw') });
    see({ ...deletion, unseen: true });
    expect(witnessed.explains('ns/gw', gone, context)).toBe(false);
  });

  test('is forgotten with its last scrape, and never remembered without one', () => {
    const { witnessed, context, own, see } = known();
    see({ kind: 'Service', before: service('other'), after: undefined });
    see(deletion);
    const before = context.inventory.scrape('ns', 'gw-metrics');
    own.see({ kind: 'VMServiceScrape', before, after: undefined });
    witnessed.sweep();
    expect([witnessed.sawDeletion('ns/gw'), witnessed.sawDeletion('ns/other')]).toEqual([
      false,
      false,
    ]);
  });
});

describe('another scrape in its place', () => {
  test.each([
    ['of the same Service', { kind: 'scraped', scrape: 'gw-metrics' }, true],
    ['that is not there', { kind: 'scraped', scrape: 'gw-autoscrape' }, false],
    ['that somebody else made', { kind: 'scraped', scrape: 'theirs-metrics' }, false],
    ['of another Service', { kind: 'elsewhere', service: 'headless' }, true],
    ['of another Service that has none yet', { kind: 'elsewhere', service: 'none' }, false],
    [
      'that is not ours',
      { kind: 'handed-over', of: 'VMPodScrape', scrape: 'theirs-metrics', namespace: 'ns' },
      false,
    ],
  ] as const)('%s', (_, outcome, explains) => {
    const { witnessed, context, put } = known();
    put('headless-metrics', 'headless');
    put('theirs-metrics', 'theirs', 'somebody');
    expect(witnessed.explains('ns/gw', outcome, context)).toBe(explains);
  });

  test('is no reason where the Service has opted out', () => {
    const { witnessed, context } = known();
    const outcome = { kind: 'not-scraped', why: 'opted-out' } as const;
    expect(witnessed.explains('ns/gw', outcome, context)).toBe(false);
  });
});
