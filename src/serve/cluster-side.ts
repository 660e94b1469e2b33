import type { FindingsOf, ObjectKey } from '../admission/index.ts';
import {
  type Access,
  type Client,
  createClient,
  owningAccount,
  Transport,
} from '../cluster/api/index.ts';
import { noScrapesServed, Watches } from '../cluster/watch/index.ts';
import { findingOptions, scrapeFindings } from '../findings/index.ts';
import { Background } from '../ground/background.ts';
import type { ReadinessCheck } from '../ground/check.ts';
import { systemClock } from '../ground/clock.ts';
import type { Log } from '../ground/log.ts';
import { reasonOf } from '../ground/reason.ts';
import { Inventory } from '../inventory/index.ts';
import { noEvidence, type PlanContext } from '../planning/index.ts';
import { countCoverage, type Reconciler, startReconciler } from '../reconciler/index.ts';
import { fieldManager } from '../settings/index.ts';
import {
  clusterInstruments,
  type Identity,
  leaseName,
  reconcilerInstruments,
  type Telemetry,
} from '../telemetry/index.ts';
import { readClusterUid } from './cluster-uid.ts';
import type { Configured } from './live-configuration.ts';

/** What stands behind the webhook: the stores that findings look at, and the loop that makes scrapes. */
export interface ClusterSide {
  /** What is said of a scrape that is about to be written, as far as the stores are filled. */
  readonly findingsOf: FindingsOf;
  /** An object was admitted, and may be worth a look. It must be cheap. */
  readonly touched: (key: ObjectKey) => void;
  /** For questions to the API server; undefined until there is a way to it. */
  readonly client: () => Client | undefined;
  /** Whether this replica is the one that writes. */
  readonly leads: () => boolean;
  /** A client that writes under another field manager; undefined while there is no way to the API server. */
  readonly clientAs: (fieldManager: string) => Client | undefined;
  /** The time of the event loop that all work beside admission shares. */
  readonly background: Background;
  /** What findings and scrapes wait for. */
  readonly waiting: () => readonly ReadinessCheck[];
  /** What coverage is told of; undefined while the stores are not filled. */
  readonly planned: () => PlanContext | undefined;
  /** Takes another catalogue and other settings of the pipeline, and looks at everything again. */
  readonly reconfigure: (configured: Configured) => void;
  /** Ends the writes under way and gives leadership back. */
  readonly stop: () => Promise<void>;
}

export interface ClusterSideOptions extends Configured {
  readonly identity: Identity;
  readonly log: Log;
  readonly telemetry: Pick<Telemetry, 'meter' | 'hot' | 'gauge'>;
  /** Looks for a way to the API server; rejects where there is none. */
  readonly findAccess: () => Promise<Access>;
  /** Told once: the cluster's uid, or that there is no way to ask for it. */
  readonly clusterFound: (uid: string | undefined) => void;
}

/** How often a way to the API server is looked for, in milliseconds. */
const lookAgain = 30_000;

interface Running {
  readonly client: Client;
  readonly transport: Transport;
  readonly watches: Watches;
  readonly reconciler: Reconciler;
}

/**
 * Watches the cluster and makes scrapes, once there is a way to the API server: it is looked for again and again.
 * Until then, and while the API server is away, reviews are answered all the same.
 *
 * @param found the way, where it was found already
 */
