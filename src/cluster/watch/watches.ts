import { type CatalogueData, componentSelectors, isInjected } from '../../catalogue/index.ts';
import { Background } from '../../ground/background.ts';
import type { Clock } from '../../ground/clock.ts';
import type { Log } from '../../ground/log.ts';
import type { Inventory } from '../../inventory/index.ts';
import type { KubernetesObject, Namespace, Scrape } from '../../kubernetes/index.ts';
import type { Client, ClusterInstruments, ListSelection } from '../api/index.ts';
import { isBuiltIn, presenceOf, type Resource, resources } from '../api/index.ts';
import { type AppliedFields, AppliedFieldsReader } from './applied-fields.ts';
import { Definitions } from './definitions.ts';
import {
  agentSink,
  type ChangeListener,
  namespaceSink,
  podScrapeSink,
  podSink,
  type ScrapeSink,
  scrapeSink,
  serviceMonitorSink,
  serviceSink,
  staticScrapeSink,
  workloadSink,
} from './feeds.ts';
import { Reflector, type ReflectorState } from './reflector.ts';
import type { ReflectorTiming } from './reflector-timing.ts';
import type { Sink } from './sink.ts';
import { WatchPool } from './watch-pool.ts';

type WatchedKind = KubernetesObject['kind'];

export interface WatchesOptions {
  readonly client: Client;
  /** Kept at the state of the cluster. */
  readonly inventory: Inventory;
  readonly catalogue: CatalogueData;
  /** The field manager whose applied fields of scrapes are remembered: ours. */
  readonly fieldManager: string;
  readonly clock: Clock;
  /** In whose time events are taken; one of its own if not said. */
  readonly background?: Background;
  readonly random: () => number;
  readonly instruments: ClusterInstruments;
  readonly log: Log;
  readonly timing?: Partial<ReflectorTiming>;
}

/** What `/status`, `/readyz` and `audit` say of a cluster without the custom resource. */
export const noScrapesServed = 'the API server has no VMServiceScrapes';

/** How one watch stands. */
export interface WatchStatus {
  readonly resource: string;
  /** What is asked for, as a label selector or a namespace; empty for all. */
  readonly selection: string;
  readonly state: ReflectorState['state'];
  readonly objects: number;
  /** Why it does not watch; empty where it does. */
  readonly because: string;
  /** Whether autoscrape does its work without it: only less is known then. */
  readonly optional: boolean;
  /** Whether there seems to be no such resource: nobody waits for it, though nothing is concluded from that yet. */
  readonly seemsAbsent: boolean;
}

/**
 * The watches that keep an inventory at the state of the cluster: Services, scrapes and namespaces whole; workloads
 * and pods as far as they can be components ({@link componentSelectors}, and all of namespaces that opted in); the
 * ServiceMonitors and the definitions of both custom resources by their metadata alone; agents, and scrapes of pods and
 * of addresses, where there are such kinds and they may be read.
 */
export class Watches {
  /** In whose time events are taken, for those who work on what they bring. */
  readonly background: Background;
  readonly #options: WatchesOptions;
  readonly #listeners = new Set<ChangeListener>();
  readonly #servedListeners = new Set<(served: boolean) => void>();
  readonly #completeListeners = new Set<() => void>();
  #wasCurrent = false;
  readonly #services: Reflector;
  readonly #namespaces: Reflector;
  readonly #scrapes: Reflector;
  readonly #serviceMonitors: Reflector;
  /** Of what may not be there, or not be read: nothing waits for them. */
  readonly #optional: ReadonlyMap<Reflector, WatchedKind>;
  readonly #pools: readonly WatchPool[];
  readonly #definitions: Definitions;
  readonly #scrapeSink: ScrapeSink;
  readonly #injected = new Set<string>();
  #served = false;
  /** Whether the definition of scrapes was known to be gone, or about to go, when we last looked. */
  #wasGone = false;
  /** Resources that we have said to be missing. */
  readonly #missing = new Set<string>();
  #stopped = false;

