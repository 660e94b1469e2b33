import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { routes } from '../../src/admission/index.ts';
import { version } from '../../src/version.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { sampleAlerts } from '../../tools/generate/alerts.ts';
import { type TemporaryFolder, temporaryFolder } from '../../tools/processes.ts';
import { type Store, startVictoriaMetrics, type Victoria } from '../../tools/victoria.ts';
import { type Autoscrape, startAutoscrape } from '../support/autoscrape.ts';
import { api, makeNamespace } from '../support/control-plane.ts';
import { theirs } from '../support/hand-over.ts';
import { fixtures, readObjects } from '../support/objects.ts';
import { defineResources, gateway, vmagent, within } from '../support/reconciling.ts';
import {
  documented,
  eventually,
  exported,
  hangUp,
  isOnBoth,
  series,
  serveScrapes,
  useAll,
} from '../support/telemetry-roads.ts';

/** Both roads bring a value that often, in seconds. */
const interval = 1;

/** Takes every scrape, but for those of namespaces that are labelled so. */
const agent = vmagent('main', {
  serviceScrapeNamespaceSelector: {
    matchExpressions: [{ key: 'scrapes', operator: 'NotIn', values: ['nobody'] }],
  },
});

let plane: ControlPlane;
let folder: TemporaryFolder;
let victoria: Victoria & Store;
let autoscrape: Autoscrape;

beforeAll(async () => {
  folder = await temporaryFolder('telemetry');
  const configFile = join(folder.path, 'scrape.yaml');
  await writeFile(configFile, 'scrape_configs: []\n');
  [plane, victoria] = await Promise.all([
    startControlPlane({ label: 'telemetry', controllerManager: false }),
    startVictoriaMetrics({ configFile, flags: ['-opentelemetry.usePrometheusNaming'] }),
  ]);
  await defineResources(plane, 'vmagents.yaml');
  await within(plane, 'default').create('vmagents', agent);
  // By the standard variables alone, as a Deployment sets them.
  autoscrape = await startAutoscrape(plane.kubeconfig, ['--probe-namespace=default'], undefined, {
    OTEL_EXPORTER_OTLP_ENDPOINT: `${victoria.url}/opentelemetry`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_METRICS_EXPORTER: 'otlp,prometheus',
    OTEL_METRIC_EXPORT_INTERVAL: String(interval * 1_000),
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    POD_NAMESPACE: 'default',
    POD_NAME: 'autoscrape-0',
    NODE_NAME: 'node-1',
  });
  await writeFile(
    configFile,
    JSON.stringify({
      scrape_configs: [
        {
          job_name: 'autoscrape',
          scrape_interval: `${interval}s`,
          static_configs: [{ targets: [autoscrape.pages.slice('http://'.length)] }],
        },
      ],
    }),
  );
  await victoria.reload();
  await serveScrapes(plane);
}, 180_000);

afterAll(async () => {
  await autoscrape?.stop();
  await victoria?.stop();
  await plane?.stop();
  await folder?.remove();
});

/** The alerts whose expressions give something now, with what each result is of. */
async function holding(): Promise<Readonly<Record<string, readonly string[]>>> {
  const found = await Promise.all(
    sampleAlerts().map(async ({ alert, expr }) => {
      const results = await victoria.query(expr);
      const of = results.map(({ labels }) => labels.component ?? labels.webhook ?? '');
      return [alert, of.sort()] as const;
    }),
  );
  return Object.fromEntries(found.filter(([, of]) => of.length > 0));
}

/** True of the test's certificate, which is for a day, and of its API server, which has no registration and so reaches nobody. */
const always = {
  AutoscrapeNotReached: [''],
  AutoscrapeCertificateExpiring: [''],
  AutoscrapeRegistrationMisfit: [routes.inject.webhook, routes.strong.webhook],
};

test('while both roads bring the metrics and all is well no alert holds', async () => {
  const leads = async () => {
    const found = await series(victoria);
    const leader = found.filter(({ metric }) => metric === 'leader_election_master_status');
    return leader.length === 1 && leader.every(isOnBoth);
  };
  await eventually(leads, true);
  await eventually(holding, always);
}, 60_000);

