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
