import type { CallerAnswer } from './reviews.ts';

/** How answers are remembered. */
export interface RememberedOptions<T> {
  /** Whether an answer is one that lets somebody in. */
  readonly good: (value: T) => boolean;
  /** How long a good answer holds, in milliseconds, and any other one. */
  readonly holds: { readonly good: number; readonly other: number };
  /** How many of each kind are kept; the oldest ones go first. */
  readonly most: number;
  /** Whether one more question may be asked that never had a good answer. */
  readonly mayAsk: () => boolean;
  /** A clock that never goes back, in milliseconds. */
  readonly now: () => number;
}

interface RememberedAnswer<T> {
  readonly value: T;
  readonly until: number;
}

/**
 * Asks each question once and remembers the answer for a while; who asks meanwhile waits for the same answer. Strangers
 * can ask for anything: their questions are limited, and what they leave behind has a place of its own, so that they
 * push nobody out whose answer was good.
 *
 * @returns asks; undefined where too many ask
 */
export function remembered<T>({ good, holds, most, mayAsk, now }: RememberedOptions<T>) {
  const goods = new Map<string, RememberedAnswer<T>>();
  const others = new Map<string, RememberedAnswer<T>>();
  const underWay = new Map<string, Promise<CallerAnswer<T>>>();

  const keep = (key: string, value: T): void => {
    goods.delete(key);
    others.delete(key);
    const isGood = good(value);
    const place = isGood ? goods : others;
    const [oldest] = place.size < most ? [] : place.keys();
    if (oldest !== undefined) place.delete(oldest);
    place.set(key, { value, until: now() + (isGood ? holds.good : holds.other) });
  };
  const asked = async (
    key: string,
    question: () => Promise<CallerAnswer<T>>,
  ): Promise<CallerAnswer<T>> => {
    try {
      const answer = await question();
      if (answer.ok) keep(key, answer.value);
      return answer;
    } finally {
      underWay.delete(key);
    }
  };

  return async function ask(
    key: string,
    question: () => Promise<CallerAnswer<T>>,
  ): Promise<CallerAnswer<T> | undefined> {
    const known = goods.get(key) ?? others.get(key);
    if (known !== undefined && now() < known.until) return { ok: true, value: known.value };
    const waiting = underWay.get(key);
    if (waiting !== undefined) return waiting;
    if (!goods.has(key) && !mayAsk()) return undefined;
    const answer = asked(key, question);
    underWay.set(key, answer);
    return answer;
  };
}

/** So many times in each second; true for those that fit. */
export function atMostPerSecond(most: number, now: () => number): () => boolean {
  let second = Number.NaN;
  let count = 0;
  return () => {
    const current = Math.floor(now() / 1_000);
    count = current === second ? count + 1 : 1;
    second = current;
    return count <= most;
  };
}