test('what is wrong is told once for both roads: a component without a scrape, one that no agent reads, one that is read twice, requests without an answer, writes that are refused', async () => {
  await useAll(plane, autoscrape);
  // One more caller that goes away, an interval later.
  await sleep(1_500 * interval);
  await hangUp(autoscrape);
  // A gateway that no Service stands before.
  const uncovered = await makeNamespace(plane, 'uncovered');
  const objects = await readObjects(join(fixtures, 'draft/multigateway.yaml'));
  await create('apis/apps/v1', uncovered, 'deployments', objects);
  // A namespace in which no scrape is taken, and never will be.
  await refuseScrapes();
  const refused = await makeNamespace(plane, 'refused', { scrapes: 'refused' });
  const wish = `/apis/operator.victoriametrics.com/v1beta1/namespaces/${refused}/vmservicescrapes`;
  const scrape = {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMServiceScrape',
    metadata: { name: 'wished' },
    spec: { selector: {}, endpoints: [{ port: 'client' }] },
  };
  // A new policy is in force a moment later.
  const status = async () =>
    (await api(plane, 'POST', `${wish}?dryRun=All`, { body: scrape })).status;
  await eventually(status, 422);
  const etcd = await readObjects(join(fixtures, 'draft/etcd.yaml'));
  await create('api/v1', refused, 'services', etcd);
  // A gateway in a namespace that no agent looks into, and one that two people's scrapes read.
  const unread = within(plane, await makeNamespace(plane, 'unread', { scrapes: 'nobody' }));
  await unread.create('services', gateway('gw'));
  const twice = within(plane, await makeNamespace(plane, 'twice'));
  for (const name of ['mine', 'yours']) {
    await twice.create('vmservicescrapes', theirs(name, 'reads'));
  }
  await twice.create('services', gateway('gw'));
  await eventually(holding, {
    AutoscrapeComponentUncovered: ['etcd', 'multigateway'],
    AutoscrapeComponentUnread: ['multigateway'],
    AutoscrapeComponentDuplicated: ['multigateway'],
    AutoscrapeRequestsFailing: [''],
    ...always,
    AutoscrapeReconcileErrors: [''],
  });
}, 120_000);

/** Creates those of some objects that belong to a collection. */
async function create(
  group: string,
  namespace: string,
  plural: string,
  objects: Awaited<ReturnType<typeof readObjects>>,
): Promise<void> {
  const path = `/${group}/namespaces/${namespace}/${plural}`;
  const some = objects.filter(({ kind }) => `${kind.toLowerCase()}s` === plural);
  for (const object of some) {
    const body = { ...object, metadata: { ...object.metadata, namespace } };
    expect((await api(plane, 'POST', path, { body })).status).toBe(201);
  }
}

/** Has the API server refuse every scrape in namespaces that are labelled so. */
async function refuseScrapes(): Promise<void> {
  const group = 'admissionregistration.k8s.io/v1';
  const metadata = { name: 'no-scrapes' };
  const rule = {
    apiGroups: ['operator.victoriametrics.com'],
    apiVersions: ['*'],
    operations: ['CREATE', 'UPDATE'],
    resources: ['vmservicescrapes'],
  };
  const policy = {
    apiVersion: group,
    kind: 'ValidatingAdmissionPolicy',
    metadata,
    spec: {
      matchConstraints: { resourceRules: [rule] },
      validations: [{ expression: 'false', message: 'no scrapes here' }],
    },
  };
  const binding = {
    apiVersion: group,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata,
    spec: {
      policyName: metadata.name,
      validationActions: ['Deny'],
      matchResources: { namespaceSelector: { matchLabels: { scrapes: 'refused' } } },
    },
  };
  const at = `/apis/${group}`;
  await api(plane, 'POST', `${at}/validatingadmissionpolicies`, { body: policy });
  await api(plane, 'POST', `${at}/validatingadmissionpolicybindings`, { body: binding });
}

test('every documented metric is found by OTLP and by scrape, with one name and the same labels', async () => {
  const missing = async (): Promise<string[]> => {
    const found = await series(victoria);
    return documented.filter((name) => !found.some((one) => one.metric === name && isOnBoth(one)));
  };
  await eventually(missing, []);

  // What is on one road alone would be a name or a label that the roads do not share.
  const apart = async (): Promise<string[]> =>
    (await series(victoria)).filter((one) => !isOnBoth(one)).map(({ key }) => key);
  await eventually(apart, []);
}, 120_000);

