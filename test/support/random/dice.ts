/** One of several things that can come up, and how often beside the others. */
export type Choice<T> = readonly [name: string, weight: number, value: T];

/** Seeded chance, which notes by name what came up. */
export interface Dice {
  /** The names of what came up, each once. */
  readonly features: ReadonlySet<string>;
  /** At least 0 and below 1. */
  fraction(): number;
  /** A whole number, at least 0 and below `bound`. */
  below(bound: number): number;
  /** True with this probability; then `feature` is noted. */
  happens(feature: string, probability: number): boolean;
  /** One of the choices; `feature-name` is noted. */
  choose<T>(feature: string, choices: readonly [Choice<T>, ...Choice<T>[]]): T;
  /** One of these, which nobody needs to know. */
  any<T>(of: readonly [T, ...T[]]): T;
  /** Notes a feature that follows from others. */
  note(feature: string): void;
}

/** Dice that give the same for the same seeds. */
export function dice(...seeds: readonly number[]): Dice {
  const features = new Set<string>();
  let state = seeds.reduce((mixed, seed) => scrambled(mixed ^ seed), 0x9e3779b9);
  const fraction = (): number => {
    state = (state + 0x9e3779b9) | 0;
    return (scrambled(state) >>> 0) / 2 ** 32;
  };
  const below = (bound: number): number => Math.floor(fraction() * bound);
  return {
    features,
    fraction,
    below,
    happens: (feature, probability) => {
      const happened = fraction() < probability;
      if (happened) features.add(feature);
      return happened;
    },
    choose: (feature, choices) => {
      let rest = fraction() * choices.reduce((sum, [, weight]) => sum + weight, 0);
      const [name, , value] =
        choices.find(([, weight]) => {
          rest -= weight;
          return rest < 0;
        }) ?? choices[0];
      features.add(`${feature}-${name}`);
      return value;
    },
    any: (of) => of[below(of.length)] ?? of[0],
    note: (feature) => {
      features.add(feature);
    },
  };
}

/** Mixes the bits of a 32-bit number, so that near ones lie far apart: multiply by odd constants, shift, xor. */
function scrambled(value: number): number {
  const once = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  const twice = Math.imul(once ^ (once >>> 15), 0x735a2d97);
  return twice ^ (twice >>> 15);
}
