import type { Scrape } from '../../kubernetes/index.ts';
import type { Inventory } from '../inventory.ts';
import type { Finding } from '../types.ts';

/** What is wrong, or probably not meant, with a scrape, given the objects at hand. Worst first, then by field. */
export function scrapeFindings(_scrape: Scrape, _inventory: Inventory): Finding[] {
  return [];
}
