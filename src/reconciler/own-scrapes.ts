import type { Change } from '../cluster/watch/index.ts';
import { madeFor } from './decide.ts';

/**
 * Which scrapes seem to be made for which Service, by namespace. They may be somebody else's: who acts looks again.
 * Nearly always there is one, which stands there by itself: there can be many thousand Services.
 */
export class OwnScrapes {
  readonly #namespaces = new Map<string, Map<string, string | string[]>>();

  /** Takes a change of a scrape; others are no matter. */
  see(change: Change): void {
    if (change.kind !== 'VMServiceScrape') return;
    const { before, after } = change;
    const left = before === undefined ? undefined : madeFor(before);
    const came = after === undefined ? undefined : madeFor(after);
    if (left === came) return;
    if (before !== undefined && left !== undefined) this.#drop(before.namespace, left, before.name);
    if (after !== undefined && came !== undefined) this.#add(after.namespace, came, after.name);
  }

  /** The names of the scrapes for a Service, in its namespace. */
  namesFor(namespace: string, service: string): readonly string[] {
    const names = this.#namespaces.get(namespace)?.get(service);
    if (names === undefined) return [];
    return typeof names === 'string' ? [names] : names;
  }

  /** The number of such scrapes. */
  get size(): number {
    let size = 0;
    for (const services of this.#namespaces.values()) {
      for (const names of services.values()) size += typeof names === 'string' ? 1 : names.length;
    }
    return size;
  }

  /** The Services that there are such scrapes for. */
  *services(): Iterable<{ readonly namespace: string; readonly name: string }> {
    for (const [namespace, services] of this.#namespaces) {
      for (const name of services.keys()) yield { namespace, name };
    }
  }

  #add(namespace: string, service: string, name: string): void {
    const services = this.#namespaces.get(namespace) ?? new Map<string, string | string[]>();
    this.#namespaces.set(namespace, services);
    const names = this.namesFor(namespace, service);
    if (names.includes(name)) return;
    services.set(service, names.length === 0 ? name : [...names, name]);
  }

  #drop(namespace: string, service: string, name: string): void {
    const services = this.#namespaces.get(namespace);
    const [first, ...others] = this.namesFor(namespace, service).filter((one) => one !== name);
    if (first !== undefined)
      services?.set(service, others.length === 0 ? first : [first, ...others]);
    else services?.delete(service);
    if (services?.size === 0) this.#namespaces.delete(namespace);
  }
}
