/** The value of a target's label: empty where the target has no such label, undefined where it is not known. */
export type LabelReader = (name: string) => string | undefined;

/** Names that a target's labels may have, of which nothing more is known. */
export interface Unlisted {
  readonly prefix: string;
  /** What comes after the prefix: nothing, anything, or something that begins with a letter or digit. */
  readonly rest: 'end' | 'anything' | 'plain';
}

/** All labels of a target, by name: for rules that do something to every label. */
export interface Listing {
  readonly names: readonly string[];
  readonly unlisted: readonly Unlisted[];
}

/** Nothing is known of which labels there are. */
export const unlistedLabels: Listing = { names: [], unlisted: [{ prefix: '', rest: 'anything' }] };

/** A rule that gives labels other names. */
export interface Renaming {
  /** Undefined where the label keeps its name. */
  readonly name: (name: string) => string | undefined;
  /** The same for unlisted ones; `anything` where that can't be told. */
  readonly unlisted: (names: Unlisted) => Unlisted | undefined | 'anything';
  /** Whether the label loses its old name. */
  readonly moves: boolean;
}

/** A longer value is not known from here on. In characters; Prometheus' own label values have no limit. */
const longestValue = 4_096;

/**
 * How many names rules over all labels may look at, for one target: some 20 such rules over the labels of a pod. They can
 * double the labels each time, so what is left after that is not known.
 */
const mostLookedAt = 20_000;

type Stays = (name: string) => boolean | undefined;

/** Unlisted names, and the rules that took some of them away. */
interface Hidden extends Unlisted {
  /** True for names that discovery gave: some of them may be known one by one. */
  readonly isFound: boolean;
  readonly stays: readonly Stays[];
}

/** A rule that writes one label, and is applied when somebody asks for what it may have written. */
interface Pending {
  readonly name: string;
  readonly write: () => void;
}

/**
 * The labels of one target while rules change them, as far as they are known. The labels of discovery are read one by
 * one, since there are dozens and rules ask for a few; they are listed once a rule does something to all of them.
 */
export class Labelling {
  readonly #discovered: LabelReader;
  readonly #listing: () => Listing;
  /** Most labels that rules write are never read: nothing is decided by them. */
  #pending: Pending[] = [];
  #written = new Map<string, string | undefined>();
  /** Rules that took labels away: each says whether a name stays; `undefined`: that can't be told. */
  #retains: Stays[] = [];
  /** Undefined while labels are read one by one. */
  #hidden: Hidden[] | undefined;
  #lookedAt = 0;

  constructor(discovered: LabelReader, listing: () => Listing) {
    this.#discovered = discovered;
    this.#listing = listing;
  }

