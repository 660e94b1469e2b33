import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import jsonpatch from 'fast-json-patch';
import { type Operation, type Route, routes } from '../../../src/admission/index.ts';
import { isLabelValue, isServicePortName } from '../../../src/kubernetes/index.ts';
import type { PipelineSettings } from '../../../src/settings/index.ts';
import { defaultPipelineSettings } from '../../../src/settings/types.ts';
import { isAcceptedService, service, spoilt, workload, workloadKind } from './generated.ts';
import {
  admitting,
  answerTo,
  inTime,
  overTheWire,
  ownedBy,
  type Plain,
  patchOf,
  reviewOf,
  type Sent,
} from './reviews.ts';

const route = fc.constantFrom<Route>(routes.strong, routes.inject);

const settings: fc.Arbitrary<Partial<PipelineSettings>> = fc.record({
  labels: fc.record({
    name: fc.boolean(),
    instance: fc.boolean(),
    component: fc.boolean(),
    partOf: fc.boolean(),
  }),
  components: fc.constantFrom(
    {},
    {},
    { multigateway: 'scrape' as const, multipooler: 'scrape' as const },
    { etcd: 'ignore' as const, multiorch: 'push' as const },
  ),
  ownedTemplates: fc.boolean(),
});

const runs = { numRuns: 500 };

function patchedBy(operations: readonly Operation[], object: Plain): Plain {
  return jsonpatch.applyPatch(overTheWire(object), [...operations], true).newDocument;
}

/** Every member and element of `before` stands in `after`, at its place; what was null or an empty text may be filled. */
function isWithin(before: unknown, after: unknown): boolean {
  if (before === null || before === '') return true;
  if (Array.isArray(before)) {
    return Array.isArray(after) && before.every((one, at) => isWithin(one, after[at]));
  }
  if (typeof before !== 'object') return before === after;
  if (typeof after !== 'object' || after === null || Array.isArray(after)) return false;
  const grown = Object(after);
  return Object.entries(before).every(
    ([key, one]) => Object.hasOwn(grown, key) && isWithin(one, grown[key]),
  );
}

function labelsOf(metadata: unknown): Plain {
  return Object(Object(metadata).labels);
}

function specOf(object: unknown): ReturnType<typeof Object> {
  return Object(Object(object).spec);
}

describe('whatever Service is created', () => {
  function admitted(
    way: Route,
    chosen: Partial<PipelineSettings>,
    object: Plain,
    sent: Partial<Sent> = {},
  ) {
    const admit = admitting({ route: way, settings: chosen });
    return answerTo(admit, reviewOf('Service', { object, ...sent }));
  }

  test('only additions are made, once, and the result is what the API server accepts', () => {
    let patched = 0;
    fc.assert(
      fc.property(route, settings, service, (way, chosen, object) => {
        const outcome = admitted(way, chosen, object);
        expect(outcome.record.outcome).not.toBe('error');
        const operations = patchOf(outcome);
        const after = patchedBy(operations, object);
        expect(isWithin(object, after)).toBe(true);
        expect(patchOf(admitted(way, chosen, after))).toEqual([]);
        expect(isAcceptedService(after)).toBe(true);
        for (const value of Object.values(labelsOf(after.metadata))) {
          expect(isLabelValue(String(value))).toBe(true);
        }
        for (const port of specOf(after).ports ?? []) {
          expect(port.name === undefined || isServicePortName(port.name)).toBe(true);
        }
        if (operations.length > 0) patched += 1;
      }),
      runs,
    );
    expect(patched).toBeGreaterThan(20);
  });

  test('a port is never added but to a Service that is reachable from inside alone and selects pods', () => {
    fc.assert(
      fc.property(route, settings, service, (way, chosen, object) => {
        const { type, selector, externalIPs, ports } = specOf(object);
        const after = patchedBy(patchOf(admitted(way, chosen, object)), object);
        const isInside =
          type === 'ClusterIP' &&
          externalIPs === undefined &&
          Object.keys(selector ?? {}).length > 0;
        if (!isInside) expect(specOf(after).ports?.length).toBe(ports?.length);
      }),
      runs,
    );
  });

  test('it keeps its component, and is the same to a dry run', () => {
    fc.assert(
      fc.property(route, settings, service, (way, chosen, object) => {
        const outcome = admitted(way, chosen, object);
        const after = patchedBy(patchOf(outcome), object);
        expect(admitted(way, chosen, after).record.component).toBe(outcome.record.component);
        const dry = admitted(way, chosen, object, { dryRun: true });
        expect(dry.answer).toEqual(outcome.answer);
        expect(dry.touched).toBeUndefined();
      }),
      runs,
    );
  });

  test('a writer that drops our additions changes nothing that is stored', () => {
    fc.assert(
      fc.property(route, settings, service, (way, chosen, object) => {
        const stored = patchedBy(patchOf(admitted(way, chosen, object)), object);
        const updated = admitted(way, chosen, object, { before: stored });
        expect(patchedBy(patchOf(updated), object)).toEqual(stored);
      }),
      runs,
    );
  });
});

