import { type Labels, sameLabels, selects } from '../kubernetes/index.ts';
import { Postings } from './postings.ts';
import { Table } from './table.ts';

interface LabelledSlot<T> {
  readonly scope: string;
  item: T;
  labels: Labels;
}

/** Objects by name, and by the labels that Services select pods by. */
export class LabelIndex<T> {
  readonly #table = new Table<LabelledSlot<T>>();
  readonly #postings = new Postings<LabelledSlot<T>>();

  get size(): number {
    return this.#table.size;
  }

  get(namespace: string, name: string): T | undefined {
    return this.#table.get(namespace, name)?.item;
  }

  *all(namespace?: string): Generator<T> {
    for (const slot of this.#table.values(namespace)) yield slot.item;
  }

  put(namespace: string, name: string, labels: Labels, item: T): void {
    const slot = this.#table.get(namespace, name);
    if (slot !== undefined && sameLabels(slot.labels, labels)) {
      slot.item = item;
      return;
    }
    this.remove(namespace, name);
    const fresh: LabelledSlot<T> = { scope: namespace, item, labels };
    this.#table.set(namespace, name, fresh);
    for (const [key, value] of Object.entries(labels)) this.#postings.add(key, value, fresh);
  }

  remove(namespace: string, name: string): boolean {
    const slot = this.#table.get(namespace, name);
    if (slot === undefined) return false;
    for (const [key, value] of Object.entries(slot.labels)) {
      this.#postings.remove(key, value, slot);
    }
    this.#table.delete(namespace, name);
    return true;
  }

  clear(): void {
    this.#table.clear();
    this.#postings.clear();
  }

  /** The objects of a namespace that a Service's selector selects. */
  selectedBy(selector: Labels, namespace: string): T[] {
    if (this.#table.count(namespace) === 0) return [];
    let rarest: [string, string] | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const pair of Object.entries(selector)) {
      const count = this.#postings.count(...pair, namespace);
      if (count >= least) continue;
      least = count;
      rarest = pair;
    }
    if (rarest === undefined || least === 0) return [];
    const selected: T[] = [];
    for (const { item, labels } of this.#postings.at(...rarest, namespace)) {
      if (selects(selector, labels)) selected.push(item);
    }
    return selected;
  }
}
