import { describe, expect, test } from '@jest/globals';
import { admitFor, routes } from '../../../src/admission/index.ts';
import {
  add,
  admitting,
  answerTo,
  catalogue,
  complete,
  draftGatewayLabels,
  inTime,
  patchOf,
  pipelineWith,
  reviewOf,
} from './reviews.ts';

const uid = 'e9a5f9a2-0d1a-4a93-8f06-3f8f1d3f0c11';

/** A gateway's Service that lacks one label. */
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {
    name: 'gw',
    labels: { ...draftGatewayLabels, 'app.kubernetes.io/part-of': 'multigres' },
  },
  spec: { selector: { app: 'gw' }, ports: [{ name: 'http', port: 8080 }] },
};

const instance = [add('/metadata/labels/app.kubernetes.io~1instance', 'gw')];

/** `[{"op":"add","path":"/metadata/labels/app.kubernetes.io~1instance","value":"gw"}]` */
const patch =
  'W3sib3AiOiJhZGQiLCJwYXRoIjoiL21ldGFkYXRhL2xhYmVscy9hcHAua3ViZXJuZXRlcy5pb34xaW5zdGFuY2UiLCJ2YWx1ZSI6Imd3In1d';

const patched = {
  kind: 'answered',
  answer: {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid, allowed: true, patchType: 'JSONPatch', patch },
  },
  record: {
    webhook: 'strong.autoscrape.multigres.com',
    uid,
    kind: 'Service',
    operation: 'CREATE',
    namespace: 'shop',
    name: 'gw',
    dryRun: false,
    component: 'multigateway',
    outcome: 'patched',
    because: 'part-of',
    evidence: { kind: 'part-of', strength: 'strong', label: 'gateway' },
    operations: instance,
    findings: [],
  },
  touched: { kind: 'Service', namespace: 'shop', name: 'gw' },
  thrown: undefined,
};

const untouched = { uid, allowed: true };

function outcomeOf(review: unknown): unknown {
  const { answer, record, touched } = answerTo(admitting(), review);
  const { outcome, because, component } = record;
  return { response: answer.response, outcome, because, component, touched };
}

function ignoredBecause(because: string): unknown {
  return { response: untouched, outcome: 'ignored', because, component: '', touched: undefined };
}

