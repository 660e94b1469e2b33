import type { Clock } from '../ground/clock.ts';
import type { Log } from '../ground/log.ts';
import type { NamespacedName, Scrape } from '../kubernetes/index.ts';
import type { PipelineSettings } from '../settings/index.ts';
import type { Doubt, ReconcilerInstruments } from './instruments.ts';

/** A scrape of ours that is to be removed. */
export interface Removal {
  /** The Service that it was made for. */
  readonly key: NamespacedName;
  readonly scrape: Pick<Scrape, 'uid'>;
  /** The reason in words. */
  readonly because: string;
  /** A list did not bring its Service any more, and nobody saw that being deleted: silence removes nothing by itself. */
  readonly unseen: boolean;
}

/** Times in milliseconds. */
export interface RemovalTiming {
  /** Removals of this time are counted together; it goes on while Services still wait to be looked at. */
  readonly gather: number;
  /** The longest time that Services that wait may hold that up. */
  readonly mostGather: number;
  /** The time for which removals count against the budget. */
  readonly window: number;
  /** The time from the decision to the second list: a load balancer needs it to notice a server that is not right. */
  readonly apart: number;
  /** The time for which a second list counts: removals are decided within it. */
  readonly valid: number;
  /** The time after the start in which every removal needs a second list, since the first one is one opinion. */
  readonly fresh: number;
}

export const removalTiming: RemovalTiming = {
  gather: 500,
  mostGather: 10_000,
  window: 60_000,
  apart: 5_000,
  valid: 60_000,
  fresh: 60_000,
};

export interface RemovalsOptions {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly log: Log;
  readonly instruments: Pick<ReconcilerInstruments, 'doubted' | 'judged'>;
  /** Returns the settings in force. */
  readonly limits: () => PipelineSettings['scrapes']['removals'];
  /** Returns the number of scrapes of ours. */
  readonly total: () => number;
  /** True while Services still wait to be looked at. */
  readonly busy: () => boolean;
  /** Reads everything anew that decisions stand on; false where not all of it could be read. */
  readonly relist: () => Promise<boolean>;
  /** True where a scrape of this Service would still be removed, by what is known now. */
  readonly isStillWanted: (key: NamespacedName) => boolean;
  /** Looks at a Service again. */
  readonly again: (key: NamespacedName) => void;
  readonly timing?: Partial<RemovalTiming>;
}

/** Removals that wait, for people. */
export interface DoubtedRemovals {
  /** Their number, without those that are only being counted. */
  readonly waiting: number;
  /** A sentence; empty where none waits. */
  readonly text: string;
}

interface Allowed {
  readonly key: NamespacedName;
  readonly until: number;
  readonly told: boolean;
}

/** Removals by the uids of the scrapes. */
type Gathered = readonly (readonly [string, Removal])[];

const heads: Readonly<Record<Doubt, string>> = {
  many: 'many scrapes are to be removed at once',
  restart: 'scrapes are to be removed right after the start',
  unseen: 'Services are gone whose deletion nobody saw, and their scrapes are to be removed',
};

/** Reasons and Services that a line names. */
const mostNamed = 3;

/**
 * A budget for removals of scrapes. A few go at once. Where more are to go, whatever the reason, or any right after the
 * start, everything that the decision stands on is read a second time. Those that should still go then do, and the
 * others stay: one wrong list costs no scrape.
 *
 * Removals whose cause was seen for each scrape (its Service's own deletion, its successor) don't come here.
 */
export class Removals {
  readonly #options: RemovalsOptions;
  readonly #timing: RemovalTiming;
  /** Removals that are being counted, by the scrapes' uids. */
  readonly #gathering = new Map<string, Removal>();
  /** Removals that wait for a second list. */
  readonly #doubted = new Map<string, Removal>();
  /** Removals that may go: until when, and whether one line told of them all. */
  readonly #allowed = new Map<string, Allowed>();
  /** The uids of all these, by Service. */
  readonly #uids = new Map<string, readonly string[]>();
  /** Times of the removals that the budget allowed. */
  #spent: number[] = [];
  #cancel = (): void => {};
  #cancelList = (): void => {};
  #gatheringSince = 0;
  #batch: { readonly size: number; readonly doubt: Doubt; readonly total: number } | undefined;
  /** The time until which every removal needs a second list. */
  #freshUntil = Number.POSITIVE_INFINITY;
  #unread = false;
  /** The last change on purpose that may explain removals, and its time. */
  #changed = { what: '', at: Number.NEGATIVE_INFINITY };
  /** Grows when all that waits is dropped. */
  #term = 0;

