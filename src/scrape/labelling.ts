/** The value of a target's label: empty where the target has no such label, undefined where it is not known. */
export type LabelReader = (name: string) => string | undefined;

/**
 * The labels of one target while rules change them, as far as they are known. It never lists the labels of discovery:
 * there are dozens, and rules ask for a few.
 */
export class Labelling {
  readonly #discovered: LabelReader;
  readonly #written = new Map<string, string | undefined>();
  /** Rules that took labels away: each says whether a name stays; `undefined`: that can't be told. */
  #retains: ((name: string) => boolean | undefined)[] = [];
  /** True once a rule may have written to any label that does not begin with underscores, and to any at all. */
  #mapped = false;
  #forgotten = false;

  constructor(discovered: LabelReader) {
    this.#discovered = discovered;
  }

  read(name: string): string | undefined {
    if (this.#written.has(name)) return this.#written.get(name);
    if (this.#forgotten || (this.#mapped && !name.startsWith('__'))) return undefined;
    for (const retains of this.#retains) {
      const stays = retains(name);
      if (stays !== true) return stays === false ? '' : undefined;
    }
    return this.#discovered(name);
  }

  /** Sets a label; undefined: to a value that is not known. */
  write(name: string, value: string | undefined): void {
    this.#written.set(name, value);
  }

  /** Takes away the labels whose names do not stay. */
  retain(stays: (name: string) => boolean, perhaps: boolean): void {
    for (const name of this.#written.keys()) {
      if (!stays(name)) this.#written.set(name, perhaps ? undefined : '');
    }
    this.#retains.push((name) => stays(name) || (perhaps ? undefined : false));
  }

  /** Copies labels to other names, which do not begin with underscores: any of those may have another value now. */
  map(renamed: (name: string) => string | undefined): void {
    for (const name of [...this.#written.keys()]) {
      const target = renamed(name);
      if (target !== undefined) this.#written.set(target, this.#written.get(name));
      if (!name.startsWith('__')) this.#written.delete(name);
    }
    this.#mapped = true;
  }

  /** Nothing is known from here on. */
  forget(): void {
    this.#written.clear();
    this.#forgotten = true;
  }
}
