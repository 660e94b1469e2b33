import { describe, expect, test } from '@jest/globals';
import { routes } from '../../../src/admission/index.ts';
import { builtInCatalogue } from '../../../src/catalogue/index.ts';
import {
  defaultRegistration,
  type RegistrationOptions,
  registration,
  type Selector,
} from '../../../src/registration/index.ts';

const catalogue = builtInCatalogue();

function registered(options: Partial<RegistrationOptions> = {}) {
  return registration(catalogue, { ...defaultRegistration, ...options });
}

test('the registration of scrapes is whole', () => {
  expect(registered().validating).toEqual({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'autoscrape', labels: { 'app.kubernetes.io/name': 'autoscrape' } },
    webhooks: [
      {
        name: 'scrapes.autoscrape.multigres.com',
        clientConfig: {
          service: {
            namespace: 'autoscrape-system',
            name: 'autoscrape',
            path: '/validate/scrapes',
            port: 443,
          },
        },
        admissionReviewVersions: ['v1'],
        rules: [
          {
            apiGroups: ['operator.victoriametrics.com'],
            apiVersions: ['v1beta1'],
            resources: ['vmservicescrapes'],
            operations: ['CREATE', 'UPDATE'],
            scope: 'Namespaced',
          },
        ],
        namespaceSelector: {
          matchExpressions: [
            {
              key: 'kubernetes.io/metadata.name',
              operator: 'NotIn',
              values: ['kube-system', 'autoscrape-system'],
            },
            { key: 'autoscrape.multigres.com/scrape', operator: 'NotIn', values: ['false'] },
          ],
        },
        objectSelector: {
          matchExpressions: [
            { key: 'autoscrape.multigres.com/scrape', operator: 'NotIn', values: ['false'] },
          ],
        },
        matchConditions: [
          {
            name: 'that-changes',
            expression: [
              'request.operation != "UPDATE"',
              '|| object.?spec != oldObject.?spec',
              '|| object.metadata.?labels != oldObject.metadata.?labels',
              '|| object.metadata.?ownerReferences != oldObject.metadata.?ownerReferences',
            ].join('\n'),
          },
          {
            name: 'written-by-others',
            expression:
              'request.userInfo.username != "system:serviceaccount:autoscrape-system:autoscrape"',
          },
        ],
        matchPolicy: 'Equivalent',
        failurePolicy: 'Ignore',
        sideEffects: 'NoneOnDryRun',
        timeoutSeconds: 2,
      },
    ],
  });
});

test('Services, StatefulSets and Deployments are sent to both mutating webhooks alike', () => {
  const { webhooks } = registered().mutating;
  const operations = ['CREATE', 'UPDATE'];
  const rules = [
    { apiGroups: [''], resources: ['services'] },
    { apiGroups: ['apps'], resources: ['statefulsets', 'deployments'] },
  ].map((rule) => ({ ...rule, apiVersions: ['v1'], operations, scope: 'Namespaced' }));
  expect(
    webhooks.map(({ name, rules, reinvocationPolicy }) => [name, rules, reinvocationPolicy]),
  ).toEqual([
    [routes.strong.webhook, rules, 'IfNeeded'],
    [routes.inject.webhook, rules, 'IfNeeded'],
  ]);
});

test('MultigresClusters are sent on request alone, from every namespace that has not opted out', () => {
  const name = routes.clusters.webhook;
  const of = (clusters: boolean) =>
    registered({ clusters }).mutating.webhooks.filter((one) => one.name === name);
  expect(of(false)).toEqual([]);
  const [webhook] = of(true);
  expect(webhook?.rules).toEqual([
    {
      apiGroups: ['multigres.com'],
      apiVersions: ['v1alpha1'],
      resources: ['multigresclusters'],
      operations: ['CREATE', 'UPDATE'],
      scope: 'Namespaced',
    },
  ]);
  const optedIn = [
    { key: 'autoscrape.multigres.com/scrape', operator: 'NotIn', values: ['false'] },
    { key: 'autoscrape.multigres.com/push', operator: 'NotIn', values: ['false'] },
  ];
  expect(webhook?.objectSelector.matchExpressions).toEqual(optedIn);
  expect(webhook?.namespaceSelector.matchExpressions).toEqual([
    {
      key: 'kubernetes.io/metadata.name',
      operator: 'NotIn',
      values: ['kube-system', 'autoscrape-system'],
    },
    ...optedIn,
  ]);
});

