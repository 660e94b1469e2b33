import { Background } from '../../ground/background.ts';
import { backoff } from '../../ground/backoff.ts';
import { type Clock, pause } from '../../ground/clock.ts';
import type {
  Client,
  ClusterInstruments,
  ListSelection,
  Presence,
  Resource,
} from '../api/index.ts';
import { type ApiError, failure, field, isExpired, isNotFound } from '../api/index.ts';
import { Absence } from './absence.ts';
import { type ReflectorTiming, standardTiming } from './reflector-timing.ts';
import type { ObjectName, Sink } from './sink.ts';
import { readWatch, type WatchEnd, type WatchEvent } from './watch-stream.ts';

/**
 * How a watch stands. `listing`: it reads what there is; `watching`: it knows all, and hears of changes; `failing`:
 * it tries again after a wait; `absent`: discovery has said twice that there is no such resource; `forbidden`: we may
 * not read it.
 */
export type ReflectorState =
  | { readonly state: 'listing' | 'watching' | 'stopped' }
  | { readonly state: 'failing' | 'absent' | 'forbidden'; readonly error: ApiError };

export interface ReflectorOptions {
  readonly client: Client;
  readonly resource: Resource;
  readonly selection: ListSelection;
  readonly sink: Sink;
  readonly clock: Clock;
  /** In whose time events are taken; one of its own if not said. */
  readonly background?: Background;
  readonly random: () => number;
  readonly instruments: ClusterInstruments;
  /** Called at each change of the state. */
  readonly changed: (state: ReflectorState, before: ReflectorState) => void;
  readonly timing?: Partial<ReflectorTiming>;
  /** Asks discovery whether there is the resource. Left out for a built-in one: that can't be absent, and a 404 is a fault. */
  readonly presence?: (signal: AbortSignal) => Promise<Presence>;
}

/**
 * After so many refusals to go on from a resource version, one after the other, a new list is read: where etcd was
 * restored from a backup, the version lies in a future that may never come.
 */
const mostRefusals = 3;

/** So many failures in a row are nothing to speak of: an API server that restarts, or sets up the storage of a new resource. */
const mostSilent = 3;

/** The annotation of the bookmark that ends a streaming list. */
const initialEventsEnd = 'k8s.io/initial-events-end';

