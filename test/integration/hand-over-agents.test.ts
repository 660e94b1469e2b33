import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { builtInCatalogue } from '../../src/catalogue/index.ts';
import { coverage, noEvidence } from '../../src/planning/index.ts';
import { defaultPipelineSettings } from '../../src/settings/types.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { makeNamespace } from '../support/control-plane.ts';
import {
  handingOver,
  ourWrites,
  type Plane,
  shopOf,
  stored,
  storedAre,
  theirs,
} from '../support/hand-over.ts';
import {
  at,
  defineResources,
  eventually,
  gatewayLabels,
  type Namespaced,
  quiet,
  type Reconciling,
  startReconciling,
  vmagent,
  within,
} from '../support/reconciling.ts';

/** Which agents there are decides whether somebody's scrape takes the place of ours, and an agent comes and goes. */
let control: ControlPlane;
let plane: Plane;
let running: Reconciling | undefined;
let agents: (readonly [Namespaced, string])[] = [];

beforeAll(async () => {
  control = await startControlPlane({ label: 'agents', controllerManager: false });
  plane = { ...control, auditLog: control.auditLog ?? '' };
  await Promise.all([
    defineResources(plane, 'vmservicescrape.yaml'),
    defineResources(plane, 'vmagents.yaml'),
  ]);
}, 120_000);

afterEach(async () => {
  await running?.stop();
  running = undefined;
  for (const [space, name] of agents) await space.remove(`vmagents/${name}`);
  agents = [];
});

afterAll(() => control?.stop());

/** @param hold milliseconds for which a verdict that an agent has changed must hold */
async function start(hold = 300): Promise<Reconciling> {
  const tuning = { ...handingOver.tuning, hold };
  running = await startReconciling(plane, 'test', { ...handingOver, tuning });
  await quiet(running);
  return running;
}

async function makeAgent(space: Namespaced, name: string, spec?: object): Promise<void> {
  await space.create('vmagents', vmagent(name, spec));
  agents.push([space, name]);
}

/** Waits until so many agents are known. */
async function knows({ inventory }: Reconciling, count: number): Promise<void> {
  await eventually(
    `${count} agents`,
    () => [...inventory.agents()].length,
    (found) => found === count,
  );
}

const monitoring = () => within(plane, 'default');

async function space(label: string): Promise<Namespaced> {
  return within(plane, await makeNamespace(plane, label));
}

/** Takes what has no label `team: lab`, as ours. */
const withoutLab = {
  serviceScrapeSelector: {
    matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['lab'] }],
  },
  serviceScrapeNamespaceSelector: {},
};

test('the only VMAgent, deleted and made again, causes no write', async () => {
  await makeAgent(monitoring(), 'main');
  const shop = await shopOf(plane, ['gw', 'other']);
  await shop.create('vmservicescrapes', theirs('mine', 'reads'));
  const all = await start(500);
  await storedAre(shop, 'mine', 'other-metrics');
  await quiet(all);
  const before = await ourWrites(plane, shop);
  await monitoring().remove('vmagents/main');
  await knows(all, 0);
  await quiet(all);
  await monitoring().create('vmagents', vmagent('main'));
  await knows(all, 1);
  await quiet(all);
  expect([await ourWrites(plane, shop), before]).toEqual([
    before,
    ['patch vmservicescrapes other-metrics'],
  ]);
});

test('a VMAgent that alone needs ours causes no write when it is back in time, and one when it is gone for good', async () => {
  const all = await start(4_000);
  await makeAgent(monitoring(), 'main');
  await makeAgent(monitoring(), 'second', withoutLab);
  await knows(all, 2);
  const shop = await shopOf(plane);
  await shop.create('vmservicescrapes', theirs('mine', 'reads', { labels: { team: 'lab' } }));
  await storedAre(shop, 'gw-metrics', 'mine');
  await quiet(all);
  await monitoring().remove('vmagents/second');
  await knows(all, 1);
  await monitoring().create('vmagents', vmagent('second', withoutLab));
  await knows(all, 2);
  // Longer than what began to wait would have had to.
  await quiet(all);
  expect(await ourWrites(plane, shop)).toEqual(['patch vmservicescrapes gw-metrics']);
  await monitoring().remove('vmagents/second');
  await storedAre(shop, 'mine');
  expect(await ourWrites(plane, shop)).toEqual([
    'patch vmservicescrapes gw-metrics',
    'delete vmservicescrapes gw-metrics',
  ]);
});

