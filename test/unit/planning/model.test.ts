import { describe, expect, test } from '@jest/globals';
import { type KubernetesObject, type Pod, parsePod } from '../../../src/kubernetes/index.ts';
import { servicesSeenBy } from '../../../src/planning/candidates.ts';
import { coverage } from '../../../src/planning/index.ts';
import { discoveredBehind } from '../../../src/reading/discovery.ts';
import type { JobOptions } from '../../../src/reading/index.ts';
import { trialsOf } from '../../../src/reading/matcher.ts';
import { inventoryOf, scrape, service } from '../inventory/build.ts';
import { agent, contextOf, etcdLabels, scrape as planned } from './plan.ts';

/** Each of these was wrong once, found by asking a real vmagent: test/integration/model-truth.test.ts. */

const labels = { app: 'db' };

function podNamed(name: string, spec: object, metadata: object = {}): Pod {
  const parsed = parsePod({
    metadata: { namespace: 'shop', name, labels, ...metadata },
    spec,
    status: { podIP: '198.51.100.7', phase: 'Running' },
  });
  if (parsed === undefined) throw new Error('the pod does not parse');
  return parsed;
}

const client = { name: 'client', containerPort: 2379 };
const db = podNamed('db-0', { containers: [{ name: 'main', image: 'db', ports: [client] }] });
const front = service('db', { labels, selector: labels, ports: [{ name: 'client', port: 2379 }] });

/** What an agent has of the pods behind the Service `db`: URLs, or why it has none. */
function has(
  endpoint: object,
  objects: readonly KubernetesObject[] = [front, db],
  spec: object = {},
  options?: JobOptions,
): string[] {
  const inventory = inventoryOf(...objects);
  const one = scrape('s', { selector: { matchLabels: labels }, endpoints: [endpoint], ...spec });
  return servicesSeenBy(one, inventory, options).flatMap((found) =>
    trialsOf(one, 0, discoveredBehind(found, inventory), options).map((trial) => {
      if (trial.has !== 'yes') return `${trial.has}: ${trial.because}`;
      const { connects, request } = trial;
      const host = connects.host === 'own' ? 'own' : connects.host?.name;
      return `${request.scheme}://${host}:${connects.port}${request.path}?${request.query}`;
    }),
  );
}

const rules = (...relabelConfigs: readonly object[]) => ({ port: 'client', relabelConfigs });

