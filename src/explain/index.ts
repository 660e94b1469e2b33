export { type Before, type ExplainedKind, type ExplainedObject, explain } from './explain.ts';
export type { Explanation, Step } from './types.ts';
