export { admitFor } from './admit.ts';
export { type AdditionCode, additionFindings } from './findings.ts';
export {
  type Mutate,
  type MutatedKind,
  type Mutation,
  mutations,
  type Subject,
} from './mutation.ts';
export { applied } from './patch.ts';
export * from './routes.ts';
export * from './types.ts';
