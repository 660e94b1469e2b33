export { admitFor } from './admit.ts';
export type { FieldsOf } from './clusters.ts';
export { type AdditionCode, additionFindings } from './finding-codes.ts';
export { applied } from './patch.ts';
export * from './routes.ts';
export * from './types.ts';
