import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import jsonpatch from 'fast-json-patch';
import { applied, type Operation } from '../../../src/admission/index.ts';
import { encodedPatch, PatchError } from '../../../src/admission/patch.ts';
import { add } from './reviews.ts';

const object = {
  metadata: { name: 'gw', labels: { app: 'gw' } },
  spec: { ports: [{ port: 5432 }], selector: { app: 'gw' } },
};

describe('a patch that is applied', () => {
  test('gives a new object, and leaves the old one as it was', () => {
    const before = structuredClone(object);
    const result = applied(object, [
      add('/metadata/labels/app.kubernetes.io~1name', 'gw'),
      add('/metadata/labels/with~0tilde', 'x'),
      add('/spec/ports/0/name', 'postgres'),
      add('/spec/ports/-', { port: 8080 }),
      add('/spec/ports/0', { port: 1 }),
    ]);
    expect(result).toEqual({
      metadata: {
        name: 'gw',
        labels: { app: 'gw', 'app.kubernetes.io/name': 'gw', 'with~tilde': 'x' },
      },
      spec: {
        ports: [{ port: 1 }, { port: 5432, name: 'postgres' }, { port: 8080 }],
        selector: { app: 'gw' },
      },
    });
    expect(object).toEqual(before);
  });

  test('may add into what it added before', () => {
    const ports: Operation[] = [
      add('/metadata/annotations', { a: 'b' }),
      add('/metadata/annotations/c', 'd'),
    ];
    expect(applied(object, ports)).toMatchObject({ metadata: { annotations: { a: 'b', c: 'd' } } });
    expect(ports[0]?.value).toEqual({ a: 'b' });
  });

  test.each([
    ['a missing parent', '/metadata/annotations/a'],
    ['a missing grandparent', '/status/loadBalancer/ingress'],
    ['a text as parent', '/metadata/name/first'],
    ['a place beyond the end of a list', '/spec/ports/2'],
    ['a name in a list', '/spec/ports/first'],
    ['an element that is not there', '/spec/ports/1/name'],
    ['an inherited member as parent', '/metadata/toString/name'],
    ['a number with a leading zero', '/spec/ports/00/name'],
  ])('is refused for %s', (_what, path) => {
    expect(() => applied(object, [add(path, 'x')])).toThrow(PatchError);
  });

  test('does what fast-json-patch does to a clone, with its validation', () => {
    const key = fc.constantFrom('a', 'b', '0', '1', '~1', '~0c', 'd~1e');
    const paths = fc.array(fc.oneof(key, fc.constant('-')), { minLength: 1, maxLength: 4 });
    const operation = fc.record({ steps: paths, value: fc.jsonValue() });
    const { tie: document } = fc.letrec((tie) => ({
      tie: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom<unknown>('text', 1, null, true),
        fc.dictionary(fc.constantFrom('a', 'b', '0', '/', '~c', 'd/e'), tie('tie'), { maxKeys: 4 }),
        fc.array(tie('tie'), { maxLength: 3 }),
      ),
    }));
    const root = fc.dictionary(fc.constantFrom('a', 'b', '0', 'd/e'), document, { minKeys: 1 });
    let both = 0;
    fc.assert(
      fc.property(root, fc.array(operation, { minLength: 1, maxLength: 3 }), (source, drawn) => {
        const operations = drawn.map(({ steps, value }) => add(`/${steps.join('/')}`, value));
        const before = JSON.stringify(source);
        const theirs = orFailure(
          () => jsonpatch.applyPatch(source, structuredClone(operations), true, false).newDocument,
        );
        const ours = orFailure(() => applied(source, structuredClone(operations)));
        expect(ours).toEqual(theirs);
        expect(JSON.stringify(source)).toBe(before);
        if (ours !== 'does not apply') both += 1;
      }),
      { numRuns: 2000 },
    );
    expect(both).toBeGreaterThan(50);
  });
});

function orFailure(apply: () => unknown): unknown {
  try {
    return apply();
  } catch {
    return 'does not apply';
  }
}

describe('a patch that is sent', () => {
  test('is JSON in base64, whatever its characters', () => {
    const operations = [add('/metadata/labels/a', 'é🐘"\\')];
    const text = Buffer.from(encodedPatch(operations), 'base64').toString('utf8');
    expect(JSON.parse(text)).toEqual(operations);
  });
});
