export { keepCertificates } from './directory.ts';
export { type CertificateSource, certificateFiles } from './files.ts';
export { issue, makeAuthority, serviceNames } from './issue.ts';
export { certificateManager, Keeper } from './keeper.ts';
export { certificateSecret } from './secret-source.ts';
export type { CertificatePair } from './servable.ts';
export { type CertificateState, keepCertificate } from './served.ts';
