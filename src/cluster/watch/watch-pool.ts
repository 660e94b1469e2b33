import type { ListSelection } from '../api/index.ts';
import { field } from '../api/index.ts';
import type { Reflector } from './reflector.ts';
import type { Sink } from './sink.ts';
import { Union } from './union.ts';

export interface PoolOptions {
  readonly sink: Sink;
  readonly selectors: readonly string[];
  readonly reflector: (selection: ListSelection, sink: Sink) => Reflector;
}

/** Up to so many namespaces have a watch each. Beyond, one watch of the whole cluster is cheaper, and what is foreign in it is dropped. */
const mostNamespaces = 16;
/** The one watch of the whole cluster, among those by selector and by namespace. */
const everywhere = 'everywhere';

interface WatchMember {
  readonly reflector: Reflector;
  readonly release: () => void;
}

/**
 * The watches of one resource that together bring what can belong to a component: one by each label selector, and one
 * for each namespace that opted in.
 */
export class WatchPool {
  readonly #options: PoolOptions;
  readonly #union: Union;
  readonly #members = new Map<string, WatchMember>();
  #selectors: readonly string[];
  #injected: ReadonlySet<string> = new Set();
  #started = false;
  #stopped = false;
  #adjusting: Promise<void> = Promise.resolve();

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#selectors = options.selectors;
    this.#union = new Union(options.sink);
    for (const [key, selection] of this.#wanted()) this.#add(key, selection);
  }

  reflectors(): Reflector[] {
    return [...this.#members.values()].map((member) => member.reflector);
  }

  start(): void {
    this.#started = true;
    for (const reflector of this.reflectors()) reflector.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.reflectors().map((reflector) => reflector.stop()));
    await this.#adjusting;
  }

  /** Whether all there is has been read. */
  get synced(): boolean {
    return this.reflectors().every((reflector) => reflector.synced);
  }

  /** Resolves when all there is has been read, or at the stop. */
  async whenSynced(): Promise<void> {
    await Promise.all(this.reflectors().map((reflector) => reflector.whenSynced()));
  }

  /** Resolves when all there is has been read, or can't be. */
  async whenSettled(): Promise<void> {
    await Promise.all(this.reflectors().map((reflector) => reflector.whenSettled()));
  }

  /** Asks by other label selectors. Resolves when what they bring is there, and what only the old ones brought is gone. */
  select(selectors: readonly string[]): Promise<void> {
    this.#selectors = selectors;
    return this.#adjust();
  }

  /** Watches these namespaces as a whole, and no others. */
  inject(namespaces: ReadonlySet<string>): Promise<void> {
    this.#injected = new Set(namespaces);
    const all = this.#members.get(everywhere);
    // It drops what is foreign as it comes: with other namespaces it has to come again.
    if (all !== undefined && namespaces.size > mostNamespaces) return all.reflector.refresh();
    return this.#adjust();
  }

  /** One adjustment after the other, each to what is wanted when its turn comes. */
  #adjust(): Promise<void> {
    this.#adjusting = this.#adjusting.then(() => this.#adjustOnce());
    return this.#adjusting;
  }

  async #adjustOnce(): Promise<void> {
    if (this.#stopped) return;
    const wanted = this.#wanted();
    const added: Reflector[] = [];
    for (const [key, selection] of wanted) {
      if (this.#members.has(key)) continue;
      const reflector = this.#add(key, selection);
      if (reflector !== undefined) added.push(reflector);
    }
    // First what is new, so that nothing that both bring goes in between.
    await Promise.all(added.map((reflector) => reflector.whenSettled()));
    for (const [key, member] of [...this.#members]) {
      if (wanted.has(key)) continue;
      this.#members.delete(key);
      await member.reflector.withdraw();
      member.release();
    }
  }

  #add(key: string, selection: ListSelection): Reflector | undefined {
    const part = this.#union.part();
    if (part === undefined) return undefined;
    const sink = key === everywhere ? this.#onlyInjected(part.sink) : part.sink;
    const reflector = this.#options.reflector(selection, sink);
    this.#members.set(key, { reflector, release: part.release });
    if (this.#started) reflector.start();
    return reflector;
  }

  #wanted(): Map<string, ListSelection> {
    const wanted = new Map<string, ListSelection>();
    for (const labelSelector of this.#selectors) {
      wanted.set(`by ${labelSelector}`, { labelSelector });
    }
    if (this.#injected.size > mostNamespaces) wanted.set(everywhere, {});
    else for (const namespace of this.#injected) wanted.set(`in ${namespace}`, { namespace });
    return wanted;
  }

  #onlyInjected(sink: Sink): Sink {
    return {
      put: (object) => {
        const metadata = field(object, 'metadata');
        const namespace = String(field(metadata, 'namespace') ?? '');
        if (this.#injected.has(namespace)) sink.put(object);
        else sink.remove(namespace, String(field(metadata, 'name') ?? ''), undefined);
      },
      remove: (...removed) => sink.remove(...removed),
      held: () => sink.held(),
      get size() {
        return sink.size;
      },
    };
  }
}
