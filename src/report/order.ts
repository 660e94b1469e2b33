import type { Severity } from '../findings/index.ts';

export { stateOrder } from '../planning/index.ts';

/** The worst first. */
export const severityOrder = ['error', 'warning', 'info'] as const satisfies readonly Severity[];