describe('a review', () => {
  test('of a component that lacks something is answered with a patch, and leaves a record', () => {
    expect(admitting()(reviewOf('Service', { object: service }), inTime)).toEqual(patched);
  });

  test('of a dry run is answered the same, and touches nothing', () => {
    const outcome = admitting()(reviewOf('Service', { object: service, dryRun: true }), inTime);
    expect(outcome).toEqual({
      ...patched,
      record: { ...patched.record, dryRun: true },
      touched: undefined,
    });
  });

  test('of a component that lacks nothing is answered without a patch', () => {
    const labels = complete(draftGatewayLabels, 'gw');
    const object = { ...service, metadata: { name: 'gw', labels } };
    expect(outcomeOf(reviewOf('Service', { object }))).toEqual({
      response: untouched,
      outcome: 'unchanged',
      because: 'part-of',
      component: 'multigateway',
      touched: { kind: 'Service', namespace: 'shop', name: 'gw' },
    });
  });

  test('of what is nobody we know is answered without a patch', () => {
    const object = { ...service, metadata: { name: 'gw', labels: { app: 'gw' } } };
    expect(outcomeOf(reviewOf('Service', { object }))).toEqual(ignoredBecause('no-evidence'));
  });

  test('of a component that has opted out is answered without a patch', () => {
    const labels = { ...service.metadata.labels, 'autoscrape.multigres.com/scrape': 'false' };
    const object = { ...service, metadata: { name: 'gw', labels } };
    expect(outcomeOf(reviewOf('Service', { object }))).toEqual(ignoredBecause('opted-out'));
  });

  test('of what could be several components is answered without a patch', () => {
    const object = {
      metadata: { name: 'mixed', labels: {} },
      spec: {
        selector: { app: 'mixed' },
        ports: [
          { name: 'a', port: 2379 },
          { name: 'b', port: 15_100 },
        ],
      },
    };
    const outcome = answerTo(admitting({ route: routes.inject }), reviewOf('Service', { object }));
    expect(outcome.answer.response).toEqual(untouched);
    expect(outcome.record).toMatchObject({
      outcome: 'ignored',
      because: 'ambiguous',
      component: '',
    });
  });

  test.each([
    ['DELETE', { object: null, before: service, operation: 'DELETE' }, 'operation'],
    ['CONNECT', { object: service, operation: 'CONNECT' }, 'operation'],
    ['an operation to come', { object: service, operation: 'MERGE' }, 'operation'],
    ['a subresource', { object: service, subResource: 'status' }, 'subresource'],
    ['an object that is a list', { object: [service] }, 'no-object'],
    ['an object that is not there', { object: null }, 'no-object'],
  ])('of %s is answered without a patch', (_what, sent, because) => {
    expect(outcomeOf(reviewOf('Service', sent))).toEqual(ignoredBecause(because));
  });

  test('of an object that is being deleted is answered without a patch', () => {
    const metadata = { ...service.metadata, deletionTimestamp: '2026-11-22T10:00:00Z' };
    const review = reviewOf('Service', { object: { ...service, metadata } });
    expect(outcomeOf(review)).toEqual(ignoredBecause('deleting'));
  });

  test.each(['Pod', 'VMServiceScrape'])(
    'of a %s at a path for components is answered without a patch',
    (kind) => {
      expect(outcomeOf(reviewOf(kind, { object: service }))).toEqual(ignoredBecause('kind'));
    },
  );

  test('of a Service of another group or version is answered without a patch', () => {
    const review = reviewOf('Service', { object: service });
    const request = Object(review.request);
    for (const kind of [
      { group: 'serving.knative.dev', version: 'v1', kind: 'Service' },
      { group: '', version: 'v2', kind: 'Service' },
      'Service',
      undefined,
    ]) {
      const outcome = outcomeOf({ ...review, request: { ...request, kind } });
      expect(outcome).toEqual(ignoredBecause('kind'));
    }
  });

  test('with a kind and operation that nobody knows gives the record no label of its own', () => {
    const review = { ...reviewOf('Forged', { object: service, operation: 'x'.repeat(1000) }) };
    expect(answerTo(admitting(), review).record).toMatchObject({
      kind: 'other',
      operation: 'other',
    });
  });

  test('with a name, namespace and uid beyond all measure echoes the uid, and keeps the record short', () => {
    const review = reviewOf('Service', { object: service });
    const long = 'x'.repeat(100_000);
    const request = { ...Object(review.request), uid: long, name: long, namespace: long };
    const { answer, record, touched } = answerTo(admitting(), { ...review, request });
    expect(answer.response.uid).toBe(long);
    expect(JSON.stringify({ record, touched }).length).toBeLessThan(3000);
  });

  test('is answered for the namespace of the request, which the object lacks when it is created', () => {
    expect(Object(service.metadata).namespace).toBeUndefined();
    expect(answerTo(admitting(), reviewOf('Service', { object: service })).touched).toEqual({
      kind: 'Service',
      namespace: 'shop',
      name: 'gw',
    });
  });
});

describe('a review that comes too late', () => {
  const late = {
    uid,
    allowed: true,
    warnings: ['autoscrape: no time was left to look at this object, it was admitted as it is'],
  };

  test('is admitted as it is when it arrives after the deadline', () => {
    const outcome = admitting()(reviewOf('Service', { object: service }), () => true);
    expect(outcome).toEqual({
      ...patched,
      answer: { ...patched.answer, response: late },
      record: {
        ...patched.record,
        component: '',
        outcome: 'skipped',
        because: 'late',
        evidence: undefined,
        operations: [],
      },
      touched: undefined,
    });
  });

  test('is admitted as it is when the deadline passes on the way', () => {
    const answers = [false, true];
    const outcome = admitting()(
      reviewOf('Service', { object: service }),
      () => answers.shift() === true,
    );
    expect(outcome).toMatchObject({ answer: { response: late }, record: { outcome: 'skipped' } });
  });
});

