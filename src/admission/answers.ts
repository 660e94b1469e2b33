import { encodedPatch } from './patch.ts';
import type { AdmissionAnswer, Operation } from './types.ts';

/** The only ways in which an answer is made. Each echoes the request's uid. */

/** Admitted as it is. */
export function allowed(uid: string): AdmissionAnswer {
  return answer({ uid, allowed: true });
}

/** Admitted with additions; without any, admitted as it is. */
export function patched(uid: string, operations: readonly Operation[]): AdmissionAnswer {
  if (operations.length === 0) return allowed(uid);
  return answer({
    uid,
    allowed: true,
    patchType: 'JSONPatch',
    patch: encodedPatch(operations),
  });
}

/**
 * Refused. `Forbidden` is what webhooks usually say, and kubectl prints the message of it; of an `Invalid` without
 * details it does not.
 */
export function denied(uid: string, message: string): AdmissionAnswer {
  return answer({
    uid,
    allowed: false,
    status: { code: 403, reason: 'Forbidden', message },
  });
}

/** The same answer with warnings, which kubectl and other clients show to the user. */
export function withWarnings(given: AdmissionAnswer, warnings: readonly string[]): AdmissionAnswer {
  if (warnings.length === 0) return given;
  return answer({ ...given.response, warnings });
}

function answer(response: AdmissionAnswer['response']): AdmissionAnswer {
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response };
}
