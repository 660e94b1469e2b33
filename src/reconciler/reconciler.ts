import type { Catalogue } from '../catalogue/index.ts';
import type { Client } from '../cluster/api/index.ts';
import type { Change, Watches } from '../cluster/watch/index.ts';
import { type Clock, pause } from '../ground/clock.ts';
import type { Log } from '../ground/log.ts';
import type { Inventory } from '../inventory/index.ts';
import { type NamespacedName, namespacedName } from '../kubernetes/index.ts';
import { noEvidence, type PlanContext } from '../planning/index.ts';
import type { PipelineSettings } from '../settings/index.ts';
import { affected } from './affected.ts';
import { Announcer } from './announcer.ts';
import { Damping, dampingDefaults } from './damping.ts';
import { madeFor } from './decide.ts';
import type { Observation, ReconcilerInstruments } from './instruments.ts';
import { Leadership, type LeaseTiming } from './lease.ts';
import { OwnScrapes } from './own-scrapes.ts';
import { Owners } from './owners.ts';
import { type Pace, type PaceOptions, pace, paceDefaults } from './pace.ts';
import { KeyedQueue, type Lane, type QueueCounts } from './queue.ts';
import { type DoubtedRemovals, Removals, type RemovalTiming } from './removals.ts';
import { ServicePass } from './service-pass.ts';
import { mostHold, Settling } from './settling.ts';
import { Wishes } from './wishes.ts';
import { Witnessed } from './witnessed.ts';
import { Workers } from './workers.ts';

export interface ReconcilerOptions {
  readonly client: Client;
  /** Running, and feeding `inventory`. */
  readonly watches: Watches;
  readonly inventory: Inventory;
  readonly catalogue: Catalogue;
  readonly settings: PipelineSettings;
  /** The Lease by which one of several replicas writes; undefined: this process is the only one, and writes. */
  readonly lease:
    | {
        readonly namespace: string;
        readonly name: string;
        readonly timing?: LeaseTiming;
        readonly owners?: () => Promise<readonly object[]>;
      }
    | undefined;
  /** Unlike that of any other process; it stands in the Lease and in Events. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly instruments: ReconcilerInstruments;
  readonly log: Log;
  /** Hears of each Service that was looked at, on leader and followers alike. */
  readonly observed?: (observation: Observation) => void;
  readonly tuning?: Partial<Tuning>;
}

/** Numbers with a reason; tests change them. Times in milliseconds. */
export interface Tuning {
  /** How many writes are under way at once. */
  readonly pace: Omit<PaceOptions, 'clock'>;
  /** All Services are looked at again that often, without a call to the API server. */
  readonly resync: number;
  readonly damping: { readonly writes: number; readonly every: number };
  /** For how long a verdict that an agent has changed must hold. */
  readonly hold: number;
  readonly removals: Partial<RemovalTiming>;
  /** How long the last writes may take at the stop. */
  readonly drain: number;
}

const standardTuning: Tuning = {
  pace: paceDefaults,
  resync: 600_000,
  damping: dampingDefaults,
  hold: mostHold,
  removals: {},
  drain: 5_000,
};

/** Events are told when nothing has changed for so many milliseconds: they would hold up scrapes. */
const calm = 500;

/** A new leader waits so long for a new list of scrapes, in milliseconds, then goes by what it has. */
const mostCatchingUp = 10_000;

const queueLimits = {
  // Above the number of Services of the largest clusters; what does not fit is found by the next resync.
  most: 200_000,
  firstRetry: 100,
  mostRetry: 30_000,
  retriesPerSecond: 50,
  retriesAtOnce: 200,
};