test('no webhook can refuse a write by being away, or hold it up for long', () => {
  const { mutating, validating } = registered({ clusters: true });
  const webhooks = [...mutating.webhooks, ...validating.webhooks];
  expect(webhooks.map((one) => [one.failurePolicy, one.timeoutSeconds])).toEqual(
    Object.values(routes).map(() => ['Ignore', 2]),
  );
});

describe('which namespaces reach which webhook', () => {
  const inject = { 'autoscrape.multigres.com/inject': 'enabled' };
  const out = { 'autoscrape.multigres.com/scrape': 'false' };
  test.each([
    ['any', { team: 'a' }, ['strong', 'scrapes']],
    ['labelled for injection', inject, ['inject', 'scrapes']],
    [
      'labelled with another value',
      { 'autoscrape.multigres.com/inject': 'no' },
      ['strong', 'scrapes'],
    ],
    ['opted out', out, []],
    ['opted out and labelled for injection', { ...inject, ...out }, []],
    ['not opted out', { 'autoscrape.multigres.com/scrape': 'true' }, ['strong', 'scrapes']],
    ['kube-system', { 'kubernetes.io/metadata.name': 'kube-system' }, []],
    ["autoscrape's own", { 'kubernetes.io/metadata.name': 'autoscrape-system' }, []],
    [
      "autoscrape's own, labelled",
      { 'kubernetes.io/metadata.name': 'autoscrape-system', ...inject },
      [],
    ],
  ])('%s', (_name, labels, expected) => {
    const { mutating, validating } = registered();
    const reached = [...mutating.webhooks, ...validating.webhooks]
      .filter((one) => selectsLabels(one.namespaceSelector, labels))
      .map((one) => one.name.split('.')[0]);
    expect(reached).toEqual(expected);
  });
});

test("another namespace of autoscrape's is spared in its stead", () => {
  const { mutating } = registered({ namespace: 'monitoring' });
  expect(mutating.webhooks.map((one) => one.namespaceSelector.matchExpressions[0]?.values)).toEqual(
    [
      ['kube-system', 'monitoring'],
      ['kube-system', 'monitoring'],
    ],
  );
});

test('kube-system is named once, also where autoscrape runs in it', () => {
  const { validating } = registered({ namespace: 'kube-system' });
  expect(validating.webhooks[0]?.namespaceSelector.matchExpressions[0]?.values).toEqual([
    'kube-system',
  ]);
});

test('a webhook can be reached by URL, trusted by its own authority', () => {
  const { mutating } = registered({ reach: { url: 'https://127.0.0.1:9443' }, caBundle: 'PEM\n' });
  expect(mutating.webhooks.map((one) => one.clientConfig)).toEqual([
    { url: 'https://127.0.0.1:9443/admit/strong', caBundle: 'UEVNCg==' },
    { url: 'https://127.0.0.1:9443/admit/inject', caBundle: 'UEVNCg==' },
  ]);
});

test('no scrape is sent where nobody wants findings, and an earlier webhook is taken away', () => {
  expect(registered({ findings: 'off' }).validating.webhooks).toEqual([]);
});

test('`deny` fails open as `warn` does', () => {
  expect(registered({ findings: 'deny' })).toEqual(registered({ findings: 'warn' }));
});

/** A label selector as the API server reads it: `NotIn` also selects what lacks the label. */
function selectsLabels({ matchExpressions }: Selector, labels: Record<string, string>): boolean {
  return matchExpressions.every(({ key, operator, values }) => {
    const value = labels[key];
    const among = value !== undefined && values.includes(value);
    return operator === 'In' ? among : !among;
  });
}