describe('a Service with one unnamed port', () => {
  test('can have it changed beside the port that was added, as apply merges it', () => {
    const single = service
      .filter((object) => {
        const { ports } = specOf(object);
        return ports?.length === 1 && ports[0].name === undefined;
      })
      .map((object) => ({
        ...object,
        metadata: { ...Object(object.metadata), labels: undefined },
      }));
    const owners = fc.constantFrom(
      ownedBy('multigres.io/v1alpha1', 'MultiGateway', 'gw'),
      ownedBy('multigres.io/v1alpha1', 'MultiPooler', 'gw'),
    );
    const number = fc.constantFrom(6432, 2379, 15_100);
    const types = fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer');
    let grown = 0;
    fc.assert(
      fc.property(single, owners, number, types, (source, owner, port, type) => {
        const object = { ...source, metadata: { name: 'gw', ownerReferences: [owner] } };
        const admit = admitting();
        const stored = patchedBy(patchOf(answerTo(admit, reviewOf('Service', { object }))), object);
        const ours = specOf(stored).ports.slice(1);
        for (const ports of [
          [{ port, protocol: 'TCP' }, ...ours],
          [...ours, { port, protocol: 'TCP' }],
        ]) {
          const { clusterIP, ...spec } = specOf(stored);
          const changed = { ...stored, spec: { ...spec, type, ports } };
          const review = reviewOf('Service', { object: changed, before: stored });
          const after = patchedBy(patchOf(answerTo(admit, review)), changed);
          expect(isAcceptedService(after)).toBe(true);
        }
        grown += ours.length;
      }),
      runs,
    );
    expect(grown).toBeGreaterThan(20);
  });
});

describe('whatever workload is created', () => {
  function admitted(
    way: Route,
    chosen: Partial<PipelineSettings>,
    object: Plain,
    sent: Partial<Sent> = {},
  ) {
    const admit = admitting({ route: way, settings: chosen });
    return answerTo(admit, reviewOf(String(object.kind), { object, ...sent }));
  }

  test('only additions are made, once, and the selector still matches', () => {
    let templates = 0;
    fc.assert(
      fc.property(route, settings, workload, (way, chosen, object) => {
        const outcome = admitted(way, chosen, object);
        expect(outcome.record.outcome).not.toBe('error');
        const operations = patchOf(outcome);
        const after = patchedBy(operations, object);
        expect(isWithin(object, after)).toBe(true);
        expect(patchOf(admitted(way, chosen, after))).toEqual([]);

        const { selector, template } = specOf(after);
        expect(selector).toEqual(specOf(object).selector);
        const labels = labelsOf(template.metadata);
        expect(labels).toMatchObject(selector.matchLabels);
        for (const { key } of selector.matchExpressions) expect(labels).not.toHaveProperty([key]);
        for (const value of Object.values(labels)) expect(isLabelValue(String(value))).toBe(true);
        if (operations.some(({ path }) => path.startsWith('/spec/template'))) templates += 1;
      }),
      runs,
    );
    expect(templates).toBeGreaterThan(20);
  });

  test('no port name is given twice in a pod, and none on the network of the host is added', () => {
    fc.assert(
      fc.property(route, settings, workload, (way, chosen, object) => {
        const namesIn = (one: Plain): string[] => {
          const { containers, initContainers = [] } = specOf(specOf(one).template);
          const ports = [...containers, ...initContainers].flatMap((each) => each.ports ?? []);
          return ports.flatMap((port) => port.name ?? []);
        };
        const operations = patchOf(admitted(way, chosen, object));
        const twice = (all: readonly string[]): number => all.length - new Set(all).size;
        expect(twice(namesIn(patchedBy(operations, object)))).toBe(twice(namesIn(object)));
        if (specOf(specOf(object).template).hostNetwork === true) {
          const added = operations.filter(({ path }) => /\/ports(\/-)?$/.test(path));
          expect(added).toEqual([]);
        }
      }),
      runs,
    );
  });

  test('a writer that drops our additions starts no rollout, and changes nothing that is stored', () => {
    fc.assert(
      fc.property(route, settings, workload, (way, chosen, object) => {
        const stored = patchedBy(patchOf(admitted(way, chosen, object)), object);
        const updated = admitted(way, chosen, object, { before: stored });
        expect(patchedBy(patchOf(updated), object)).toEqual(stored);
      }),
      runs,
    );
  });

  test('an update leaves the template as it is written or as it is stored, and nothing between', () => {
    fc.assert(
      fc.property(route, settings, workload, workload, (way, chosen, object, other) => {
        const before = { ...other, kind: object.kind };
        const updated = admitted(way, chosen, object, { before });
        const { template } = specOf(patchedBy(patchOf(updated), object));
        const stored = specOf(before).template;
        expect([specOf(object).template, stored]).toContainEqual(template);
      }),
      runs,
    );
  });

  test('the template of an owned one is left alone, but where the settings say otherwise', () => {
    fc.assert(
      fc.property(route, settings, workload, (way, chosen, object) => {
        const owners: readonly Plain[] = Object(object.metadata).ownerReferences ?? [];
        fc.pre(owners.some((owner) => owner.controller === true));
        const outcome = admitted(way, { ...chosen, ownedTemplates: false }, object);
        const paths = patchOf(outcome).map(({ path }) => path);
        expect(paths.filter((path) => path.startsWith('/spec'))).toEqual([]);
      }),
      runs,
    );
  });
});