  constructor(options: RemovalsOptions) {
    this.#options = options;
    this.#timing = { ...removalTiming, ...options.timing };
  }

  /** The first list has been read. */
  started(): void {
    this.#freshUntil = this.#options.clock.now() + this.#timing.fresh;
  }

  /** Something was changed on purpose that removals may follow from: the line about them says so. */
  follows(what: string): void {
    this.#changed = { what, at: this.#options.clock.now() };
  }

  /**
   * Says whether a scrape may be removed now. If not, it waits here, and its Service is looked at again in time.
   *
   * @returns `held` where it waits from now on, `waits` where it did already
   */
  ask(removal: Removal): 'goes' | 'held' | 'waits' {
    const { uid } = removal.scrape;
    const allowed = this.#allowed.get(uid);
    if (allowed !== undefined && this.#options.clock.now() < allowed.until) return 'goes';
    if (this.#doubted.has(uid) || this.#gathering.has(uid)) return 'waits';
    if (this.#gathering.size === 0) this.#gatherSoon(true);
    this.#gathering.set(uid, removal);
    this.#uids.set(removal.key, [...(this.#uids.get(removal.key) ?? []), uid]);
    return 'held';
  }

  /** True where one line told of a scrape's removal together with others. */
  isTold(uid: string): boolean {
    return this.#allowed.get(uid)?.told === true;
  }

  /** None of a Service's scrapes is to be removed any more. */
  drop(key: string): void {
    for (const uid of this.#uids.get(key) ?? []) {
      this.#gathering.delete(uid);
      this.#doubted.delete(uid);
      this.#allowed.delete(uid);
    }
    this.#uids.delete(key);
  }

  /** Drops everything that waits: somebody else decides from now on, or nobody. */
  clear(): void {
    this.#term += 1;
    this.#cancel();
    this.#cancelList();
    this.#gathering.clear();
    this.#doubted.clear();
    this.#allowed.clear();
    this.#uids.clear();
    this.#batch = undefined;
  }

  /** True where nothing is being counted, and nothing waits for a list. */
  get idle(): boolean {
    return this.#gathering.size === 0 && this.#batch === undefined;
  }

  get doubted(): DoubtedRemovals {
    const waiting = this.#doubted.size;
    if (waiting === 0 || this.#batch === undefined) return { waiting: 0, text: '' };
    const until = this.#unread ? 'one could not be read yet' : 'it is being read';
    const reasons = reasonsOf(this.#doubted.values()).join('; ');
    const text = `${waiting} of ${this.#batch.total} scrapes are to be removed once a second list agrees (${until}): ${reasons}`;
    return { waiting, text };
  }

  #gatherSoon(begins: boolean): void {
    const { clock } = this.#options;
    if (begins) this.#gatheringSince = clock.now();
    this.#cancel();
    this.#cancel = clock.after(this.#timing.gather, () => this.#judge());
  }

  /** Counts what has come: a few may go, more than that wait for a second list. */
  #judge(): void {
    const { busy, clock, total } = this.#options;
    const now = clock.now();
    const cameToAnEnd = !busy() || now - this.#gatheringSince >= this.#timing.mostGather;
    // One list at a time: what has come meanwhile may have come of it.
    if (!cameToAnEnd || this.#batch !== undefined) {
      this.#gatherSoon(false);
      return;
    }
    this.#forgetOld(now);
    const found = [...this.#gathering];
    this.#gathering.clear();
    if (found.length === 0) return;
    const all = total();
    const doubt = this.#doubtOf(found, all, now);
    if (doubt !== undefined) {
      this.#doubt(found, doubt, all);
      return;
    }
    for (const [uid, { key }] of found) this.#spend(key, uid, now);
    this.#lookAgain(found);
  }

  #doubtOf(found: Gathered, total: number, now: number): Doubt | undefined {
    if (now < this.#freshUntil) return 'restart';
    if (this.#spent.length + found.length > this.#atOnce(total)) return 'many';
    return found.some(([, { unseen }]) => unseen) ? 'unseen' : undefined;
  }

  /** At least one goes at once: the share of a few is less than one. */
  #atOnce(total: number): number {
    const { atOnce, share } = this.#options.limits();
    return Math.max(1, Math.min(atOnce, Math.floor((total * share) / 100)));
  }

  #spend(key: NamespacedName, uid: string, now: number): void {
    this.#spent.push(now);
    this.#allowed.set(uid, { key, until: now + this.#timing.valid, told: false });
  }

  #forgetOld(now: number): void {
    this.#spent = this.#spent.filter((at) => now - at < this.#timing.window);
    for (const [uid, { key, until }] of this.#allowed) {
      if (until > now) continue;
      this.#allowed.delete(uid);
      const others = (this.#uids.get(key) ?? []).filter((one) => this.#isKnown(one));
      if (others.length > 0) this.#uids.set(key, others);
      else this.#uids.delete(key);
    }
  }

  #isKnown(uid: string): boolean {
    return this.#gathering.has(uid) || this.#doubted.has(uid) || this.#allowed.has(uid);
  }

  #doubt(found: Gathered, doubt: Doubt, total: number): void {
    const { instruments, log } = this.#options;
    for (const [uid, removal] of found) this.#doubted.set(uid, removal);
    this.#batch = { size: found.length, doubt, total };
    instruments.doubted(doubt, found.length);
    const fields = { scrapes: found.length, of: total, ...this.#why() };
    const then = 'they stay until a second list agrees';
    if (doubt === 'many') log.warn(fields, `${heads[doubt]}: ${then}`);
    else log.info(fields, `${heads[doubt]}: ${then}`);
    this.#listSoon();
  }

  #why(): object {
    const { what, at } = this.#changed;
    const recent = this.#options.clock.now() - at < this.#timing.window;
    const services = [...this.#doubted.values()].slice(0, mostNamed).map(({ key }) => key);
    const because = reasonsOf(this.#doubted.values());
    return { because, ...(recent ? { after: what } : {}), services };
  }

  #listSoon(): void {
    this.#cancelList = this.#options.clock.after(this.#timing.apart, () => void this.#list());
  }

  /** Reads the second list, and lets those go that are still to go. */
  async #list(): Promise<void> {
    const { clock, log, relist } = this.#options;
    const term = this.#term;
    const began = clock.now();
    const whole = this.#doubted.size === 0 || (await relist());
    if (term !== this.#term) return;
    // A list that took long to come is an old one.
    if (!whole || clock.now() - began >= this.#timing.valid / 2) {
      if (!this.#unread) log.warn(this.#why(), 'a second list could not be read: the scrapes stay');
      this.#unread = true;
      this.#listSoon();
      return;
    }
    this.#unread = false;
    this.#agree(began);
  }

  #agree(began: number): void {
    const { instruments, isStillWanted, log } = this.#options;
    for (const { key } of [...this.#doubted.values()]) if (!isStillWanted(key)) this.drop(key);
    const agreed = [...this.#doubted];
    const size = this.#batch?.size ?? agreed.length;
    const kept = Math.max(0, size - agreed.length);
    const because = reasonsOf(agreed.map(([, removal]) => removal));
    this.#doubted.clear();
    this.#batch = undefined;
    // There were two opinions: from now on the budget holds.
    this.#freshUntil = began;
    for (const [uid, { key }] of agreed) {
      this.#allowed.set(uid, { key, until: began + this.#timing.valid, told: true });
    }
    instruments.judged('removed', agreed.length);
    instruments.judged('kept', kept);
    const fields = { scrapes: agreed.length, kept, because };
    if (agreed.length === 0) log.info(fields, 'a second list does not agree: no scrape is removed');
    else log.info(fields, 'a second list agrees: scrapes are removed');
    this.#lookAgain(agreed);
  }

  #lookAgain(removals: Gathered): void {
    for (const key of new Set(removals.map(([, removal]) => removal.key))) this.#options.again(key);
  }
}

/** The reasons of removals, each with its count, those of most first. */
function reasonsOf(removals: Iterable<Removal>): string[] {
  const counts = new Map<string, number>();
  for (const { because } of removals) counts.set(because, (counts.get(because) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  const named = sorted.slice(0, mostNamed).map(([because, count]) => `${count} × ${because}`);
  const others = sorted.slice(mostNamed).reduce((sum, [, count]) => sum + count, 0);
  return others === 0 ? named : [...named, `${others} × something else`];
}
