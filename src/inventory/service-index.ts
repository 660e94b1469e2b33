import {
  contains,
  type Labels,
  overlap,
  type Service,
  sameLabels,
  selects,
} from '../kubernetes/index.ts';
import { type Selection, sanitisedLabels, selectsService } from '../selection/index.ts';
import { Postings } from './postings.ts';
import { Table } from './table.ts';

/** One Service's place in the indexes: it stays while the object in it is replaced. */
interface ServiceSlot {
  readonly scope: string;
  service: Service;
  /** The selector's key under which it is filed for {@link ServiceIndex.selecting}; empty where it selects nothing. */
  access: string;
}

/**
 * Services by name, by label (as scrapes see them) and by pod selector.
 *
 * The questions are of two kinds. "Whose labels have all of these?" walks the posting of the rarest pair asked for.
 * "Whose selector is within these labels?" can't: so each selector is filed once more, under that one of its pairs
 * that the fewest are filed under so far, and only the postings of the pairs at hand are walked.
 */
export class ServiceIndex {
  readonly #table = new Table<ServiceSlot>();
  readonly #labels = new Postings<ServiceSlot>();
  readonly #selectors = new Postings<ServiceSlot>();
  readonly #accesses = new Postings<ServiceSlot>();

  get size(): number {
    return this.#table.size;
  }

  get(namespace: string, name: string): Service | undefined {
    return this.#table.get(namespace, name)?.service;
  }

  *all(namespace?: string): Generator<Service> {
    for (const slot of this.#table.values(namespace)) yield slot.service;
  }

  put(service: Service): void {
    const slot = this.#table.get(service.namespace, service.name);
    if (slot === undefined) {
      const fresh: ServiceSlot = { scope: service.namespace, service, access: '' };
      this.#table.set(service.namespace, service.name, fresh);
      this.#fileLabels(fresh);
      this.#fileSelector(fresh);
      return;
    }
    const relabelled = !sameLabels(slot.service.labels, service.labels);
    const reselecting = !sameLabels(slot.service.selector ?? {}, service.selector ?? {});
    if (relabelled) this.#unfileLabels(slot);
    if (reselecting) this.#unfileSelector(slot);
    slot.service = service;
    if (relabelled) this.#fileLabels(slot);
    if (reselecting) this.#fileSelector(slot);
  }

  remove(namespace: string, name: string): boolean {
    const slot = this.#table.get(namespace, name);
    if (slot === undefined) return false;
    this.#unfileLabels(slot);
    this.#unfileSelector(slot);
    this.#table.delete(namespace, name);
    return true;
  }

  clear(): void {
    this.#table.clear();
    this.#labels.clear();
    this.#selectors.clear();
    this.#accesses.clear();
  }

  /** The Services whose selector selects these labels. */
  *selecting(namespace: string, labels: Labels): Generator<Service> {
    for (const [key, value] of Object.entries(labels)) {
      for (const { service } of this.#accesses.at(key, value, namespace)) {
        if (selects(service.selector, labels)) yield service;
      }
    }
  }

  /** Other Services whose selector equals that of `service`, or contains it or is contained in it. */
  *comparable(service: Service): Generator<Service> {
    const { selector, namespace } = service;
    if (selector === undefined) return;
    for (const broader of this.selecting(namespace, selector)) {
      if (broader.name !== service.name) yield broader;
    }
    for (const narrower of this.#within(namespace, selector)) {
      // Those with an equal selector were among the broader ones.
      if (narrower.name === service.name || contains(narrower.selector ?? {}, selector)) continue;
      yield narrower;
    }
  }

  /**
   * Other Services that may select some of the same pods, although neither selector contains the other: they have a
   * requirement in common, and contradict each other in none. A requirement that many Services have tells little, and is
   * not followed.
   */
  *overlapping({ selector = {}, namespace, name }: Service): Generator<Service> {
    const seen = new Set([name]);
    for (const [key, value] of Object.entries(selector)) {
      if (this.#selectors.count(key, value, namespace) > mostSharing) continue;
      for (const { service } of this.#selectors.at(key, value, namespace)) {
        if (seen.has(service.name)) continue;
        seen.add(service.name);
        if (overlap(selector, service.selector ?? {})) yield service;
      }
    }
  }

  /** The Services whose selector has all requirements of `selector`. */
  *#within(namespace: string, selector: Labels): Generator<Service> {
    const rarest = this.#rarest(this.#selectors, Object.entries(selector), namespace);
    if (rarest === undefined) return;
    for (const { service } of this.#selectors.at(...rarest, namespace)) {
      if (contains(selector, service.selector ?? {})) yield service;
    }
  }

  /**
   * The Services that a selection selects. The effort counts what is looked at in vain as well; where it is used up,
   * the walk ends early.
   */
  *selectedBy(selection: Selection, effort?: Effort): Generator<Service> {
    if (!selection.valid) return;
    for (const namespace of namespacesToWalk(selection)) {
      if (!spend(effort, lookUp)) return;
      for (const service of this.#candidates(selection, namespace, effort)) {
        if (!spend(effort, oneService)) return;
        if (selectsService(selection, service)) yield service;
      }
    }
  }

  /** No fewer than the Services of a namespace that a selection selects, by the cheapest way. */
  #candidates(
    selection: Selection,
    namespace: string | undefined,
    effort: Effort | undefined,
  ): Iterable<Service> {
    if (selection.names !== undefined && namespace !== undefined) {
      return this.#named(namespace, selection.names);
    }
    let cost = this.#table.count(namespace);
    let best: Iterable<Service> | undefined;
    for (const rule of selection.rules) {
      const ruleCost = this.#costOf(rule, namespace, cost);
      if (ruleCost >= cost) continue;
      cost = ruleCost;
      best = this.#fulfilling(rule, namespace, effort);
    }
    return best ?? this.all(namespace);
  }

