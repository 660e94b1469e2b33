import { describe, expect, test } from '@jest/globals';
import { builtInCatalogue } from '../../../src/catalogue/index.ts';
import { defaultRegistration, misfits, registration } from '../../../src/registration/index.ts';

const catalogue = builtInCatalogue();
const { mutating } = registration(catalogue, defaultRegistration);
const other = { ...catalogue, partOf: 'somebodys-database' };
const condition = 'component-that-changes';

describe('the live registration', () => {
  test('fits when it is the one made for the catalogue', () => {
    expect(misfits(catalogue, mutating)).toEqual([]);
  });

  test('fits with what the API server and administrators add: defaults, selectors, timeouts, other indentation', () => {
    const [strong, ...others] = mutating.webhooks;
    const conditions = strong?.matchConditions.map(({ name, expression }) => ({
      name,
      expression: `  ${expression.replaceAll('\n', '\n      ')}\n`,
    }));
    const changed = {
      ...strong,
      timeoutSeconds: 1,
      objectSelector: {},
      rules: [{ apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], operations: ['*'] }],
      matchConditions: conditions,
    };
    expect(misfits(catalogue, { ...mutating, webhooks: [changed, ...others] })).toEqual([]);
  });

  test('does not fit when its condition was made for another catalogue', () => {
    expect(misfits(other, mutating)).toEqual([
      {
        webhook: 'strong.autoscrape.multigres.com',
        problem: `its condition ${condition} was made for another catalogue: objects that only the catalogue in use means are not sent`,
      },
    ]);
  });

  test('does not fit when a resource is left out, or a webhook', () => {
    const [strong] = mutating.webhooks;
    const rules = strong?.rules.filter(({ apiGroups }) => !apiGroups.includes('apps'));
    expect(misfits(catalogue, { webhooks: [{ ...strong, rules }] })).toEqual([
      {
        webhook: 'strong.autoscrape.multigres.com',
        problem: 'its rules leave out statefulsets and deployments',
      },
      {
        webhook: 'inject.autoscrape.multigres.com',
        problem: 'it is not registered: the API server sends nothing to it',
      },
    ]);
  });

  test('does not fit when there is none, or nothing that is one', () => {
    const nothing = ['strong', 'inject'].map((name) => ({
      webhook: `${name}.autoscrape.multigres.com`,
      problem: 'it is not registered: the API server sends nothing to it',
    }));
    for (const live of [undefined, {}, { webhooks: null }, { webhooks: 'some' }]) {
      expect(misfits(catalogue, live)).toEqual(nothing);
    }
  });
});
