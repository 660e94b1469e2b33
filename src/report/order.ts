import type { Severity } from '../findings/index.ts';
import type { SampleState } from '../samples/index.ts';

export { stateOrder } from '../planning/index.ts';

/** The worst first. */
export const severityOrder = ['error', 'warning', 'info'] as const satisfies readonly Severity[];

/** The states of samples, those that need attention first. */
export const sampleOrder: readonly SampleState[] = ['none', 'stale', 'not-known', 'sampled'];