  *#named(namespace: string, names: readonly string[]): Generator<Service> {
    for (const name of names) {
      const service = this.get(namespace, name);
      if (service !== undefined) yield service;
    }
  }

  /** About how many steps it takes to walk the Services that fulfil a rule; `limit` where it is not less. */
  #costOf(rule: Selection['rules'][number], namespace: string | undefined, limit: number): number {
    if (!rule.needsLabel) return limit;
    if (rule.values === undefined) {
      // Each value has to be tried, and then the Services with those that match have to be walked.
      return Math.max(this.#labels.countValues(rule.label), limit / 2);
    }
    let sum = 0;
    for (const value of rule.values) sum += this.#labels.count(rule.label, value, namespace);
    return sum;
  }

  *#fulfilling(
    rule: Selection['rules'][number],
    namespace: string | undefined,
    effort: Effort | undefined,
  ): Generator<Service> {
    for (const value of rule.values ?? this.#labels.values(rule.label)) {
      if (!spend(effort, oneValue)) return;
      if (rule.values === undefined && !rule.accepts(value)) continue;
      for (const { service } of this.#labels.at(rule.label, value, namespace)) yield service;
    }
  }

  /** Services that have at least one of the labels, those with the rarest label first, no more than `limit`. */
  sharing(
    pairs: readonly [string, string][],
    namespace: string | undefined,
    limit: number,
  ): Set<Service> {
    const found = new Set<Service>();
    const rarestFirst = pairs
      .map((pair) => ({ pair, count: this.#labels.count(...pair, namespace) }))
      .sort((a, b) => a.count - b.count);
    for (const { pair } of rarestFirst) {
      for (const { service } of this.#labels.at(...pair, namespace)) {
        if (found.size >= limit) return found;
        found.add(service);
      }
    }
    return found;
  }

  /** The Services of a namespace, or of all, that have a label (by its sanitised key), whatever its value, no more than `limit` looked at. */
  *having(label: string, namespace: string | undefined, limit: number): Generator<Service> {
    let looked = 0;
    for (const value of this.#labels.values(label)) {
      for (const { service } of this.#labels.at(label, value, namespace)) {
        yield service;
        looked += 1;
        if (looked >= limit) return;
      }
      looked += 1;
      if (looked >= limit) return;
    }
  }

  #rarest(
    postings: Postings<ServiceSlot>,
    pairs: readonly [string, string][],
    namespace: string,
  ): [string, string] | undefined {
    let rarest: [string, string] | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const pair of pairs) {
      const count = postings.count(...pair, namespace);
      if (count >= least) continue;
      least = count;
      rarest = pair;
    }
    return rarest;
  }

  #fileLabels(slot: ServiceSlot): void {
    for (const [label, value] of sanitisedLabels(slot.service.labels)) {
      this.#labels.add(label, value, slot);
    }
  }

  #unfileLabels(slot: ServiceSlot): void {
    for (const [label, value] of sanitisedLabels(slot.service.labels)) {
      this.#labels.remove(label, value, slot);
    }
  }

  #fileSelector(slot: ServiceSlot): void {
    const pairs = Object.entries(slot.service.selector ?? {});
    const access = this.#rarest(this.#accesses, pairs, slot.scope);
    if (access === undefined) return;
    slot.access = access[0];
    this.#accesses.add(...access, slot);
    for (const [key, value] of pairs) this.#selectors.add(key, value, slot);
  }

  #unfileSelector(slot: ServiceSlot): void {
    for (const [key, value] of Object.entries(slot.service.selector ?? {})) {
      this.#selectors.remove(key, value, slot);
      if (key === slot.access) this.#accesses.remove(key, value, slot);
    }
    slot.access = '';
  }
}

/** A requirement of more Services of a namespace than this says that they are of one kind, not of one set of pods. */
const mostSharing = 32;

/** How much a walk may still look at; below zero it was not enough. */
export interface Effort {
  left: number;
}

/** What it takes to look at a Service, at a value of a label and into a namespace, in about equal units of time. */
const oneService = 10;
const oneValue = 1;
const lookUp = 10;

function spend(effort: Effort | undefined, cost: number): boolean {
  if (effort === undefined) return true;
  effort.left -= cost;
  return effort.left >= 0;
}

/** The namespaces one by one; a single undefined for all of them at once. */
function namespacesToWalk(selection: Selection): Iterable<string | undefined> {
  return selection.namespaces === undefined ? [undefined] : new Set(selection.namespaces);
}
