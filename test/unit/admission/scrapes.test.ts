import { describe, expect, test } from '@jest/globals';
import { type FindingsOf, routes } from '../../../src/admission/index.ts';
import type { Finding } from '../../../src/findings/index.ts';
import type { Scrape } from '../../../src/kubernetes/index.ts';
import type { PipelineSettings } from '../../../src/settings/index.ts';
import { defaultPipelineSettings } from '../../../src/settings/types.ts';
import { admitting, answerTo, type Plain, reviewOf, type Sent } from './reviews.ts';

const uid = 'e9a5f9a2-0d1a-4a93-8f06-3f8f1d3f0c11';

const scrape = {
  apiVersion: 'operator.victoriametrics.com/v1beta1',
  kind: 'VMServiceScrape',
  metadata: { name: 'gw', labels: { app: 'gw' } },
  spec: { selector: { matchLabels: { app: 'gw' } }, endpoints: [{ port: 'htpp', interval: '1x' }] },
};

function found(part: Partial<Finding>): Finding {
  return {
    code: 'port-not-found',
    severity: 'warning',
    object: {
      apiVersion: 'operator.victoriametrics.com/v1beta1',
      kind: 'VMServiceScrape',
      namespace: 'shop',
      name: 'gw',
    },
    field: 'spec.endpoints[0].port',
    message: 'no Service that it selects has a port "htpp".',
    fix: 'write port: http',
    certain: false,
    ...part,
  };
}

const mistaken = found({});
const broken = found({
  code: 'duration-invalid',
  severity: 'error',
  field: 'spec.endpoints[0].interval',
  message: '"1x" is no duration, and vmagent would drop its whole configuration',
  fix: 'write interval: 1m',
  certain: true,
});
const maybeBroken = found({ code: 'selects-nothing', severity: 'error', certain: false });
const told = found({ code: 'reads-by-default', severity: 'info' });

const brokenText =
  'spec.endpoints[0].interval: "1x" is no duration, and vmagent would drop its whole configuration; write interval: 1m [duration-invalid]';
const mistakenText =
  'spec.endpoints[0].port: no Service that it selects has a port "htpp"; write port: http [port-not-found]';

type Mode = PipelineSettings['scrapes']['findings'];

function judge(mode: Mode, findings: readonly Finding[], sent: Partial<Sent> = {}): Plain {
  const { answer, record, touched } = answerTo(
    admitting({
      route: routes.scrapes,
      settings: { scrapes: { ...defaultPipelineSettings.scrapes, findings: mode } },
      findingsOf: () => findings,
    }),
    reviewOf('VMServiceScrape', { object: scrape, ...sent }),
  );
  return {
    response: answer.response,
    outcome: record.outcome,
    because: record.because,
    findings: record.findings,
    touched,
  };
}

const touched = { kind: 'VMServiceScrape', namespace: 'shop', name: 'gw' };

