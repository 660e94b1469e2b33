export { type AdmissionOptions, type AdmitObject, type Admitted, admissionOf } from './admit.ts';
export { type AdmittedFile, admittedFiles } from './admitted.ts';
export { type ReviewCode, reviewFindings } from './findings.ts';
export { admittedValue, type ReviewOptions, reviewManifests } from './review.ts';
export * from './types.ts';
