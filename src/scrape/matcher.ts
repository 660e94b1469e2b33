import type { Scrape, Service } from '../kubernetes/index.ts';
import type { Inventory } from './inventory.ts';
import type { Reading } from './types.ts';

/** Every pod port that a scrape reads, by way of each Service that it selects. */
export function readingsOf(_scrape: Scrape, _inventory: Inventory): Reading[] {
  return [];
}

/** Every pod port that any scrape reads by way of this Service. */
export function readingsOfService(_service: Service, _inventory: Inventory): Reading[] {
  return [];
}

/** Every pod port that any scrape reads of the pods behind this Service, by way of this one or of a comparable one. */
export function readingsBehind(_service: Service, _inventory: Inventory): Reading[] {
  return [];
}
