import { describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { additionFindings } from '../../../src/admission/index.ts';
import { scrapeFindingCodes } from '../../../src/findings/scrapes/codes.ts';
import { type Review, reviewFindings } from '../../../src/review/index.ts';
import { defaultPipelineSettings } from '../../../src/settings/types.ts';
import { fileOf, reviewOf } from '../../support/review.ts';

type Plain = Readonly<Record<string, unknown>>;

function named(kind: string, name: string, parts: Plain = {}, metadata: Plain = {}): Plain {
  const apiVersion =
    kind === 'Service' || kind === 'Namespace' || kind === 'Pod' ? 'v1' : 'apps/v1';
  return { apiVersion, kind, metadata: { name, ...metadata }, ...parts };
}

const gatewayLabels = {
  'app.kubernetes.io/name': 'multigateway',
  'app.kubernetes.io/component': 'gateway',
};

function gateway(name: string, metadata: Plain = {}): Plain {
  return named(
    'Service',
    name,
    { spec: { selector: { app: name }, ports: [{ name: 'http', port: 8080 }] } },
    { labels: gatewayLabels, ...metadata },
  );
}

function etcd(name: string, namespace: string): Plain {
  const labels = { 'app.kubernetes.io/name': 'etcd', 'app.kubernetes.io/component': 'etcd' };
  return named(
    'Service',
    name,
    { spec: { selector: { app: name }, ports: [{ name: 'client', port: 2379 }] } },
    { namespace, labels },
  );
}

function scrape(name: string, spec: Plain, metadata: Plain = {}): Plain {
  return {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMServiceScrape',
    metadata: { name, ...metadata },
    spec,
  };
}

function review(...objects: Plain[]): Review {
  return reviewOf([fileOf(objects.map((object) => `---\n${stringify(object)}`).join(''))]);
}

function decisions({ objects }: Review): unknown[] {
  return objects.map(({ ref, component, because, patch }) => [
    `${ref.kind} ${ref.namespace}/${ref.name}`,
    component,
    because,
    patch.length,
  ]);
}

function findings(found: Review): unknown[] {
  return found.findings.map(({ code, severity, line, object, message }) => [
    code,
    severity,
    line,
    `${object.kind} ${object.namespace}/${object.name}`,
    message,
  ]);
}

describe('the namespace of an object', () => {
  test('is the default where it names none, for kinds that have one', () => {
    const found = review(gateway('front'), named('Namespace', 'shop'), {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'reader' },
    });
    expect(decisions(found)).toEqual([
      ['Service default/front', 'multigateway', 'labelled multigateway with component gateway', 2],
      ['Namespace /shop', '', 'its labels say what admission does in it', 0],
      ['ClusterRole /reader', '', 'of no kind that autoscrape reads', 0],
    ]);
    expect(found.scrapes.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual([
      'default/front-metrics',
    ]);
  });

  test('decides by its labels whether weak evidence counts', () => {
    const labels = { 'autoscrape.multigres.com/inject': 'enabled' };
    const found = review(
      etcd('a', 'lab'),
      etcd('a', 'shop'),
      named('Namespace', 'lab', {}, { labels }),
    );
    expect(decisions(found).slice(0, 2)).toEqual([
      ['Service lab/a', 'etcd', 'labelled etcd with component etcd', 2],
      ['Service shop/a', '', 'nothing says that it belongs to the database', 0],
    ]);
  });

  test('keeps everything in it as it is, where it has opted out', () => {
    const labels = { 'autoscrape.multigres.com/scrape': 'false' };
    const found = review(
      gateway('front', { namespace: 'quiet' }),
      named('Namespace', 'quiet', {}, { labels }),
    );
    expect(decisions(found)[0]).toEqual([
      'Service quiet/front',
      '',
      'its namespace is labelled autoscrape.multigres.com/scrape: "false"',
      0,
    ]);
    expect(found.scrapes).toEqual([]);
    expect(found.coverage.map(({ state }) => state)).toEqual(['opted-out']);
  });

  test.each(['kube-system', 'autoscrape-system'])(
    'is not sent to the webhook where it is %s',
    (namespace) => {
      expect(decisions(review(gateway('front', { namespace })))).toEqual([
        [
          `Service ${namespace}/front`,
          '',
          `nothing in namespace ${namespace} is sent to autoscrape`,
          0,
        ],
      ]);
    },
  );
});

describe('what is said of an object', () => {
  test('that has opted out, is on its way out, or is a pod', () => {
    const optedOut = { ...gatewayLabels, 'autoscrape.multigres.com/scrape': 'false' };
    const found = review(
      gateway('left', { labels: optedOut }),
      gateway('leaving', { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      named('Pod', 'front-0', {}, { labels: gatewayLabels }),
    );
    expect(decisions(found)).toEqual([
      ['Service default/left', '', 'opted out by autoscrape.multigres.com/scrape: "false"', 0],
      ['Service default/leaving', '', 'it is being deleted', 0],
      ['Pod default/front-0', 'multigateway', 'labelled multigateway with component gateway', 0],
    ]);
  });

  test('that the settings would refuse', () => {
    const settings = {
      ...defaultPipelineSettings,
      scrapes: { ...defaultPipelineSettings.scrapes, findings: 'deny' as const },
    };
    const bad = scrape('bad', { endpoints: [{ port: 'http', interval: '1M' }] });
    const found = reviewOf([fileOf(stringify(bad))], settings);
    expect(decisions(found)).toEqual([
      [
        'VMServiceScrape default/bad',
        '',
        'refused, since the settings deny what is certainly wrong',
        0,
      ],
    ]);
  });

  test('says nothing of a ConfigMap or a Namespace that is there twice', () => {
    const twice = ['ConfigMap', 'Namespace'].flatMap((kind) => {
      const one = { apiVersion: 'v1', kind, metadata: { name: 'shop' } };
      return [one, one];
    });
    expect(review(...twice).findings.map(({ code }) => code)).not.toContain('duplicate-object');
  });

  test('written twice: the later one counts', () => {
    const later = {
      ...gateway('front'),
      spec: {
        selector: { app: 'front' },
        ports: [
          { name: 'http', port: 8081, targetPort: 8080 },
          { name: 'sql', port: 5432 },
        ],
      },
    };
    const found = review(gateway('front'), later);
    expect(findings(found)).toEqual([
      [
        'duplicate-object',
        'warning',
        16,
        'Service default/front',
        'the same object is in input.yaml:2; this one counts, being the later',
      ],
    ]);
    expect(found.scrapes[0]?.manifest.spec.endpoints).toEqual([
      { port: 'http', path: '/metrics', interval: '30s' },
    ]);
  });

  test('that gets its name from the API server is never the same as another', () => {
    const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { generateName: 'x-' } };
    expect(findings(review(job, job))).toEqual([]);
  });
});

describe('scrapes', () => {
  test('that are there already are not made again, also as kubectl prints them', () => {
    const [wanted] = review(gateway('front')).scrapes;
    const there = { ...wanted?.manifest };
    expect(review(gateway('front'), there).scrapes).toEqual([]);
    expect(review(gateway('front'), there).coverage).toEqual([
      {
        namespace: 'default',
        services: ['front'],
        workload: '',
        component: 'multigateway',
        state: 'covered',
        link: '',
        because: 'read once, by our scrape front-metrics through Service front',
        scrape: 'front-metrics',
        scrapeNamespace: 'default',
        scrapeKind: 'VMServiceScrape',
      },
    ]);
  });

  test('of ours that say something else would be put right', () => {
    const [wanted] = review(gateway('front')).scrapes;
    const there = { ...wanted?.manifest, spec: { endpoints: [{ port: 'old' }] } };
    expect(review(gateway('front'), there).scrapes).toEqual([wanted]);
  });

  test('of users that read the target take the place of ours', () => {
    const theirs = scrape('mine', {
      selector: { matchLabels: gatewayLabels },
      endpoints: [{ port: 'http' }],
    });
    const found = review(gateway('front'), theirs);
    expect(found.scrapes).toEqual([]);
    expect(found.coverage.map(({ state, scrape: name }) => [state, name])).toEqual([
      ['covered', 'mine'],
    ]);
  });

  test('are checked against Services of other files', () => {
    const files = [
      fileOf(
        stringify(
          scrape('mine', {
            selector: { matchLabels: { app: 'x' } },
            endpoints: [{ port: 'metrics', path: '/metrics', interval: '30s' }],
          }),
        ),
        'scrape.yaml',
      ),
      fileOf(
        stringify(
          named(
            'Service',
            'x',
            { spec: { selector: { app: 'x' }, ports: [{ name: 'http', port: 80 }] } },
            { labels: { app: 'x' } },
          ),
        ),
        'service.yaml',
      ),
    ];
    const expected = [['port-not-found', 'scrape.yaml', 10, 'spec.endpoints[0].port']];
    for (const input of [files, files.toReversed()]) {
      expect(
        reviewOf(input).findings.map(({ code, file, line, field }) => [code, file, line, field]),
      ).toEqual(expected);
    }
  });
});

describe('an input that lacks a kind of object', () => {
  const template = {
    metadata: { labels: gatewayLabels },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  };
  const deployment = named(
    'Deployment',
    'front',
    { spec: { selector: { matchLabels: gatewayLabels }, template } },
    { labels: gatewayLabels },
  );

  test('without Services is incomplete, and no gap', () => {
    const found = review(deployment, {
      ...deployment,
      metadata: { name: 'second', labels: gatewayLabels },
    });
    expect(findings(found)).toEqual([
      [
        'incomplete-input',
        'info',
        2,
        'Deployment default/front',
        'there is no Service in the input, so that nothing is said of what reads its metrics (the same is true of 1 more)',
      ],
    ]);
    expect(found.coverage).toEqual([]);
  });

  test('with any Service has gaps', () => {
    const found = review(
      deployment,
      named('Service', 'other', { spec: { selector: { app: 'x' } } }),
    );
    expect(findings(found)).toEqual([
      [
        'component-uncovered',
        'warning',
        2,
        'Deployment default/front',
        'nothing reads the metrics of multigateway: no Service selects its pods',
      ],
    ]);
  });

  test('scrapes without any Service are not said to select nothing', () => {
    const alone = scrape('mine', {
      selector: { matchLabels: { app: 'x' } },
      endpoints: [{ port: 'http' }],
    });
    expect(findings(review(alone))).toEqual([
      [
        'incomplete-input',
        'info',
        2,
        'VMServiceScrape default/mine',
        'there is no Service in the input, so that nothing is said of what it selects',
      ],
    ]);
  });

  test('Services alone do not show whether their component sends its metrics', () => {
    const labels = {
      'app.kubernetes.io/name': 'multigres',
      'app.kubernetes.io/component': 'multiorch',
      'app.kubernetes.io/part-of': 'multigres',
    };
    const spec = { selector: { app: 'orch' }, ports: [{ name: 'http', port: 15300 }] };
    const found = review(named('Service', 'orch', { spec }, { labels }));
    expect(findings(found)).toEqual([
      [
        'incomplete-input',
        'info',
        2,
        'Service default/orch',
        'there is no workload or pod in the input, so that nothing shows whether the component behind it sends its metrics',
      ],
    ]);
  });

  test('a resource without what its operator makes of it says nothing by itself', () => {
    const cluster = {
      apiVersion: 'multigres.com/v1alpha1',
      kind: 'MultigresCluster',
      metadata: { name: 'minimal', namespace: 'shop' },
    };
    expect(findings(review(cluster))).toEqual([
      [
        'incomplete-input',
        'info',
        2,
        'MultigresCluster shop/minimal',
        'what its operator makes of it is not in the input',
      ],
    ]);
    expect(findings(review(cluster, gateway('front')))).toEqual([]);
  });
});

test('no code of a finding means two things', () => {
  const codes = [scrapeFindingCodes, additionFindings, reviewFindings].flatMap(Object.keys);
  expect(codes.toSorted()).toEqual([...new Set(codes)].toSorted());
});
