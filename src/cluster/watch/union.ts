import { field } from '../api/index.ts';
import type { ObjectName, Sink } from './sink.ts';
import { isOlder } from './versions.ts';

/**
 * One sink for several watches of the same resource whose selections overlap: an object stays until the last of them
 * has lost it. Of two states of an object the newer one counts, whichever watch was quicker.
 */
export class Union {
  readonly #sink: Sink;
  /** Per object, by which watches it is held, as bits, and its newest resource version. */
  readonly #held = new Map<string, { holders: number; version: string }>();
  #used = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** A sink for one more watch; undefined when there are 31 already. `release` gives the place back. */
  part(): { readonly sink: Sink; readonly release: () => void } | undefined {
    const free = [...Array(31).keys()].find((bit) => (this.#used & (1 << bit)) === 0);
    if (free === undefined) return undefined;
    const mark = 1 << free;
    this.#used |= mark;
    const size = (): number => [...this.#heldBy(mark)].length;
    return {
      sink: {
        put: (object) => this.#put(object, mark),
        remove: (namespace, name, version) => this.#remove(namespace, name, version, mark),
        held: () => this.#heldBy(mark),
        get size() {
          return size();
        },
      },
      release: () => {
        this.#used &= ~mark;
      },
    };
  }

  *#heldBy(mark: number): Iterable<ObjectName> {
    for (const [key, { holders }] of this.#held) {
      const slash = key.indexOf('/');
      const object = { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
      if ((holders & mark) !== 0) yield object;
    }
  }

  #put(object: unknown, mark: number): void {
    const metadata = field(object, 'metadata');
    const version = String(field(metadata, 'resourceVersion') ?? '');
    const key = `${field(metadata, 'namespace')}/${field(metadata, 'name')}`;
    const held = this.#held.get(key);
    if (held === undefined) this.#held.set(key, { holders: mark, version });
    else {
      held.holders |= mark;
      // Another watch has brought a newer state; alone, a watch is believed whatever it says.
      if (held.holders !== mark && isOlder(version, held.version)) return;
      held.version = version;
    }
    this.#sink.put(object);
  }

  #remove(namespace: string, name: string, version: string | undefined, mark: number): void {
    const key = `${namespace}/${name}`;
    const held = this.#held.get(key);
    if (held === undefined) return;
    held.holders &= ~mark;
    if (held.holders !== 0) return;
    this.#held.delete(key);
    this.#sink.remove(namespace, name, version);
  }
}
