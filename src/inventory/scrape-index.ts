import type { Scrape, Service } from '../kubernetes/index.ts';
import {
  type Selection,
  sanitisedLabels,
  selectionOf,
  selectsService,
} from '../selection/index.ts';
import { everywhere, type Filed, Postings } from './postings.ts';
import { Table } from './table.ts';

interface ScrapeSlot extends Filed {
  readonly scrape: Scrape;
  readonly access: ScrapeKey;
  /** Kept where it is needed for every Service, else made again when it is: it takes more memory than the scrape. */
  readonly selection: Selection | undefined;
}

/** Where a scrape is filed: under one label, with all of the values of it that the scrape selects. */
interface ScrapeKey {
  readonly label: string;
  readonly values: readonly string[];
}

/** No sanitised label is called like these. */
const byName = '@name';
const unfiled: ScrapeKey = { label: '@unfiled', values: [''] };

/** With more values than this, filing costs more than looking at the scrape for every Service. */
const maxValues = 16;

/**
 * Scrapes by name, and by what a Service must have to be selected: each is filed under the one requirement that the
 * fewest others are filed under. Those that require no certain value (`Exists`, regular expressions, no selector at
 * all) are looked at for every Service of their namespaces.
 */
export class ScrapeIndex {
  readonly #table = new Table<ScrapeSlot>();
  readonly #accesses = new Postings<ScrapeSlot>();

  get size(): number {
    return this.#table.size;
  }

  get(namespace: string, name: string): Scrape | undefined {
    return this.#table.get(namespace, name)?.scrape;
  }

  *all(namespace?: string): Generator<Scrape> {
    for (const slot of this.#table.values(namespace)) yield slot.scrape;
  }

  put(scrape: Scrape): void {
    this.remove(scrape.namespace, scrape.name);
    const selection = selectionOf(scrape);
    const scope = scopeOf(selection);
    const access = this.#accessFor(selection, scope);
    const kept = access === unfiled ? selection : undefined;
    const slot: ScrapeSlot = { scope, scrape, access, selection: kept };
    this.#table.set(scrape.namespace, scrape.name, slot);
    for (const value of access.values) this.#accesses.add(access.label, value, slot);
  }

  remove(namespace: string, name: string): boolean {
    const slot = this.#table.get(namespace, name);
    if (slot === undefined) return false;
    for (const value of slot.access.values) {
      this.#accesses.remove(slot.access.label, value, slot);
    }
    this.#table.delete(namespace, name);
    return true;
  }

  clear(): void {
    this.#table.clear();
    this.#accesses.clear();
  }

  /** The scrapes that select a Service. */
  *selecting(service: Service): Generator<Scrape> {
    const pairs: [string, string][] = [
      ...sanitisedLabels(service.labels),
      [byName, service.name],
      [unfiled.label, ''],
    ];
    for (const [label, value] of pairs) {
      for (const { scrape, selection } of this.#accesses.at(label, value, service.namespace)) {
        if (selectsService(selection ?? selectionOf(scrape), service)) yield scrape;
      }
    }
  }

  #accessFor(selection: Selection, scope: Filed['scope']): ScrapeKey {
    const choices: ScrapeKey[] = selection.rules.flatMap(({ label, values }) =>
      values === undefined ? [] : [{ label, values }],
    );
    if (selection.names !== undefined) choices.push({ label: byName, values: selection.names });
    let best = unfiled;
    let least = Number.POSITIVE_INFINITY;
    for (const choice of choices) {
      if (choice.values.length > maxValues) continue;
      const crowd = this.#crowdAt(choice, scope);
      if (crowd >= least) continue;
      least = crowd;
      best = choice;
    }
    return best;
  }

  #crowdAt({ label, values }: ScrapeKey, scope: Filed['scope']): number {
    const namespace = typeof scope === 'string' && scope !== everywhere ? scope : undefined;
    let crowd = 0;
    for (const value of values) crowd += this.#accesses.count(label, value, namespace);
    return crowd;
  }
}

function scopeOf({ namespaces }: Selection): Filed['scope'] {
  if (namespaces === undefined) return everywhere;
  const [only, ...more] = namespaces;
  if (only !== undefined && more.length === 0) return only;
  return [...new Set(namespaces)];
}
