import { type Labels, labelOf } from './objects.ts';

/** True where every entry of `selector` stands in `labels`. An empty selector selects nothing here, as a Service's does. */
export function selects(selector: Labels | undefined, labels: Labels): boolean {
  if (selector === undefined) return false;
  let any = false;
  for (const key in selector) {
    any = true;
    if (labelOf(labels, key) !== labelOf(selector, key)) return false;
  }
  return any;
}

/** True where everything that `narrow` selects is selected by `broad` too: each requirement of `broad` stands in `narrow`. */
export function contains(broad: Labels, narrow: Labels): boolean {
  for (const key in broad) {
    if (labelOf(narrow, key) !== labelOf(broad, key)) return false;
  }
  return true;
}

/**
 * True where two selectors may select the same pods, although neither contains the other: no label has to have two
 * values at once.
 */
export function overlap(one: Labels, other: Labels): boolean {
  for (const key in one) {
    const theirs = labelOf(other, key);
    if (theirs !== undefined && theirs !== labelOf(one, key)) return false;
  }
  return !contains(one, other) && !contains(other, one);
}

/** How many requirements a selector has. */
export function sizeOf(selector: Labels): number {
  return Object.keys(selector).length;
}
