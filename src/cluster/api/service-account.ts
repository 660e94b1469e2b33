import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../../ground/clock.ts';
import type { Environment } from '../../ground/environment.ts';
import { type Access, AccessError } from './access.ts';
import { type Impersonation, impersonationHeaders } from './impersonation.ts';
import { proxyInEnvironment } from './proxy.ts';
import { renewed } from './renewed.ts';

/** Where a pod's service account is (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/). */
export interface ServiceAccountOptions {
  /** The folder that the kubelet mounts; default `/var/run/secrets/kubernetes.io/serviceaccount`. */
  readonly folder?: string | undefined;
  readonly environment?: Environment;
  /** Whether the proxies that the environment names count. */
  readonly environmentProxy?: boolean;
  readonly impersonate?: Impersonation;
}

export const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Access as the pod's service account. Token and authority are read again each minute.
 *
 * @throws {AccessError} when the folder holds no token: we don't run in a pod
 */
export async function serviceAccountAccess(
  clock: Clock,
  { folder = serviceAccountFolder, environment = {}, ...options }: ServiceAccountOptions = {},
): Promise<Access> {
  const at = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
  const impersonation = impersonationHeaders({}, options.impersonate ?? {});
  const read = async () => {
    const [token, ca] = await Promise.all([at('token'), at('ca.crt')]);
    return {
      tls: { ca, cert: undefined, key: undefined, servername: undefined, verify: true },
      headers: { authorization: `Bearer ${token.trim()}`, ...impersonation },
    };
  };
  const credentials = renewed(read, clock);
  try {
    await credentials(false);
  } catch (cause) {
    throw new AccessError(`no service account in ${folder}`, { cause });
  }
  const namespace = await at('namespace').catch(() => 'default');
  const server = serverIn(environment);
  return {
    server,
    proxy: options.environmentProxy === true ? proxyInEnvironment(server, environment) : undefined,
    namespace: namespace.trim(),
    credentials,
  };
}

/**
 * Returns the API server's address as the kubelet tells it, which needs no DNS: the variables that client-go reads. The
 * name is for a pod that was left without them.
 */
function serverIn({ KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT }: Environment): URL {
  if (!KUBERNETES_SERVICE_HOST) return new URL('https://kubernetes.default.svc');
  const host = isIPv6(KUBERNETES_SERVICE_HOST)
    ? `[${KUBERNETES_SERVICE_HOST}]`
    : KUBERNETES_SERVICE_HOST;
  const address = `https://${host}:${KUBERNETES_SERVICE_PORT || '443'}`;
  if (URL.canParse(address)) return new URL(address);
  throw new AccessError(
    `KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT: no address: ${address}`,
  );
}