/**
 * Keeps a sink at the state of a resource: lists it, watches it, and never gives up
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes).
 *
 * The list comes as a stream of events where the API server can (`sendInitialEvents`), else in pages; no list is ever
 * in memory as a whole. After a new list what is no longer there is removed from the sink.
 */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #timing: ReflectorTiming;
  readonly #background: Background;
  /** Keys that a list under way has brought; undefined when there is none. */
  #seen: Set<string> | undefined;
  /** Whether the sink had anything from before that list: then what the list does not bring is gone. */
  #hadBefore = false;
  #resourceVersion = '';
  #streams = true;
  #state: ReflectorState = { state: 'stopped' };
  #stop = new AbortController();
  /** Ends the attempt or wait under way. */
  #attempt = new AbortController();
  #running: Promise<void> | undefined;
  #synced = false;
  #waiting: (() => void)[] = [];
  /** Attempts that failed, one after the other, and how many of them because of what was asked. */
  #failures = 0;
  #refusals = 0;
  #relist = true;
  /** When the API server began to answer the watch. */
  #opened: number | undefined;
  /** Until then an absent resource is expected to appear. */
  #expected = 0;
  /** Undefined for a resource that can't be absent. */
  readonly #absence: Absence | undefined;
  /** True once a whole list was read, for good. */
  #everListed = false;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#background = options.background ?? new Background(options.clock);
    this.#timing = { ...standardTiming, ...options.timing };
    const { clock, presence } = options;
    if (presence !== undefined) this.#absence = new Absence(presence, clock);
  }

  get resource(): Resource {
    return this.#options.resource;
  }

  get selection(): ListSelection {
    return this.#options.selection;
  }

  get state(): ReflectorState {
    return this.#state;
  }

  /** Whether a whole list has been read, or the resource was found to be absent. */
  get synced(): boolean {
    return this.#synced;
  }

  /** How many objects the sink has from here. */
  get size(): number {
    return this.#options.sink.size;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the watch; the sink keeps what it has. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#attempt.abort();
    await this.#running;
    this.#wake();
  }

  /** Ends the watch and takes everything that it brought out of the sink. */
  async withdraw(): Promise<void> {
    await this.stop();
    this.#vanish();
  }

  /** The resource may be there now: looks at once, and often for a while, since it may be defined before it is served. */
  poke(): void {
    const { state } = this.#state;
    this.#expected = this.#options.clock.now() + this.#timing.expecting;
    const runs = state === 'watching' || state === 'listing';
    if (!runs || this.#absence?.suspected === true) this.#again();
  }

  /** The API server answers others again: ends the wait after a failure. */
  revive(): void {
    if (this.#state.state === 'failing') this.#again();
  }

  #again(): void {
    this.#failures = 0;
    this.#attempt.abort();
  }

  /** Reads everything anew, and resolves when the sink is at a state that the API server had after this call. */
  refresh(): Promise<void> {
    const { state } = this.#state;
    if (this.#stop.signal.aborted || state === 'absent') return Promise.resolve();
    this.#relist = true;
    const done = new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (state === 'watching') this.#become({ state: 'listing' });
    this.#attempt.abort();
    return done;
  }

  /**
   * True where nothing more is to be waited for: {@link synced}, or reading was forbidden twice in a row, or the resource was
   * never there and does not seem to be there now.
   */
  get settled(): boolean {
    const forbidden = this.#state.state === 'forbidden' && this.#failures > 1;
    return this.#synced || this.seemsAbsent || forbidden;
  }

  /** Whether the resource was never there, and discovery has said that it is not: once at least, and twice it takes to be sure. */
  get seemsAbsent(): boolean {
    return !this.#everListed && this.#absence?.suspected === true;
  }

  /** Resolves when {@link settled} is true, or at the stop. */
  async whenSettled(): Promise<void> {
    while (!this.settled && !this.#stop.signal.aborted) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Resolves when {@link synced} is true, or at the stop. */
  async whenSynced(): Promise<void> {
    while (!this.#synced && !this.#stop.signal.aborted) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#attempt = new AbortController();
      const { signal } = this.#attempt;
      this.#opened = undefined;
      const problem = await this.#listAndWatch(signal);
      this.#judge(problem);
      if (signal.aborted) continue;
      await this.#wait(problem, signal);
    }
    this.#become({ state: 'stopped' });
    this.#wake();
  }

  /** Whether the attempt that has ended was a good one, and what the next one must do. */
  #judge(problem: ApiError | undefined): void {
    const { clock, instruments, resource } = this.#options;
    if (this.#opened !== undefined && clock.now() - this.#opened >= this.#timing.healthy) {
      this.#failures = 0;
      this.#refusals = 0;
    }
    if (this.#resourceVersion === '') this.#relist = true;
    if (problem === undefined || problem.code === 'aborted') return;
    const passing = problem.status === 429 || problem.status === 503;
    if (problem.code === 'unreadable' || (problem.code === 'refused' && !passing)) {
      this.#refusals += 1;
    }
    if (isExpired(problem) || this.#refusals >= mostRefusals) this.#relist = true;
    const how = this.#relist ? 'relist' : 'resume';
    instruments.reconnected(resource.plural, how, problem.reason || problem.code);
  }

  /** One attempt, to its end: an error, or undefined after a watch that was in order. */
  async #listAndWatch(signal: AbortSignal): Promise<ApiError | undefined> {
    if (this.#relist) {
      // A refresh that is asked for from now on wants yet another list.
      this.#relist = false;
      this.#refusals = 0;
      this.#resourceVersion = '';
      this.#options.sink.begin?.();
      this.#hadBefore = this.#options.sink.size > 0;
      const { state } = this.#state;
      if (state === 'stopped' || state === 'watching') this.#become({ state: 'listing' });
      if (!this.#streams) {
        const error = await this.#listPages(signal);
        if (error !== undefined) return error;
      }
    }
    return this.#watch(signal);
  }

  async #listPages(signal: AbortSignal): Promise<ApiError | undefined> {
    const { client, resource, selection } = this.#options;
    this.#seen = new Set();
    let next = '';
    do {
      const page = await client.page(resource, selection, this.#timing.page, next, { signal });
      if (!page.ok) return page.error;
      for (const item of page.value.items) this.#put(item);
      next = page.value.next;
      this.#resourceVersion = next === '' ? page.value.resourceVersion : '';
      // A turn for others between two pages.
      await new Promise((resolve) => setImmediate(resolve));
    } while (next !== '');
    this.#listed();
    return undefined;
  }

  async #watch(signal: AbortSignal): Promise<ApiError | undefined> {
    const { client, clock, instruments, random, resource, selection } = this.#options;
    const lifetime = this.#timing.lifetime * (1 + random());
    const initial = this.#resourceVersion === '';
    if (initial) this.#seen = new Set();
    const opened = await client.watch(
      resource,
      selection,
      {
        allowWatchBookmarks: 'true',
        timeoutSeconds: String(Math.ceil(lifetime / 1000)),
        ...(initial
          ? { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' }
          : { resourceVersion: this.#resourceVersion }),
      },
      { signal },
    );
    if (!opened.ok) {
      if (initial && (opened.error.status === 400 || opened.error.status === 422)) {
        // An API server without streaming lists says that it does not know these parameters.
        this.#streams = false;
      }
      return opened.error;
    }
    this.#opened = clock.now();
    this.#absence?.seen();
    if (!initial) this.#become({ state: 'watching' });
    const end = await readWatch(
      opened.value,
      (event) => {
        if (event.type !== 'BOOKMARK') instruments.watched(resource.plural);
        this.#take(event);
      },
      { clock, background: this.#background, signal, idle: this.#timing.idle },
    );
    if (initial && this.#seen !== undefined && end.how === 'stuck') {
      // The end of the list never came: an API server that ignores parameters that it does not know.
      this.#streams = false;
    }
    const brief = clock.now() - this.#opened < 1_000;
    if (end.how === 'closed' && (brief || this.#seen !== undefined)) {
      return failure('unreachable', 'the watch was closed too early');
    }
    return problemOf(end);
  }

  #take({ type, object }: WatchEvent): void {
    const version = field(field(object, 'metadata'), 'resourceVersion');
    if (type === 'BOOKMARK') {
      const annotations = field(field(object, 'metadata'), 'annotations');
      const ends = field(annotations, initialEventsEnd) === 'true';
      if (typeof version === 'string' && (ends || this.#seen === undefined)) {
        this.#resourceVersion = version;
      }
      if (ends && this.#seen !== undefined) this.#listed();
      return;
    }
    if (type === 'DELETED') this.#remove(object);
    else this.#put(object);
    if (this.#seen === undefined && typeof version === 'string') this.#resourceVersion = version;
  }

  #put(object: unknown): void {
    const key = keyOf(object);
    if (key === undefined) return;
    this.#seen?.add(key);
    this.#options.sink.put(object);
  }

  #remove(object: unknown): void {
    const { namespace, name, version } = identityOf(object);
    this.#seen?.delete(`${namespace}/${name}`);
    this.#options.sink.remove(namespace, name, version);
  }

  /** A whole list has been read: what it did not bring is gone. */
  #listed(): void {
    const seen = this.#seen ?? new Set<string>();
    this.#seen = undefined;
    if (this.#hadBefore) this.#forget(({ namespace, name }) => !seen.has(`${namespace}/${name}`));
    this.#options.sink.end?.();
    this.#synced = true;
    this.#everListed = true;
    this.#absence?.seen();
    this.#become({ state: 'watching' });
    // A refresh that was asked for while this list was being read still waits for the next one.
    if (!this.#relist) this.#wake();
  }

  #forget(isGone: (object: ObjectName) => boolean): void {
    const { sink } = this.#options;
    const gone: ObjectName[] = [];
    for (const object of sink.held()) if (isGone(object)) gone.push(object);
    for (const { namespace, name } of gone) sink.remove(namespace, name, undefined);
  }

  async #wait(problem: ApiError | undefined, signal: AbortSignal): Promise<void> {
    if (problem === undefined) return;
    const { clock, random } = this.#options;
    this.#failures += 1;
    if (isNotFound(problem) && (await this.#waitForAbsent(problem, signal))) return;
    // What was too old, or asked in a way that the server does not know, is asked in another way at once.
    const atOnce = problem.code === 'refused' && problem.retryAfter === undefined;
    if (this.#relist && this.#failures <= 1 && atOnce) return;
    if (problem.status === 401 || problem.status === 403) {
      this.#become({ state: 'forbidden', error: problem });
      this.#wake();
    } else if (this.#failures > mostSilent || !this.#synced) {
      this.#become({ state: 'failing', error: problem });
    }
    const grown = backoff(
      this.#failures,
      { first: this.#timing.firstWait, most: this.#timing.mostWait },
      random,
    );
    await pause(clock, Math.max(grown, Math.min(problem.retryAfter ?? 0, 10_000)), signal);
  }

  /**
   * Waits where the resource is absent, or seems to be; false where the 404 is a fault like any other. Until it is known to
   * be absent everything stays as it is known.
   */
  async #waitForAbsent(problem: ApiError, signal: AbortSignal): Promise<boolean> {
    if (this.#absence === undefined) return false;
    const { clock, random } = this.#options;
    const { absentWait, doubt, firstDoubt, firstWait } = this.#timing;
    const isExpected = clock.now() < this.#expected;
    let wait = absentWait;
    if (this.#state.state !== 'absent') {
      const left = await this.#absence.ask(this.#everListed ? doubt : firstDoubt, signal);
      // What has just been defined is in the list of groups before it is served.
      if (left === undefined && !isExpected) return false;
      if (left === 0) {
        this.#vanish();
        this.#become({ state: 'absent', error: problem });
      } else {
        wait = left ?? firstWait;
        if (this.settled) this.#wake();
      }
    }
    await pause(clock, isExpected ? firstWait * (1 - random() / 4) : wait, signal);
    return true;
  }

  /** The resource is gone, and with it every object. */
  #vanish(): void {
    this.#seen = undefined;
    this.#relist = true;
    this.#forget(() => true);
    this.#options.sink.end?.();
    this.#synced = true;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #become(state: ReflectorState): void {
    const before = this.#state;
    this.#state = state;
    if (before.state === state.state) return;
    this.#options.changed(state, before);
  }
}

function problemOf(end: WatchEnd): ApiError | undefined {
  switch (end.how) {
    case 'closed':
    case 'aborted':
      return undefined;
    case 'stuck':
      return failure('timeout', 'the watch was silent for too long');
    case 'garbled':
      return failure('unreadable', end.message);
    case 'error':
      return end.error;
  }
}

/** `namespace/name`, with an empty namespace for cluster-scoped objects; undefined for what has no name. */
function keyOf(object: unknown): string | undefined {
  const { namespace, name } = identityOf(object);
  return name === '' ? undefined : `${namespace}/${name}`;
}

function identityOf(object: unknown): ObjectName & { readonly version: string | undefined } {
  const metadata = field(object, 'metadata');
  const text = (key: string): string | undefined => {
    const value = field(metadata, key);
    return typeof value === 'string' ? value : undefined;
  };
  return {
    namespace: text('namespace') ?? '',
    name: text('name') ?? '',
    version: text('resourceVersion'),
  };
}