/** What the last look at each Service of a namespace came to. */
function lastOutcomes({ observations }: Reconciling, space: Namespaced): object {
  const own = observations.filter(({ namespace }) => namespace === space.name);
  return Object.fromEntries(own.map(({ name, outcome }) => [name, outcome.kind]));
}

const everywhere = {
  namespaceSelector: { any: true },
  selector: { matchLabels: { 'app.kubernetes.io/part-of': 'multigres' } },
};

test.each([
  ['that takes his scrapes alone', { serviceScrapeSelector: {} }, withoutLab],
  ['that takes everything', { selectAllByDefault: true }, withoutLab],
  ['while ours goes to one that takes everything', { serviceScrapeSelector: {} }, undefined],
  ['as everybody has one that takes everything', { selectAllByDefault: true }, undefined],
])(
  'a tenant with a VMAgent %s, and a scrape of all namespaces, takes nothing away',
  async (_, his, main) => {
    const all = await start();
    await makeAgent(monitoring(), 'main', main);
    const shop = await shopOf(plane, ['gw', 'other', 'third']);
    const tenant = await space('tenant');
    await makeAgent(tenant, 'his', his);
    await knows(all, 2);
    await storedAre(shop, 'gw-metrics', 'other-metrics', 'third-metrics');
    const scrape = theirs('all', 'reads', { labels: { team: 'lab' }, spec: everywhere });
    await tenant.create('vmservicescrapes', scrape);
    await eventually('his scrape', () => all.inventory.scrape(tenant.name, 'all'), Boolean);
    await quiet(all);
    expect(lastOutcomes(all, shop)).toEqual({ gw: 'scraped', other: 'scraped', third: 'scraped' });
    expect(await stored(shop)).toEqual(['gw-metrics', 'other-metrics', 'third-metrics']);
    await tenant.remove('vmservicescrapes/all');
  },
);

test('a scrape of all namespaces that no agent takes takes nothing away', async () => {
  const all = await start();
  await makeAgent(monitoring(), 'main', withoutLab);
  const shop = await shopOf(plane, ['gw', 'other', 'third']);
  await storedAre(shop, 'gw-metrics', 'other-metrics', 'third-metrics');
  const scrape = theirs('all', 'broken', { labels: { team: 'lab' }, spec: everywhere });
  await monitoring().create('vmservicescrapes', scrape);
  await eventually('it', () => all.inventory.scrape('default', 'all'), Boolean);
  await quiet(all);
  expect(lastOutcomes(all, shop)).toEqual({ gw: 'scraped', other: 'scraped', third: 'scraped' });
  expect(await stored(shop)).toEqual(['gw-metrics', 'other-metrics', 'third-metrics']);
  // The same scrape beside an agent that takes it reads all of them.
  await monitoring().patch('vmservicescrapes/all', { metadata: { labels: { team: null } } });
  await storedAre(shop);
  await monitoring().remove('vmservicescrapes/all');
  await storedAre(shop, 'gw-metrics', 'other-metrics', 'third-metrics');
});

/** The state of each component in a namespace, as `serve` has it. */
function statesIn({ inventory }: Reconciling, { name }: Namespaced): string[] {
  const context = {
    catalogue: builtInCatalogue(),
    settings: defaultPipelineSettings,
    inventory,
    ownerIsGone: () => false,
    evidence: noEvidence,
  };
  return coverage(context, name).map(
    ({ component, state, because }) => `${component} ${state}: ${because}`,
  );
}

