import type { Change } from '../cluster/index.ts';
import { madeFor } from './decide.ts';
import { keyOf } from './key.ts';

/** Which scrapes seem to be made for which Service. They may be somebody else's: who acts looks again. */
export class OwnScrapes {
  /** By the Service's key: the names of the scrapes. */
  readonly #names = new Map<string, string[]>();

  /** Takes a change of a scrape; others are no matter. */
  see(change: Change): void {
    if (change.kind !== 'VMServiceScrape') return;
    const { before, after } = change;
    if (before !== undefined) this.#drop(keyOf(before.namespace, madeFor(before)), before.name);
    if (after !== undefined) this.#add(keyOf(after.namespace, madeFor(after)), after.name);
  }

  /** Their names, in the Service's namespace. */
  namesFor(service: string): readonly string[] {
    return this.#names.get(service) ?? [];
  }

  /** The Services that there are such scrapes for. */
  services(): Iterable<string> {
    return this.#names.keys();
  }

  #add(service: string, name: string): void {
    const names = this.#names.get(service);
    if (names === undefined) this.#names.set(service, [name]);
    else if (!names.includes(name)) names.push(name);
  }

  #drop(service: string, name: string): void {
    const names = this.#names.get(service)?.filter((one) => one !== name) ?? [];
    if (names.length === 0) this.#names.delete(service);
    else this.#names.set(service, names);
  }
}
