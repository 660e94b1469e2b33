import { describe, expect, test } from '@jest/globals';
import { builtInCatalogue } from '../../../../src/catalogue/index.ts';
import { audited } from '../../../../src/review/index.ts';
import { defaultPipelineSettings } from '../../../../src/settings/types.ts';
import { fileOf, reviewOf } from '../../../support/review.ts';

const operator = 'operator.victoriametrics.com/v1beta1';

/** A Service with pods behind it, and a scrape that reads them. */
const target = `apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { selector: { app: web }, ports: [{ name: metrics, port: 9090 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: web, ports: [{ name: metrics, containerPort: 9090 }] }] }
`;

function scrape(endpoint = '', rest = '', labels = ''): string {
  return `apiVersion: ${operator}
kind: VMServiceScrape
metadata: { name: web, namespace: shop, labels: { ${labels} } }
spec: { selector: { matchLabels: { app: web } }, endpoints: [{ port: metrics${endpoint} }]${rest} }
`;
}

function agent(spec: string, kind = 'VMAgent', namespace = 'monitoring'): string {
  return `apiVersion: ${operator}
kind: ${kind}
metadata: { name: main, namespace: ${namespace} }
spec: { ${spec} }
`;
}

function namespace(name: string, labels: string): string {
  return `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name}, labels: { ${labels} } }\n`;
}

function operatorThatWatches(namespaces: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: vm-operator, namespace: monitoring }
spec:
  template:
    spec:
      containers:
        - { name: manager, image: 'quay.io/victoriametrics/operator:v0.74.1', env: [{ name: WATCH_NAMESPACE, value: '${namespaces}' }] }
`;
}

function review(...documents: readonly string[]): string[] {
  return reviewOf([fileOf(documents.join('---\n'))]).findings.map(
    ({ code, severity, field, message, fix }) => `${severity} ${code} ${field}: ${message}; ${fix}`,
  );
}

describe('which agent takes a scrape', () => {
  const taken: Readonly<Record<string, readonly string[]>> = {
    'all, by selectAllByDefault': [agent('selectAllByDefault: true')],
    'all, by an empty namespace selector': [agent('serviceScrapeNamespaceSelector: {}')],
    'all of its own namespace, by an empty selector': [
      agent('serviceScrapeSelector: {}', 'VMAgent', 'shop'),
    ],
    'by a label, in its own namespace': [
      agent('serviceScrapeSelector: { matchLabels: { team: a } }', 'VMAgent', 'shop'),
    ],
    'by the labels of both': [
      agent(
        'serviceScrapeSelector: { matchExpressions: [{ key: team, operator: In, values: [a, b] }, { key: quiet, operator: DoesNotExist }] }, serviceScrapeNamespaceSelector: { matchLabels: { zone: x } }',
      ),
      namespace('shop', 'zone: x'),
    ],
    "by its namespace's name, which is a label of every namespace": [
      agent(
        'serviceScrapeNamespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop } }',
      ),
    ],
    'perhaps, by a label of a namespace that is not at hand': [
      agent('serviceScrapeNamespaceSelector: { matchLabels: { zone: x } }'),
    ],
    'by another agent': [agent(''), agent('selectAllByDefault: true', 'VMAgent', 'shop')],
    'by a VMSingle that scrapes': [
      agent('ingestOnlyMode: false, selectAllByDefault: true', 'VMSingle'),
    ],
    'by a watching operator, whatever the namespaces are labelled': [
      agent(
        'selectAllByDefault: true, serviceScrapeNamespaceSelector: { matchLabels: { zone: x } }',
      ),
      namespace('shop', 'zone: y'),
      operatorThatWatches('monitoring,shop'),
    ],
    'perhaps, where no agent is at hand': [],
    'perhaps, where the only agent at hand takes in what others send': [
      agent('ingestOnlyMode: true'),
    ],
    'perhaps, where the only VMSingle at hand does not scrape': [agent('', 'VMSingle')],
  };

  test.each(Object.entries(taken))('%s: nothing is said', (_, around) => {
    expect(review(target, scrape('', '', 'team: a'), ...around)).toEqual([]);
  });

  const refused: Readonly<Record<string, readonly [around: readonly string[], told: string]>> = {
    'for want of any selector': [
      [agent('')],
      ': no agent takes it, so that it is read by nobody: VMAgent monitoring/main takes none, having neither selectors nor selectAllByDefault; write spec.selectAllByDefault: true in VMAgent monitoring/main',
    ],
    'being in another namespace, by an empty selector': [
      [agent('serviceScrapeSelector: {}, selectAllByDefault: true')],
      ': no agent takes it, so that it is read by nobody: VMAgent monitoring/main takes only scrapes of its own namespace; write spec.serviceScrapeNamespaceSelector: {} in VMAgent monitoring/main',
    ],
    'for want of labels': [
      [
        agent(
          "serviceScrapeNamespaceSelector: {}, serviceScrapeSelector: { matchLabels: { team: b, on: 'true' } }",
        ),
      ],
      'metadata.labels: no agent takes it, so that it is read by nobody: VMAgent monitoring/main takes only scrapes with team: b, with on: true; write metadata.labels: {team: b, on: "true"}',
    ],
    "for want of its namespace's labels": [
      [
        agent('serviceScrapeNamespaceSelector: { matchLabels: { zone: x } }'),
        namespace('shop', 'zone: y'),
      ],
      ': no agent takes it, so that it is read by nobody: VMAgent monitoring/main takes only scrapes of namespaces with zone: x; write metadata.labels: {zone: x} in Namespace shop',
    ],
    'in daemonSetMode': [
      [agent('selectAllByDefault: true, daemonSetMode: true')],
      ': no agent takes it, so that it is read by nobody: VMAgent monitoring/main takes no VMServiceScrapes in daemonSetMode; write spec.daemonSetMode: false in VMAgent monitoring/main',
    ],
    'where its namespace is not watched': [
      [agent('selectAllByDefault: true'), operatorThatWatches('monitoring, lab')],
      ': no agent takes it, so that it is read by nobody: VMAgent monitoring/main takes only scrapes of the namespaces that its operator watches (monitoring, lab); add shop to WATCH_NAMESPACE of the operator',
    ],
  };

  test.each(Object.entries(refused))('none, %s: said with what to write', (_, [around, told]) => {
    expect(review(target, scrape('', '', 'team: a'), ...around)).toEqual([
      `warning not-selected ${told}`,
    ]);
  });

  test('is said once of the scrapes that autoscrape makes, with the setting that labels them', () => {
    const gateway = (name: string) => `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: shop, labels: { app.kubernetes.io/name: multigateway, app.kubernetes.io/component: gateway } }
