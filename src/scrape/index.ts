export { scrapeFindings } from './findings/scrape.ts';
export { Inventory, type Kind } from './inventory.ts';
export { readingsBehind, readingsOf, readingsOfService } from './matcher.ts';
export * from './types.ts';
