export { admissions } from './admission.ts';
export { type CertificatePair, type ServableCertificate, servable } from './certificate.ts';
export { type Drained, drain } from './drain.ts';
export type { Refusal, RefusalCode } from './errors.ts';
export { type Guard, type GuardOptions, guard } from './guard.ts';
export {
  type CertificateState,
  type KeepOptions,
  type KeptCertificate,
  keepCertificate,
} from './keep.ts';
export {
  type ConnectionWitness,
  type Listening,
  listenPlainly,
  type SecureServer,
  secureServer,
} from './listen.ts';
export { type Page, type PagesOptions, pages } from './pages.ts';
export { type Check, type Readiness, readiness } from './readiness.ts';
export { type RequestTimer, type RequestWitness, requestTimer, timedRequests } from './requests.ts';
export type { Asked, Caller, CallerReviews } from './reviews.ts';
export { type CertificateSource, certificateFiles } from './source.ts';
export { Traffic } from './traffic.ts';
export { type Reply, type Respond, type WebhookOptions, type Witness, webhook } from './webhook.ts';