export function startClusterSide(
  options: ClusterSideOptions,
  found: Access | undefined,
): ClusterSide {
  const { log, telemetry } = options;
  const inventory = new Inventory();
  const background = new Background(systemClock);
  let configured: Configured = options;
  let running: Running | undefined;
  let looking: NodeJS.Timeout | undefined;

  const instruments = reconcilerInstruments(telemetry, () => {
    if (running === undefined) return undefined;
    const { leads, queue, removals } = running.reconciler.status();
    const { depth, later, adds } = queue;
    const forbidden = new Map<string, boolean>();
    for (const { resource, state } of running.watches.status()) {
      forbidden.set(resource, forbidden.get(resource) === true || state === 'forbidden');
    }
    return {
      leads,
      depth,
      later,
      adds,
      removals: removals.waiting,
      forbidden,
    };
  });
  const connect = (access: Access) => {
    running = start({ ...options, ...configured }, inventory, background, access, instruments);
  };
  const look = () => {
    looking = setTimeout(() => {
      options.findAccess().then(connect, (error: unknown) => {
        log.debug({ because: reasonOf(error) }, 'still no way to an API server');
        look();
      });
    }, lookAgain).unref();
  };
  if (found === undefined) {
    options.clusterFound(undefined);
    look();
  } else connect(found);

  const contextOf = ({ catalogue, settings }: Configured): PlanContext => ({
    catalogue,
    settings,
    inventory,
    ownerIsGone: (uid) => running?.reconciler.ownerIsGone(uid) ?? false,
    evidence: noEvidence,
  });
  let context = contextOf(configured);
  let told = findingOptions(context);
  const planned = () => (running?.watches.complete ? context : undefined);
  const coverage = countCoverage({
    context: planned,
    clock: systemClock,
    background,
    busy: () => running?.reconciler.busy ?? false,
  });
  telemetry.gauge('coverage', () =>
    coverage.counts().map(({ component, state, count }) => ({
      value: count,
      labels: { component, state },
    })),
  );
  return {
    findingsOf: (scrape) => scrapeFindings(scrape, inventory, told),
    touched: (key) => {
      // What else was admitted comes by the watches: only the name of a Service is enough to go by.
      if (key.kind === 'Service' && running !== undefined) running.reconciler.touch(key);
    },
    client: () => running?.client,
    leads: () => running?.reconciler.leads ?? false,
    clientAs: (manager) => running && createClient(running.transport, manager),
    background,
    waiting: () => waiting(running),
    planned,
    reconfigure: (next) => {
      configured = { settings: next.settings, catalogue: next.catalogue };
      context = contextOf(configured);
      told = findingOptions(context);
      void running?.reconciler.reconfigure(next.catalogue, next.settings);
    },
    stop: async () => {
      clearTimeout(looking);
      coverage.stop();
      if (running === undefined) return;
      await running.reconciler.stop();
      await running.watches.stop();
      running.transport.close();
    },
  };
}

function start(
  { settings, catalogue, identity, log, telemetry, clusterFound }: ClusterSideOptions,
  inventory: Inventory,
  background: Background,
  access: Access,
  instruments: ReturnType<typeof reconcilerInstruments>,
): Running {
  const clock = systemClock;
  const random = Math.random;
  const counted = clusterInstruments(telemetry, access.server.host);
  const userAgent = `autoscrape/${identity.version}`;
  const transport = new Transport({ access, clock, random, instruments: counted, userAgent, log });
  const client = createClient(transport, fieldManager);
  void readClusterUid(client, clock).then(clusterFound);
  const watches = new Watches({
    client,
    inventory,
    catalogue,
    fieldManager,
    clock,
    background,
    random,
    instruments: counted,
    log,
  });
  watches.start();
  const { namespace, pod } = settings.kubernetes;
  const reconciler = startReconciler({
    client,
    watches,
    inventory,
    catalogue,
    settings,
    lease: {
      namespace,
      name: leaseName,
      owners: () => owningAccount(client, namespace),
    },
    identity: pod === undefined ? identity.instance : `${pod}_${identity.instance}`,
    clock,
    random,
    instruments,
    log,
  });
  return { client, transport, watches, reconciler };
}

function waiting(running: Running | undefined): ReadinessCheck[] {
  if (running === undefined) {
    return [{ name: 'api-server', ok: false, message: 'no way to it was found' }];
  }
  const unread = running.watches
    .status()
    .filter(({ optional, seemsAbsent }) => !optional && !seemsAbsent)
    .filter(({ state }) => state !== 'watching' && state !== 'absent')
    .map(({ resource, state }) => `${resource} (${state})`);
  return [
    {
      name: 'stores',
      ok: unread.length === 0,
      message: unread.length === 0 ? 'filled' : `not yet: ${[...new Set(unread)].join(', ')}`,
    },
    {
      name: 'scrapes',
      ok: running.watches.scrapesServed,
      message: running.watches.scrapesServed ? 'served by the API server' : noScrapesServed,
    },
    ...doubtedRemovals(running.reconciler),
  ];
}

/** Returns a line about removals that wait; none where none does. */
function doubtedRemovals({ doubted }: Reconciler): ReadinessCheck[] {
  return doubted.waiting === 0 ? [] : [{ name: 'removals', ok: false, message: doubted.text }];
}
