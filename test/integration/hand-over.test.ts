import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { api } from '../support/control-plane.ts';
import {
  handingOver,
  type Plane,
  type Said,
  shopOf,
  storedAre,
  story,
  type Theirs,
  theirs,
} from '../support/hand-over.ts';
import {
  at,
  defineResources,
  type Namespaced,
  quiet,
  type Reconciling,
  startReconciling,
  vmagent,
  within,
} from '../support/reconciling.ts';

/**
 * Somebody's scrape takes the place of ours, each link between its target and an agent is broken and mended, and the
 * target is read all the time: ours goes only while theirs reads, and is back when theirs does not.
 */
let control: ControlPlane;
let plane: Plane;
let running: Reconciling;

/** Takes all but what a test tells it to leave, and no scrape that names files. */
const agent = vmagent('main', {
  serviceScrapeSelector: {
    matchExpressions: [{ key: 'team', operator: 'NotIn', values: ['lab'] }],
  },
  serviceScrapeNamespaceSelector: {
    matchExpressions: [{ key: 'scrapes', operator: 'NotIn', values: ['nobody'] }],
  },
  arbitraryFSAccessThroughSMs: { deny: true },
});

beforeAll(async () => {
  control = await startControlPlane({ label: 'hand-over', controllerManager: false });
  plane = { ...control, auditLog: control.auditLog ?? '' };
  await Promise.all([
    defineResources(plane, 'vmservicescrape.yaml'),
    defineResources(plane, 'vmagents.yaml'),
  ]);
  await within(plane, 'default').create('vmagents', agent);
  running = await startReconciling(plane, 'test', handingOver);
}, 120_000);

afterAll(async () => {
  await running?.stop();
  await control?.stop();
});

/** Ours is made first, goes when theirs reads, is back when theirs is broken, and goes when it is mended. */
const whole = [
  'ours made',
  'theirs reads',
  'ours removed',
  'theirs broken',
  'ours made',
  'theirs reads',
  'ours removed',
];

const rule = (more: object): Theirs => ({ endpoint: { relabelConfigs: [more] } });

const links: readonly (readonly [string, Theirs])[] = [
  [
    'it selects no Service any more',
    { spec: { selector: { matchLabels: { app: 'somebody-else' } } } },
  ],
  ['it looks into another namespace', { spec: { namespaceSelector: { matchNames: ['default'] } } }],
  ['its port is another one', { endpoint: { port: 'grpc' } }],
  ['its interval is no duration', { endpoint: { interval: '1M' } }],
  ['no agent takes it by its labels', { labels: { team: 'lab' } }],
  ['it names a scrape class that no agent has', { spec: { scrapeClass: 'nowhere' } }],
  ['it names a file, which the agent denies', { endpoint: { bearerTokenFile: '/etc/token' } }],
  [
    'its relabelling drops the target',
    rule({ action: 'drop', sourceLabels: ['__meta_kubernetes_service_name'], regex: 'gw' }),
  ],
  [
    'its relabelling leads to another port',
    rule({
      sourceLabels: ['__address__'],
      regex: '(.+):\\d+',
      replacement: '$1:15100',
      targetLabel: '__address__',
    }),
  ],
  [
    'its relabelling asks for another path',
    rule({ targetLabel: '__metrics_path__', replacement: '/healthz' }),
  ],
  ['it asks for another path', { endpoint: { path: '/healthz' } }],
  ['it asks by https, and the port speaks http', { endpoint: { scheme: 'https' } }],
  ['it has no endpoint left', { spec: { endpoints: [] } }],
];

test.each(links)('when %s, ours is back, and goes again when that is mended', async (_, broken) => {
  const shop = await shopOf(plane);
  await storedAre(shop, 'gw-metrics');
  const write = (object: object) => shop.apply('vmservicescrapes/mine', 'somebody', object);
  await write(theirs('mine', 'reads'));
  await storedAre(shop, 'mine');
  await quiet(running);
  await write(theirs('mine', 'broken', broken));
  await storedAre(shop, 'gw-metrics', 'mine');
  await quiet(running);
  await write(theirs('mine', 'reads'));
  await storedAre(shop, 'mine');
  await quiet(running);
  expect(await story(plane, shop)).toEqual(whole);
});