test('a value that came by OTLP is one that was scraped within an interval of it', async () => {
  // Two intervals more, so that there are scraped values on both sides of a sent one.
  await sleep(5_000 * interval);
  const compared = (await series(victoria)).filter(({ key }) => !momentary.test(key));
  const wrong = compared.flatMap(({ key, sent, scraped }) => {
    const [last] = sent.slice(-3);
    if (last === undefined) return [`${key}: nothing was sent`];
    // Those before and after: one interval apart. A scrape's time is that of its request: it is read a moment later.
    const before = scraped.findLast(({ at }) => at <= last.at - slack)?.value;
    const after = scraped.find(({ at }) => at >= last.at + slack)?.value;
    if (before === undefined || after === undefined) return [`${key}: not scraped around it`];
    const room = fluctuating.test(key) ? 2 : 1;
    const fits =
      Math.min(before, after) / room <= last.value && last.value <= Math.max(before, after) * room;
    return fits ? [] : [`${key}: sent ${last.value}, scraped ${before} and ${after}`];
  });
  const resident = compared.filter(({ metric }) => metric === 'process_resident_memory_bytes');
  expect({ wrong, some: compared.length > 300, resident: resident.length }).toEqual({
    wrong: [],
    some: true,
    resident: 1,
  });
}, 60_000);

/** Milliseconds between the time of a scrape and that of its values. */
const slack = 200;
/** These rise and fall within an interval, by less than half. */
const fluctuating = /^(?:process_resident_memory_bytes|v8js_memory_heap_)/;
/** The young generation is full in one moment and empty in the next, and what is free is what that leaves. */
const momentary =
  /^v8js_memory_heap_.*(?:new_|"v8js_heap_space_name","large_object)|^v8js_memory_heap_space_available/;

test('no series is of one object: twelve more Services make none', async () => {
  const own = /^(?:autoscrape|controller_runtime|workqueue|rest_client|http)_/;
  const keys = async () =>
    (await series(victoria)).map(({ key }) => key).filter((key) => own.test(key));
  const namespace = await makeNamespace(plane, 'many');
  const [first] = (await readObjects(join(fixtures, 'draft/etcd.yaml'))).filter(
    ({ kind }) => kind === 'Service',
  );
  if (first === undefined) throw new Error('no Service of etcd');
  const make = async (name: string) =>
    create('api/v1', namespace, 'services', [
      {
        ...first,
        metadata: { ...first.metadata, name },
        // Pods of its own, so that it gets a scrape of its own.
        spec: { ...Object(first.spec), selector: { app: name } },
      },
    ]);
  const scrapes = `/apis/operator.victoriametrics.com/v1beta1/namespaces/${namespace}/vmservicescrapes`;
  const made = async () => Object((await api(plane, 'GET', scrapes)).body).items.length;
  const makeAll = async (from: number, to: number) => {
    for (let number = from; number < to; number += 1) await make(`etcd-${number}`);
    await eventually(made, to);
    await sleep(3_000 * interval);
  };
  // Whatever can come of a Service comes of the first ones: also a scrape that changes, and one that does not.
  await makeAll(0, 12);
  for (const labels of [{ 'app.kubernetes.io/instance': 'another' }, { unrelated: 'label' }]) {
    await api(plane, 'PATCH', `/api/v1/namespaces/${namespace}/services/etcd-0`, {
      body: { metadata: { labels } },
      contentType: 'application/merge-patch+json',
    });
  }
  const both = [
    /^autoscrape_events_total.*"ScrapeUpdated"/,
    /^autoscrape_reconcile_duration_seconds_count.*"etcd".*"unchanged"/,
  ];
  const missing = async () => {
    const all = await keys();
    return both.filter((one) => !all.some((key) => one.test(key))).map(String);
  };
  await eventually(missing, []);
  const before = new Set(await keys());
  await makeAll(12, 24);
  const after = await keys();
  expect(after.filter((key) => !before.has(key))).toEqual([]);
  expect(after.filter((key) => key.includes(namespace) || key.includes('etcd-1'))).toEqual([]);
}, 120_000);

test('what comes by OTLP has the attributes of its resource', async () => {
  const { body } = await api(plane, 'GET', '/api/v1/namespaces/kube-system');
  const cluster = v.parse(v.object({ metadata: v.object({ uid: v.string() }) }), body).metadata.uid;
  const found = (await exported(victoria)).find(
    ({ metric }) => metric.__name__ === 'autoscrape_build_info' && metric.job === undefined,
  );
  expect(found?.metric).toEqual({
    __name__: 'autoscrape_build_info',
    version,
    node: process.versions.node,
    service_name: 'autoscrape',
    service_version: version,
    service_instance_id: 'default.autoscrape-0',
    k8s_cluster_uid: cluster,
    k8s_namespace_name: 'default',
    k8s_pod_name: 'autoscrape-0',
    k8s_node_name: 'node-1',
    deployment_environment_name: 'test',
  });
});