/** What is known of the reconciler from outside. */
export interface ReconcilerStatus {
  /** Whether it writes now. */
  readonly leads: boolean;
  /** Who does; empty where nobody is known to. */
  readonly leader: string;
  /** Whether it has begun: everything that it needs has been read. */
  readonly started: boolean;
  /** Whether the API server has VMServiceScrapes. */
  readonly served: boolean;
  /** Keys waiting (and of them those behind all others), delayed, and being worked on. */
  readonly queue: {
    readonly depth: number;
    readonly later: number;
    readonly delayed: number;
    readonly active: number;
  } & QueueCounts;
  /** Scrapes that are to be removed, and stay until a second list agrees. */
  readonly removals: DoubtedRemovals & { readonly counting: boolean };
  /** Services whose scrape keeps changing, with what contends. */
  readonly unstable: readonly { readonly key: string; readonly causes: readonly string[] }[];
  /** Services that should have a scrape and can't, or whose scrape could not be written, and why. */
  readonly problems: readonly { readonly key: string; readonly problem: string }[];
}

/** A reconciler that runs. */
export interface Reconciler {
  /** Finishes the writes under way and gives leadership back. Nothing is written afterwards. */
  stop(): Promise<void>;
  /** Looks at a Service soon. It only names it: what is done depends on what is stored. */
  touch(service: { readonly namespace: string; readonly name: string }): void;
  status(): ReconcilerStatus;
  /** Whether it writes now: {@link status} says more, and costs more. */
  readonly leads: boolean;
  /** Whether there are Services to look at now. */
  readonly busy: boolean;
  /** Scrapes that are to be removed, and stay until a second list agrees: without the cost of {@link status}. */
  readonly doubted: DoubtedRemovals;
  /** Takes another catalogue and other settings, and looks at everything again. */
  reconfigure(catalogue: Catalogue, settings: PipelineSettings): Promise<void>;
  /** Whether an owner turned out to be unfit to own a scrape: for those who plan with the same inventory. */
  ownerIsGone(uid: string): boolean;
}

/**
 * Makes the scrapes be as they are planned, and keeps them so.
 *
 * It is level-triggered: an event only names the Services to look at; what is done follows from what is stored at that
 * moment, so that lost, doubled or reordered events, a restart or another leader change nothing in the end. Nothing is
 * written where what is stored is what we want.
 */
export function startReconciler(options: ReconcilerOptions): Reconciler {
  const running = new RunningReconciler(options);
  running.start();
  return running;
}