describe('an agent has', () => {
  test('parameters that rules add, and those of a prober at another address', () => {
    expect(has(rules({ targetLabel: '__param_x', replacement: 'y z' }))).toEqual([
      'http://own:2379/metrics?x=y+z',
    ]);
    const prober = [
      { sourceLabels: ['__address__'], targetLabel: '__param_target' },
      { targetLabel: '__address__', replacement: 'prober.example.test:9115' },
    ];
    expect(has(rules(...prober))).toEqual([
      'http://prober.example.test:9115/metrics?target=198.51.100.7%3A2379',
    ]);
  });

  test('a target without a host, where something is left of its address', () => {
    const gone = { action: 'labeldrop', regex: '__address__' };
    const written = { targetLabel: '__address__', replacement: 'https:///other' };
    expect(has(rules(gone))).toEqual(['no: its rules leave no address to connect to']);
    expect(has(rules(written))).toEqual(['https://:443/other?']);
    // vmagent adds no port to what has a colon.
    const twice = { targetLabel: '__address__', replacement: 'https://https://other' };
    expect(has(rules(twice))).toEqual(['https://https://other?']);
  });

  test('by the role service each port of a Service, and none that is read of pods where none has it', () => {
    const role = { discoveryRole: 'service' };
    const url = ['http://own:2379/metrics?'];
    expect(has({ port: 'client' }, [front, db], role)).toEqual(url);
    const named = service('db', {
      labels,
      selector: labels,
      ports: [{ name: 'client', port: 2379, targetPort: 'nowhere' }],
    });
    expect(has({ port: 'client' }, [named, db], role)).toEqual(url);
    const external = service('db', { labels, type: 'ExternalName', ports: [{ port: 2379 }] });
    expect(has({}, [external, db], role)).toEqual(url);
  });

  test('with selectors at the API server, what has exactly the values of the labels', () => {
    const options = { selectsAtApiServer: true };
    const dotted = { version: 'v1.2' };
    const selects = { selector: { matchLabels: dotted } };
    const other = service('db', {
      labels: { version: 'v1x2' },
      selector: labels,
      ports: [{ name: 'client', port: 2379 }],
    });
    expect(has({ port: 'client' }, [other, db], selects)).toEqual(['http://own:2379/metrics?']);
    expect(has({ port: 'client' }, [other, db], selects, options)).toEqual([]);
    const key = 'version';
    const unlike = {
      selector: { matchExpressions: [{ key, operator: 'NotIn', values: ['v1.2'] }] },
    };
    expect(has({ port: 'client' }, [other, db], unlike)).toEqual([]);
    expect(has({ port: 'client' }, [other, db], unlike, options)).toEqual([
      'http://own:2379/metrics?',
    ]);
  });

  test('with selectors at the API server, every slice of its namespace by the old name of the role', () => {
    const options = { selectsAtApiServer: true };
    const role = (discoveryRole: string) => ({
      discoveryRole,
      selector: { matchLabels: { app: 'other' } },
    });
    expect(has({ port: 'client' }, [front, db], role('endpointslices'))).toEqual([]);
    expect(has({ port: 'client' }, [front, db], role('endpointslice'), options)).toEqual([]);
    expect(has({ port: 'client' }, [front, db], role('endpointslices'), options)).toEqual([
      'http://own:2379/metrics?',
    ]);
    const keep = { action: 'keep', sourceLabels: ['service'], regex: 'db' };
    expect(has(rules(keep), [front, db], role('endpointslices'), options)).toEqual([
      'no: relabelConfigs[0] drops it',
    ]);
  });

  test('with selectors at the API server, no port by way of a pod that they do not select', () => {
    const side = { name: 'side', image: 'x', ports: [{ containerPort: 9100 }] };
    const main = { name: 'main', image: 'db', ports: [client] };
    const both = podNamed('db-0', { containers: [main, side] });
    const marked = service('db', {
      labels: { ...labels, tier: 'store' },
      selector: labels,
      ports: [{ name: 'client', port: 2379 }],
    });
    const spec = { selector: { matchLabels: { tier: 'store' } } };
    expect(has({}, [marked, both], spec, { selectsAtApiServer: true })).toEqual([
      'http://own:2379/metrics?',
      'no: the API server selects pods too by its selector',
    ]);
  });

  test('ports of sidecars, which discovery tells apart', () => {
    const drop = {
      action: 'drop',
      sourceLabels: ['__meta_kubernetes_pod_container_init'],
      regex: 'true',
    };
    const sidecar = podNamed('db-0', {
      containers: [],
      initContainers: [{ name: 'stays', image: 'db', ports: [client], restartPolicy: 'Always' }],
    });
    expect(has(rules(drop))).toEqual(['http://own:2379/metrics?']);
    expect(has(rules(drop), [front, sidecar])).toEqual(['no: relabelConfigs[0] drops it']);
  });

  test('the address that an annotation of the pod makes', () => {
    const rewritten = rules({
      sourceLabels: ['__address__', '__meta_kubernetes_pod_annotation_prometheus_io_port'],
      regex: '([^:]+)(?::\\d+)?;(\\d+)',
      targetLabel: '__address__',
      replacement: '$1:$2',
    });
    const annotated = podNamed(
      'db-0',
      { containers: [{ name: 'main', image: 'db', ports: [client] }] },
      { annotations: { 'prometheus.io/port': '9999' } },
    );
    expect(has(rewritten)).toEqual(['http://own:2379/metrics?']);
    expect(has(rewritten, [front, annotated])).toEqual(['http://own:9999/metrics?']);
    const map = { action: 'labelmap', regex: '__meta_kubernetes_pod_label_(.+)' };
    const mapped = rules(map, ...rewritten.relabelConfigs);
    expect(has(mapped, [front, annotated])).toEqual(['http://own:9999/metrics?']);
  });

  test('perhaps what goes by readiness, which changes all the time', () => {
    const ready = {
      action: 'keep',
      sourceLabels: ['__meta_kubernetes_pod_ready'],
      regex: 'true',
    };
    expect(has(rules(ready))).toEqual([
      'perhaps: relabelConfigs[0] goes by what is not known here (__meta_kubernetes_pod_ready)',
    ]);
  });

  test('labels by the names that rules give all of them', () => {
    const map = { action: 'labelmap', regex: '__meta_kubernetes_pod_label_(.+)' };
    const keep = (sourceLabels: string[], regex: string) => ({
      action: 'keep',
      sourceLabels,
      regex,
    });
    const url = ['http://own:2379/metrics?'];
    expect(has(rules(map, keep(['app', 'service'], 'db;db')))).toEqual(url);
    expect(has(rules(map, keep(['app'], 'other')))).toEqual(['no: relabelConfigs[1] drops it']);
    const all = { action: 'labelmap_all', regex: 'kubernetes', replacement: 'k8s' };
    const gone = '__meta_kubernetes_pod_name';
    expect(has(rules(all, keep([gone, '__meta_k8s_pod_name'], ';db-0')))).toEqual(url);
    const notes = { action: 'labelmap', regex: '__meta_kubernetes_pod_annotation_(.+)' };
    expect(has(rules(notes, keep(['service'], 'db')))).toEqual([
      'perhaps: relabelConfigs[1] goes by what is not known here (service)',
    ]);
    expect(has(rules(notes, keep(['__meta_kubernetes_pod_name'], 'db-0')))).toEqual(url);
  });
});

test('targets that are alike in all labels are read once, though two Services lead to them', () => {
  const stateWith = (...relabelConfigs: readonly object[]) => {
    const endpoint = { port: 'client', path: '/metrics', relabelConfigs };
    const found = coverage(
      contextOf([
        ...['etcd', 'etcd-more'].map((name) =>
          service(name, {
            labels: etcdLabels,
            selector: labels,
            ports: [{ name: 'client', port: 2379 }],
          }),
        ),
        podNamed(
          'etcd-0',
          { containers: [{ name: 'etcd', image: 'x', ports: [client] }] },
          { labels: { ...labels, ...etcdLabels } },
        ),
        planned('mine', { selector: { matchLabels: etcdLabels }, endpoints: [endpoint] }),
        agent('main', { selectAllByDefault: true }),
      ]),
    );
    return found.map(({ state }) => state);
  };
  expect(stateWith()).toEqual(['duplicated']);
  const few = { action: 'labelkeep', regex: '__address__|pod' };
  expect(stateWith(few)).toEqual(['covered']);
  expect(stateWith({ ...few, regex: '__address__|pod|service' })).toEqual(['duplicated']);
});
