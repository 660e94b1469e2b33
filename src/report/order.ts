import type { Severity } from '../scrape/index.ts';

export { stateOrder } from '../scrape/index.ts';

/** The worst first. */
export const severityOrder = ['error', 'warning', 'info'] as const satisfies readonly Severity[];
