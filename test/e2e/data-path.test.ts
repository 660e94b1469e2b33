import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as v from 'valibot';
import { metric, runEtcds } from '../../demo/etcds.ts';
import { list } from '../../demo/manifests.ts';
import { type Scene, startScene } from '../../demo/scene.ts';
import { api, auditEvents, makeNamespace } from '../support/control-plane.ts';
import { type AnyObject, fixtures, readObjects } from '../support/objects.ts';
import { until } from '../support/processes.ts';

const scrapesRoot = '/apis/operator.victoriametrics.com/v1beta1';

const versionSchema = v.looseObject({
  metadata: v.looseObject({ name: v.string(), resourceVersion: v.string() }),
});

/** Real processes start and real controllers work in each test: more than the usual minute on a busy machine. */
const limit = 180_000;

let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
}, limit);

afterAll(() => scene?.stop(), limit);

test.each([
  ["the draft's operator", 'draft/etcd.yaml', 'orders-etcd'],
  ['the operator of November 2025', 'operator-2025-11/etcd.yaml', 'ledger-etcd'],
  ["today's operator", 'operator-today/topo.yaml', 'shop-global-topo'],
])(
  'of two Services of %s in front of one etcd, each pod is read once',
  async (_who, file, name) => {
    const namespace = await makeNamespace(scene.plane, 'once');
    await applyAll(file, namespace);
    await runEtcds(scene, namespace, name);
    await agentReads(namespace, 3);
    const samples = await scene.agent.query(`${metric}{namespace="${namespace}"}`);
    const read = samples.map(({ labels, value }) => ({
      pod: labels.pod,
      service: labels.service,
      value,
    }));
    expect(read.sort((a, b) => compare(a.pod, b.pod))).toEqual(
      [0, 1, 2].map((index) => ({
        pod: `${name}-${index}`,
        service: `${name}-headless`,
        value: 1,
      })),
    );
    expect(await targetsOf(namespace)).toEqual(
      [0, 1, 2].map((index) => ({ pod: `${name}-${index}`, health: 'up' })),
    );
  },
  limit,
);

test(
  'scaling from 1 to 3 adds targets, and autoscrape writes nothing for it',
  async () => {
    const namespace = await makeNamespace(scene.plane, 'scaling');
    await applyAll('operator-2025-11/etcd.yaml', namespace, 1);
    await runEtcds(scene, namespace, 'ledger-etcd');
    await agentReads(namespace, 1);
    const before = { writes: await ownWrites(namespace), scrapes: await versionsOf(namespace) };

    const statefulSet = `/apis/apps/v1/namespaces/${namespace}/statefulsets/ledger-etcd`;
    await api(scene.plane, 'PATCH', statefulSet, {
      body: { spec: { replicas: 3 } },
      contentType: 'application/merge-patch+json',
    });
    await runEtcds(scene, namespace, 'ledger-etcd');
    await agentReads(namespace, 3);

    expect(before.scrapes).toHaveLength(1);
    expect({ writes: await ownWrites(namespace), scrapes: await versionsOf(namespace) }).toEqual(
      before,
    );
    expect((await targetsOf(namespace)).map(({ pod }) => pod)).toEqual([
      'ledger-etcd-0',
      'ledger-etcd-1',
      'ledger-etcd-2',
    ]);
  },
  limit,
);

test(
  'deleting the owner removes the scrape and the targets',
  async () => {
    const namespace = await makeNamespace(scene.plane, 'deletion');
    const [owner] = await applyAll('operator-2025-11/etcd.yaml', namespace, 1);
    if (owner === undefined) throw new Error('the fixture has no owner');
    await runEtcds(scene, namespace, 'ledger-etcd');
    await agentReads(namespace, 1);

    await scene.applier.remove(owner, namespace);
    await until(async () => {
      await scene.node.sweep(namespace);
      const { services, pods, scrapes } = await storedIn(namespace);
      return services + pods + scrapes === 0;
    });
    // Before the agent is told of it: what it watches is gone.
    await until(async () => (await targetsOf(namespace)).length === 0);
    const changed = await scene.agent.update();
    expect({ changed, targets: await targetsOf(namespace) }).toEqual({
      changed: true,
      targets: [],
    });
  },
  limit,
);

/** Applies a file of fixtures, with its owners; `replicas` for its StatefulSets where that is said. */
async function applyAll(file: string, namespace: string, replicas?: number): Promise<AnyObject[]> {
  const owners = file.startsWith('operator-today/') ? ['operator-today/owners.yaml'] : [];
  const read = [...owners, file].map((path) => readObjects(join(fixtures, path)));
  const objects = (await Promise.all(read)).flat();
  for (const object of objects) await scene.applier.apply(sized(object, replicas), namespace);
  return objects;
}

function sized(object: AnyObject, replicas: number | undefined): AnyObject {
  const { spec } = object;
  if (replicas === undefined || object.kind !== 'StatefulSet') return object;
  return { ...object, spec: { ...(typeof spec === 'object' ? spec : {}), replicas } };
}

/** Waits until the agent has found that many targets of a namespace, and has read each of them. */
async function agentReads(namespace: string, count: number): Promise<void> {
  await until(async () => {
    await scene.agent.update();
    const found = await targetsOf(namespace);
    return found.length >= count && found.every(({ health }) => health === 'up');
  });
  const counted = `count(${metric}{namespace="${namespace}"})`;
  await until(async () => ((await scene.agent.query(counted))[0]?.value ?? 0) >= count);
}

/** The targets that the agent has in a namespace, sorted by pod. */
async function targetsOf(namespace: string) {
  const targets = await scene.agent.targets();
  return targets
    .filter(({ labels }) => labels.namespace === namespace)
    .map(({ labels, health }) => ({ pod: labels.pod, health }))
    .sort((a, b) => compare(a.pod, b.pod));
}

/** The name and resource version of each scrape of a namespace. */
async function versionsOf(namespace: string): Promise<string[]> {
  const all = await list(scene.plane, `${scrapesRoot}/namespaces/${namespace}/vmservicescrapes`);
  return all.map((item) => {
    const { metadata } = v.parse(versionSchema, item);
    return `${metadata.name} ${metadata.resourceVersion}`;
  });
}

/** How many writes autoscrape has made in a namespace, by the audit log; Events are not in it. */
async function ownWrites(namespace: string): Promise<number> {
  const events = await auditEvents(scene.plane, namespace);
  return events.filter(
    ({ user }) => user.username === 'system:serviceaccount:autoscrape-system:autoscrape',
  ).length;
}

async function storedIn(namespace: string) {
  const counted = async (path: string): Promise<number> => (await list(scene.plane, path)).length;
  return {
    services: await counted(`/api/v1/namespaces/${namespace}/services`),
    pods: await counted(`/api/v1/namespaces/${namespace}/pods`),
    scrapes: await counted(`${scrapesRoot}/namespaces/${namespace}/vmservicescrapes`),
  };
}

function compare(a = '', b = ''): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
