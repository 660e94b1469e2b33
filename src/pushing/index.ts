export { clusterChange, observability, type Proposal, proposalIn, proposalOf } from './change.ts';
export { isToldToPush, namespacesMeant, type PushState, pushState } from './judge.ts';
export { type Address, addressOf, type Receiver, receiverName, receiversIn } from './receivers.ts';
export { type PushLink, pushLinks } from './types.ts';