describe('where the operator says something of scrapes', () => {
  /** The operator's word on a scrape as it is now. */
  async function operatorSays(space: Namespaced, updateStatus: string, reason = ''): Promise<void> {
    const scrape = await space.get('vmservicescrapes/mine');
    const observedGeneration = at(scrape, 'metadata', 'generation');
    const status = { observedGeneration, updateStatus, reason };
    await space.patch('vmservicescrapes/mine/status', { status });
  }

  /** Writes a scrape that reads, and the operator finds nothing wrong with it. */
  async function writeTheirs(space: Namespaced, scrape: object): Promise<void> {
    await space.apply('vmservicescrapes/mine', 'somebody', scrape);
    await operatorSays(space, 'operational');
  }

  /** Says what is so from now on, just before it is. */
  async function say(space: Namespaced, says: Said): Promise<void> {
    await space.patch('vmservicescrapes/mine', {
      metadata: { annotations: { 'test/said': says } },
    });
  }

  test('ours is there while it says that theirs failed', async () => {
    const shop = await shopOf(plane);
    await storedAre(shop, 'gw-metrics');
    await writeTheirs(shop, theirs('mine', 'reads'));
    await storedAre(shop, 'mine');
    await say(shop, 'broken');
    await operatorSays(shop, 'failed', 'cannot find secret "creds"');
    await storedAre(shop, 'gw-metrics', 'mine');
    await quiet(running);
    await say(shop, 'reads');
    await operatorSays(shop, 'operational');
    await storedAre(shop, 'mine');
    await quiet(running);
    expect(await story(plane, shop)).toEqual(whole);
  });

  test('ours stays until it has said something of theirs as it is now', async () => {
    const shop = await shopOf(plane);
    await storedAre(shop, 'gw-metrics');
    await shop.apply('vmservicescrapes/mine', 'somebody', theirs('mine', 'broken'));
    await quiet(running);
    await operatorSays(shop, 'failed', 'no');
    await quiet(running);
    const edited = theirs('mine', 'broken', { endpoint: { interval: '30s' } });
    await shop.apply('vmservicescrapes/mine', 'somebody', edited);
    await quiet(running);
    await say(shop, 'reads');
    await operatorSays(shop, 'operational');
    await storedAre(shop, 'mine');
    await quiet(running);
    expect(await story(plane, shop)).toEqual([
      'ours made',
      'theirs broken',
      'theirs reads',
      'ours removed',
    ]);
  });

  test('ours is there while theirs is in a namespace that no agent looks into', async () => {
    const shop = await shopOf(plane);
    await storedAre(shop, 'gw-metrics');
    // Beside the agent, where scrapes of other namespaces may take the place of ours.
    const home = within(plane, 'default');
    const reading = { spec: { namespaceSelector: { matchNames: [shop.name] } } };
    await writeTheirs(home, theirs('mine', 'reads', reading));
    await storedAre(shop);
    await say(home, 'broken');
    await label('default', { scrapes: 'nobody' });
    await storedAre(shop, 'gw-metrics');
    await say(home, 'reads');
    await label('default', { scrapes: null });
    await storedAre(shop);
    await quiet(running);
    expect(await story(plane, shop, home)).toEqual(whole);
    await home.remove('vmservicescrapes/mine');
    await storedAre(shop, 'gw-metrics');
  });

  test('ours is there while the Service gives the port another name', async () => {
    const shop = await shopOf(plane);
    await writeTheirs(shop, theirs('mine', 'reads'));
    await storedAre(shop, 'mine');
    await shop.patch('services/gw', { spec: { ports: [{ name: 'web', port: 8080 }] } });
    await storedAre(shop, 'gw-metrics', 'mine');
    await shop.patch('services/gw', { spec: { ports: [{ name: 'http', port: 8080 }] } });
    await storedAre(shop, 'mine');
    await quiet(running);
    const outcomes = running.observations.filter(({ namespace }) => namespace === shop.name);
    expect(outcomes.at(-1)).toEqual({
      namespace: shop.name,
      name: 'gw',
      outcome: {
        kind: 'handed-over',
        of: 'VMServiceScrape',
        scrape: 'mine',
        namespace: shop.name,
      },
    });
    await shop.remove('vmservicescrapes/mine');
    await storedAre(shop, 'gw-metrics');
  });
});

async function label(name: string, labels: Readonly<Record<string, string | null>>): Promise<void> {
  const body = { metadata: { labels } };
  const contentType = 'application/merge-patch+json';
  await api(plane, 'PATCH', `/api/v1/namespaces/${name}`, { body, contentType });
}
