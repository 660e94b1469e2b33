export type { Gap, MissingScrape, PageAdmission, PageData } from './data.ts';
export { pageOfAudit } from './from-review.ts';
export { pageHtml, pagePolicy } from './page.ts';
