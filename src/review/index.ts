export type { AdmissionOptions, AdmitObject, Admitted } from './admit.ts';
export { type AdmittedFile, admittedFiles } from './admitted.ts';
export { type ReviewCode, reviewFindings } from './finding-codes.ts';
export { type Fixed, fixedFiles } from './fix.ts';
export { podsMissing } from './incomplete.ts';
export type { KnownKind } from './input.ts';
export {
  type AuditOptions,
  audited,
  type Examined,
  examined,
  type ReviewOptions,
  reviewManifests,
} from './review.ts';
export { type Standing, standing } from './standing.ts';
export * from './types.ts';
