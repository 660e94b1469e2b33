import { AccessError, type Credentials } from './access.ts';

/**
 * In whose name requests are made
 * (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation).
 */
export interface Impersonation {
  readonly user?: string | undefined;
  readonly uid?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
}

/**
 * Returns the headers of an impersonation.
 *
 * @param own what the kubeconfig says
 * @param asked what the command line says, which counts first
 * @throws {AccessError} where there is something to impersonate and no user
 */
export function impersonationHeaders(
  own: Impersonation,
  asked: Impersonation,
): Credentials['headers'] {
  const user = asked.user ?? own.user;
  // A uid and what else is known of a user belong to that one alone.
  const { uid, extra = {} } = asked.user === undefined ? own : asked;
  const groups = asked.groups?.length ? asked.groups : (own.groups ?? []);
  if (user === undefined) {
    if (uid === undefined && groups.length === 0 && Object.keys(extra).length === 0) return {};
    throw new AccessError('to impersonate groups there must be a user to impersonate (--as)');
  }
  return {
    'impersonate-user': user,
    ...(uid === undefined ? {} : { 'impersonate-uid': uid }),
    ...(groups.length === 0 ? {} : { 'impersonate-group': [...groups] }),
    ...Object.fromEntries(
      Object.entries(extra).map(([key, values]) => [
        `impersonate-extra-${encodeURIComponent(key.toLowerCase()).replace(/[()]/g, percentEncoded)}`,
        [...values],
      ]),
    ),
  };
}

function percentEncoded(letter: string): string {
  return `%${letter.charCodeAt(0).toString(16)}`;
}