describe('whatever comes', () => {
  test('the review itself stays as it was', () => {
    fc.assert(
      fc.property(route, fc.oneof(service, workload), (way, object) => {
        const review = reviewOf(String(object.kind), { object });
        const before = JSON.stringify(review);
        answerTo(admitting({ route: way }), review);
        expect(JSON.stringify(review)).toBe(before);
      }),
      runs,
    );
  });

  const everyRoute = fc.constantFrom<Route>(routes.strong, routes.inject, routes.scrapes);
  const mode = fc.constantFrom<PipelineSettings['scrapes']['findings']>('off', 'warn', 'deny');

  function expectAdmitted(
    way: Route,
    findings: PipelineSettings['scrapes']['findings'],
    review: Plain,
  ): void {
    const chosen = { scrapes: { ...defaultPipelineSettings.scrapes, findings } };
    const outcome = answerTo(admitting({ route: way, settings: chosen }), review);
    const { response } = outcome.answer;
    expect(response).toMatchObject({ uid: Object(review.request).uid, allowed: true });
    expect(outcome.record.outcome).not.toBe('error');
    expect(response.patch === undefined).toBe(response.patchType === undefined);
    expect(JSON.parse(JSON.stringify(outcome.answer))).toEqual(outcome.answer);
  }

  test('any JSON is answered or called no review, and nothing is thrown', () => {
    fc.assert(
      fc.property(everyRoute, fc.oneof(fc.jsonValue(), fc.anything()), (way, body) => {
        expect(admitting({ route: way })(body, inTime).kind).toBe('not-a-review');
      }),
      runs,
    );
  });

  test('a request of any JSON with a uid is admitted', () => {
    const member = fc.constantFrom(
      'kind',
      'operation',
      'object',
      'oldObject',
      'name',
      'namespace',
      'options',
      'dryRun',
      'subResource',
    );
    const odd = fc.dictionary(member, fc.jsonValue(), { maxKeys: 4 });
    fc.assert(
      fc.property(everyRoute, mode, service, odd, (way, findings, object, members) => {
        const review = reviewOf('Service', { object });
        const request = { ...Object(review.request), ...members };
        expectAdmitted(way, findings, { ...review, request });
      }),
      runs,
    );
  });

  test('an object of any JSON is admitted', () => {
    const kind = fc.oneof(workloadKind, fc.constantFrom('Service', 'VMServiceScrape'));
    fc.assert(
      fc.property(
        everyRoute,
        mode,
        kind,
        fc.jsonValue(),
        fc.jsonValue(),
        (way, findings, of, object, before) => {
          expectAdmitted(way, findings, reviewOf(of, { object, before }));
        },
      ),
      runs,
    );
  });

  test('an object of which one value is any JSON is admitted, and its patch applies and settles', () => {
    const objects = fc.oneof(
      spoilt(service).map((object) => ({ kind: 'Service', object })),
      fc.tuple(workloadKind, spoilt(workload)).map(([kind, object]) => ({ kind, object })),
    );
    fc.assert(
      fc.property(route, objects, (way, { kind, object }) => {
        const review = reviewOf(kind, { object });
        expectAdmitted(way, 'warn', review);
        const operations = patchOf(answerTo(admitting({ route: way }), review));
        if (operations.length === 0) return;
        const after = patchedBy(operations, Object(object));
        expect(isWithin(object, after)).toBe(true);
        const again = answerTo(admitting({ route: way }), reviewOf(kind, { object: after }));
        expect(patchOf(again)).toEqual([]);
      }),
      { numRuns: 1500 },
    );
  });

  test('a scrape of any shape is admitted', () => {
    const scrape: fc.Arbitrary<Plain> = fc.record({
      metadata: fc.record({
        name: fc.constant('gw'),
        labels: fc.dictionary(fc.string(), fc.string()),
      }),
      spec: fc.record({
        selector: fc.record({ matchLabels: fc.dictionary(fc.string(), fc.string()) }),
        endpoints: fc.array(fc.record({ port: fc.string(), interval: fc.string() })),
      }),
    });
    fc.assert(
      fc.property(mode, fc.oneof(scrape, spoilt(scrape)), (findings, object) => {
        expectAdmitted(routes.scrapes, findings, reviewOf('VMServiceScrape', { object }));
      }),
      runs,
    );
  });
});
