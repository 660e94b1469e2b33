export type { Access } from './access.ts';
export { owningAccount } from './account.ts';
export {
  type CallOptions,
  type Client,
  createClient,
  type DiscoveredResource,
  isNamed,
  type ListSelection,
} from './client.ts';
export { findAccess } from './connect.ts';
export {
  type ApiError,
  type ApiResult,
  failure,
  field,
  isConflict,
  isExpired,
  isGone,
  isNotFound,
  watchError,
} from './errors.ts';
export { methods } from './exchange.ts';
export type { Impersonation } from './impersonation.ts';
export { type ClusterInstruments, noClusterInstruments } from './instruments.ts';
export { isGroupAbsent, type Presence, presenceOf } from './presence.ts';
export { isBuiltIn, type Resource, resources } from './resources.ts';
export { Transport } from './transport.ts';