spec: { selector: { app: ${name} }, ports: [{ name: http, port: 8080 }] }
`;
    const choosy = agent(
      'serviceScrapeNamespaceSelector: {}, serviceScrapeSelector: { matchLabels: { team: b } }',
    );
    expect(review(gateway('a'), gateway('b'), choosy)).toEqual([
      "warning not-selected metadata.labels: no agent takes it, so that it is read by nobody: VMAgent monitoring/main takes only scrapes with team: b (the same is true of 1 more); write scrapes.labels: {team: b} in autoscrape's settings",
    ]);
  });
});

describe('namespaces', () => {
  const all = ', namespaceSelector: { any: true }';
  const ignoring = agent('selectAllByDefault: true, ignoreNamespaceSelectors: true');
  const watching = operatorThatWatches('monitoring,shop');

  test('that an agent does not look into are told', () => {
    expect(review(target, scrape('', all), agent('selectAllByDefault: true'), watching)).toEqual([
      'warning namespaces-narrowed spec.namespaceSelector: VMAgent monitoring/main looks into namespace shop alone, not into all of them: its operator has WATCH_NAMESPACE; write spec.serviceAccountName: NAME in VMAgent monitoring/main, an account that may read them, or make a scrape in each namespace',
    ]);
  });

  test.each([
    ['ignoreNamespaceSelectors, which newer operators do not read', scrape('', all), ignoring],
    ['a scrape of its own namespace', scrape(), ignoring],
    ['one that names it', scrape('', ', namespaceSelector: { matchNames: [shop] }'), ignoring],
    ['an agent that keeps to the selector', scrape('', all), agent('selectAllByDefault: true')],
    [
      'another agent that does',
      scrape('', all),
      `${ignoring}---\n${agent('selectAllByDefault: true', 'VMAgent', 'lab')}`,
    ],
    [
      'an agent with an account of its own',
      scrape('', all),
      `${agent('selectAllByDefault: true, serviceAccountName: reader')}---\n${watching}`,
    ],
    [
      'an operator that watches everything',
      scrape('', all),
      `${agent('selectAllByDefault: true')}---\n${operatorThatWatches('')}`,
    ],
  ])('of %s are not', (_, one, around) => {
    expect(review(target, one, around)).toEqual([]);
  });
});

describe('Secrets and ConfigMaps', () => {
  const secret = (name: string, keys = 'password: eA==', kind = 'Secret') =>
    `apiVersion: v1\nkind: ${kind}\nmetadata: { name: ${name}, namespace: shop }\ndata: { ${keys} }\n`;
  const basicAuth = ', basicAuth: { password: { name: creds, key: password } }';
  const field = 'spec.endpoints[0].basicAuth.password';

  test('that are missing, or lack the key, are told', () => {
    expect(review(target, scrape(basicAuth), secret('cred'))).toEqual([
      `warning secret-missing ${field}.name: there is no Secret creds in namespace shop: the operator leaves the scrape out; write name: cred`,
    ]);
    expect(review(target, scrape(basicAuth), secret('unrelated'))).toEqual([
      `warning secret-missing ${field}.name: there is no Secret creds in namespace shop: the operator leaves the scrape out; create Secret shop/creds with the key password`,
    ]);
    expect(review(target, scrape(basicAuth), secret('creds', 'user: eA=='))).toEqual([
      `warning secret-missing ${field}.key: Secret creds has no key "password": there is user; write key: user`,
    ]);
    const ca = ', tlsConfig: { ca: { configMap: { name: ca, key: ca.crt } } }';
    expect(review(target, scrape(ca), secret('other', 'a: b', 'ConfigMap'))).toEqual([
      'warning secret-missing spec.endpoints[0].tlsConfig.ca.configMap.name: there is no ConfigMap ca in namespace shop: the operator leaves the scrape out; create ConfigMap shop/ca with the key ca.crt',
    ]);
  });

  test.each([
    ['are there', basicAuth, secret('creds')],
    ['are there, without what they hold', basicAuth, secret('creds').replace(/data.*\n/, '')],
    ['may be elsewhere: none of the namespace is at hand', basicAuth, ''],
    [
      'may be elsewhere: only those of another namespace are at hand',
      basicAuth,
      secret('x').replace('shop', 'lab'),
    ],
    [
      'need not be there',
      ', basicAuth: { password: { name: creds, key: password, optional: true } }',
      secret('x'),
    ],
    ['are not named', ', basicAuth: { password: { name: "", key: password } }', secret('x')],
    [
      'are made by another object',
      basicAuth,
      `${secret('x')}---\napiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: { name: y, namespace: shop }\nspec: { target: { name: creds } }\n`,
    ],
    [
      'are in every namespace',
      ', tlsConfig: { ca: { configMap: { name: kube-root-ca.crt, key: ca.crt } } }',
      secret('x', 'a: b', 'ConfigMap'),
    ],
  ])('that %s are not', (_, endpoint, around) => {
    expect(review(target, scrape(endpoint), around)).toEqual([]);
  });
});

describe('scrapes of other kinds', () => {
  const pods = (spec: string, kind = `${operator}\nkind: VMPodScrape`, name = 'pods') =>
    `apiVersion: ${kind}\nmetadata: { name: ${name}, namespace: shop }\nspec: { selector: { matchLabels: { app: web } }, ${spec} }\n`;
  const podMonitor = 'monitoring.coreos.com/v1\nkind: PodMonitor';
  const serviceMonitor = 'monitoring.coreos.com/v1\nkind: ServiceMonitor';
  const told = (other: string, severity = 'warning') =>
    `${severity} read-by-other-kind spec.endpoints[0]: ${other} ${severity === 'info' ? 'may read' : 'reads'} port 9090 of the pods behind Service web as well${severity === 'info' ? ': its relabelling decides' : ''}; remove ${other}, or spec.endpoints[0]`;

  test.each([
    [
      'a VMPodScrape, by the port’s name',
      pods('podMetricsEndpoints: [{ port: metrics }]'),
      told('VMPodScrape shop/pods'),
    ],
    [
      'a VMPodScrape, by its number',
      pods('podMetricsEndpoints: [{ portNumber: 9090, path: metrics }]'),
      told('VMPodScrape shop/pods'),
    ],
    [
      'a VMPodScrape, in any case',
      pods('podMetricsEndpoints: [{}], namespaceSelector: { any: true }'),
      told('VMPodScrape shop/pods'),
    ],
    [
      'a PodMonitor',
      pods('podMetricsEndpoints: [{ port: metrics }]', podMonitor),
      told('PodMonitor shop/pods'),
    ],
    [
      'a PodMonitor, perhaps',
      pods('podMetricsEndpoints: [{ port: metrics, relabelings: [{ action: drop }] }]', podMonitor),
      told('PodMonitor shop/pods', 'info'),
    ],
    [
      'a ServiceMonitor',
      pods('endpoints: [{ port: metrics }]', serviceMonitor),
      told('ServiceMonitor shop/pods'),
    ],
  ])('that read the same are told: %s', (_, other, expected) => {
    expect(review(target, scrape(), other)).toEqual([expected]);
  });

  test.each([
    ['of another port', pods('podMetricsEndpoints: [{ port: admin }]')],
    ['of another path', pods('podMetricsEndpoints: [{ port: metrics, path: /other }]')],
    ['with other parameters', pods('podMetricsEndpoints: [{ port: metrics, params: { a: [b] } }]')],
    [
      'of other pods',
      pods('podMetricsEndpoints: [{ port: metrics }]').replace('app: web', 'app: other'),
    ],
    [
      'of another namespace',
      pods('podMetricsEndpoints: [{ port: metrics }], namespaceSelector: { matchNames: [lab] }'),
    ],
    [
      'that no agent takes',
      `${pods('podMetricsEndpoints: [{ port: metrics }]')}---\n${agent('serviceScrapeNamespaceSelector: {}')}`,
    ],
    ['that on another port of the Service', pods('endpoints: [{ port: admin }]', serviceMonitor)],
    [
      'that was converted to this very scrape',
      pods('endpoints: [{ port: metrics }]', serviceMonitor, 'web').replace(
        'name: web, namespace: shop',
        'name: web, namespace: shop, labels: { team: a }',
      ),
    ],
  ])('%s are not', (_, other) => {
    expect(review(target, scrape('', '', 'team: a'), other)).toEqual([]);
  });

  test('beside one of ours are told where its Service stands, with the label that makes ours go', () => {
    const gateway = `apiVersion: v1
