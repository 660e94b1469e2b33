export { clusterChange, type Proposal, proposalIn, proposalOf } from './change.ts';
export {
  type ClusterFields,
  completionOf,
  decidingFields,
  fieldsOf,
  keeps,
  newestFields,
} from './fields.ts';
export { isToldToPush, namespacesMeant, type PushState, pushState } from './judge.ts';
export { addressOf, type Receiver } from './receivers.ts';
export { type PushLink, pushLinks } from './types.ts';