describe('whatever breaks inside', () => {
  const failure = new Error('boom');

  test('admits the object, with a warning, and keeps what was thrown for the log', () => {
    const admit = admitFor(
      routes.strong,
      {
        ...pipelineWith(),
        catalogue: {
          ...catalogue,
          get byComponentLabel(): never {
            throw failure;
          },
        },
      },
      () => [],
    );
    expect(admit(reviewOf('Service', { object: service }), inTime)).toEqual({
      ...patched,
      answer: {
        ...patched.answer,
        response: {
          uid,
          allowed: true,
          warnings: ['autoscrape: an error inside autoscrape, the object was admitted as it is'],
        },
      },
      record: {
        ...patched.record,
        component: '',
        outcome: 'error',
        because: 'exception',
        evidence: undefined,
        operations: [],
      },
      touched: undefined,
      thrown: failure,
    });
  });

  test('admits the object when the clock itself throws', () => {
    const outcome = admitting()(reviewOf('Service', { object: service }), () => {
      throw failure;
    });
    expect(outcome).toMatchObject({
      answer: { response: { uid, allowed: true } },
      record: { outcome: 'error', because: 'exception' },
      thrown: failure,
    });
  });

  test('sends no patch that does not settle, and says so', () => {
    // Once it is labelled, this catalogue takes the Service for another entry, whatever is left out.
    const [dialect] = catalogue.dialects;
    const gateway = dialect?.entries.find((entry) => entry.component === 'multigateway');
    if (gateway === undefined) throw new Error('no gateway in the catalogue');
    const twin = { ...gateway };
    let asked = 0;
    const byComponentLabel = new Map(catalogue.byComponentLabel);
    byComponentLabel.get = () => {
      asked += 1;
      return [asked === 1 ? gateway : twin];
    };
    const admit = admitFor(
      routes.strong,
      { ...pipelineWith(), catalogue: { ...catalogue, byComponentLabel } },
      () => [],
    );
    const object = {
      ...service,
      spec: { ...service.spec, ports: [{ port: 8080 }] },
    };
    const outcome = answerTo(admit, reviewOf('Service', { object }));
    expect(outcome.answer.response).toEqual({
      uid,
      allowed: true,
      warnings: [
        'autoscrape: what autoscrape would add does not settle, the object was admitted as it is',
      ],
    });
    expect(outcome.record).toMatchObject({
      outcome: 'error',
      because: 'patch-not-idempotent',
      component: 'multigateway',
      operations: [],
    });
  });
});

describe('a body that is no review', () => {
  const review = reviewOf('Service', { object: service });
  const withUid = (value: unknown): unknown => ({ ...review, request: { uid: value } });

  test.each([
    ['nothing', undefined, 'the body is absent, expected an AdmissionReview'],
    ['null', null, 'the body is null, expected an AdmissionReview'],
    ['a list', [review], 'the body is a list, expected an AdmissionReview'],
    ['a text', 'review', 'the body is "review", expected an AdmissionReview'],
    ['another kind', { ...review, kind: 'Status' }, 'kind is "Status", expected "AdmissionReview"'],
    [
      'another version',
      { ...review, apiVersion: 'admission.k8s.io/v1beta1' },
      'apiVersion is "admission.k8s.io/v1beta1", expected "admission.k8s.io/v1"',
    ],
    ['no request', { ...review, request: undefined }, 'request is absent, expected an object'],
    ['no uid', withUid(undefined), 'request.uid is absent, expected a text that is not empty'],
    ['an empty uid', withUid(''), 'request.uid is "", expected a text that is not empty'],
    ['a uid that is none', withUid(7), 'request.uid is 7, expected a text that is not empty'],
    [
      'a uid that is a map',
      withUid({}),
      'request.uid is an object, expected a text that is not empty',
    ],
  ])('is told what is wrong when it is %s', (_what, body, complaint) => {
    expect(admitting()(body, inTime)).toEqual({
      kind: 'not-a-review',
      message: `not an AdmissionReview: ${complaint}`,
    });
  });

  test('is told so in a few words, however long it is', () => {
    const outcome = admitting()({ kind: 'x'.repeat(100_000) }, inTime);
    expect(outcome).toEqual({
      kind: 'not-a-review',
      message: `not an AdmissionReview: kind is "${'x'.repeat(60)}…", expected "AdmissionReview"`,
    });
  });
});

describe('an AdmissionReview with hardly anything in it', () => {
  test('is still answered, because its object can be admitted', () => {
    const review = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: { uid } };
    const outcome = answerTo(admitting(), review);
    expect(outcome.answer).toEqual({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: untouched,
    });
    expect(patchOf(outcome)).toEqual([]);
  });
});