describe('a scrape', () => {
  test('without findings is admitted in silence', () => {
    expect(judge('warn', [])).toEqual({
      response: { uid, allowed: true },
      outcome: 'unchanged',
      because: 'checked',
      findings: [],
      touched,
    });
  });

  test('with findings is admitted with warnings: errors first, mere information left out', () => {
    expect(judge('warn', [told, mistaken, broken])).toEqual({
      response: {
        uid,
        allowed: true,
        warnings: [`autoscrape: ${brokenText}`, `autoscrape: ${mistakenText}`],
      },
      outcome: 'unchanged',
      because: 'checked',
      findings: [told, mistaken, broken],
      touched,
    });
  });

  test('is not checked at all when findings are off', () => {
    expect(judge('off', [broken])).toEqual({
      response: { uid, allowed: true },
      outcome: 'ignored',
      because: 'findings-off',
      findings: [],
      touched: undefined,
    });
  });

  test('is refused in deny mode for what is certainly wrong, with the rest as warnings', () => {
    expect(judge('deny', [mistaken, broken])).toEqual({
      response: {
        uid,
        allowed: false,
        status: { code: 403, reason: 'Forbidden', message: brokenText },
        warnings: [`autoscrape: ${mistakenText}`],
      },
      outcome: 'denied',
      because: 'checked',
      findings: [mistaken, broken],
      touched: undefined,
    });
  });

  test('is not refused in deny mode for what may be mere ordering, or is no error', () => {
    expect(judge('deny', [mistaken, maybeBroken, found({ certain: true })])).toMatchObject({
      response: { allowed: true },
      outcome: 'unchanged',
    });
  });

  test('is not refused in deny mode when its spec stays as it is stored', () => {
    const before = {
      ...scrape,
      metadata: { name: 'gw', finalizers: ['apps.victoriametrics.com/finalizer'] },
    };
    expect(judge('deny', [broken], { before })).toMatchObject({
      response: { allowed: true, warnings: [`autoscrape: ${brokenText}`] },
      outcome: 'unchanged',
    });
    const other = { ...before, spec: { ...scrape.spec, jobLabel: 'app' } };
    expect(judge('deny', [broken], { before: other })).toMatchObject({ outcome: 'denied' });
  });

  test('is never refused while it is being deleted', () => {
    const metadata = { ...scrape.metadata, deletionTimestamp: '2026-11-22T10:00:00Z' };
    const object = { ...scrape, metadata };
    expect(judge('deny', [broken], { object, before: scrape })).toMatchObject({
      response: { uid, allowed: true },
      because: 'deleting',
    });
  });

  test('is refused on a dry run as well', () => {
    expect(judge('deny', [broken], { dryRun: true })).toMatchObject({
      response: { allowed: false },
    });
  });

  test('with many reasons to be refused names three', () => {
    const four = [1, 2, 3, 4].map((at) => ({ ...broken, field: `spec.endpoints[${at}].interval` }));
    expect(judge('deny', four)).toMatchObject({
      response: {
        status: {
          message: `${[1, 2, 3].map((at) => brokenText.replace('[0]', `[${at}]`)).join('. ')}. And 1 more, see: autoscrape explain`,
        },
      },
    });
  });

  test('of ours is not checked: by our label and field manager, in the request or the stored object', () => {
    const metadata = { name: 'gw', labels: { 'app.kubernetes.io/managed-by': 'autoscrape' } };
    const managedFields = [{ manager: 'autoscrape', operation: 'Apply' }];
    const ours = { ...scrape, metadata };
    const stored = { ...scrape, metadata: { ...metadata, managedFields } };
    expect(judge('deny', [broken], { object: ours, fieldManager: 'autoscrape' })).toMatchObject({
      because: 'own-scrape',
      response: { uid, allowed: true },
    });
    expect(judge('deny', [broken], { object: stored })).toMatchObject({ because: 'own-scrape' });
    expect(judge('deny', [broken], { object: ours })).toMatchObject({ because: 'checked' });
    expect(judge('deny', [broken], { fieldManager: 'autoscrape' })).toMatchObject({
      because: 'checked',
    });
  });

  test('is shown to the check with the namespace and name of the request', () => {
    const seen: Scrape[] = [];
    const findingsOf: FindingsOf = (one) => {
      seen.push(one);
      return [];
    };
    answerTo(
      admitting({ route: routes.scrapes, findingsOf }),
      reviewOf('VMServiceScrape', { object: scrape }),
    );
    expect(
      seen.map((one) => [one.namespace, one.name, one.matchLabels, one.endpoints.length]),
    ).toEqual([['shop', 'gw', { app: 'gw' }, 1]]);
  });

  test('is admitted when its check throws', () => {
    const admit = admitting({
      route: routes.scrapes,
      settings: { scrapes: { ...defaultPipelineSettings.scrapes, findings: 'deny' } },
      findingsOf: () => {
        throw new Error('no inventory');
      },
    });
    expect(answerTo(admit, reviewOf('VMServiceScrape', { object: scrape }))).toMatchObject({
      answer: { response: { uid, allowed: true } },
      record: { outcome: 'error', because: 'exception' },
    });
  });
});
