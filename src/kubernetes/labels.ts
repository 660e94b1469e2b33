import type { Labels } from './objects.ts';

/** Labels with the same entries in the same order, and `text` applied to each value. */
export function mapLabels(labels: Labels, text: (value: string) => string): Labels {
  const copy: Record<string, string> = {};
  for (const [key, value] of Object.entries(labels)) {
    // Plain assignment would take the key for the object's prototype.
    if (key === '__proto__') {
      Object.defineProperty(copy, key, {
        value: text(value),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    } else {
      copy[key] = text(value);
    }
  }
  return copy;
}

/** Whether two sets of labels have the same entries. */
export function sameLabels(one: Labels, other: Labels): boolean {
  if (one === other) return true;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  return keys.every((key) => Object.hasOwn(other, key) && one[key] === other[key]);
}