  /** Reads a label as a rule does. */
  read(name: string): string | undefined {
    return this.readBy(name, this.#discovered);
  }

  /**
   * Reads a label that the rules leave.
   *
   * @param discovered reads what no rule has written
   */
  readBy(name: string, discovered: LabelReader): string | undefined {
    if (this.#awaits(name)) this.#apply();
    if (this.#written.has(name)) return this.#written.get(name);
    if (this.#hidden !== undefined) return this.#unlisted(name, this.#hidden, discovered);
    const stays = this.#staying(name);
    if (stays !== true) return stays === false ? '' : undefined;
    return discovered(name);
  }

  /**
   * Has a rule write a label, now or when it is asked for: until then rules only read, so that it makes no difference.
   *
   * @param name the only label that `write` writes
   */
  writeLater(name: string, write: () => void): void {
    this.#pending.push({ name, write });
  }

  /** Applies the rules that wait: all of them, as one may read what another writes. */
  #apply(): void {
    if (this.#pending.length === 0) return;
    const due = this.#pending;
    this.#pending = [];
    for (const { write } of due) write();
  }

  #awaits(name: string): boolean {
    for (const pending of this.#pending) if (pending.name === name) return true;
    return false;
  }

  /** Returns the names with a prefix that rules wrote; undefined where there may be others. */
  written(prefix: string): string[] | undefined {
    if (this.#pending.some(({ name }) => name.startsWith(prefix))) this.#apply();
    const mayHide = (one: Unlisted) =>
      one.prefix.startsWith(prefix) || (prefix.startsWith(one.prefix) && one.rest !== 'end');
    const isPlain = (one: Unlisted) => one.rest === 'plain' && one.prefix === '';
    if (this.#hidden?.some((one) => mayHide(one) && !isPlain(one)) === true) return undefined;
    return [...this.#written.keys()].filter((name) => name.startsWith(prefix));
  }

  /** Returns the names of the labels that samples get: what does not begin with `__`; undefined where not all are known. */
  visible(): string[] | undefined {
    this.#apply();
    if (this.#hidden?.some(({ prefix }) => !prefix.startsWith('__')) === true) return undefined;
    return [...this.#written.keys()].filter((name) => !name.startsWith('__'));
  }

  /** Sets a label; undefined: to a value that is not known. */
  write(name: string, value: string | undefined): void {
    this.#apply();
    const isShort = value !== undefined && value.length <= longestValue;
    this.#written.set(name, isShort ? value : undefined);
  }

  /** Takes away the labels whose names do not stay. */
  retain(stays: (name: string) => boolean, perhaps: boolean): void {
    this.#apply();
    if (this.#isWorn()) return;
    for (const name of [...this.#written.keys()]) {
      if (stays(name)) continue;
      if (perhaps) this.#written.set(name, undefined);
      else this.#written.delete(name);
    }
    const rule: Stays = (name) => stays(name) || (perhaps ? undefined : false);
    if (this.#hidden === undefined) this.#retains.push(rule);
    else this.#hidden = this.#hidden.map((one) => ({ ...one, stays: [...one.stays, rule] }));
  }

  /** Gives labels other names. */
  rename({ name: renamed, unlisted, moves }: Renaming): void {
    this.#apply();
    const hidden = this.#list();
    if (this.#isWorn()) return;
    const moved = hidden.flatMap((one) => {
      const to = unlisted(one);
      return to === undefined || to === 'anything' ? (to ?? []) : { ...one, ...to, isFound: false };
    });
    if (moved.includes('anything')) {
      this.forget();
      return;
    }
    const added = moved.filter((one) => one !== 'anything');
    const before = [...this.#written.keys()];
    if (moves) this.#move(before, renamed);
    else {
      for (const name of before) {
        const to = renamed(name);
        if (to !== undefined) this.#written.set(to, this.#written.get(name));
      }
    }
    for (const name of this.#written.keys()) {
      if (added.some(includes(name))) this.#written.set(name, undefined);
    }
    this.#hidden = moves ? added : [...hidden, ...added];
  }

  #move(names: readonly string[], renamed: Renaming['name']): void {
    const moved = new Map<string, string | undefined>();
    for (const name of names) {
      const to = renamed(name) ?? name;
      // Of two labels with one name the first counts, and which that is can't be told.
      moved.set(to, moved.has(to) ? undefined : this.#written.get(name));
    }
    this.#written = moved;
  }

  /** True where rules over all labels have looked at too many: then nothing is known any more. */
  #isWorn(): boolean {
    this.#lookedAt += this.#written.size;
    if (this.#lookedAt <= mostLookedAt) return false;
    this.forget();
    return true;
  }

  /** Nothing is known from here on. */
  forget(): void {
    this.#pending = [];
    this.#written.clear();
    this.#hidden = unlistedLabels.unlisted.map((one) => ({ ...one, stays: [], isFound: false }));
  }

  /** Reads a label that was not listed. */
  #unlisted(name: string, hidden: readonly Hidden[], discovered: LabelReader): string | undefined {
    const hiding = hidden.filter(includes(name));
    if (hiding.length === 0) return '';
    const isKept = hiding.every(
      ({ isFound, stays }) => isFound && stays.every((rule) => rule(name) === true),
    );
    return isKept ? discovered(name) : undefined;
  }

  /** Whether the rules that took labels away leave this one. */
  #staying(name: string): boolean | undefined {
    let stays: boolean | undefined = true;
    for (const rule of this.#retains) {
      const answer = rule(name);
      if (answer === false) return false;
      if (answer === undefined) stays = undefined;
    }
    return stays;
  }

  /** Writes down all labels of discovery, and returns the names that are not known. */
  #list(): Hidden[] {
    if (this.#hidden !== undefined) return this.#hidden;
    const { names, unlisted } = this.#listing();
    for (const name of names) {
      if (this.#written.has(name) || this.#staying(name) === false) continue;
      this.#written.set(name, this.read(name));
    }
    const stays = this.#retains;
    this.#hidden = unlisted.map((one) => ({ ...one, stays, isFound: true }));
    return this.#hidden;
  }
}

function includes(name: string): (hidden: Hidden) => boolean {
  return ({ prefix, rest, stays }) => {
    if (!name.startsWith(prefix)) return false;
    const after = name.slice(prefix.length);
    const isOne = rest === 'end' ? after === '' : rest === 'anything' || /^[A-Za-z0-9]/.test(after);
    return isOne && stays.every((rule) => rule(name) !== false);
  };
}