kind: Service
metadata: { name: gw, namespace: shop, labels: { app.kubernetes.io/name: multigateway, app.kubernetes.io/component: gateway } }
spec: { selector: { app: gw }, ports: [{ name: http, port: 8080 }] }
`;
    const monitor = pods('endpoints: [{ port: http }]', serviceMonitor).replace(
      'matchLabels: { app: web }',
      'matchLabels: { app.kubernetes.io/name: multigateway }',
    );
    const { findings } = reviewOf([fileOf([monitor, gateway].join('---\n'))]);
    expect(findings.map(({ code, line, fix }) => [code, line, fix])).toEqual([
      [
        'read-by-other-kind',
        6,
        'remove ServiceMonitor shop/pods, or label Service gw autoscrape.multigres.com/scrape: "false"',
      ],
    ]);
  });
});

describe('an audit', () => {
  function audit(...documents: readonly string[]): string[] {
    const { review: found } = audited([fileOf(documents.join('---\n'))], {
      pipeline: { catalogue: builtInCatalogue(), settings: defaultPipelineSettings },
      ownNamespace: 'autoscrape-system',
      defaultNamespace: 'default',
      known: undefined,
    });
    return found.findings.map(({ code, message }) => `${code}: ${message}`);
  }
  const noAgent =
    'incomplete-input: there is no VMAgent that scrapes in the input, so that nothing is said of which one takes the scrape';

  test('says that it is incomplete where no agent is at hand', () => {
    expect(audit(target, scrape())).toEqual([noAgent]);
    expect(audit(target, scrape(), agent('selectAllByDefault: true'))).toEqual([]);
  });

  test('says that it is incomplete where a scrape names Secrets, and none is at hand', () => {
    const basicAuth = ', basicAuth: { password: { name: creds, key: password } }';
    const all = agent('selectAllByDefault: true');
    expect(audit(target, scrape(basicAuth), all)).toEqual([
      'incomplete-input: there is no Secret of its namespace in the input, so that nothing is said of those that it names',
    ]);
  });

  test('says what of the scrapes of a cluster no agent takes', () => {
    expect(audit(target, scrape(), agent(''))).toEqual([
      'not-selected: no agent takes it, so that it is read by nobody: VMAgent monitoring/main takes none, having neither selectors nor selectAllByDefault',
    ]);
  });
});
