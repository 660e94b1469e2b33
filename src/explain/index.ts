export { type Before, type ExplainedKind, explain, type Subject } from './explain.ts';
export type { Explanation, Step } from './types.ts';
