import { describe, expect, test } from '@jest/globals';
import { builtInCatalogue } from '../../../src/catalogue/index.ts';
import { AppliedFieldsReader } from '../../../src/cluster/watch/applied-fields.ts';
import { Inventory } from '../../../src/inventory/index.ts';
import { parseScrape, parseService } from '../../../src/kubernetes/index.ts';
import {
  noEvidence,
  type PlanContext,
  planService,
  type ServicePlan,
} from '../../../src/planning/index.ts';
import { type Decision, decide, madeFor } from '../../../src/reconciler/decide.ts';
import { differenceOf, type Stored } from '../../../src/reconciler/difference.ts';
import { defaultPipelineSettings } from '../../../src/settings/types.ts';

const labels = {
  'app.kubernetes.io/name': 'multigateway',
  'app.kubernetes.io/component': 'gateway',
  'app.kubernetes.io/instance': 'gw',
  'app.kubernetes.io/part-of': 'multigres',
};

function planOf(more: object = {}): ServicePlan {
  const service = parseService({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'ns', name: 'gw', uid: 'uid-of-gw', labels, ...more },
    spec: { clusterIP: 'None', selector: { app: 'gw' }, ports: [{ name: 'http', port: 8080 }] },
  });
  if (service === undefined) throw new Error('no Service');
  const inventory = new Inventory();
  inventory.put(service);
  const context: PlanContext = {
    catalogue: builtInCatalogue(),
    settings: defaultPipelineSettings,
    inventory,
    ownerIsGone: () => false,
    evidence: noEvidence,
  };
  return planService(service, context);
}

const plan = planOf();
const manifest = ((): object => {
  if (plan.wanted === undefined) throw new Error('nothing wanted');
  return plan.wanted.manifest;
})();

interface Json {
  readonly [key: string]: unknown;
}

/** What the API server notes of an apply of ours. */
const applied = {
  manager: 'autoscrape',
  operation: 'Apply',
  fieldsV1: {
    'f:metadata': {
      'f:labels': {
        'f:app.kubernetes.io/managed-by': {},
        'f:app.kubernetes.io/part-of': {},
        'f:app.kubernetes.io/component': {},
      },
      'f:annotations': { 'f:autoscrape.multigres.com/service': {} },
      'f:ownerReferences': { 'k:{"uid":"uid-of-gw"}': {} },
    },
    'f:spec': { 'f:endpoints': {}, 'f:selector': {} },
  },
};

const reader = new AppliedFieldsReader('autoscrape');

/** The wanted scrape as the API server would have stored it, changed by `change`. */
function stored(
  change: (object: Json & { metadata: Json; spec: Json }) => object = (one) => one,
): Stored {
  const base = structuredClone(manifest);
  const metadata = { ...Object(Reflect.get(base, 'metadata')), uid: 'u', resourceVersion: '7' };
  const spec = Object(Reflect.get(base, 'spec'));
  const object = change({ ...base, metadata: { ...metadata, managedFields: [applied] }, spec });
  const scrape = parseScrape(object);
  if (scrape === undefined) throw new Error('no scrape');
  return { scrape, applied: reader.read(object) };
}

function decided(
  of: ServicePlan | undefined,
  there: readonly Stored[],
  more: object = {},
): Decision {
  return decide({
    plan: of,
    stored: there,
    settings: defaultPipelineSettings,
    isWantedElsewhere: () => false,
    mayRemove: true,
    ...more,
  });
}

/** The actions of a decision in short. */
function short({ actions }: Decision): string[] {
  return actions.map((action) =>
    action.do === 'apply'
      ? `apply ${action.wanted.name} ${action.difference}`.trim()
      : `remove ${action.scrape.name}`,
  );
}