  constructor(options: WatchesOptions) {
    this.background = options.background ?? new Background(options.clock);
    this.#options = options;
    const { catalogue, inventory } = options;
    const changed: ChangeListener = (change) => this.#changed(change);
    const selectors = componentSelectors(catalogue);
    const reader = new AppliedFieldsReader(options.fieldManager);
    this.#scrapeSink = scrapeSink(inventory, reader, changed);
    this.#services = this.#reflector(resources.services, {}, serviceSink(inventory, changed));
    this.#namespaces = this.#reflector(
      resources.namespaces,
      { metadataOnly: true },
      namespaceSink(inventory, changed),
    );
    this.#scrapes = this.#reflector(resources.scrapes, {}, this.#scrapeSink);
    this.#serviceMonitors = this.#reflector(
      resources.serviceMonitors,
      { metadataOnly: true },
      serviceMonitorSink(inventory, changed),
    );
    this.#optional = new Map<Reflector, WatchedKind>([
      [this.#reflector(resources.agents, {}, agentSink('VMAgent', inventory, changed)), 'VMAgent'],
      [
        this.#reflector(resources.singles, {}, agentSink('VMSingle', inventory, changed)),
        'VMSingle',
      ],
      [this.#reflector(resources.podScrapes, {}, podScrapeSink(inventory, changed)), 'VMPodScrape'],
      [
        this.#reflector(resources.staticScrapes, {}, staticScrapeSink(inventory, changed)),
        'VMStaticScrape',
      ],
    ]);
    const pool = (resource: Resource, sink: Sink): WatchPool =>
      new WatchPool({
        sink,
        selectors,
        reflector: (selection, into) => this.#reflector(resource, selection, into),
      });
    this.#pools = [
      pool(resources.statefulSets, workloadSink('StatefulSet', inventory, changed)),
      pool(resources.deployments, workloadSink('Deployment', inventory, changed)),
      pool(resources.pods, podSink(inventory, changed)),
    ];
    this.#definitions = new Definitions(
      (selection, sink) => this.#reflector(resources.definitions, selection, sink),
      [resources.scrapes, resources.serviceMonitors],
      (resource) => this.#defined(resource),
    );
  }

  start(): void {
    for (const pool of this.#pools) pool.start();
    for (const reflector of this.#all()) reflector.start();
    void this.#markKnown();
  }

  /** Ends all watches; the inventory stays as it is. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all([
      ...this.#pools.map((pool) => pool.stop()),
      ...this.#all().map((reflector) => reflector.stop()),
    ]);
  }

  /** Calls `listener` for each change of the inventory, as it happens; the answer ends that. */
  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` when {@link scrapesServed} has changed, with its value; the answer ends that. */
  onServed(listener: (served: boolean) => void): () => void {
    this.#servedListeners.add(listener);
    return () => this.#servedListeners.delete(listener);
  }

  /** Calls `listener` whenever {@link current} has become true; the answer ends that. */
  onCurrent(listener: () => void): () => void {
    this.#completeListeners.add(listener);
    return () => this.#completeListeners.delete(listener);
  }

  /** True when everything that deciding needs has been read once, or can't be: what may not be read is not waited for. */
  get synced(): boolean {
    return this.#needed().every((reflector) => reflector.settled);
  }

  /** True when everything has really been read: absence can be concluded from. */
  get complete(): boolean {
    return this.#needed().every((reflector) => reflector.synced);
  }

  /**
   * True when everything has really been read, and every watch of it is in order now: what goes unheard is not gone. Of
   * what is optional those count that have been read.
   */
  get current(): boolean {
    const needed = this.#needed().every(({ synced, state: { state } }) => {
      return synced && state !== 'failing' && state !== 'forbidden';
    });
    const failing = [...this.#optional.keys()].some(
      ({ synced, state: { state } }) => synced && state === 'failing',
    );
    return needed && !failing;
  }

  /** Whether the API server serves VMServiceScrapes, and their definition is not about to go. */
  get scrapesServed(): boolean {
    return this.#served;
  }

  /** Resolves when {@link synced} is true, or at the stop. */
  async whenSynced(): Promise<void> {
    await Promise.all(this.#needed().map((reflector) => reflector.whenSettled()));
  }

  /** Reads all scrapes anew; resolves when the inventory has a state of them from after this call. */
  async refreshScrapes(): Promise<void> {
    await this.#scrapes.refresh();
  }

  /**
   * Reads everything anew that deciding needs.
   *
   * @returns whether all of it was read whole, in lists that began after this call
   */
  async refresh(): Promise<boolean> {
    const needed = this.#needed();
    await Promise.all(needed.map((reflector) => reflector.refresh()));
    return needed.every(({ state: { state } }) => state === 'watching' || state === 'absent');
  }

  /** A scrape as the API server answered to our write. */
  wrote(object: unknown): void {
    this.#scrapeSink.wrote(object);
  }

  /** A scrape that the API server deleted for us. */
  deleted(scrape: Scrape): void {
    this.#scrapeSink.deleted(scrape);
  }

  /** What we have applied to a scrape and still own; undefined where that is nothing. */
  appliedFields(namespace: string, name: string): AppliedFields | undefined {
    return this.#scrapeSink.applied(namespace, name);
  }

  /** Takes another catalogue: other workloads and pods are asked for. */
  async reconfigure(catalogue: CatalogueData): Promise<void> {
    const selectors = componentSelectors(catalogue);
    await Promise.all(this.#pools.map((pool) => pool.select(selectors)));
    this.#judgeCurrent();
  }

  /** How each watch stands. */
  status(): WatchStatus[] {
    return this.#all().map((reflector) => {
      const { state } = reflector;
      const { namespace, labelSelector, fieldSelector } = reflector.selection;
      return {
        resource: reflector.resource.plural,
        selection: namespace ?? labelSelector ?? fieldSelector ?? '',
        state: state.state,
        objects: reflector.size,
        because: 'error' in state ? state.error.message : '',
        optional: this.#optional.has(reflector),
        seemsAbsent: reflector.seemsAbsent,
      };
    });
  }

  #needed(): Reflector[] {
    return [
      this.#services,
      this.#namespaces,
      this.#scrapes,
      this.#serviceMonitors,
      ...this.#pools.flatMap((pool) => pool.reflectors()),
    ];
  }

  #all(): Reflector[] {
    return [...this.#needed(), ...this.#optional.keys(), ...this.#definitions.reflectors];
  }

  #reflector(resource: Resource, selection: ListSelection, sink: Sink): Reflector {
    const { client, clock, random, instruments, timing } = this.#options;
    const reflector: Reflector = new Reflector({
      client,
      resource,
      selection,
      sink,
      clock,
      background: this.background,
      random,
      instruments,
      changed: (state, before) => this.#became(reflector, state, before),
      ...(timing === undefined ? {} : { timing }),
      ...(isBuiltIn(resource)
        ? {}
        : { presence: (signal: AbortSignal) => presenceOf(client, resource, { signal }) }),
    });
    return reflector;
  }

  /** Tells the inventory of each kind that was read as a whole. */
  async #markKnown(): Promise<void> {
    const [statefulSets, deployments, pods] = this.#pools;
    const known: [WatchedKind, Reflector | WatchPool | undefined][] = [
      ['Service', this.#services],
      ['Namespace', this.#namespaces],
      ['VMServiceScrape', this.#scrapes],
      ['ServiceMonitor', this.#serviceMonitors],
      ['StatefulSet', statefulSets],
      ['Deployment', deployments],
      ['Pod', pods],
    ];
    await Promise.all(
      known.map(async ([kind, source]) => {
        await source?.whenSynced();
        if (source?.synced === true) this.#options.inventory.markKnown(kind);
      }),
    );
  }

  #changed(change: Parameters<ChangeListener>[0]): void {
    if (change.kind === 'Namespace') this.#adjustInjected(change.before, change.after);
    for (const listener of this.#listeners) listener(change);
  }

  #adjustInjected(before: Namespace | undefined, after: Namespace | undefined): void {
    const name = after?.name ?? before?.name ?? '';
    const was = this.#injected.has(name);
    const is = after !== undefined && isInjected(after.labels);
    if (was === is || this.#stopped) return;
    if (is) this.#injected.add(name);
    else this.#injected.delete(name);
    for (const pool of this.#pools) {
      void pool.inject(this.#injected).then(() => this.#judgeCurrent());
    }
    // What was asked for just now has not been read.
    this.#judgeCurrent();
  }

  /** What was found of a definition has changed: whether its resource is served is worth a look. */
  #defined(resource: Resource): void {
    if (resource.plural !== resources.scrapes.plural) {
      this.#serviceMonitors.poke();
      return;
    }
    const gone = this.#definitions.isGone(resource);
    // A watch of what was defined before stays open for a while, and says nothing about what is defined now.
    if (gone !== this.#wasGone) void this.#scrapes.refresh();
    this.#wasGone = gone;
    this.#scrapes.poke();
    this.#judgeServed();
  }

  /**
   * Whether all objects of an optional kind are known. Where there is no kind VMAgent at all, somebody reads scrapes
   * whom the API server does not know: that is not "no agent".
   */
  #judgeKnown(reflector: Reflector, { state }: ReflectorState): void {
    const kind = this.#optional.get(reflector);
    if (kind === undefined || state === 'listing' || state === 'failing') return;
    const { inventory } = this.#options;
    const before = inventory.knows(kind);
    if (state === 'watching' || (state === 'absent' && kind !== 'VMAgent')) {
      inventory.markKnown(kind);
    } else if (state !== 'stopped') inventory.markUnknown(kind);
    if (inventory.knows(kind) !== before) {
      this.#changed({ kind: 'Agent', before: undefined, after: undefined, unseen: true });
    }
  }

  #judgeCurrent(): void {
    const { current } = this;
    const became = current && !this.#wasCurrent;
    this.#wasCurrent = current;
    if (became && !this.#stopped) for (const listener of this.#completeListeners) listener();
  }

  /** While the watch of scrapes fails, what was last known holds. */
  #judgeServed(): void {
    const { state } = this.#scrapes.state;
    const gone = this.#definitions.isGone(resources.scrapes);
    const there = state === 'watching' || (this.#served && state !== 'absent');
    const served = there && !gone;
    if (served === this.#served) return;
    this.#served = served;
    this.#sayWhetherThere(resources.scrapes, served);
    for (const listener of this.#servedListeners) listener(served);
  }

  /** One line when a resource is found to be missing, and one when it is there after all. */
  #sayWhetherThere({ plural }: Resource, there: boolean): void {
    if (there !== this.#missing.has(plural)) return;
    const { log } = this.#options;
    if (there) {
      this.#missing.delete(plural);
      log.info({ resource: plural }, 'the API server has this resource now');
    } else {
      this.#missing.add(plural);
      log.info({ resource: plural }, 'the API server has no such resource: waiting for it');
    }
  }

  #became(reflector: Reflector, state: ReflectorState, before: ReflectorState): void {
    const { log } = this.#options;
    if (reflector === this.#scrapes) this.#judgeServed();
    this.#judgeCurrent();
    this.#judgeKnown(reflector, state);
    const fields = {
      resource: reflector.resource.plural,
      ...(reflector.selection.namespace === undefined
        ? {}
        : { namespace: reflector.selection.namespace }),
      ...('error' in state ? { error: state.error.message } : {}),
    };
    switch (state.state) {
      case 'watching': {
        if (reflector !== this.#scrapes) this.#sayWhetherThere(reflector.resource, true);
        const lost = before.state === 'failing' || before.state === 'forbidden';
        if (lost) log.info(fields, 'the watch is back');
        else log.debug(fields, 'watching');
        // Who could not reach the API server a moment ago need not wait any longer.
        if (lost) for (const other of this.#all()) if (other !== reflector) other.revive();
        return;
      }
      case 'failing':
        log.warn(fields, 'a watch fails, and is tried again');
        return;
      case 'forbidden':
        if (this.#optional.has(reflector)) log.info(fields, 'not allowed to watch: done without');
        else log.error(fields, 'not allowed to watch, and tried again');
        return;
      case 'absent':
        this.#sayWhetherThere(reflector.resource, false);
        return;
      case 'listing':
      case 'stopped':
        return;
    }
  }
}