class RunningReconciler implements Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #tuning: Tuning;
  readonly #queue: KeyedQueue<NamespacedName>;
  readonly #workers: Workers<NamespacedName>;
  readonly #wishes = new Wishes();
  readonly #pass: ServicePass;
  readonly #own = new OwnScrapes();
  readonly #witnessed = new Witnessed(this.#own);
  readonly #removals: Removals;
  readonly #owners: Owners;
  readonly #damping: Damping;
  readonly #settling: Settling;
  readonly #pace: Pace;
  readonly #announcer: Announcer;
  readonly #leadership: Leadership | undefined;
  #context: PlanContext;
  #unsubscribe: (() => void)[] = [];
  #cancelResync = (): void => {};
  #started = false;
  /** When something last changed. */
  #busy = 0;
  #stopping = false;
  /** True from winning leadership until the stores are known to be as fresh as that. */
  #catchingUp = false;
  /** How often leadership was won or lost. */
  #terms = 0;
  #reconfiguring: Promise<void> = Promise.resolve();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#tuning = { ...standardTuning, ...options.tuning };
    const {
      catalogue,
      client,
      clock,
      identity,
      instruments,
      inventory,
      lease,
      log,
      random,
      settings,
    } = options;
    this.#owners = new Owners(client, clock);
    this.#damping = new Damping({ clock, ...this.#tuning.damping });
    this.#pace = pace({ clock, ...this.#tuning.pace });
    this.#settling = new Settling({
      clock,
      hold: this.#tuning.hold,
      again: (service, after) => this.#queue.addAfter(service, after),
    });
    this.#context = {
      catalogue,
      settings,
      inventory,
      ownerIsGone: (uid) => this.#owners.isGone(uid),
      evidence: noEvidence,
      settle: (service, component, verdict, basis) =>
        this.#settling.settle(service, component, verdict, basis),
    };
    this.#queue = new KeyedQueue({
      ...queueLimits,
      clock,
      random,
      ready: () => this.#workers.wake(),
    });
    this.#workers = new Workers({
      queue: this.#queue,
      clock,
      background: options.watches.background,
      instruments,
      concurrency: this.#pace.atOnce,
      work: (key) => this.#pass.run(key),
      componentOf: (key) => this.#wishes.componentOf(key),
      crashed: (key, error) =>
        log.error({ service: key, err: error }, 'reconciling failed unexpectedly'),
    });
    this.#announcer = new Announcer({
      client,
      clock,
      log,
      instance: identity,
      idle: () => this.#queue.depth === 0 && clock.now() - this.#busy > calm,
      told: (reason, outcome) => instruments.told(reason, outcome),
    });
    this.#removals = new Removals({
      clock,
      log,
      instruments,
      limits: () => this.#context.settings.scrapes.removals,
      total: () => this.#own.size,
      busy: () => this.busy,
      relist: () => options.watches.refresh(),
      isStillWanted: (key) => this.#pass.wouldRemove(key),
      again: (key) => this.#queue.add(key, 'live'),
      timing: this.#tuning.removals,
    });
    this.#leadership =
      lease === undefined
        ? undefined
        : new Leadership({
            ...lease,
            client,
            identity,
            clock,
            random,
            log,
            changed: (leads) => void this.#led(leads),
          });
    this.#pass = new ServicePass({
      client,
      watches: options.watches,
      clock,
      log,
      instruments,
      queue: this.#queue,
      wishes: this.#wishes,
      own: this.#own,
      owners: this.#owners,
      damping: this.#damping,
      announcer: this.#announcer,
      removals: this.#removals,
      witnessed: this.#witnessed,
      context: () => this.#context,
      role: () => this.#role(),
      observed: options.observed ?? (() => {}),
    });
  }

  start(): void {
    const { watches, inventory } = this.#options;
    for (const scrape of inventory.scrapes()) {
      this.#own.see({ kind: 'VMServiceScrape', before: undefined, after: scrape });
    }
    this.#unsubscribe = [
      watches.subscribe((change) => this.#changed(change)),
      watches.onServed((served) => {
        if (served) this.#addAll('later');
      }),
      watches.onCurrent(() => {
        for (const key of this.#pass.takeHeldBack()) this.#queue.add(key, 'later');
      }),
    ];
    this.#leadership?.start();
    void this.#begin();
  }

  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#cancelResync();
    this.#queue.close();
    this.#removals.clear();
    this.#announcer.stop();
    await Promise.race([this.#workers.idle(), pause(this.#options.clock, this.#tuning.drain)]);
    await this.#leadership?.stop();
  }

  touch({ namespace, name }: { readonly namespace: string; readonly name: string }): void {
    // What is not stored yet comes by the watch: a name that only somebody's review knows takes no room here.
    if (this.#started && this.#options.inventory.service(namespace, name) !== undefined) {
      this.#queue.add(namespacedName(namespace, name), 'live');
    }
  }

  get leads(): boolean {
    return this.#role() === 'writes';
  }

  get busy(): boolean {
    return this.#queue.depth > 0 || this.#queue.taken > 0;
  }

  get doubted(): DoubtedRemovals {
    return this.#removals.doubted;
  }

  status(): ReconcilerStatus {
    const { watches } = this.#options;
    return {
      leads: this.leads,
      leader: this.#leadership === undefined ? this.#options.identity : this.#leadership.leader,
      started: this.#started,
      served: watches.scrapesServed,
      queue: {
        depth: this.#queue.depth,
        later: this.#queue.later,
        delayed: this.#queue.delayed,
        active: this.#queue.taken,
        ...this.#queue.counts,
      },
      removals: { ...this.#removals.doubted, counting: !this.#removals.idle },
      unstable: this.#damping.all(),
      problems: [...this.#pass.problems].map(([key, problem]) => ({ key, problem })),
    };
  }

  reconfigure(catalogue: Catalogue, settings: PipelineSettings): Promise<void> {
    this.#reconfiguring = this.#reconfiguring.then(async () => {
      // First what is to be seen, then what is to be made of it.
      await this.#options.watches.reconfigure(catalogue);
      this.#context = { ...this.#context, catalogue, settings };
      this.#removals.follows('the settings or the catalogue have changed');
      this.#addAll('later');
    });
    return this.#reconfiguring;
  }

  ownerIsGone(uid: string): boolean {
    return this.#owners.isGone(uid);
  }

  async #begin(): Promise<void> {
    await this.#options.watches.whenSynced();
    if (this.#stopping) return;
    this.#started = true;
    this.#removals.started();
    this.#addAll('later');
    this.#scheduleResync();
  }

  #scheduleResync(): void {
    const { clock, random } = this.#options;
    this.#cancelResync = clock.after(this.#tuning.resync * (1 - random() / 10), () => {
      this.#damping.sweep();
      this.#settling.sweep(2 * this.#tuning.resync);
      this.#witnessed.sweep();
      this.#addAll('later');
      this.#scheduleResync();
    });
  }

  /** Won: what another leader wrote last must be here before anything is decided. Lost: nothing is lost, all is looked at again later. */
  async #led(leads: boolean): Promise<void> {
    const { clock, identity, instruments, log, watches } = this.#options;
    instruments.led(leads);
    log.info({ identity }, leads ? 'leads from now on' : 'follows from now on');
    this.#terms += 1;
    const term = this.#terms;
    this.#removals.clear();
    if (!leads || this.#stopping) return;
    if (this.#started) {
      this.#catchingUp = true;
      await Promise.race([watches.refreshScrapes(), pause(clock, mostCatchingUp)]);
      if (term !== this.#terms) return;
      this.#catchingUp = false;
    }
    this.#addAll('later');
  }

  /** `waits`: at this moment nobody may write, and we soon may. */
  #role(): 'writes' | 'waits' | 'follows' {
    if (this.#stopping) return 'follows';
    if (this.#leadership === undefined) return 'writes';
    if (!this.#leadership.holds) return 'follows';
    return this.#leadership.leads && !this.#catchingUp ? 'writes' : 'waits';
  }

  #changed(change: Change): void {
    this.#own.see(change);
    this.#witnessed.see(change);
    if (change.kind === 'VMServiceScrape') this.#suspectOwners(change);
    if (!this.#started) return;
    this.#busy = this.#options.clock.now();
    if (change.kind === 'Service' && change.before === undefined) this.#pace.came();
    const lane: Lane = change.kind === 'Namespace' ? 'later' : 'live';
    const context = { ...this.#context, wishes: this.#wishes };
    for (const key of affected(change, context)) {
      // Who has just written it knows.
      if (key !== this.#pass.ownChange) this.#queue.add(key, lane);
    }
  }

  /** A scrape that somebody else removed while its Service stays: perhaps the garbage collector, because its owner is gone. */
  #suspectOwners({ before, after, unseen }: Extract<Change, { kind: 'VMServiceScrape' }>): void {
    // What a list did not bring may still be there.
    if (before === undefined || after !== undefined || unseen === true) return;
    if (this.#pass.isRemoving(before.uid)) return;
    const { inventory, watches } = this.#options;
    const service = inventory.service(before.namespace, madeFor(before));
    if (service === undefined || service.deleting || !watches.scrapesServed) return;
    for (const owner of before.owners) {
      if (owner.kind !== 'Service') this.#owners.suspect(owner.uid);
    }
  }

  /** All Services come into the queue, in the background's time: there may be many thousand. */
  #addAll(lane: Lane): void {
    if (this.#started) void this.#options.watches.background.through(this.#adding(lane));
  }

  /** First those that have no scrape: what is missing matters more than what may have changed. */
  *#adding(lane: Lane): Generator<void, void> {
    const { inventory } = this.#options;
    const own = this.#own;
    for (const without of [true, false]) {
      for (const { namespace, name } of inventory.services()) {
        if (this.#stopping) return;
        const has = own.namesFor(namespace, name).length > 0;
        if (has !== without) this.#queue.add(namespacedName(namespace, name), lane);
        yield;
      }
    }
    // Then those that are gone, whose scrapes by now are wanted by others or by nobody.
    for (const { namespace, name } of own.services()) {
      if (this.#stopping) return;
      this.#queue.add(namespacedName(namespace, name), lane);
      yield;
    }
  }
}
