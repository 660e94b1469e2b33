export {
  type Authority,
  type Issued,
  issue,
  makeAuthority,
  type Names,
  serviceNames,
  type Validity,
} from './issue.ts';
export { type Kept, keepCertificates } from './kept.ts';
export {
  bundleOf,
  certificatesIn,
  distinct,
  type Judged,
  judge,
  type Lifetimes,
  type Material,
  renewalOf,
  stillTrusted,
  type Work,
} from './material.ts';
export { type RemakeOptions, remake } from './remake.ts';