describe('nothing is written', () => {
  test("where it can't be told whether somebody else's scrape reads it: what is stored stays, and nothing is made", () => {
    const [facet] = plan.facets;
    if (facet === undefined) throw new Error('no facet');
    const because = 'no agent is known';
    const undecided: ServicePlan = {
      ...plan,
      wanted: undefined,
      facets: [
        {
          facet: facet.facet,
          outcome: 'undecided',
          without: [],
          choice: { port: 'renamed' },
          because,
          stays: false,
        },
      ],
    };
    const outcome = { kind: 'undecided', because };
    for (const there of [[], [stored()]]) {
      expect(decided(undecided, there)).toEqual({ outcome, actions: [], heldBack: false });
    }
  });

  test('where what is stored is what we want', () => {
    expect(decided(plan, [stored()])).toEqual({
      outcome: { kind: 'scraped', scrape: 'gw-metrics' },
      actions: [],
      heldBack: false,
    });
  });

  test('for what others have added: labels, annotations, owners, members of the spec', () => {
    const added = stored((one) => ({
      ...one,
      metadata: {
        ...one.metadata,
        labels: { ...Object(one.metadata.labels), team: 'storage' },
        annotations: { ...Object(one.metadata.annotations), note: 'seen' },
        ownerReferences: [
          ...Object(one.metadata.ownerReferences),
          { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'uid-of-x' },
        ],
      },
      spec: { ...one.spec, jobLabel: 'app', sampleLimit: 5 },
      status: { updateStatus: 'operational' },
    }));
    expect(short(decided(plan, [added]))).toEqual([]);
  });

  test('over a scrape of somebody else, or one that is being deleted', () => {
    const foreign = stored((one) => ({
      ...one,
      metadata: { ...one.metadata, managedFields: [], labels: {} },
    }));
    const going = stored((one) => ({
      ...one,
      metadata: { ...one.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', labels: {} },
    }));
    expect([short(decided(plan, [foreign])), short(decided(plan, [going]))]).toEqual([[], []]);
  });

  test('where something could not be read, as far as it would be a removal', () => {
    expect(decided(undefined, [stored()], { mayRemove: false })).toEqual({
      outcome: { kind: 'gone' },
      actions: [],
      heldBack: true,
    });
    const made = decided(plan, [], { mayRemove: false });
    expect([short(made), made.heldBack]).toEqual([['apply gw-metrics'], false]);
  });
});

describe('a scrape is applied', () => {
  test('where there is none', () => {
    expect(short(decided(plan, []))).toEqual(['apply gw-metrics']);
  });

  const cases: [string, (one: Json & { metadata: Json; spec: Json }) => object, string][] = [
    [
      'a label of ours was changed',
      (one) => ({
        ...one,
        metadata: {
          ...one.metadata,
          labels: { ...Object(one.metadata.labels), 'app.kubernetes.io/part-of': 'x' },
        },
      }),
      'metadata.labels.app.kubernetes.io/part-of',
    ],
    [
      'our annotation was changed',
      (one) => ({
        ...one,
        metadata: { ...one.metadata, annotations: { 'autoscrape.multigres.com/service': 'x' } },
      }),
      'metadata.annotations.autoscrape.multigres.com/service',
    ],
    [
      'the owner was taken off',
      (one) => ({ ...one, metadata: { ...one.metadata, ownerReferences: [] } }),
      'metadata.ownerReferences',
    ],
    [
      'the selector was changed',
      (one) => ({
        ...one,
        spec: {
          ...one.spec,
          selector: { matchLabels: { ...labels, 'app.kubernetes.io/name': 'x' } },
        },
      }),
      'spec.selector.matchLabels.app.kubernetes.io/name',
    ],
    [
      'an endpoint was added',
      (one) => ({ ...one, spec: { ...one.spec, endpoints: [...Object(one.spec.endpoints), {}] } }),
      'spec.endpoints',
    ],
    [
      'a member of our endpoint was added',
      (one) => ({
        ...one,
        spec: { ...one.spec, endpoints: [{ ...Object(one.spec.endpoints)[0], honorLabels: true }] },
      }),
      'spec.endpoints[0].honorLabels',
    ],
    [
      'the endpoints are gone',
      (one) => ({ ...one, spec: { selector: one.spec.selector } }),
      'spec.endpoints',
    ],
    [
      'we once applied a label that is no longer wanted',
      (one) => ({
        ...one,
        metadata: {
          ...one.metadata,
          managedFields: [
            {
              ...applied,
              fieldsV1: { ...applied.fieldsV1, 'f:metadata': { 'f:labels': { 'f:team': {} } } },
            },
          ],
        },
      }),
      'metadata.labels.team',
    ],
    [
      'we once applied another owner',
      (one) => ({
        ...one,
        metadata: {
          ...one.metadata,
          managedFields: [
            {
              ...applied,
              fieldsV1: { 'f:metadata': { 'f:ownerReferences': { 'k:{"uid":"old"}': {} } } },
            },
          ],
        },
      }),
      'metadata.ownerReferences',
    ],
  ];
  for (const [what, change, difference] of cases) {
    test(`again where ${what}`, () => {
      expect(short(decided(plan, [stored(change)]))).toEqual([`apply gw-metrics ${difference}`]);
    });
  }
});

describe('a scrape is removed', () => {
  const named = (name: string) =>
    stored((one) => ({ ...one, metadata: { ...one.metadata, name } }));

  test('where its Service is gone, or is to have one of another name', () => {
    expect(decided(undefined, [stored()])).toEqual({
      outcome: { kind: 'gone' },
      actions: [{ do: 'remove', scrape: stored().scrape }],
      heldBack: false,
    });
    expect(short(decided(plan, [named('old'), stored()]))).toEqual(['remove old']);
    expect(short(decided(plan, [named('old')]))).toEqual(['apply gw-metrics', 'remove old']);
  });

  test('never where another Service wants its name', () => {
    expect(short(decided(undefined, [stored()], { isWantedElsewhere: () => true }))).toEqual([]);
  });

  test('never where either sign of ours is missing', () => {
    const unapplied = stored((one) => ({
      ...one,
      metadata: { ...one.metadata, managedFields: [] },
    }));
    const updated = stored((one) => ({
      ...one,
      metadata: { ...one.metadata, managedFields: [{ ...applied, operation: 'Update' }] },
    }));
    const unmarked = stored((one) => ({
      ...one,
      metadata: { ...one.metadata, labels: {}, annotations: {} },
    }));
    expect([unapplied, updated, unmarked].map((one) => short(decided(undefined, [one])))).toEqual([
      [],
      [],
      [],
    ]);
  });
});

test('what a Service is told to have come to is its first telling facet', () => {
  const optedOut = planOf({ labels: { ...labels, 'autoscrape.multigres.com/scrape': 'false' } });
  const foreign = planOf({ labels: { app: 'nginx' } });
  const reserved = planOf({ name: 'vmagent-gw' });
  expect([optedOut, foreign, reserved, undefined].map((one) => decided(one, []).outcome)).toEqual([
    { kind: 'not-scraped', why: 'opted-out' },
    { kind: 'not-recognised' },
    {
      kind: 'impossible',
      reason: 'every name that its scrape could have is taken in namespace ns',
    },
    { kind: 'gone' },
  ]);
});

test('the Service that a scrape was made for is known by its annotation, its owner, or its name', () => {
  const of = (metadata: object) =>
    madeFor(stored((one) => ({ ...one, metadata: { name: 'a-metrics', ...metadata } })).scrape);
  const ownerReferences = [{ apiVersion: 'v1', kind: 'Service', name: 'owner', uid: 'x' }];
  expect([
    of({ annotations: { 'autoscrape.multigres.com/service': 'said' }, ownerReferences }),
    of({ ownerReferences }),
    of({}),
    of({ name: 'b-autoscrape' }),
  ]).toEqual(['said', 'owner', 'a', 'b']);
});

test('a difference is found in what server-side apply left of a granular map, too', () => {
  const granular = stored((one) => ({
    ...one,
    metadata: {
      ...one.metadata,
      managedFields: [
        {
          ...applied,
          fieldsV1: {
            'f:spec': {
              'f:selector': {
                '.': {},
                'f:matchLabels': { '.': {}, 'f:app.kubernetes.io/name': {}, 'f:gone': {} },
              },
            },
          },
        },
      ],
    },
  }));
  if (plan.wanted === undefined) throw new Error('nothing wanted');
  expect(differenceOf(plan.wanted.manifest, granular)).toBe('spec.selector.matchLabels.gone');
});