test('two agents with two stores: both scrapes stay, and what they read is covered', async () => {
  const all = await start();
  await makeAgent(monitoring(), 'first', withoutLab);
  const store = [{ url: 'http://vmsingle-lab.monitoring.svc:8429/api/v1/write' }];
  const labOnly = {
    serviceScrapeSelector: { matchLabels: { team: 'lab' } },
    serviceScrapeNamespaceSelector: {},
    remoteWrite: store,
  };
  await makeAgent(monitoring(), 'second', labOnly);
  const shop = await shopOf(plane);
  await storedAre(shop, 'gw-metrics');
  await shop.create('vmservicescrapes', theirs('mine', 'reads', { labels: { team: 'lab' } }));
  await eventually('it', () => all.inventory.scrape(shop.name, 'mine'), Boolean);
  await quiet(all);
  expect(await stored(shop)).toEqual(['gw-metrics', 'mine']);
  expect(statesIn(all, shop)).toEqual([
    `multigateway covered: read once into each store: ${shop.name}/gw-metrics through gw (VMAgent default/first) and ${shop.name}/mine through gw (VMAgent default/second)`,
  ]);
});

test('a VMPodScrape that reads the same takes the place of ours, and gives it back', async () => {
  const all = await start();
  await makeAgent(monitoring(), 'main');
  const shop = await shopOf(plane);
  await storedAre(shop, 'gw-metrics');
  await shop.create('vmpodscrapes', {
    apiVersion: 'operator.victoriametrics.com/v1beta1',
    kind: 'VMPodScrape',
    metadata: { name: 'pods' },
    spec: {
      selector: { matchLabels: gatewayLabels('gw') },
      podMetricsEndpoints: [{ port: 'http', path: '/metrics' }],
    },
  });
  await storedAre(shop);
  expect(statesIn(all, shop)).toEqual(['multigateway covered: read once, by VMPodScrape pods']);
  expect(all.observations.findLast(({ namespace }) => namespace === shop.name)?.outcome).toEqual({
    kind: 'handed-over',
    of: 'VMPodScrape',
    scrape: 'pods',
    namespace: shop.name,
  });
  await shop.remove('vmpodscrapes/pods');
  await storedAre(shop, 'gw-metrics');
});

// The last one: from then on an operator is known to say something of every scrape.
test('statuses that an operator renews all the time cause no write, and no look at a Service', async () => {
  await makeAgent(monitoring(), 'main');
  const shop = await shopOf(plane, ['gw', 'other']);
  await shop.create('vmservicescrapes', theirs('mine', 'reads'));
  const all = await start();
  await storedAre(shop, 'mine', 'other-metrics');
  const renew = async (time: number): Promise<void> => {
    const moment = new Date(Date.UTC(2026, 0, 1, 0, time)).toISOString();
    for (const path of ['vmservicescrapes/mine', 'vmservicescrapes/other-metrics']) {
      const condition = {
        type: 'main.default.vmagent.victoriametrics.com/Applied',
        status: 'True',
        reason: 'ConfigParsedAndApplied',
        observedGeneration: 1,
        lastUpdateTime: moment,
        lastTransitionTime: moment,
      };
      const status = {
        updateStatus: 'operational',
        observedGeneration: 1,
        conditions: [condition],
      };
      await shop.patch(`${path}/status`, { status });
    }
    const status = { updateStatus: 'operational', lastUpdate: moment };
    await monitoring().patch('vmagents/main/status', { status });
  };
  await renew(0);
  await quiet(all);
  const before = [await ourWrites(plane, shop), all.observations.length];
  for (let time = 1; time <= 20; time += 1) await renew(time);
  const last = at(await shop.get('vmservicescrapes/mine'), 'metadata', 'resourceVersion');
  await eventually(
    'the last renewal',
    () => all.inventory.scrape(shop.name, 'mine')?.resourceVersion,
    (version) => version === last,
  );
  await quiet(all);
  expect([await ourWrites(plane, shop), all.observations.length]).toEqual(before);
  expect(await stored(shop)).toEqual(['mine', 'other-metrics']);
});
