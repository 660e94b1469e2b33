export type { AppliedFields } from './applied-fields.ts';
export type { Change } from './changes.ts';
export { noScrapesServed, Watches } from './watches.ts';
