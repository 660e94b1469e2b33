import { describe, expect, test } from '@jest/globals';
import { builtInCatalogue, parseCatalogue } from '../../../src/catalogue/index.ts';
import { isOneOf } from '../../../src/registration/cel.ts';
import { componentThatChanges, writtenByOthers } from '../../../src/registration/conditions.ts';

const changes = `(
  request.operation != "UPDATE"
  || object.?spec != oldObject.?spec
  || object.metadata.?labels != oldObject.metadata.?labels
  || object.metadata.?ownerReferences != oldObject.metadata.?ownerReferences
)`;

describe('a catalogue', () => {
  test('of all three kinds of evidence names them all', () => {
    const { expression } = componentThatChanges(
      catalogue(`
partOf: shopdb
dialects:
  - name: only
    ownerGroups: [shop.example]
    sharedOwnerKinds: [Shop]
    entries:
      - labels: { name: shopdb, component: till }
        aliases: [counter]
        pairIsStrong: true
        owners: [{ kind: Till }]
        facets: [{ component: till, serves: scrape, port: { name: http, number: 80 } }]
      - labels: { name: shopdb, component: cellar }
        facets: [{ component: cellar, serves: scrape, port: { name: http, number: 81 } }]
`),
    );
    expect(expression).toBe(`(
  object.metadata.?ownerReferences.orValue([]).exists(o, o.?controller.orValue(false) && (
    o.apiVersion.startsWith("shop.example/") && o.kind in ["Shop"] && object.metadata.?labels[?"app.kubernetes.io/component"].orValue("") in ["cellar", "counter", "till"]
    || o.apiVersion.startsWith("shop.example/") && o.kind in ["Till"]
  ))
  || object.metadata.?labels[?"app.kubernetes.io/part-of"].orValue("") == "shopdb" && object.metadata.?labels[?"app.kubernetes.io/component"].orValue("") in ["cellar", "counter", "till"]
  || object.metadata.?labels[?"app.kubernetes.io/name"].orValue("") + "/" + object.metadata.?labels[?"app.kubernetes.io/component"].orValue("") in ["shopdb/till"]
) && ${changes}`);
  });

  test('without owners and pairs asks for part-of alone', () => {
    const { expression } = componentThatChanges(
      catalogue(`
partOf: shopdb
dialects:
  - name: only
    ownerGroups: []
    entries:
      - labels: { name: shopdb, component: till }
        facets: [{ component: till, serves: scrape, port: { name: http, number: 80 } }]
`),
    );
    expect(expression).toBe(`(
  object.metadata.?labels[?"app.kubernetes.io/part-of"].orValue("") == "shopdb" && object.metadata.?labels[?"app.kubernetes.io/component"].orValue("") in ["till"]
) && ${changes}`);
  });
});

test('the built-in catalogue needs one condition', () => {
  expect(componentThatChanges(builtInCatalogue()).name).toBe('component-that-changes');
});

test('what stands in a catalogue or a setting cannot leave its quotes', () => {
  expect(isOneOf('x', ['a"]', 'b\\'])).toBe('x in ["a\\"]", "b\\\\"]');
  expect(writtenByOthers('a" || true || "').expression).toBe(
    'request.userInfo.username != "a\\" || true || \\""',
  );
});

function catalogue(yaml: string) {
  const parsed = parseCatalogue(yaml, 'test.yaml');
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}
